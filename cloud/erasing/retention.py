"""`affectbox-cloud retention`: what is older than it is to be kept, by kind of data."""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.erasing import removal
from cloud.erasing.shard import delete
from cloud.erasing.telling import Progress, counted, row
from cloud.erasing.where import Where, add_arguments, named
from device.contract import audit
from device.contract.errors import ConfigError

if TYPE_CHECKING:
    from cloud.erasing.expiry import Expired

SHIPPED = Path(__file__).with_name("retention.toml")
_DESCRIPTION = """Delete what is older than it is to be kept, by kind of data, as a file (TOML) says; whatever that
does not limit is kept for ever. Without --yes nothing is changed: it says what is over.

A session of which nobody knows when it was, for its box never knew the time or told a day to come, is told, and kept.
Running it again changes nothing more, so that a timer may run it each night. The audit is told that it was done."""


def add_parser(commands: Any) -> None:
    """Register the `retention` command."""
    parser = commands.add_parser(
        "retention",
        help="delete what is older than it is to be kept",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--keep", metavar="FILE", type=Path, help="how long what is kept; needed, but for --print")
    parser.add_argument("--print", action="store_true", help="print a file that keeps everything, to be changed")
    add_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="delete it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, and with --yes delete. Raises `AffectboxError`s, each a sentence."""
    if args.print:
        print(SHIPPED.read_text("utf-8"), end="")
        return 0
    if not args.keep:
        raise ConfigError("Say how long what is kept: --keep FILE; --print shows one.")
    from cloud.erasing.expiry import expired  # noqa: PLC0415  # the other commands read no such file
    from cloud.erasing.keep import load  # noqa: PLC0415

    keep, progress, now_s = load(args.keep), Progress(), time.time()
    with named(args) as place:
        found = [expired(shard, keep, now_s, progress) for shard in place.shards]
        progress.done()
        for line in _told(found):
            print(line)
        count = sum(len(paths) for one in found for paths in one.paths.values())
        if not count:
            print("Nothing is older than it is kept.")
        elif not args.yes:
            print("Nothing was changed. With --yes it is deleted, and cannot be brought back.")
        else:
            _delete(place, found, progress)
            print(f"{counted(count, 'place')} deleted.")
    return 0


def _told(found: Sequence["Expired"]) -> Iterator[str]:
    for one in found:
        for kind, paths in one.in_order():
            if paths:
                of = f", of {counted(len(one.sessions[kind]), 'session')}" if kind in one.sessions else ""
                yield row("Over", f"{one.shard.name}: {kind}, {counted(len(paths), 'place')}{of}")
        for device, count in sorted(one.unknown.items()):
            what = f"{counted(count, 'session')} of {device}"
            yield row("Age unknown", f"{one.shard.name}: {what}, for its clock was never set, or was ahead: kept")


def _delete(place: Where, found: Sequence["Expired"], progress: Progress) -> None:
    """Kind by kind, as they stand: what tells the age of a session goes after its recordings."""
    for one in found:
        for kind, paths in one.in_order():
            gone = 0
            for count in delete(one.shard, paths):
                gone += count
                progress(f"{gone} of {len(paths)} of {kind} deleted from {one.shard.name}")
    place.shards[0].patch(removal.entry(audit.EXPIRED))
    progress.done()
    if place.local:
        place.local.compact()
