"""What the live page says, without a browser: samples, what a box is doing, what became of a command."""

import json
from typing import Any

import pytest

from cloud.dashboard.live import asking
from cloud.dashboard.live.samples import Clock, Samples, columns
from cloud.dashboard.live.standing import SILENT_MS, Whose, at_rest, session_of, standing
from cloud.dashboard.live.words import FIRST, REASONS, SLOWER, TIERS, TO_DO, first_reason
from cloud.dashboard.pages.live import called
from cloud.operations import orders
from device.contract.choices import HINTS
from device.contract.errors import DataError
from device.contract.labels import Reason, Slower, Tier
from device.contract.session import UNNAMED

NOW_MS = 1_800_000_000_000
MINE, OTHERS = Whose("p-0007", mine=True), Whose("p-0008")


def record(seq: int, mono: float, **more: Any) -> dict[str, Any]:
    time = {"mono": mono, "wall": NOW_MS / 1000 + mono, "trusted": True}
    return {"v": 1, "boot": "b-1", "session": "b-2", "seq": seq, "status": "measured", "time": time} | more


def told(**more: Any) -> dict[str, Any]:
    time = {"mono": 5.0, "wall": NOW_MS / 1000, "trusted": True}
    state = {"v": 2, "boot": "b-1", "seen": NOW_MS, "time": time, "state": "session", "session": "b-2"}
    return state | {"desk": {"state": "watching"}} | more


def notes_of(document: Any, whose: Whose = MINE, now_ms: int = NOW_MS) -> str:
    return json.dumps(standing(document, now_ms, whose)["notes"])


def test_every_code_has_words() -> None:
    assert set(REASONS) == set(FIRST) == {reason.value for reason in Reason}
    assert set(TO_DO) == set(HINTS)
    assert set(TIERS) == {tier.value for tier in Tier}
    assert set(SLOWER) == {reason.value for reason in Slower}
    assert set(orders.CALLED) == set(orders.remote.DO)


def test_what_has_to_be_mended_first_is_said_of_several_reasons() -> None:
    assert first_reason(["low_presence", "turned_away", "too_dark"]) == "too_dark"


def test_samples_are_sent_once_and_in_order() -> None:
    samples = Samples("b-2")
    assert [one["seq"] for one in samples.add([record(2, 2.0), record(1, 1.0)])] == [1, 2]
    assert [one["seq"] for one in samples.add([record(2, 2.0), record(3, 3.0)])] == [3]


def test_old_samples_are_forgotten() -> None:
    samples = Samples("b-2")
    samples.add([record(1, 1.0), record(2, 400.0)])
    assert [one["seq"] for one in samples.all()] == [2]


def test_columns_say_what_was_not_measured_and_why() -> None:
    smile = record(1, 1.0, emotions={"happiness": 0.987}, aus={"AU12": 3.456}, disagree=True)
    masked = record(2, 1.1, emotions={"neutral": 0.5}, aus={"AU4": 1}, hidden=["lower"])
    dark = record(3, 1.2, status="gated", reasons=["blurred", "too_dark"])
    clock = Clock()
    clock.hear(dark, None)
    sent = columns([smile, masked, dark], clock)
    assert sent["why"] == [None, None, "too_dark"]
    assert sent["hidden"] == [None, "lower", None]
    assert sent["disagree"] == [True, False, False]
    assert sent["values"]["happiness"] == [0.99, None, None]
    assert sent["values"]["AU12"] == [3.46, None, None]
    assert "sadness" not in sent["values"]
    assert sent["at"] == [NOW_MS / 1000 + mono for mono in (1.0, 1.1, 1.2)]


def test_a_second_that_was_mostly_not_measured_is_a_gap() -> None:
    time = {"mono": 9.0, "wall": 9.0, "trusted": True}
    second = {"v": 1, "boot": "b-1", "number": 9, "span": 1, "time": time, "share": 0.2, "reasons": {"no_face": 8}}
    assert columns([second], Clock())["why"] == ["no_face"]
    seen = second | {"share": 0.9, "mean": {"emotions": {"fear": 0.7}, "pain": 2}}
    assert columns([seen], Clock())["values"] == {"fear": [0.7], "pain": [2]}


def test_a_trusted_clock_tells_when_a_picture_was_taken() -> None:
    clock = Clock()
    clock.hear(record(1, 10.0), NOW_MS + 12_000)
    assert clock.trusted
    assert clock.database_s(10.0) == NOW_MS / 1000 + 10.0


