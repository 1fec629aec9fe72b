"""The demo from beginning to end: the folder is made anew, everything starts, and how to open it is told."""

import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

from cloud.demo.filling import fill, recorded
from cloud.demo.people import PEOPLE
from cloud.demo.scene import DATABASE, clear, enter, furnish
from cloud.demo.staff import PSEUDONYM, REAL, Account, accounts, staff, watcher
from cloud.demo.stage import Running, running
from device.contract.errors import AffectboxError, ConfigError


def show(args: argparse.Namespace) -> int:
    """Show the demo until it is stopped.

    Raises:
        AffectboxError: the folder cannot be used, a part does not start, or ends by itself.
    """
    clear(args.data)
    print("Simulating people, sessions and boxes: some seconds.", flush=True)
    people, database = accounts(), args.data / DATABASE
    boxes = furnish(database, people, args.boxes, args.weeks, time.time(), args.minutes)
    enter(database, people)
    told = f"{len(PEOPLE)} people, {len(boxes)} boxes: everything is simulated."
    real = f" The real box is {REAL}; it watches {PSEUDONYM} in a clip."
    return asyncio.run(
        _until_stopped(
            running(args.data, database, args.port, boxes, args.clip),
            lambda demo: opening(demo, people, told + (f" {demo.trouble}" if demo.trouble else real)),
        )
    )


def show_recorded(args: argparse.Namespace) -> int:
    """Show what boxes have recorded in a folder until it is stopped. Raises as `show`; `ConfigError`: nothing."""
    devices = recorded(args.recorded)
    if not devices:
        raise ConfigError(f"In {args.recorded} is nothing that a box recorded: `make run` records something.")
    people = (watcher(*devices),)
    fill(args.recorded, (), staff(people), time.time_ns() // 1_000_000)
    enter(args.recorded, people)
    place = running(args.recorded.parent, args.recorded, args.port, [], None)
    return asyncio.run(_until_stopped(place, lambda demo: opening(demo, people, "")))


async def _until_stopped(
    place: "contextlib.AbstractAsyncContextManager[Running]", words: Callable[[Running], str]
) -> int:
    showing = asyncio.create_task(_show(place, words))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, showing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await showing
    return 0


async def _show(place: "contextlib.AbstractAsyncContextManager[Running]", words: Callable[[Running], str]) -> None:
    async with place as demo:
        print(words(demo), flush=True)
        ends = {asyncio.create_task(part.over()): part for part in demo.parts}
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ended = ends[done.pop()]
        raise AffectboxError(f"{ended.name.capitalize()} has ended: {ended.last_words()}")


def opening(demo: Running, people: tuple[Account, ...], told: str) -> str:
    """How to open it, and who may see what."""
    lines = [
        f"Open {demo.dashboard} and sign in as",
        *(f"  {account.email:24} {account.password}   sees {account.sees}" for account in people),
        told,
        "Ctrl-C ends it.",
    ]
    return "\n".join(line for line in lines if line)
