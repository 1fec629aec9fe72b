"""`affectbox-cloud erase`: everything of a person, in every database, on every box, and in files that are known."""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from cloud.erasing import boxes, removal, telling
from cloud.erasing.folder import occurrences
from cloud.erasing.naming import Naming
from cloud.erasing.proving import prove
from cloud.erasing.removal import Found
from cloud.erasing.shard import Shard
from cloud.erasing.telling import Progress, counted, row
from cloud.erasing.where import Where, add_arguments, named
from device.contract import audit, telemetry
from device.contract.choices import DEVICE_ID
from device.contract.errors import ConfigError, DataError
from device.contract.patient import check_pseudonym

_DESCRIPTION = """Erase everything of a person: in every database that is named, in files that were written about them
on this machine, and on every box that held a session of theirs. Without --yes nothing is changed: it says what is
held.

Databases are named with --database and the key of the service account, which is above the rules; or a folder of a
local database with --local, whether a server has it open or not.

A box that is away does it when it returns. Until then the command says so, and so does the box's page in the
dashboard; run it again, or --waiting, which finishes whatever began. At the end everything is searched anew."""
_HEARD_MS = 150_000
_LOOK_EVERY_S = 1.0


def add_parser(commands: Any) -> None:
    """Register the `erase` command."""
    parser = commands.add_parser(
        "erase",
        help="erase a person: in databases, on boxes, in files",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("patient", nargs="?", metavar="PATIENT", help="pseudonym of whom to erase")
    add("--waiting", action="store_true", help="whoever is not wholly erased yet: say so; with --yes, go on with it")
    add_arguments(parser)
    add("--files", action="store_true", help="only the files that this machine knows of, in no database")
    add("--yes", action="store_true", help="do it; in a terminal the pseudonym is asked for once more")
    add(
        "--wait", type=float, default=60.0, metavar="S", help="seconds for boxes that are there (default: %(default)g)"
    )
    add("--every-box", action="store_true", help="ask every box that was ever heard, also those without a session")
    add("--lost", metavar="BOX", action="append", default=[], help="never returns: wait for it no longer; repeatable")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Erase one person, or go on with all. Raises `AffectboxError`s, each a sentence."""
    if bool(args.patient) == args.waiting:
        raise ConfigError("Say whom: a pseudonym, or --waiting for all that are not wholly erased yet.")
    if args.files and (args.database or args.local or args.waiting):
        raise ConfigError("--files is without a database: leave --database, --local and --waiting out.")
    for device in args.lost:
        if not DEVICE_ID.fullmatch(device):
            raise ConfigError("--lost names a box by its id: 1 to 40 lower-case letters, digits and hyphens.")
    with named(args, none=args.files) as place:
        return _all(args, place) if args.waiting else _one(args, place, check_pseudonym(args.patient))


def _one(args: argparse.Namespace, place: Where, whom: str) -> int:
    """Erase one person."""
    progress = Progress()
    found = removal.look(place.shards, whom, progress)
    bytes_left = _bytes(place, whom, found) if found.is_nothing else 0
    progress.done()
    if found.is_nothing and not bytes_left:
        raise DataError(
            f"Nothing is held of {whom} {_there(place)}: it never was, or is erased already. Check how it is written."
        )
    more = _heard(place.shards) if args.every_box else []
    for line in (*telling.held(found), *telling.asked(found, more), *telling.waits(found.waiting)):
        print(line)
    if bytes_left:
        print(row("Remains", f"{counted(bytes_left, 'mention')} in the file of the local database, of what is erased"))
    if not args.yes:
        print("Nothing was changed. With --yes it is erased, and cannot be brought back.")
        return 0
    _confirm(whom)
    if found.is_nothing:
        prove(place, whom, [found], [], [], Progress())
        return 0
    return _erase(args, place, whom, found, more)


def _all(args: argparse.Namespace, place: Where) -> int:
    """Everybody who is not wholly erased."""
    standing = boxes.waiting(place.shards)
    people = sorted({*standing, *(whom for shard in place.shards for whom in shard.keys(audit.ERASED_ROOT))})
    if not people:
        print("Nobody is waiting to be erased.")
        return 0
    for whom in people:
        print(row("Person", whom))
        for line in telling.waits(standing.get(whom, ())):
            print(line)
        if args.yes:
            found = removal.look(place.shards, whom, Progress())
            _erase(args, place, whom, found, [])
    if not args.yes:
        print("Nothing was changed. With --yes it goes on.")
    return 0


def _erase(args: argparse.Namespace, place: Where, whom: str, found: Found, more: Sequence[str]) -> int:
    progress, passes = Progress(), [found]
    name = removal.begin(place.shards, whom, found) if place.shards else ""
    if name:
        removal.ask_boxes(place.shards, whom, name, found, more)
        _lose(place.shards, whom, args.lost)
    done = removal.remove(place.shards, whom, found, progress)
    if _answered(place.shards, whom, args.wait if name else 0, progress):
        passes.append(removal.look(place.shards, whom, progress))  # what boxes sent before they did it
        done += removal.remove(place.shards, whom, passes[-1], progress)
    waiting = boxes.waiting(place.shards, whom).get(whom, []) if name else []
    told = [str(proof) for proof in boxes.proofs(place.shards, name)] if name else []
    if name and not waiting:
        removal.end(place.shards, whom, name)
    progress.done()
    for line in (
        row("Erased", f"{counted(sum(one.count for of in passes for one in of.places), 'place')}"),
        *(row("File", telling.of_file(one)) for one in done),
        *(row("Box", text) for text in told),
        *telling.waits(waiting),
    ):
        print(line)
    prove(place, whom, passes, [one.device for one in waiting], done, progress)
    return 0


def _answered(shards: Sequence[Shard], whom: str, wait_s: float, progress: Progress) -> bool:
    """Wait until the boxes that are there have done it; whether any did, or none had to."""
    before = boxes.waiting(shards, whom).get(whom, [])
    waiting, until_s = before, time.monotonic() + wait_s
    now_ms = time.time_ns() // 10**6
    while time.monotonic() < until_s and any(now_ms - (one.seen_ms or 0) < _HEARD_MS for one in waiting):
        progress(f"waiting for {', '.join(one.device for one in waiting)}")
        time.sleep(min(_LOOK_EVERY_S, wait_s))
        waiting = boxes.waiting(shards, whom).get(whom, [])
    return len(waiting) < len(before)


def _lose(shards: Sequence[Shard], whom: str, lost: Sequence[str]) -> None:
    for one in boxes.waiting(shards, whom).get(whom, ()):
        if one.device in lost:
            boxes.take_back(one, whom)


def _heard(shards: Sequence[Shard]) -> list[str]:
    return sorted({device for shard in shards for device in shard.keys(telemetry.ROOT)})


def _bytes(place: Where, whom: str, found: Found) -> int:
    """How often the files of a local database still name a person of whom it holds nothing."""
    if not place.local:
        return 0
    return sum(occurrences(place.local.path, Naming(whom, {one.session for one in found.whose.sessions})).values())


def _there(place: Where) -> str:
    shards = ", ".join(shard.name for shard in place.shards)
    return f"in {shards} or in the files that are known" if shards else "in the files that are known"


def _confirm(whom: str) -> None:
    """Ask for the pseudonym where somebody can be asked. Raises `ConfigError`: something else was typed."""
    if sys.stdin.isatty() and input(f"This cannot be undone. Type {whom} to erase them: ").strip() != whom:
        raise ConfigError("That is another pseudonym; nothing was erased.")
