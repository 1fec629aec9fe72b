"""What the fleet page and alerts say of one box: the state in a word, since when, and what to do."""

from typing import Any

import pytest

from cloud.watch.fields import DERIVED, derive
from cloud.watch.findings import Finding
from cloud.watch.fleet import Fleet
from cloud.watch.health import Health, State, health
from device.contract.fields import check
from device.contract.telemetry import FIELDS
from tests.cloud.watch.boxes import START_MS, after, said

MINUTE_MS = 60_000


def looked(document: Any, later_s: float = 5, *before: dict[str, Any]) -> Health:
    return health("box-1", document, after(*before, document), START_MS + int(later_s * 1000))


def finding(found: Health, what: str) -> Finding:
    (one,) = (one for one in found.findings if one.what == what)
    return one


def test_what_tests_make_up_is_telemetry() -> None:
    check(said(), FIELDS, "telemetry")


def test_a_box_that_is_well_says_nothing_to_see_to() -> None:
    assert looked(said()) == Health("box-1", State.IDLE, START_MS, 5.0, ())


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": "session", "desk__state": "watching"}, State.WATCHING),
        ({"state": "session", "desk": None}, State.WATCHING),
        ({"state": "session", "desk__state": "paused"}, State.PAUSED),
        ({"desk__state": "framing"}, State.IDLE),
        ({"state": "ended"}, State.ENDED),
        ({"desk__trouble": "The camera does not open"}, State.TROUBLE),
        ({"time__wall": START_MS / 1000 - 3600}, State.CLOCK_WRONG),
        ({"time__wall": START_MS / 1000 - 3600, "desk__trouble": "x"}, State.TROUBLE),
    ],
)
def test_the_state_is_one_word(changes: dict[str, Any], state: State) -> None:
    assert looked(said(**changes)).state is state


def test_a_box_without_a_word_for_twelve_minutes_is_silent_and_somebody_should_call() -> None:
    found = looked(said(state="session"), 12 * 60)
    assert (found.state, found.silent_s) == (State.SILENT, 720.0)
    assert found.findings[0].text == "No word for 12 minutes: its power or network is gone."
    assert "Call the clinic" in found.findings[0].do


def test_a_box_that_said_goodbye_is_not_silent() -> None:
    assert looked(said(state="ended"), 86_400).state is State.ENDED


def test_silence_is_counted_by_the_database_and_not_by_the_clock_of_the_box() -> None:
    assert looked(said(time__wall=1.0, time__trusted=False), 30).state is State.CLOCK_WRONG
    assert looked(said(time__wall=START_MS / 1000 + 86_400), 12 * 60).state is State.SILENT


def test_a_box_that_reports_every_ten_minutes_is_not_silent_after_five() -> None:
    rare = [said(seen_ms=START_MS - ago * 600_000) for ago in (3, 2, 1)]
    assert looked(said(), 300, *rare).state is State.IDLE
    assert looked(said(), 31 * 60, *rare).state is State.SILENT


def test_an_outage_does_not_make_the_box_a_rare_reporter() -> None:
    often = [said(seen_ms=START_MS - 7200_000 - ago * 60_000) for ago in (3, 2, 1, 0)]
    assert looked(said(), 300, *often).state is State.SILENT


def test_of_a_box_that_nobody_heard_the_state_says_so() -> None:
    found = health("box-9", None, after(), START_MS)
    assert (found.state, found.since_ms, found.findings[0].level) == (State.NEVER_SEEN, None, "note")


@pytest.mark.parametrize(
    ("changes", "what", "words"),
    [
        ({"host__under_voltage": True}, "power", "power supply"),
        ({"host__throttled": True}, "throttled", "throttled"),
        ({"host__temperature": 84.0}, "hot", "84 °C"),
        ({"host__memory": 96.0}, "memory", "96 %"),
        ({"disk__free": 900}, "disk", "900 MB (3 %)"),
        ({"disk__free": 900, "disk__size": None}, "disk", "900 MB are free"),
        ({"lag": 1800.0}, "lag", "30 minutes"),
        ({"month__bytes": 372_000_000}, "budget", "93 %"),
        ({"month__projected": 800_000_000}, "budget", "200 %"),
        ({"mode": "minutes"}, "budget", "sends minutes, where records are wanted"),
        ({"refused": 3}, "refused", "3 of its documents"),
        ({"damaged": 1}, "damaged", "1 of its outboxes"),
        ({"unkept": 7}, "unkept", "7 records"),
        ({"dropped__record": 9}, "dropped", "9 documents"),
        ({"time__trusted": False}, "clock", "not synchronized"),
        ({"time__wall": START_MS / 1000 + 7200}, "clock", "wrong by 2 hours"),
        ({"trouble": "The database cannot be reached"}, "delivery", "The database cannot be reached."),
        ({"update__state": "back", "update__text": "It did not prove healthy."}, "update", "did not prove healthy."),
        ({"v": 9}, "version", "version 9"),
        ({"v": None}, "version", "no version"),
    ],
)
def test_what_is_to_be_seen_to_is_said_in_words_with_what_to_do(
    changes: dict[str, Any], what: str, words: str
) -> None:
    one = finding(looked(said(**changes)), what)
    assert words in one.text
    assert one.do.endswith((".", "?"))