def test_a_clock_that_is_years_off_is_not_believed_whatever_it_says() -> None:
    clock = Clock()
    lost = record(1, 10.0)
    lost["time"]["wall"] -= 1e8
    clock.hear(lost, NOW_MS + 12_000)
    assert not clock.trusted
    assert clock.database_s(10.0) == NOW_MS / 1000 + 12.0
    assert round(clock.wrong_s) == -100_000_002


def test_the_shortest_way_counts_while_a_clock_is_not_trusted() -> None:
    clock = Clock()
    unset = record(1, 10.0)
    unset["time"] |= {"trusted": False, "wall": 10.0}
    clock.hear(unset, NOW_MS + 15_000)
    again = record(2, 11.0)
    again["time"] |= {"trusted": False, "wall": 11.0}
    assert clock.hear(again, NOW_MS + 12_500), "samples stand elsewhere now"
    assert clock.database_s(11.0) == NOW_MS / 1000 + 12.5


def test_strips_do_not_jump_with_the_wall_clock_of_a_box() -> None:
    clock = Clock()
    clock.hear(record(1, 10.0), NOW_MS + 11_000)
    slewed = record(2, 11.0)
    slewed["time"]["wall"] += 0.2
    assert not clock.hear(slewed, NOW_MS + 12_000)
    assert clock.database_s(11.0) == NOW_MS / 1000 + 11.0


def test_a_new_start_of_a_box_is_a_new_clock() -> None:
    clock = Clock()
    clock.hear(record(1, 10.0), NOW_MS + 11_000)
    other = record(1, 3.0) | {"boot": "b-9"}
    clock.hear(other, NOW_MS + 4_000)
    assert clock.database_s(3.0) == NOW_MS / 1000 + 3.0


def test_a_session_of_a_patient_of_theirs_may_be_paused_and_ended() -> None:
    said = standing(told(), NOW_MS, MINE, "b-2")
    assert (said["state"], said["with"], said["shown"]) == ("watching", "p-0007", True)
    assert {"pause", "end", "revoke", "mark"} <= set(said["may"])
    assert "begin" not in said["may"]


def test_a_pause_only_interrupts_a_session() -> None:
    paused = told(session="", state="idle", desk={"state": "paused"})
    assert session_of(paused, "b-2") == "b-2"
    assert session_of(paused | {"desk": {"state": "idle"}}, "b-2") == ""
    said = standing(paused, NOW_MS, MINE, "b-2")
    assert (said["words"], said["with"], said["may"]) == ("Paused", "p-0007", ["resume", "end", "revoke"])


def test_of_somebody_elses_patient_neither_name_nor_data_are_shown() -> None:
    said = standing(told(), NOW_MS, OTHERS, "b-2")
    assert not said["shown"]
    assert said["with"] == "somebody who is not your patient"
    assert said["may"] == ["pause", "end"]


def test_a_session_of_nobody_who_is_named_is_shown() -> None:
    said = standing(told(), NOW_MS, Whose(UNNAMED), "b-2")
    assert said["shown"]
    assert said["with"] == "nobody who is named"


def test_a_box_that_says_nothing_is_silent_since_then_and_cannot_be_commanded() -> None:
    said = standing(told(), NOW_MS + SILENT_MS + 1, MINE)
    assert (said["state"], said["silent_ms"], said["may"]) == ("silent", NOW_MS, [])


def test_a_box_that_said_goodbye_is_switched_off_however_long_ago() -> None:
    off = told(state="ended", desk={}, session="")
    assert standing(off, NOW_MS + 10 * SILENT_MS, Whose())["words"] == "Switched off"


@pytest.mark.parametrize("nothing", [None, {}, {"v": 2}])
def test_a_box_that_never_told_anything(nothing: Any) -> None:
    assert standing(nothing, NOW_MS, Whose())["state"] == "never"


def test_a_box_of_an_unknown_version_is_not_guessed_at() -> None:
    said = standing(told(v=9), NOW_MS, MINE)
    assert said["state"] == "unknown"
    assert "9" in said["words"]


def test_a_box_without_host_process_offers_no_buttons() -> None:
    bare = told()
    del bare["desk"]
    said = standing(bare, NOW_MS, MINE)
    assert said["may"] == []
    assert "host process" in json.dumps(said["notes"])


def test_what_a_person_should_know_is_said() -> None:
    assert "card is full" in notes_of(told(desk={"state": "watching", "trouble": "The card is full."}))
    assert "processor is hot" in notes_of(told(pace={"rate": 5, "why": ["heat"]}))
    assert "does not cover" in notes_of(told(live={"refused": "the consent does not cover it"}))
    assert notes_of(told()) == "[]"


