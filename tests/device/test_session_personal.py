"""A person's own movement in a session: of whom it is gathered, what is told at the end, and what is remembered."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from device.config import load_settings
from device.contract.personal import NEEDS, validate
from device.contract.session import UNNAMED, Consent, Why
from device.personal.history import History
from device.personal.store import HISTORY, PersonalStore
from device.service.personal import OwnMovement, opened, withdraw
from device.settings import Settings
from tests.personal_bundles import EVIDENCE, FILE, PERSON, personal_bundle

Json = dict[str, Any]
ALL = sorted(NEEDS)
MINUTES = 120 * 4
WHAT = {"bundle": "own-1.0.0", "supported": True}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a box with a bundle of PERSON."""
    own = ["personal.use=true", f"personal.folder='{tmp_path}/kept'", "models.allow_unsigned=true"]
    made = load_settings(None, own)
    PersonalStore(made).add(personal_bundle(tmp_path))
    return made


@pytest.fixture
def own(settings: Settings) -> Iterator[OwnMovement]:
    with opened(settings, PERSON) as found:
        yield found


def began(*covers: str, session: str = "s-1", **more: str) -> Json:
    consent = {"consent": {"covers": [*covers], "by": "patient", "given": 1.0}} if covers else {}
    return {"event": "began", "session": session} | consent | more


def consented(*covers: str) -> Json:
    return began(*covers) | {"event": "consent"}


def records(count: int = MINUTES, distance: float = 1.0, begin_s: float = 1000.0) -> list[Json]:
    """Four a second; every second one is near the second movement."""
    said = [{"distance": distance + 0.1 * (n % 3)} | ({"movement": 2} if n % 2 else {}) for n in range(count)]
    return [{"time": {"mono": begin_s + n / 4}, "frame": {"index": n}, "personal": one} for n, one in enumerate(said)]


def held(own: OwnMovement, *events: Json, covers: tuple[str, ...] = tuple(ALL), **more: Any) -> OwnMovement:
    """A session, of which half is seen before the events and half after."""
    own.tell(began(*covers, **more))
    for record in records():
        own.hear(record)
    for event in events:
        own.tell(event)
    for record in records(begin_s=2000.0):
        own.hear(record)
    return own


def told(own: OwnMovement, why: Why = Why.STOPPED) -> Json | None:
    """What is told; it is remembered, too."""
    concluded = own.conclude(why)
    if concluded is None:
        return None
    said, remembered = concluded
    validate(said)
    if remembered:
        own.remember(remembered)
    return said


def session(settings: Settings, name: str, **more: str) -> Json:
    """What a whole session tells."""
    with opened(settings, PERSON) as own:
        said = told(held(own, session=name, **more))
    assert said is not None
    return said


def test_it_tells_how_far_and_which_movement_and_what_belongs_to_each(own: OwnMovement) -> None:
    said = told(held(own))
    assert said is not None
    assert (said["bundle"], said["earlier"], "unusual" in said) == ("own-1.0.0", 0, False)
    assert said["seconds"] == pytest.approx(240, abs=1)
    assert said["low"] <= said["mean"] <= said["high"]
    assert said["mean"] == pytest.approx(1.1, abs=0.01)
    assert said["shares"] == {"m1": 0.0, "m2": pytest.approx(0.5, abs=0.01)}
    assert said["shares_high"]["m1"] > 0.1, "what was not seen in four minutes may be there"
    assert said["units"] == {"m1": ["AU12", "AU6"], "m2": ["AU4"]}


def test_with_enough_earlier_sessions_it_tells_how_unusual_this_one_is(settings: Settings) -> None:
    found = [session(settings, f"s-{number}") for number in range(6)]
    assert [one["earlier"] for one in found] == [0, 1, 2, 3, 4, 5]
    assert ["unusual" in one for one in found] == [False] * 5 + [True]
    assert found[-1]["unusual"] == 0, "all were the same: none was smaller"
    assert 0.4 < found[-1]["unusual_high"] < 0.5, "of five one knows little"


def test_parts_of_a_visit_are_not_compared_with_each_other(settings: Settings) -> None:
    assert session(settings, "s-1")["earlier"] == 0
    assert session(settings, "s-2", continues="s-1")["earlier"] == 0
    assert session(settings, "s-3", continues="s-2")["earlier"] == 0
    assert session(settings, "s-4")["earlier"] == 1


def test_what_the_evidence_says_of_its_bundle_goes_with_it(settings: Settings, tmp_path: Path) -> None:
    weak = replace(EVIDENCE, supported=False, unsupported=("Too few faces.",), simulated=True)
    PersonalStore(settings).add(personal_bundle(tmp_path, evidence=weak, version="2.0.0"))
    said = session(settings, "s-1")
    assert (said["bundle"], said["supported"], said["simulated"]) == ("own-2.0.0", False, True)