def test_a_queue_that_only_grows_is_told_and_one_that_moves_is_not() -> None:
    growing = [said(seen_ms=START_MS - (5 - n) * MINUTE_MS, waiting__record=100 * n) for n in range(5)]
    assert "900 documents wait" in finding(looked(said(waiting__record=900), 5, *growing), "queue").text
    assert looked(said(waiting__record=350), 5, *growing).findings == ()


def test_two_boxes_of_one_name_are_found_by_starts_that_take_turns() -> None:
    turns = [said(seen_ms=START_MS - n * 30_000, boot=f"boot-{n % 2}") for n in (3, 2, 1)]
    assert finding(looked(said(boot="boot-0"), 5, *turns), "name").level == "trouble"
    restarts = [said(seen_ms=START_MS - n * 30_000, boot=f"boot-{9 - n}") for n in (3, 2, 1)]
    assert looked(said(boot="boot-9"), 5, *restarts).findings == ()


@pytest.mark.parametrize(
    "document", [{}, "text", 7, [1], {"seen": "x"}, {"seen": True}, {"time": 3, "host": [], "seen": START_MS}]
)
def test_what_is_no_telemetry_is_shown_for_what_it_is(document: Any) -> None:
    found = looked(document)
    assert found.findings
    assert found.state in (State.TROUBLE, State.IDLE)


def test_numbers_that_are_none_and_texts_in_their_place_count_as_not_said() -> None:
    odd = said(host__temperature=float("nan"), lag="much", host__throttled="yes", disk__free=True)
    assert looked(odd).findings == ()


def test_what_follows_is_all_told_and_nothing_else() -> None:
    assert derive(said(), after(said()), START_MS).keys() == DERIVED.keys()


def test_losses_count_as_new_only_while_they_grow() -> None:
    first, second = said(seen_ms=START_MS - MINUTE_MS, refused=4), said(refused=5)
    assert derive(first, after(first), START_MS)["refused_grew_s"] is None
    assert derive(second, after(first, second), START_MS + 1000)["refused_grew_s"] == 1.0


def fleet(**versions: str) -> Fleet:
    made = Fleet()
    made.telemetry("/", {name: said(name, version=version) for name, version in versions.items()}, False)
    return made


def test_versions_behind_are_those_that_other_boxes_run() -> None:
    made = fleet(a="0.2.0", b="0.3.0", c="0.3.1.dev2+gabc", d="0.3.1", e="0.3.1")
    behind = {device: made.values(device, START_MS)["versions_behind"] for device in made.devices()}
    assert behind == {"a": 3, "b": 2, "c": 1, "d": 0, "e": 0}
    made.telemetry("/d/version", "0.2.0", False)
    made.telemetry("/e", None, False)
    assert made.values("b", START_MS)["versions_behind"] == 1


def test_a_stream_is_followed_change_by_change() -> None:
    made = fleet(a="0.2.0", b="0.2.0")
    assert made.telemetry("/a/host/cpu", 91.0, False) == ["a"]
    assert made.telemetry("/", {"b/lag": 7.0, "c": said("c")}, True) == ["b", "c"]
    assert made.telemetry("/b", None, False) == ["b"]
    made.boxes("/", {"a": {"name": "Room 2", "group": "north"}, "z": {"name": "Attic"}}, False)
    made.boxes("/z/group", "north", False)
    assert made.devices() == ["a", "c", "z"]
    assert made.document("a")["host"]["cpu"] == 91.0
    assert (made.name("a"), made.group("z"), made.group_size("north")) == ("Room 2", "north", 2)
    assert made.health("z", START_MS).state is State.NEVER_SEEN


def test_since_when_a_box_is_as_it_is_lasts_over_reports() -> None:
    made = fleet(a="0.2.0")
    for minute in range(5):
        made.telemetry("/a", said("a", START_MS + minute * MINUTE_MS), False)
        assert made.health("a", START_MS + minute * MINUTE_MS).since_ms == START_MS
    made.telemetry("/a", said("a", START_MS + 5 * MINUTE_MS, state="session", desk=None), False)
    assert made.health("a", START_MS + 5 * MINUTE_MS).since_ms == START_MS + 5 * MINUTE_MS