def test_a_clock_that_is_not_right_is_said() -> None:
    unset = told(time={"mono": 5.0, "wall": 5.0, "trusted": False})
    assert "not set" in notes_of(unset)
    late = told(time={"mono": 5.0, "wall": NOW_MS / 1000 - 10_000, "trusted": True})
    assert "3 h behind" in notes_of(late)


def test_the_face_at_rest_is_told_only_when_a_picture_told_it() -> None:
    assert at_rest(None) == []
    assert at_rest("calibrated:0123abcd")[0] == "good"
    assert "brows that are low by nature" in at_rest("none")[1]


def test_a_command_is_followed_from_sent_to_what_became_of_it() -> None:
    made = orders.command("mark", "dr-a", NOW_MS, name="sigh")
    became = lambda heard, later=0: orders.told(made, heard, NOW_MS + later, "dr-a")  # noqa: E731
    assert became({})["state"] == "sent"
    assert became({"id": "another"})["state"] == "sent"
    assert became({"id": made["id"], "answer": "Marked."})["state"] == "heard"
    assert became({"id": made["id"], "done": True, "answer": "Marked."})["text"] == "Mark 'sigh': done. Marked."
    refused = became({"id": made["id"], "done": False, "answer": "No session is open."})
    assert (refused["state"], refused["text"]) == ("refused", "Mark 'sigh': refused. No session is open.")
    assert "void" in became({}, orders.UNTIL_MS + 1)["text"]
    assert became({}, 600_000) is None


def test_a_colleagues_command_is_shown_as_theirs() -> None:
    made = orders.command("pause", "dr-b", NOW_MS)
    said = orders.told(made, {}, NOW_MS, "dr-a")
    assert said is not None
    assert not said["mine"]
    assert "by a colleague" in said["text"]


@pytest.mark.parametrize("odd", [None, "begin", {}, {"do": "begin"}])
def test_what_is_no_command_is_not_told(odd: Any) -> None:
    assert orders.told(odd, {}, NOW_MS, "dr-a") is None


def test_a_command_and_its_entry_in_the_audit_are_one_request() -> None:
    made = orders.command("begin", "dr-a", NOW_MS, patient="p-0007")
    changes = orders.changes("room-2", made, NOW_MS)
    (command, entry) = changes.values()
    assert changes.keys() > {"control/room-2/command"}
    assert made["until"] == NOW_MS + orders.UNTIL_MS
    assert (command["by"], entry["by"], entry["did"], entry["patient"]) == ("dr-a", "dr-a", "commanded", "p-0007")


def test_a_command_that_no_box_would_take_is_not_made() -> None:
    with pytest.raises(DataError):
        orders.command("begin", "dr-a", NOW_MS)


def test_the_newest_consent_that_holds_is_found() -> None:
    old = {"covers": ["expressions"], "giver": "patient", "given": "2026-01-01"}
    ended = old | {"until": "2026-05-01"}
    newer = old | {"covers": ["units"], "given": "2026-03-01"}
    gone = {"giver": "patient", "given": "2026-04-01", "withdrawn": "k2"}
    day = "2026-06-01"
    assert asking.holding({}, day) is None
    assert asking.holding({"k1": ended}, day) is None
    assert asking.holding({"k1": ended}, "2026-05-01") == ended
    assert asking.holding({"k1": old, "k2": newer}, day) == newer
    assert asking.holding({"k1": old, "k2": newer, "k3": gone}, day) == old


@pytest.mark.parametrize(
    ("typed", "taken"), [("Guided imagery", "guided-imagery"), ("  --Élan!", "lan"), ("x" * 50, "x" * 40), ("", "")]
)
def test_names_become_what_boxes_take(typed: str, taken: str) -> None:
    assert asking.tidy(typed) == taken


def test_two_boxes_of_one_name_are_told_apart() -> None:
    names = {"box-1": "Room 2", "box-2": "room 2", "box-3": "Room 3", "box-4": ""}
    assert [called(device, names) for device in names] == ["Room 2 (box-1)", "room 2 (box-2)", "Room 3", "box-4"]


def test_a_withdrawal_stands_for_ten_minutes_and_then_says_where_to_go() -> None:
    sent = orders.command("revoke", "anna", NOW_MS, patient="p-0042")
    assert sent["until"] - NOW_MS > 9 * 60_000
    waiting = orders.told(sent, {}, NOW_MS + 60_000, "anna")
    over = orders.told(sent, {}, sent["until"] + 1, "anna")
    assert waiting is not None and waiting["state"] == "sent"
    assert over is not None and "at the box itself" in over["text"]
