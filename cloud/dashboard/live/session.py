"""The session that a box holds, as it is shown: the live second while the box sends it, else the newest packs."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cloud.dashboard.base import Base, Lost, apply
from cloud.dashboard.live.samples import Clock, Samples, columns
from cloud.dashboard.live.standing import Whose, at_rest
from cloud.dashboard.person import Visit
from cloud.dashboard.records import changes
from cloud.operations import orders
from device.contract import aggregate, audit, live, pack, telemetry
from device.contract.errors import AffectboxError, DataError
from device.contract.fields import Json
from device.contract.keys import new_key
from device.contract.record import started_s
from device.contract.session import UNNAMED, session_of

#: Packs that are asked for when the page opens: five minutes of them.
_PACKS = 21
#: Without a live second for so long, newest packs are looked for.
_QUIET_S = 4.0
_AGAIN_S = 5.0
#: And else so often, seconds.
_HOLES_S = 15.0
_MINUTES = 5


class OpenSession:
    """One session of a box. Hands `give` messages for the tabs: `samples`, `hints`, `version`."""

    def __init__(
        self, base: Base, visit: Visit, device: str, session: str, whose: Whose, give: Callable[[Json], None]
    ) -> None:
        self.session = session
        self._base, self._visit, self._device, self._whose, self._give = base, visit, device, whose, give
        self._clock = Clock()
        self._samples = Samples(session)
        self._tree: Any = None
        self._live_s = 0.0
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def hear(self, told: Json) -> None:
        """What telemetry tells of the box's clock."""
        if told.get("v") == telemetry.VERSION and self._clock.hear(told, told["seen"]):
            self._again()

    def everything(self) -> Json | None:
        """All samples that are kept, for a tab that opens now; None where there are none."""
        records = self._samples.all()
        return self._message(records) | {"anew": True} if records else None

    async def close(self) -> None:
        """Stop."""
        self._over.set()
        self._task.cancel()
        with suppress(asyncio.CancelledError, AffectboxError):
            await self._task

    async def _run(self) -> None:
        try:
            await self._note()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear_live())
                group.create_task(self._fill())
        except* AffectboxError as errors:
            self._give({"unseen": str(errors.exceptions[0])})

    async def _note(self) -> None:
        """That somebody watches goes into the audit before anything is shown. Raises `DataError`, `IdentityError`."""
        whom = "" if self._whose.patient == UNNAMED else self._whose.patient
        now_ms = self._base.now_ms()
        visit = f"{self._device}~{self.session}"
        noted = orders.entry("watched", self._visit.person.uid, device=self._device, patient=whom, visit=visit)
        try:
            await self._base.patch(self._visit, {audit.key(now_ms, new_key(now_ms)): noted})
        except AffectboxError as error:
            raise type(error)(f"Nothing is shown, as it could not be noted who looks: {error}") from None
        changes.noted(self._visit, whom, visit)

    async def _hear_live(self) -> None:
        async for change in self._base.follow(self._visit, live.key(self._device)):
            if isinstance(change, Lost):
                continue
            self._tree = apply(self._tree, change)
            if isinstance(self._tree, dict):
                self._take_live(self._tree)

    def _take_live(self, document: Json) -> None:
        try:
            records = live.records(document)
        except DataError as error:
            known = document.get("v") == live.VERSION
            self._give({"odd": str(error) if known else _version(document)})
            return
        if session_of(document) != self.session:
            return
        self._live_s = asyncio.get_running_loop().time()
        moved = self._clock.hear(records[-1], document["seen"])
        self._give({"hints": document.get("hints", [])})
        self._add(records, moved, document["seen"])

    async def _fill(self) -> None:
        """What came before the page was opened, what packs bring while nothing comes live, and what live seconds left
        out."""
        await self._packs(_PACKS)
        filled_s = asyncio.get_running_loop().time()
        while not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await self._over.wait()
            now_s = asyncio.get_running_loop().time()
            if now_s - self._live_s > _QUIET_S or now_s - filled_s > _HOLES_S:
                filled_s = now_s
                await self._packs(2)

    async def _packs(self, most: int) -> None:
        with suppress(DataError):
            path = f"{pack.ROOT}/{self._device}/{self.session}"
            found = await self._base.object(self._visit, path, orderBy='"$key"', limitToLast=str(most))
            if not found:
                path = f"{aggregate.MINUTES_ROOT}/{self._device}/{self.session}"
                minutes = await self._base.object(self._visit, path, orderBy='"$key"', limitToLast=str(_MINUTES))
                self._add(_valid(minutes), False, None)
                return
            records, odd = await asyncio.to_thread(_unpacked, list(found.values()))
            if odd:
                self._give({"odd": odd})
            self._add(records, False, None)

    def _add(self, records: list[Json], moved: bool, seen_ms: int | None) -> None:
        fresh = self._samples.add(records)
        if fresh and self._clock.offset_s is None:
            self._clock.hear(fresh[-1], None)
        if moved:
            self._again()
        elif fresh:
            self._give({"samples": self._message(fresh) | ({} if seen_ms is None else {"seen": seen_ms})})

    def _again(self) -> None:
        if there := self.everything():
            self._give({"samples": there})

    def _message(self, records: list[Json]) -> Json:
        newest = records[-1]
        rest = next((record["neutral"] for record in reversed(records) if "neutral" in record), None)
        return {
            "session": self.session,
            "began": self._clock.database_s(started_s(self.session)),
            "trusted": self._clock.trusted,
            "coarse": "seq" not in newest,
            "rest": at_rest(rest),
            **columns(records, self._clock),
        }


def _unpacked(packs: list[Any]) -> tuple[list[Json], str]:
    """The records or seconds of packs, and why one of them could not be read."""
    found, odd = [], ""
    for document in packs:
        try:
            found += pack.unpack(document)
        except DataError as error:
            odd = (
                _version(document) if isinstance(document, dict) and document.get("v") != pack.VERSION else str(error)
            )
    return found, odd


def _valid(minutes: Json) -> list[Json]:
    """Minutes that are valid."""
    found = []
    for minute in minutes.values():
        with suppress(DataError):
            aggregate.validate(minute)
            found.append(minute)
    return found


def _version(document: Json) -> str:
    return (
        f"The box writes version {document.get('v')!s:.20}, which this dashboard does not know: update the dashboard."
    )
