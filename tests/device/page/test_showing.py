"""What the page tells beside the session: network, clock, card, delivery, releases."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from device.clock import FakeClock
from device.contract.control import Doing, Report
from device.contract.session import Consent
from device.delivery.standing import Teller
from device.host.view import Light, Matter, Notice, Past, Recorded, Snapshot, State
from device.page.showing import Showing
from device.page.surroundings import machine_addresses, place_of
from device.update.layout import Layout
from device.update.standing import Offer, Standing, Step, offer, tell
from tests.device.page.served import settings_of

CLOCK = FakeClock(wall=1_800_000_000.0)
QUIET = Snapshot(number=1, state=State.IDLE, state_s=1.0, camera_open=False, light=Light.OFF, clock_trusted=True)
WATCHING = Report(Doing.WATCHING, camera_open=True, width=1640, height=1232, rate=9.6, temperature=61.0, waiting=7)


def shown(snapshot: Snapshot = QUIET, *settings: str, port: int = 0) -> Any:
    return json.loads(json.dumps(Showing(settings_of(*settings), CLOCK, port)(snapshot), allow_nan=False))


def changed(**values: Any) -> Snapshot:
    return Snapshot(**{name: getattr(QUIET, name) for name in QUIET.__dataclass_fields__} | values)


def test_the_cards_of_a_box_at_rest() -> None:
    cards = shown()["cards"]
    assert (cards["camera"]["says"], cards["camera"]["tone"]) == ("off", "off")
    assert (cards["time"]["says"], cards["time"]["tone"]) == ("good", "good")
    assert (cards["cloud"]["says"], cards["cloud"]["tone"]) == ("none", "off")
    assert cards["storage"]["waiting"] is None
    assert shown(changed(clock_trusted=False))["cards"]["time"] | {"wall": 0} == {
        "tone": "attention", "says": "unset", "wall": 0
    }  # fmt: skip


def test_a_camera_that_watches_is_told_in_figures() -> None:
    camera = shown(changed(state=State.WATCHING, camera_open=True, report=WATCHING))["cards"]["camera"]
    assert (camera["says"], camera["width"], camera["rate"], camera["celsius"]) == ("on", 1640, 10, 61.0)
    assert shown(changed(state=State.STARTING, camera_open=True))["cards"]["camera"]["says"] == "opening"


def test_a_camera_that_does_not_work_is_said_largest() -> None:
    failing = changed(state=State.STARTING, trouble=Notice(Matter.FAILED, "There is no camera."))
    page = shown(failing)
    assert page["advice"] == {"code": "trouble", "tone": "attention"}
    assert (page["trouble"]["text"], page["cards"]["camera"]["says"]) == ("There is no camera.", "trouble")
    lamp = shown(changed(trouble=Notice(Matter.LAMP, "The lamp is broken.")))
    assert (lamp["advice"]["code"], lamp["cards"]["camera"]["says"]) == ("idle", "off")


def test_delivery_is_told_as_it_stands() -> None:
    sink = "run.sinks=['rtdb:https://clinic.firebaseio.com']"
    assert shown(QUIET, sink)["cards"]["cloud"]["tone"] == "off", "nothing is known yet"
    teller = Teller(CLOCK)
    teller.is_due("", 3)
    teller.tell("", 12)
    cards = shown(QUIET, sink)["cards"]
    assert (cards["cloud"]["tone"], cards["cloud"]["place"]) == ("good", "clinic.firebaseio.com")
    assert cards["cloud"]["sent"] == CLOCK.wall()
    assert cards["storage"]["waiting"] == 12
    teller.tell("no answer: timed out", 40)
    cloud = shown(QUIET, sink)["cards"]["cloud"]
    assert (cloud["tone"], cloud["says"], cloud["text"]) == ("attention", "trouble", "no answer: timed out")


def test_a_card_with_little_room_is_orange() -> None:
    storage = shown(QUIET, "outbox.max_mb=1000000")["cards"]["storage"]
    assert (storage["tone"], storage["says"]) == ("attention", "low")


def test_others_learn_the_address_only_where_the_page_is_open_to_them() -> None:
    assert shown()["cards"]["network"]["addresses"] == []
    assert shown(port=8080)["cards"]["network"]["addresses"] == [f"http://{one}:8080" for one in machine_addresses()]
    assert "127.0.0.1" not in machine_addresses()


@pytest.mark.parametrize(
    ("sinks", "place"),
    [
        ((), ""),
        (("jsonl:x",), ""),
        (("rtdb:nonsense",), ""),
        (("jsonl:x", "rtdb:https://a.firebaseio.com"), "a.firebaseio.com"),
    ],
)
def test_the_place_of_records(sinks: tuple[str, ...], place: str) -> None:
    assert place_of(sinks) == place


def test_consents_are_told_with_what_became_of_them() -> None:
    now = CLOCK.wall()
    people = (
        Recorded("p-1", Consent(("units",), "patient", now - 9, None)),
        Recorded("p-2", Consent(("units",), "patient", now - 9, now - 1)),
        Recorded("p-3", Consent(("units",), "guardian", now - 9, now + 9), revoked=now - 2),
    )
    told = [(one["patient"], one["valid"], one["revoked"]) for one in shown(changed(people=people))["people"]]
    assert told == [("p-1", True, False), ("p-2", False, False), ("p-3", False, True)]


def test_the_last_sessions_are_told_without_whom_they_watched() -> None:
    past = tuple(Past(f"p-{number}", 1.7e9, 1.7e9 + 60, 60.0, "stopped") for number in range(30))
    page = shown(changed(past=past))
    assert len(page["past"]) == 8
    assert page["past"][0] == {"began": 1.7e9, "seconds": 60, "why": "stopped"}


def test_what_is_sent_stays_small_and_quick_to_make(tmp_path: Path) -> None:
    people = tuple(Recorded(f"p-{n:038d}", Consent(("units",), "patient", 1.0, None)) for n in range(5000))
    began = time.process_time()
    assert len(json.dumps(shown(changed(people=people)))) < 60_000
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("last", "stick", "says", "tone"),
    [
        (None, None, "none", "good"),
        (None, Offer("0.4.0", "Version 0.4.0 is on the stick."), "available", "attention"),
        (None, Offer("", "It is for trixie."), "no_stick", "attention"),
        (None, Offer("0.3.0", "Version 0.3.0 is on the stick."), "none", "good"),
        (Standing(Step.TRYING, "0.3.0", "0.4.0", "It is tried."), Offer("0.4.0", ""), "installing", "attention"),
        (Standing(Step.DONE, "0.4.0", "0.4.0", "It runs."), Offer("0.4.0", ""), "done", "good"),
        (Standing(Step.BACK, "0.3.0", "0.4.0", "It crashed."), None, "back", "attention"),
        (Standing(Step.REFUSED, "0.3.0", "0.4.0", "It was altered."), None, "refused", "attention"),
    ],
)
def test_releases_are_told_as_they_stand(
    tmp_path: Path, last: Standing | None, stick: Offer | None, says: str, tone: str
) -> None:
    layout = Layout(tmp_path)
    tell(layout, last or Standing(version="0.3.0"))
    if stick:
        offer(layout, stick)
    card = Showing(settings_of(), CLOCK, 0, layout)(QUIET)["cards"]["update"]
    assert (card["says"], card["tone"]) == (says, tone)
    assert card["version"] == (last.version if last else "0.3.0")
