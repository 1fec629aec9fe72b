"""What earlier sessions of a person came to: with which one is compared, and what goes with a consent."""

from pathlib import Path

import pytest

from device.config import load_settings
from device.personal.history import MOST, History, Remembered
from device.personal.store import HISTORY, PersonalStore

WHO, OTHER = "p-0007", "p-0008"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    for person in (WHO, OTHER):
        for bundle in ("own-1.0.0", "own-2.0.0"):
            (tmp_path / person / bundle).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def history(kept: Path, said: list[str]) -> History:
    return History(PersonalStore(load_settings(None, [f"personal.folder='{kept}'"])), said.append)


def session(
    name: str, mean: float | None, visit: str = "", bundle: str = "own-1.0.0", seconds: float = 100
) -> Remembered:
    return Remembered(name, visit or name, bundle, seconds, mean)


def test_a_session_is_compared_with_earlier_visits_that_the_same_bundle_watched(history: History) -> None:
    for one in (
        session("a", 1.0),
        session("b", 2.0, bundle="own-2.0.0"),
        session("c", None, seconds=20.0),
        session("d", 1.0, seconds=100.0),
        session("d2", 2.0, visit="d", seconds=300.0),
    ):
        history.add(WHO, one)
    assert history.earlier(WHO, "own-1.0.0", "z") == [1.0, 1.75], "parts of a visit count as one, by their time"
    assert history.earlier(WHO, "own-1.0.0", "d") == [1.0], "and never against each other"
    assert history.earlier(WHO, "own-2.0.0", "z") == [2.0]
    assert history.earlier(OTHER, "own-1.0.0", "z") == []


def test_what_goes_on_is_of_the_visit_that_it_goes_on_from(history: History) -> None:
    history.add(WHO, session("a", 1.0))
    history.add(WHO, session("b", None, visit=history.visit_of(WHO, "b", "a")))
    assert history.visit_of(WHO, "c", "b") == "a"
    assert history.visit_of(WHO, "d", "") == "d"
    assert history.visit_of(WHO, "e", "unknown") == "unknown"


def test_with_a_withdrawn_consent_its_visit_is_remembered_no_longer(history: History) -> None:
    for one in (session("a", 1.0), session("b", 2.0), session("b2", 3.0, visit="b")):
        history.add(WHO, one)
    history.add(OTHER, session("x", 1.0))
    history.withdraw(["b2", "never-heard-of"])
    assert [one.session for one in history.of(WHO)] == ["a"]
    assert [one.session for one in history.of(OTHER)] == ["x"]


def test_nothing_comes_back_of_a_person_whose_bundle_was_erased_meanwhile(history: History, kept: Path) -> None:
    (kept / WHO / "own-1.0.0").rmdir()
    history.add(WHO, session("a", 1.0))
    assert not (kept / WHO / HISTORY).exists()


def test_it_is_private_and_bounded(history: History, kept: Path) -> None:
    for number in range(3):
        history.add(WHO, session(f"s{number}", 1.0))
    assert (kept / WHO / HISTORY).stat().st_mode & 0o777 == 0o600
    history._keep(WHO, [session(f"s{number}", 1.0) for number in range(MOST)])
    history.add(WHO, session("newest", 2.0))
    sessions = [one.session for one in history.of(WHO)]
    assert (len(sessions), sessions[0], sessions[-1]) == (MOST, "s1", "newest")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"v": 2, "sessions": []}',
        '{"v": 1, "sessions": [{"session": "a"}]}',
        '{"v": 1, "sessions": [{"session": "a", "visit": "a", "bundle": "b", "seconds": 0, "mean": 1.0}]}',
    ],
)
def test_a_damaged_file_is_kept_aside_and_told_of_without_the_pseudonym(
    history: History, kept: Path, said: list[str], text: str
) -> None:
    (kept / WHO / HISTORY).write_text(text)
    assert history.of(WHO) == []
    assert (kept / WHO / "history.damaged").read_text() == text
    assert len(said) == 1 and WHO not in said[0]
    history.add(WHO, session("a", 1.0))
    assert [one.session for one in history.of(WHO)] == ["a"]
    history.withdraw(["b"])
    assert not (kept / WHO / "history.damaged").exists(), "what nobody can read may tell of whom withdrew"
    assert [one.session for one in history.of(WHO)] == ["a"]
