"""The demo from beginning to end: the folder is made anew, everything starts, and how to open it is told."""

import argparse
import asyncio
import contextlib
import signal
import time

from cloud.demo.boxes import Box
from cloud.demo.people import PEOPLE
from cloud.demo.scene import clear, furnish
from cloud.demo.staff import PSEUDONYM, REAL, Account, accounts
from cloud.demo.stage import DATABASE, Running, running
from device.contract.errors import AffectboxError


def show(args: argparse.Namespace) -> int:
    """Show the demo until it is stopped.

    Raises:
        AffectboxError: the folder cannot be used, a part does not start, or ends by itself.
    """
    clear(args.data)
    print("Simulating people, sessions and boxes: some seconds.", flush=True)
    people = accounts()
    boxes = furnish(args.data / DATABASE, people, args.boxes, args.weeks, time.time())
    return asyncio.run(_until_stopped(args, people, boxes))


async def _until_stopped(args: argparse.Namespace, people: tuple[Account, ...], boxes: list[Box]) -> int:
    showing = asyncio.create_task(_show(args, people, boxes))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, showing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await showing
    return 0


async def _show(args: argparse.Namespace, people: tuple[Account, ...], boxes: list[Box]) -> None:
    async with running(args.data, args.port, boxes, args.clip) as demo:
        print(opening(demo, people, len(boxes)), flush=True)
        ends = {asyncio.create_task(part.over()): part for part in demo.parts}
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ended = ends[done.pop()]
        raise AffectboxError(f"{ended.name.capitalize()} has ended: {ended.last_words()}")


def opening(demo: Running, people: tuple[Account, ...], boxes: int) -> str:
    """How to open it, and who may see what."""
    real = f"The real box is {REAL}; it watches {PSEUDONYM} in a clip." if not demo.trouble else demo.trouble
    lines = [
        f"Open {demo.dashboard} and sign in as",
        *(f"  {account.email:24} {account.password}   sees {account.sees}" for account in people),
        f"{len(PEOPLE)} people, {boxes} boxes: everything is simulated. {real}",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)
