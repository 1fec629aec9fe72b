"""The simulated fleet: what it tells is of the contract and taken by the rules, its troubles are found as such, and it
obeys."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.demo.boxes import SILENT_S, TROUBLES, Box, make_boxes, state, twin
from cloud.demo.fleet import Fleet
from cloud.demo.obeying import COMING
from cloud.demo.scene import RULES
from cloud.demo.staff import last_words, names
from cloud.demo.yesterday import FOLDER, backfill
from cloud.local.evaluator import NODE_MODULES
from cloud.local.tokens import OWNER
from cloud.watch.fleet import Fleet as Watched
from cloud.watch.history import FIELDS, History
from device.contract import box as named
from device.contract import checkup, erasure, remote, telemetry
from device.contract.fields import Json, check
from tests.servers import WAIT_S, Server

NOW_S = 1_795_800_000.0
ERASE = "k1795817990000-zzzzz9"


@pytest.fixture(scope="module")
def boxes() -> list[Box]:
    return make_boxes(70, 7, NOW_S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not ((NODE_MODULES / "targaryen").is_dir() and shutil.which("node")):
        pytest.skip("no targaryen: `make rules-evaluator`")
    running = Server(tmp_path / "database", "--rules", str(RULES))
    yield running
    running.end()


def taken(box: Box, at_s: float) -> Json:
    """What the database holds of a box's state."""
    return json.loads(json.dumps(state(box, at_s) | {"seen": int(at_s * 1000)}))  # type: ignore[no-any-return]


def test_every_box_tells_what_telemetry_may_hold_at_every_hour_of_a_day(boxes: list[Box]) -> None:
    for box in boxes:
        for hour in range(0, 24, 3):
            found = taken(box, NOW_S - hour * 3600 - 100)
            if box.trouble != "unknown":
                check(found, telemetry.FIELDS, "telemetry")
    for path, document in names(boxes, "engineer-1", NOW_S).items():
        named.validate(document)  # type: ignore[arg-type]
        assert path.startswith(("boxes/sim-room-", "boxes/demo-box"))


def test_a_box_has_a_day_a_colder_night_and_sessions(boxes: list[Box]) -> None:
    quiet = boxes[0]
    day = [state(quiet, NOW_S - minute * 60) for minute in range(0, 1440, 10)]
    warm = {
        state: [one["host"]["temperature"] for one in day if one["state"] == state] for state in ("session", "idle")
    }
    assert 3 <= len(quiet.busy) <= 7
    assert sum(warm["session"]) / len(warm["session"]) > sum(warm["idle"]) / len(warm["idle"]) + 5
    assert max(one["frames"].get("rate", 0) for one in day) > 9


def test_whoever_watches_finds_each_trouble_and_none_where_there_is_none(boxes: list[Box]) -> None:
    watched = Watched()
    for age_s in (4, 3, 2, 1):
        for box in boxes:
            if box.trouble not in ("silent", "ended"):
                watched.telemetry(f"/{box.device}", taken(box, NOW_S - age_s), False)
            if box.trouble == "twins":
                watched.telemetry(f"/{box.device}", taken(twin(box), NOW_S - age_s + 0.5), False)
    for path, document in last_words(boxes, NOW_S).items():
        watched.telemetry(f"/{path.partition('/')[2]}", document, False)
    healthy = [box for box in boxes if not box.trouble]
    found = {box.device: watched.health(box.device, int(NOW_S * 1000)) for box in boxes}
    assert {found[box.device].findings for box in healthy} == {()}
    troubled = {box.trouble: found[box.device] for box in boxes if box.trouble}
    assert troubled.keys() == set(TROUBLES.values())
    for trouble, health in troubled.items():
        assert health.findings or health.state.value in ("silent", "ended"), trouble


def test_a_day_stands_in_the_history_and_a_silent_box_ends_there(boxes: list[Box], tmp_path: Path) -> None:
    backfill(tmp_path, boxes[:8], NOW_S)
    history = History.reading(tmp_path / FOLDER)
    sparks = history.sparks("temperature")
    history.close()
    assert "temperature" in FIELDS
    assert len(sparks["sim-room-1"]) >= 286
    assert sparks["sim-room-7"][-1][0] <= NOW_S - SILENT_S
    assert boxes[6].trouble == "silent"


@asynccontextmanager
async def living(server: Server, boxes: list[Box], together: bool) -> AsyncIterator[Callable[[str, str, Any], Any]]:
    """The fleet lives on a database; gives what asks that above the rules."""
    fleet = Fleet(f"{server.url}?ns=demo", boxes, time.time, 0.05, together)
    running = asyncio.create_task(fleet.run(0.1))
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": OWNER}) as client:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            content = None if body is None else json.dumps(body)
            return (await client.request(method, f"/{path}.json", params={"ns": "demo"}, content=content)).json()

        yield ask
    assert fleet.refused == ""
    running.cancel()
    await asyncio.wait([running])


async def until(ask: Callable[[str, str], Any], path: str, wanted: Callable[[Any], bool]) -> Any:
    """What stands at a path, once it is as wanted."""
    async with asyncio.timeout(WAIT_S):
        while not wanted(found := await ask("GET", path)):
            pass
    return found


@pytest.mark.parametrize("together", [False, True])
def test_it_lives_within_the_rules_and_obeys(server: Server, together: bool) -> None:
    boxes = make_boxes(70, 7, time.time())
    chosen = [boxes[at - 1] for at in (1, 10, 17, 41, 47)]

    async def live() -> None:
        async with living(server, chosen, together) as ask:
            await until(ask, "telemetry", lambda found: found and len(found) == len(chosen))
            command = {"v": 1, "until": int(time.time() * 1000) + 60_000, "by": "engineer-1"}
            for number, do in ((1, "update"), (10, "update"), (17, "doctor")):
                asked = command | {"id": f"c-{number}", "do": do}
                remote.validate(asked)
                await ask("PUT", remote.key(f"sim-room-{number}"), asked)
            await ask(
                "PUT", erasure.request_key("sim-room-1", "p-017"), {"v": 1, "id": ERASE, "at": {".sv": "timestamp"}}
            )
            proof = await until(ask, erasure.key("sim-room-1", ERASE), bool)
            await until(ask, "control/sim-room-1/erase", lambda found: found is None)
            good = await until(ask, "telemetry/sim-room-1", lambda one: one.get("update", {}).get("state") == "done")
            bad = await until(ask, "telemetry/sim-room-10", lambda one: one.get("update", {}).get("state") == "back")
            seen = await until(ask, "checkup/sim-room-17", bool)
        assert (good["version"], good["control"]["done"]) == (COMING, True)
        assert (bad["version"], bad["control"]["done"]) != (COMING, True)
        checkup.validate(seen)
        erasure.validate(proof)
        assert {one["name"] for one in seen["findings"].values() if one["state"] == "fail"} == {"disk"}

    asyncio.run(live())
