"""Comparison with other people in a session: of whom it is said, where it stands, and that no frame waits for it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace as struct_replace

from device.clock import FakeClock
from device.config import load_settings
from device.contract import atypicality, record
from device.contract.atypicality import Refused
from device.contract.errors import ModelError
from device.contract.fields import encode
from device.contract.session import Consent
from device.contract.tasks import TYPICAL_MOVEMENT
from device.delivery.sink import Line, MemorySink
from device.features.comparer import Comparer, open_comparer
from device.metrics import HostMeter
from device.recorder import Recorder
from device.saying import LATEST_S
from device.service.comparison import Comparison, opened
from device.settings import AtypicalitySettings, ModelSettings, RecorderSettings
from tests.behaviour import behaviour, watched
from tests.device.test_recorder import SEEN
from tests.movement_bundles import FILE, movement_bundle

RECORDS = watched(behaviour(20), 10)
ALL = ("atypicality", "units", "expressions")
CHILD = Consent(ALL, "guardian", 1.0, age="6-12")
MODELS = {"emotions": "face-1.0.0", "aus": "face-1.0.0"}


def bundles(folder: Path, **changes: Any) -> ModelSettings:
    movement_bundle(folder, **changes)
    movement_bundle(folder, TYPICAL_MOVEMENT)
    return ModelSettings(folders=(str(folder),), allow_unsigned=True)


@pytest.fixture
def models(tmp_path: Path) -> ModelSettings:
    return bundles(tmp_path)


@pytest.fixture
def comparers(models: ModelSettings) -> Iterator[list[Comparer]]:
    with open_comparer("moves-1.0.0", models) as rates, open_comparer("typical-1.0.0", models) as surprised:
        yield [rates, surprised]


def is_said(comparison: Comparison, one: Any) -> bool:
    saying = comparison.hear(one)
    return saying is not None and "atypicality" in saying.into(one, 5.0)


def said(comparers: list[Comparer], consent: Consent | None = CHILD) -> list[Any]:
    """What the records of a session come to hold."""
    with Comparison(comparers, MODELS) as comparison:
        comparison.agree(consent)
        saying = [(one, comparison.hear(one)) for one in RECORDS]
        return [waits.into(one, 5.0) for one, waits in saying if waits]


def test_what_is_said_of_a_window_stands_in_the_record_that_ends_it(comparers: list[Comparer]) -> None:
    found = said(comparers)
    assert [round(one["time"]["mono"] - RECORDS[0]["time"]["mono"]) for one in found] == [
        2,
        4,
        6,
        8,
        10,
        12,
        14,
        16,
        18,
    ]
    for one in found:
        record.validate(one)
        assert one["models"]["atypicality"] == "moves-1.0.0 typical-1.0.0"
        assert one["atypicality"].keys() == {"rating", "low", "high", "unlikely"}
        assert one["models"]["aus"], "the others stay"


@pytest.mark.parametrize(
    ("consent", "why"),
    [
        (None, Refused.CONSENT),
        (replace(CHILD, covers=("units", "expressions")), Refused.CONSENT),
        (replace(CHILD, covers=("atypicality", "expressions")), Refused.CONSENT),
        (replace(CHILD, age=""), Refused.NO_AGE),
        (replace(CHILD, age="18-64"), Refused.AGE),
    ],
)
def test_of_who_did_not_agree_or_is_of_another_age_nothing_is_gathered(
    comparers: list[Comparer], consent: Consent | None, why: Refused
) -> None:
    assert said(comparers, consent) == []
    assert [comparer.refused(consent, MODELS) for comparer in comparers] == [why, why]


def test_why_not_is_told_where_they_agreed_to_be_compared(comparers: list[Comparer]) -> None:
    with Comparison(comparers, MODELS) as comparison:
        assert comparison.agree(None) == comparison.agree(replace(CHILD, covers=("units",))) == []
        assert [told.get("refused") for told in comparison.agree(CHILD)] == [None, None]
        of_adult = comparison.agree(replace(CHILD, age="18-64"))
    for told in of_adult:
        atypicality.validate(told)
        assert told["refused"] == "age"
        assert (told["population"], told["n"], told["simulated"]) == ("simulated children, nobody", 33, True)
    assert [(told["of"], told["typical"], told["typical_people"]) for told in of_adult] == [
        ("rating", 2.0, 21),
        ("unlikely", 0.95, 21),
    ]


def test_a_box_with_other_networks_than_the_evidence_says_nothing(tmp_path: Path) -> None:
    file = replace(FILE, sources=("face-9.9.9",))
    with open_comparer("moves-1.0.0", bundles(tmp_path, file=file)) as strange:
        assert strange.refused(CHILD, MODELS) is Refused.SOURCES
        assert strange.refused(CHILD, MODELS | {"aus": "face-9.9.9"}) is None, "it reads no emotions"
        assert said([strange]) == []


def test_a_changed_consent_lets_go_of_what_was_gathered(comparers: list[Comparer]) -> None:
    half = len(RECORDS) // 2
    with Comparison(comparers, MODELS) as comparison:
        comparison.agree(CHILD)
        for one in RECORDS[:half]:
            comparison.hear(one)
        comparison.agree(replace(CHILD, covers=("units",)))
        assert [comparison.hear(one) for one in RECORDS[half : half + 30]] == [None] * 30
        comparison.agree(CHILD, RECORDS[half + 30]["time"]["mono"])
        ends = [one["time"]["mono"] for one in RECORDS[half + 30 :] if is_said(comparison, one)]
    begun_s = RECORDS[half + 30]["time"]["mono"]
    assert ends and ends[0] - begun_s > FILE.seconds, "a whole window under the consent that holds"


class Held:
    """A comparison whose network comes to its end when it is let."""

    def __init__(self, comparers: list[Comparer], monkeypatch: pytest.MonkeyPatch) -> None:
        self.let = threading.Event()
        monkeypatch.setattr(Comparer, "say", lambda *_: self.let.wait(20) and {"rating": 2.5})
        self.comparison = Comparison(comparers[:1], MODELS)
        self.clock, self.kept, self.heard = FakeClock(trusted=True), MemorySink(), list[Any]()
        self.comparison.agree(CHILD)
        self._ended = iter(RECORDS)
        identity = {"device": "tester", "boot": "b", "session": "s"}
        settings = RecorderSettings(commit_s=0.2, commit_records=4)
        sinks, meter = [self.kept], HostMeter(self.clock)
        self.recorder = Recorder(
            identity, MODELS, sinks, self.clock, settings, meter, self.heard.append, (), self._compare
        )

    def _compare(self, of: Any) -> Any:
        """With the third record a window ends."""
        if of["seq"] != 3:
            return None
        return next(filter(None, map(self.comparison.hear, RECORDS)))

    def records(self) -> list[Any]:
        return [record.decode(line.body) for line in self.kept.lines]


@pytest.fixture
def held(comparers: list[Comparer], monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    found = Held(comparers, monkeypatch)
    yield found
    found.let.set()
    found.comparison.close()


def test_records_wait_for_it_in_their_order_and_frames_do_not(held: Held) -> None:
    for _ in range(6):
        held.recorder.add(SEEN)
    assert [one["seq"] for one in held.records()] == [1, 2]
    held.let.set()
    held.recorder.commit(last=True)
    assert [one["seq"] for one in held.records()] == [1, 2, 3, 4, 5, 6]
    assert [one.get("atypicality") for one in held.records()[2:4]] == [{"rating": 2.5}, None]
    assert [
        Line(line.path, encode(of)) for line, of in zip(held.kept.lines, held.heard, strict=True)
    ] == held.kept.lines


def test_what_is_not_said_in_time_is_left_out_and_the_log_says_so_once(
    held: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(6):
        held.recorder.add(SEEN)
    held.clock.advance(LATEST_S + 0.1)
    held.recorder.commit_if_due()
    assert [one["seq"] for one in held.records()] == [1, 2, 3, 4, 5, 6]
    assert not any("atypicality" in one for one in held.records())
    assert capsys.readouterr().err == (
        "affectbox: Comparison with other people is missing in this session, in one record or more: it was not "
        "computed within 1 s.\n"
    )


def test_who_withdraws_waits_for_nothing_and_nothing_of_it_is_kept(held: Held) -> None:
    for _ in range(3):
        held.recorder.add(SEEN)
    held.recorder.discard()
    held.recorder.commit(last=True)
    assert [one["seq"] for one in held.records()] == []


def test_a_fault_of_it_costs_no_record_and_tells_nothing_of_the_person(
    comparers: list[Comparer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("rating 4.7")

    monkeypatch.setattr(Comparer, "say", breaks)
    found = said(comparers)
    assert len(found) == 9 and not any("atypicality" in one for one in found)
    (line,) = capsys.readouterr().err.splitlines()
    assert "a fault of the box's own (ZeroDivisionError, test_session_comparison.py:" in line
    assert "4.7" not in line


def test_what_is_said_is_cut_to_the_scale_and_found_among_typical_people(tmp_path: Path) -> None:
    models = bundles(tmp_path, file=replace(FILE, clip=9.0))
    window = [[1.0, 0.0]] * 10
    far = [[1.0, 9.0]] * 10
    with open_comparer("moves-1.0.0", models) as rates, open_comparer("typical-1.0.0", models) as surprised:
        assert rates.say(np.array(window)) == {"rating": 1.0, "low": 1.0, "high": 1.75}
        assert rates.say(np.array(far)) == {"rating": 5.0, "low": 4.25, "high": 5.0}
        assert surprised.say(np.array(window)) == {"unlikely": 0.0}
        assert surprised.say(np.array([[1.0, 1.0]] * 10)) == {"unlikely": 0.25}
        assert surprised.say(np.array(far)) == {"unlikely": 1.0}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"file": replace(FILE, steps=11)}, r"takes \(1, 10, 2\), and its movement.json is of \(1, 11, 2\)"),
        ({"content": b"{}"}, "'column_version' is missing"),
        ({"receipt": {}}, "tells no evidence"),
    ],
)
def test_a_bundle_at_odds_with_itself_is_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    if "file" in changes:
        changes = {"content": changes["file"].to_bytes()}
    with pytest.raises(ModelError, match=why):
        open_comparer("moves-1.0.0", bundles(tmp_path, **changes))


def test_a_bundle_of_another_task_is_refused(models: ModelSettings) -> None:
    with pytest.raises(ModelError, match="is for 'face-reading', not for 'atypicality'"):
        open_comparer("face-1.0.0", models)


@pytest.mark.parametrize("name", ["moves-1.0.0", "of-the-study-9.9.9"])
def test_a_bundle_that_cannot_be_used_is_said_without_its_name(models: ModelSettings, name: str) -> None:
    """The sentence is shown on the box's page."""
    settings = struct_replace(load_settings(None), atypicality=AtypicalitySettings(typical=name), models=models)
    with (
        pytest.raises(
            ModelError, match=r"bundle of atypicality\.typical cannot be used: `affectbox doctor`"
        ) as raised,
        opened(settings),
    ):
        pass
    assert name not in str(raised.value)


def test_who_watches_from_afar_sees_none_of_it(comparers: list[Comparer]) -> None:
    (one, *_) = said(comparers)
    shown = record.seen_live(one)
    assert "atypicality" not in shown and "atypicality" not in shown["models"]
    assert shown["models"]["aus"] == one["models"]["aus"]
    assert record.seen_live(RECORDS[0]) == RECORDS[0]


def test_a_system_without_a_thread_to_spare_costs_no_record(
    comparers: list[Comparer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuses)
    assert said(comparers) == []
    assert "the system gave it no thread" in capsys.readouterr().err


def test_a_network_that_gives_no_number_is_a_fault_and_no_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = bundles(tmp_path, file=replace(FILE, clip=float(np.finfo(np.float32).max), scale=(1.0, 1e-300)))
    window = np.tile([1.0, 1.0], (10, 1))
    with open_comparer("moves-1.0.0", models) as endless, pytest.raises(ModelError, match="gave no number"):
        endless.say(window)
