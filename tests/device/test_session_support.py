"""Diagnosis support of a session: of whom it is gathered, when it is told, and that it holds up no session's end."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import device.service.support
from device.clock import FakeClock, SystemClock
from device.config import load_settings
from device.contract import support
from device.contract.errors import ModelError
from device.contract.features import SESSION
from device.contract.session import Beginning, Why
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.features.support import Supporter, open_supporter
from device.service.log import SessionLog
from device.service.service import Service
from device.service.support import Support, opened
from device.settings import DiagnosisSettings, ModelSettings
from tests.behaviour import behaviour, watched
from tests.daemons import left_in
from tests.support_bundles import COLUMNS, EVIDENCE, FILE, support_bundle

RECORDS = watched(behaviour(40), 10)
ALL = sorted(support.NEEDS)
Json = dict[str, Any]


@pytest.fixture
def models(tmp_path: Path) -> ModelSettings:
    support_bundle(tmp_path)
    return ModelSettings(folders=(str(tmp_path),), allow_unsigned=True)


@pytest.fixture
def supporter(models: ModelSettings) -> Iterator[Supporter]:
    with open_supporter("simulated-1.0.0", models) as opened:
        yield opened


def began(covers: list[str] | None, by: str = "patient") -> Json:
    return {"event": "began"} | ({} if covers is None else {"consent": {"covers": covers, "by": by, "given": 1.0}})


def consented(*covers: str) -> Json:
    return began(list(covers)) | {"event": "consent"}


def held(supporter: Supporter | None, *events: Json, covers: list[str] | None = ALL) -> Support:
    """A session's, of which half is seen before the events and half after."""
    gathered, half = Support(supporter), len(RECORDS) // 2
    gathered.tell(began(covers))
    for record in RECORDS[:half]:
        gathered.hear(record)
    for event in events:
        gathered.tell(event)
    for record in RECORDS[half:]:
        gathered.hear(record)
    return gathered


def concluded(gathered: Support, why: Why = Why.STOPPED, is_wanted: Callable[[], bool] = lambda: True) -> Json | None:
    return gathered.conclude(why, FakeClock(), is_wanted)


@pytest.mark.parametrize("by", ["patient", "guardian"])
def test_it_says_something_valid_of_a_session_that_was_agreed_to(supporter: Supporter, by: str) -> None:
    gathered = Support(supporter)
    gathered.tell(began([*ALL, "live"], by))
    for record in RECORDS:
        gathered.hear(record)
    said = concluded(gathered)
    support.validate(said)
    assert said is not None
    assert said["bundle"] == "simulated-1.0.0"
    assert sum(group["probability"] for group in support.groups(said)) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    "covers", [None, ["expressions", "units", "live"], *([*support.NEEDS - {one}] for one in ALL)]
)
def test_without_a_consent_to_all_that_it_needs_nothing_is_gathered(
    supporter: Supporter, covers: list[str] | None
) -> None:
    assert concluded(held(supporter, covers=covers)) is None


def test_without_a_bundle_nothing_is_gathered() -> None:
    assert concluded(held(None)) is None


@pytest.mark.parametrize("covers", [[*support.NEEDS - {one}] for one in ALL])
def test_a_consent_that_is_changed_to_less_drops_what_was_gathered_for_good(
    supporter: Supporter, covers: list[str]
) -> None:
    assert concluded(held(supporter, consented(*covers), consented(*ALL))) is None


def test_a_consent_that_comes_to_cover_it_counts_from_the_next_session_on(supporter: Supporter) -> None:
    assert concluded(held(supporter, consented(*ALL), covers=["expressions", "units"])) is None


def test_a_consent_that_is_changed_and_still_covers_it_changes_nothing(supporter: Supporter) -> None:
    assert concluded(held(supporter, consented(*ALL, "live"))) == concluded(held(supporter)) is not None


@pytest.mark.parametrize("why", Why)
def test_it_is_told_of_sessions_that_came_to_their_end_and_once(supporter: Supporter, why: Why) -> None:
    gathered = held(supporter)
    told = concluded(gathered, why)
    assert (told is not None) == (why in (Why.FINISHED, Why.STOPPED, Why.PAUSED, Why.LIMIT))
    assert concluded(gathered) is None, "nothing of it is kept"


