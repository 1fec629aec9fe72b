"""`affectbox-cloud erase`: everything of a person, in every database, on every box, and in files that are known."""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from cloud.erasing import boxes, known, removal, telling
from cloud.erasing.folder import occurrences
from cloud.erasing.naming import Naming
from cloud.erasing.proving import prove
from cloud.erasing.removal import Found
from cloud.erasing.shard import Shard
from cloud.erasing.telling import Progress, counted, row, saying
from cloud.erasing.where import Where, add_arguments, named
from device.contract import audit, telemetry
from device.contract.choices import DEVICE_ID
from device.contract.errors import CheckFailedError, ConfigError, DataError
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
_LONGEST_S = 86_400


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
    add(
        "--files",
        action="store_true",
        help="only the files that this machine knows of, in no database; also of a study's people, however named",
    )
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
    if not 0 <= args.wait <= _LONGEST_S:
        raise ConfigError(
            f"--wait is from 0 to {_LONGEST_S} seconds: a box that is away longer does it when it returns."
        )
    for device in args.lost:
        if not DEVICE_ID.fullmatch(device):
            raise ConfigError("--lost names a box by its id: 1 to 40 lower-case letters, digits and hyphens.")
    with named(args, none=args.files) as place:
        return _all(args, place) if args.waiting else _one(args, place, _whom(args))


def _whom(args: argparse.Namespace) -> str:
    """Studies call their participants as they like. Raises `ConfigError`: no pseudonym, and of nobody in the list."""
    is_listed = args.files and any(args.patient in one.patients for one in known.written())
    return str(args.patient) if is_listed else check_pseudonym(args.patient)


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
    others = {*args.lost}.difference(found.whose.devices, more, (one.device for one in found.waiting))
    for line in (*telling.held(found), *telling.asked(found, more), *telling.waits(found.waiting)):
        print(line)
    if others:
        print(row("Not theirs", f"{', '.join(sorted(others))}: no session of theirs is known there; check --lost"))
    if bytes_left:
        print(row("Remains", f"{counted(bytes_left, 'mention')} in the file of the local database, of what is erased"))
    if not args.yes:
        print("Nothing was changed. With --yes it is erased, and cannot be brought back.")
        return 0
    _confirm(whom)
    say = saying(whom, hidden=False)
    if found.is_nothing:
        prove(place, whom, [found], [], [], say)
    else:
        _erase(args, place, whom, found, more, say)
    return 0


def _all(args: argparse.Namespace, place: Where) -> int:
    """Everybody who is not wholly erased."""
    standing = boxes.waiting(place.shards)
    people = sorted({*standing, *(whom for shard in place.shards for whom in shard.keys(audit.ERASED_ROOT))})
    if not people:
        print("Nobody is waiting to be erased.")
        return 0
    failed: CheckFailedError | None = None
    for whom in people:
        say = saying(whom, hidden=args.yes and not sys.stdout.isatty())
        say(row("Person", whom))
        for line in telling.waits(standing.get(whom, ())):
            say(line)
        if args.yes:
            try:
                _erase(args, place, whom, removal.look(place.shards, whom, Progress()), [], say)
            except CheckFailedError as error:
                failed = error
    if failed:
        raise failed
    if not args.yes:
        print("Nothing was changed. With --yes it goes on.")
    return 0


def _erase(
    args: argparse.Namespace, place: Where, whom: str, found: Found, more: Sequence[str], say: telling.Say
) -> None:
    """One pass, and another after boxes did it meanwhile, for what they sent before."""
    progress, passes = Progress(), [found]
    name = removal.begin(place.shards, whom, found) if place.shards else ""
    staying = _asked(args, place.shards, whom, name, found, more) if name else set()
    done = removal.remove(whom, found, staying, progress)
    if staying - _await(place.shards, whom, staying, args.wait, progress):
        passes.append(removal.look(place.shards, whom, progress))
        staying = {one.device for one in passes[-1].waiting}
        done += removal.remove(whom, passes[-1], staying, progress)
    told = [str(proof) for proof in boxes.proofs(place.shards, name)] if name else []
    if name and not staying:
        removal.end(place.shards, whom, name)
    progress.done()
    for line in (
        row("Erased", f"{counted(sum(one.count for of in passes for one in of.places), 'place')}"),
        *(row("File", telling.of_file(one)) for one in done),
        *(row("Box", text) for text in told),
        *telling.waits([one for one in boxes.waiting(place.shards, whom).get(whom, []) if one.device in staying]),
    ):
        say(line)
    prove(place, whom, passes, sorted(staying), done, say)


def _asked(
    args: argparse.Namespace, shards: Sequence[Shard], whom: str, name: str, found: Found, more: Sequence[str]
) -> set[str]:
    """Ask boxes; those of which more may arrive until they have done it, without those that are lost."""
    asked = removal.ask_boxes(shards, whom, name, found, more)
    for one in boxes.waiting(shards, whom).get(whom, []):
        if one.device in args.lost:
            boxes.take_back(one, whom)
    return asked.difference(args.lost)


def _await(shards: Sequence[Shard], whom: str, asked: set[str], wait_s: float, progress: Progress) -> set[str]:
    """Wait for the boxes that are there; which have not done it."""
    until_s, now_ms = time.monotonic() + wait_s, time.time_ns() // 10**6
    while True:
        waiting = boxes.waiting(shards, whom).get(whom, []) if asked else []
        there = any(now_ms - (one.seen_ms or 0) < _HEARD_MS for one in waiting)
        if not there or time.monotonic() >= until_s:
            return {one.device for one in waiting}
        progress(f"waiting for {', '.join(one.device for one in waiting)}")
        time.sleep(min(_LOOK_EVERY_S, wait_s))


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
