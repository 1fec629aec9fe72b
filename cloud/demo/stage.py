"""Everything of the demo that lives: database, fleet, dashboard and the real box; all of it ends with the block."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cloud.demo.boxes import Box
from cloud.demo.children import Child
from cloud.demo.fleet import Fleet
from cloud.demo.real import RealBox
from cloud.demo.scene import NAMESPACE, RULES
from cloud.demo.staff import REAL
from device.contract.errors import AffectboxError


@dataclass(frozen=True)
class Running:
    """Where dashboard and database answer, the processes that the demo cannot do without, and why there is no real
    box, in words."""

    dashboard: str
    database: str
    parts: tuple[Child, ...]
    trouble: str


@contextlib.asynccontextmanager
async def running(
    folder: Path, database: Path, port: int, boxes: list[Box], clip: Path | None
) -> AsyncIterator[Running]:
    """The demo on the database in a folder, for the length of a block; `folder` takes logs and the real box.

    Raises:
        AffectboxError: database or dashboard does not start.
    """
    data = str(database.resolve())
    async with contextlib.AsyncExitStack() as stack:
        words = ["cloud", "local", "--port", "0", "--data", data, "--rules", str(RULES), "--sign-in"]
        serving = await _child(stack, "the database", words, folder)
        address = (await serving.ready("listening on ")).split()[-1]
        url = f"{address}?ns={NAMESPACE}"
        fleet = asyncio.create_task(Fleet(url, boxes, time.time, together=True).run())
        stack.push_async_callback(_cancelled, fleet)
        words = ["cloud", "dashboard", "--data", data, "--database", url, "--port", str(port)]
        dashboard = await _child(stack, "the dashboard", words, folder)
        place = (await dashboard.ready("The dashboard is at ")).split()[-1]
        trouble = (
            await _real(stack, folder, database, clip, url) if clip else "No clip was named, so there is no real box."
        )
        yield Running(place, url, (serving, dashboard), trouble)


async def _child(stack: contextlib.AsyncExitStack, name: str, words: list[str], folder: Path) -> Child:
    child = await Child.start(name, words, folder, folder.resolve() / f"{words[1]}.log")
    stack.push_async_callback(child.end)
    return child


async def _real(stack: contextlib.AsyncExitStack, folder: Path, database: Path, clip: Path, url: str) -> str:
    """Start the real box; returns why it did not, in words: the demo goes on without."""
    box = RealBox((folder / "box").resolve(), REAL, clip)
    stack.push_async_callback(box.end)
    try:
        await box.start(database, url)
    except AffectboxError as error:
        return str(error)
    return ""


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