def test_phases_are_those_that_were_held(tmp_path: Path) -> None:
    models = ModelSettings(folders=(str(tmp_path / "of-phase"),), allow_unsigned=True)
    file = dataclasses.replace(
        FILE, columns=tuple(name.replace(SESSION, "task") for name in COLUMNS), least_seconds=5.0
    )
    support_bundle(tmp_path / "of-phase", file=file, evidence=dataclasses.replace(EVIDENCE, phases=("task",)))
    at = {"event": "phase", "time": RECORDS[len(RECORDS) // 2]["time"]}
    with open_supporter("simulated-1.0.0", models) as of_phase:
        missing = concluded(held(of_phase))
        found = concluded(held(of_phase, at | {"name": "task"}))
    assert missing is not None and found is not None
    assert "phase" in missing["why"] and "probability" not in missing["g1"]
    assert found["phase"] == missing["phase"] == "task"
    assert "phase" not in found.get("why", ())


def test_a_phase_that_is_called_as_the_whole_session_is_not_taken_for_it(supporter: Supporter) -> None:
    phase = {"event": "phase", "time": RECORDS[len(RECORDS) // 2]["time"], "name": SESSION}
    assert concluded(held(supporter, phase)) == concluded(held(supporter)) is not None


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computation that never comes to an end while somebody waits for it."""
    over = threading.Event()
    monkeypatch.setattr(Supporter, "say", lambda *_: over.wait(20) and {})
    yield
    over.set()


def says_that_alone(told: Json | None) -> None:
    """That the box could not compute it, and of whom the evidence is."""
    assert told is not None
    support.validate(told)
    assert told["why"] == ["fault"]
    assert (told["bundle"], told["n"], told["population"]) == ("simulated-1.0.0", 120, "simulated adults, nobody")
    assert [group.keys() for group in support.groups(told)] == [{"name", "n", "held"}] * 2
    assert "coverage" not in told, "nobody measured it"


@pytest.mark.usefixtures("slow")
def test_the_end_of_a_session_waits_for_it_no_longer_than_it_may(
    supporter: Supporter, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, looks = FakeClock(), iter(range(100))

    def is_wanted() -> bool:
        clock.advance(1.0)
        return next(looks) >= 0

    told = held(supporter).conclude(Why.STOPPED, clock, is_wanted)
    assert next(looks) == device.service.support.LONGEST_S + 1, "and once more, before it is told"
    says_that_alone(told)
    assert capsys.readouterr().err == (
        "affectbox: No diagnosis support for this session: it was not computed within 5 s.\n"
    )


@pytest.mark.usefixtures("slow")
def test_who_withdraws_meanwhile_waits_for_nothing(supporter: Supporter, capsys: pytest.CaptureFixture[str]) -> None:
    looks = iter([True, True, False])
    assert concluded(held(supporter), is_wanted=lambda: next(looks)) is None
    assert capsys.readouterr().err == ""


def test_who_withdraws_when_it_is_computed_is_told_nothing_either(supporter: Supporter) -> None:
    looked: list[bool] = []

    def is_wanted() -> bool:
        looked.append(True)
        return False

    assert concluded(held(supporter), is_wanted=is_wanted) is None
    assert looked


def test_a_fault_of_it_costs_no_session_and_tells_nothing_of_the_person(
    monkeypatch: pytest.MonkeyPatch, supporter: Supporter, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> Json:
        raise ZeroDivisionError("mdd 0.93")

    monkeypatch.setattr(Supporter, "say", breaks)
    says_that_alone(concluded(held(supporter)))
    said = capsys.readouterr().err
    assert said.startswith("affectbox: No diagnosis support for this session: a fault of the box's own (ZeroDivision")
    assert "mdd" not in said and "0.93" not in said


def test_of_a_fault_nothing_is_told_where_the_consent_is_withdrawn_meanwhile(
    monkeypatch: pytest.MonkeyPatch, supporter: Supporter
) -> None:
    monkeypatch.setattr(Supporter, "say", lambda *_: 1 / 0)
    assert concluded(held(supporter), is_wanted=lambda: False) is None
    assert concluded(held(supporter), Why.FAILED) is None


def test_a_system_without_a_thread_to_spare_costs_no_session(
    monkeypatch: pytest.MonkeyPatch, supporter: Supporter, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    gathered = held(supporter)
    monkeypatch.setattr(threading.Thread, "start", refuses)
    says_that_alone(concluded(gathered))
    assert "the system gave it no thread" in capsys.readouterr().err


def test_a_power_cut_right_after_it_was_told_leaves_a_session_that_the_next_start_ends(
    tmp_path: Path, supporter: Supporter
) -> None:
    said = concluded(held(supporter))
    assert said is not None
    own = [f"outbox.path={tmp_path}/outbox.db", 'run.sinks=["rtdb:http://127.0.0.1:9?ns=clinic"]', "upload.drain_s=0"]
    with Outbox(tmp_path / "outbox.db", 500) as outbox:
        cut_off = SessionLog(Beginning("p-1"), "tester", FakeClock(), OutboxSink(outbox).tell)
        cut_off.support(said)
    with Service(load_settings(None, ["device.id=tester", *own]), SystemClock()):
        pass
    waiting = left_in(tmp_path / "outbox.db")
    assert waiting[f"support/p-1/tester~{cut_off.id}/e000002"]["support"] == said
    assert waiting[f"visits/p-1/tester~{cut_off.id}/e000003"]["why"] == "interrupted"


@pytest.mark.parametrize("name", ["simulated-1.0.0", "mdd-study-9.9.9"])
def test_a_bundle_that_cannot_be_used_is_said_without_its_name(models: ModelSettings, name: str) -> None:
    """The sentence is shown on the box's page."""
    settings = replace(
        load_settings(None), diagnosis=DiagnosisSettings(name), models=replace(models, allow_unsigned=False)
    )
    with pytest.raises(ModelError, match="`affectbox doctor` says why") as raised, opened(settings):
        pass
    assert name not in str(raised.value)
    assert raised.value.__cause__ is None