def test_another_bundle_begins_anew(settings: Settings, tmp_path: Path) -> None:
    session(settings, "s-1")
    PersonalStore(settings).add(personal_bundle(tmp_path, version="1.1.0"))
    said = session(settings, "s-2")
    assert (said["bundle"], said["earlier"]) == ("own-1.1.0", 0)


@pytest.mark.parametrize("covers", [(), ("expressions", "units"), ("personal",)])
def test_without_a_consent_to_all_that_it_needs_nobody_is_watched(own: OwnMovement, covers: tuple[str, ...]) -> None:
    assert own.reader(Consent(covers, "patient", 1.0) if covers else None) is None
    said = told(held(own, covers=covers))
    assert said == (WHAT | {"seconds": 0.0, "earlier": 0, "refused": "consent"} if "personal" in covers else None)


def test_a_consent_that_is_changed_to_less_ends_it_at_once_and_nothing_is_told(own: OwnMovement) -> None:
    assert own.reader(Consent(tuple(ALL), "patient", 1.0)) is not None
    assert told(held(own, consented("expressions", "units"))) is None


def test_of_a_consent_that_comes_back_only_what_follows_counts(own: OwnMovement) -> None:
    said = told(held(own, consented("units"), consented(*ALL)))
    assert said is not None
    assert said["seconds"] == pytest.approx(120, abs=1)


@pytest.mark.parametrize("why", Why)
def test_it_is_told_and_remembered_of_sessions_that_came_to_their_end_and_once(
    settings: Settings, own: OwnMovement, why: Why
) -> None:
    ended = why in (Why.FINISHED, Why.STOPPED, Why.PAUSED, Why.LIMIT)
    assert (told(held(own), why) is not None) == ended
    assert len(History(PersonalStore(settings)).of(PERSON)) == ended
    said = told(own, Why.STOPPED)
    assert said is None or said["seconds"] == 0, "nothing of it is kept"


def test_of_too_little_no_figure_is_told(settings: Settings, own: OwnMovement) -> None:
    own.tell(began(*ALL))
    for record in records(100):
        own.hear(record)
    said = told(own)
    assert said == WHAT | {"seconds": pytest.approx(25, abs=1), "earlier": 0, "refused": "little"}
    assert session(settings, "s-2")["earlier"] == 0


def test_a_bundle_that_cannot_be_used_is_told_and_costs_no_session(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "kept" / PERSON / "own-1.0.0" / "model.tflite").write_bytes(b"")
    said = session(settings, "s-1")
    assert said == {"bundle": "own-1.0.0", "seconds": 0.0, "earlier": 0, "refused": "bundle"}


def test_a_bundle_of_somebody_else_watches_nobody(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "kept" / PERSON).rename(tmp_path / "kept" / "p-0043")
    with opened(settings, "p-0043") as own:
        assert own.reader(Consent(tuple(ALL), "patient", 1.0)) is None
        said = told(held(own))
    assert said is not None and said["refused"] == "person"


@pytest.mark.parametrize("person", [UNNAMED, "p-0043"])
def test_of_whom_there_is_no_bundle_nothing_is_said(settings: Settings, person: str) -> None:
    with opened(settings, person) as own:
        assert told(held(own)) is None


def test_as_it_ships_nobody_is_watched(settings: Settings) -> None:
    off = changed(settings, personal=changed(settings.personal, use=False))
    with opened(off, PERSON) as own:
        assert told(held(own)) is None


def test_a_withdrawn_consent_takes_the_visit_out_of_what_is_remembered(settings: Settings) -> None:
    for name in ("s-1", "s-2"):
        session(settings, name)
    withdraw(settings, ["s-2"])
    assert [one.session for one in History(PersonalStore(settings)).of(PERSON)] == ["s-1"]


def test_who_is_erased_while_a_session_goes_does_not_come_back(settings: Settings, tmp_path: Path) -> None:
    with opened(settings, PERSON) as own:
        held(own)
        PersonalStore(settings).forget(PERSON)
        assert told(own) is not None
    assert not (tmp_path / "kept" / PERSON).exists()


def test_a_card_that_takes_nothing_costs_no_session(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    session(settings, "s-1")
    assert not (tmp_path / "kept" / PERSON / HISTORY).exists()
    said = capsys.readouterr().err
    assert said.startswith(
        "affectbox: This session is not compared with later ones: A file of personal.folder cannot be"
    )
    assert PERSON not in said


def test_movements_without_units_are_numbered_all_the_same(tmp_path: Path, settings: Settings) -> None:
    shutil.rmtree(tmp_path / "kept")
    first = replace(FILE.movements[0], units={})
    PersonalStore(settings).add(
        personal_bundle(tmp_path / "other", file=replace(FILE, movements=(first, FILE.movements[1])))
    )
    said = session(settings, "s-1")
    assert (said["shares"].keys(), said["units"].keys()) == ({"m1", "m2"}, {"m2"})
