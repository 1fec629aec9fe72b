"""A box as a row: everything that it says, and nothing that it does not; only what changed is told to a tab."""

from typing import Any

import pytest

from cloud.dashboard.fleet.delta import kept, told
from cloud.dashboard.fleet.detail import checkup, detail
from cloud.dashboard.fleet.rows import row, seen_of
from cloud.demo.boxes import make_boxes, state
from cloud.watch.fleet import Fleet
from device.contract.fields import Json

NOW_S = 1_795_800_000.0
NOW = int(NOW_S * 1000)
TWELVE = "sim-room-12"


def document(number: int = 12, **changes: Any) -> Json:
    """What a healthy simulated box says now."""
    box = make_boxes(number, 1, NOW_S)[-1]
    return state(box, NOW_S) | {"seen": NOW} | changes


def shown(device: str = TWELVE, now: int = NOW, boxes: Json | None = None, **telemetry: Any) -> Json:
    fleet = Fleet()
    fleet.telemetry("/", telemetry or {TWELVE: document()}, False)
    fleet.boxes("/", boxes or {}, False)
    return row(seen_of(fleet, device, now))


def test_a_healthy_box_needs_nobody() -> None:
    said = shown()
    assert said["see"][0] == 0 and said["what"] == []
    assert said["clock"][2] == "synchronized"
    assert said["version"][0] and said["temperature"][0] > 20
    assert said["box"][0] == TWELVE, "without a name it is called by its id"


def test_a_box_is_silent_without_any_news() -> None:
    assert shown()["state"][1] != "silent"
    later = shown(now=NOW + 3_600_000)
    assert later["state"][1:] == ["silent", NOW], "since its last word"
    assert later["see"][0] == 3 and "power or network" in later["see"][2]


def test_a_clock_in_1970_is_shown_as_that() -> None:
    said = shown(**{TWELVE: document(time={"mono": 40.0, "wall": 40.0, "trusted": False})})
    assert said["clock"][1:] == [2, "never set: it stands in 1970"]
    assert said["state"][1] == "clock wrong"


def test_a_box_that_was_never_seen_but_has_a_name() -> None:
    said = shown("new", boxes={"new": {"name": "Room 9", "group": "site-a"}}, **{TWELVE: document()})
    assert said["box"][:3] == ["Room 9", "new", "site-a"]
    assert (said["state"][1], said["seen"], said["cpu"], said["clock"][2]) == ("never seen", [None], [None], "")


def test_two_boxes_with_one_name_are_told_apart() -> None:
    fleet = Fleet()
    fleet.telemetry("/", {TWELVE: document(), "other": document()}, False)
    fleet.boxes("/", {TWELVE: {"name": "Room 3"}, "other": {"name": "Room 3"}}, False)
    said = row(seen_of(fleet, TWELVE, NOW, (), ("other",)))
    assert said["box"][3] == "so is other" and said["what"] == ["name"]
    assert said["see"][:2] == [1, "name"]


@pytest.mark.parametrize("odd", [3, "text", [1], {}, {"v": 99}, {"seen": "soon", "host": 4, "ms": [], "pace": "slow"}])
def test_telemetry_of_another_kind_is_a_row_like_any_other(odd: Any) -> None:
    said = shown(**{TWELVE: odd, "other": document()})
    assert said["id"] == TWELVE and said["cpu"] == [None]
    fleet = Fleet()
    fleet.telemetry("/", {TWELVE: odd}, False)
    detail(seen_of(fleet, TWELVE, NOW))


def test_a_later_version_is_said_to_be_one() -> None:
    assert "version" in shown(**{TWELVE: document(v=9)})["what"]


def test_only_what_changed_is_told() -> None:
    first, sent = shown(), {}
    assert told(sent, {TWELVE: first}) == {"rows": [first]}
    assert told(sent, {TWELVE: kept(first, shown())}) == {}
    warmer = document()
    warmer["host"] = warmer["host"] | {"temperature": 66.0}
    now = kept(first, shown(**{TWELVE: warmer}))
    assert told(sent, {TWELVE: now}) == {"rows": [{"id": TWELVE, "temperature": [66.0, False, False]}]}
    assert told(sent, {}) == {"gone": [TWELVE]}


def test_everything_of_a_box_in_words() -> None:
    fleet = Fleet()
    fleet.telemetry("/", {TWELVE: document(refused=3)}, False)
    lines = {label: (text, tone) for _, those in detail(seen_of(fleet, TWELVE, NOW)) for label, text, tone in those}
    assert lines["Lost"] == ("3 refused by the database", "todo")
    assert lines["Throttled"] == ("no", "") and lines["Board"][0].startswith(("Raspberry", "Latte"))
    assert "of 400 MB" in lines["Data this month"][0]


def test_what_is_wrong_comes_first_in_an_examination() -> None:
    found = {
        "c01": {"name": "models", "state": "ok", "text": "Fine."},
        "c02": {"name": "disk", "state": "fail", "text": "Full.", "remedy": "Make room."},
        "c03": {"name": "later", "state": "puzzling", "text": "Of a later version."},
        "c04": "nonsense",
    }
    told_ = checkup({"seen": NOW, "id": "x", "findings": found})
    assert told_ is not None
    assert [one["name"] for one in told_["findings"]][-1] == "models"
    assert told_["findings"][0]["name"] == "disk" and told_["findings"][0]["remedy"] == "Make room."
    assert checkup(None) is None and checkup({"findings": 3}) == {"seen": None, "id": "", "findings": []}
