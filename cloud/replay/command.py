"""`affectbox-cloud replay SESSION --video OUT.mp4`: a session as a film of the digital face, with its timing diagram.

The face is a standardized one and nobody's: it moves as action units were measured, fades where nothing was, and says
why. Beside it are the session's clock and time of day, its phases and what was shown, the timing diagram with a line
that moves, and the values of the moment. The film (H.264, 1280 × 720) plays in browsers. It is read from a file, or
from databases (`--database` with `--patient` or `--device`); the last session unless `--session` names another.

A picture takes a tenth of a second of one processor, and there are ten in a second of film: of a long session take a
part, with --from and --to, or one episode.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cloud.analysis.whole import analyse
from cloud.reading.table import Table
from cloud.replay.part import Part, part_of
from cloud.reports import about, picked, source, writing
from cloud.reports.output import check_outputs
from device.contract.errors import ConfigError, StorageError
from device.film import SUFFIX, require_library

_MOST_RATE = 60.0


def add_parser(subparsers: Any) -> None:
    """Register the `replay` command."""
    replay = subparsers.add_parser("replay", help="make a film of a session, on the digital face", description=__doc__)
    replay.formatter_class = argparse.RawDescriptionHelpFormatter
    source.add_arguments(replay)
    replay.add_argument(
        "--session", metavar="ID", help="which session, or the beginning of its id (default: the last)"
    )
    replay.add_argument("--video", metavar="OUT.mp4", type=Path, required=True, help="the film")
    replay.add_argument("--from", dest="begin", metavar="M:SS", help="begin there")
    replay.add_argument("--to", dest="end", metavar="M:SS", help="end there")
    replay.add_argument(
        "--episode", metavar="NAME[:N]", help="one episode: AU12 for its strongest, AU12:3 for its third; or happy"
    )
    replay.add_argument("--rate", metavar="N", type=float, default=10.0, help="pictures a second (default: 10)")
    replay.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make a film. Raises `ConfigError`, `DataError`, `IdentityError`, `RuntimeMissingError`, `SinkError`,
    `StalledError`, `StorageError`."""
    _check(args)
    require_library()
    with ExitStack() as stack:
        databases = stack.enter_context(source.open_databases(args)) if args.database else None
        found = picked.picked(args, databases)
    table, others = found.table, found.others
    for line in (*about.others(others, str(args.recording or args.database)), *about.passed_over(table.faults)):
        print(line)
    analysis = analyse(table)
    lasted_s = float(table.time[-1] + table.durations[-1])
    part = part_of(lasted_s, analysis.episodes, args.begin, args.end, args.episode)
    _make(args, table, analysis, part)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raises `ConfigError`, `StorageError`: the film cannot have that name, or nobody sees so many pictures."""
    if args.video.suffix.lower() != SUFFIX:
        raise ConfigError(f"{args.video} is no name for a film: let it end in .mp4.")
    if not 0 < args.rate <= _MOST_RATE:
        raise ConfigError(f"--rate is how many pictures a second, above 0 and up to {_MOST_RATE:.0f}.")
    check_outputs({"--video": args.video}, filter(None, (args.recording, args.token_file, args.service_account)))
    if not args.video.resolve().parent.is_dir():
        raise StorageError(f"{args.video} cannot be written (there is no such folder): make the folder first.")


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Whoever ends the program by SIGTERM finds as little of a film as after Ctrl-C."""
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _make(args: argparse.Namespace, table: Table, analysis: Any, part: Part) -> None:
    from cloud.replay.making import make, prepared  # noqa: PLC0415  # the painter and matplotlib: not for --help

    replay = prepared(table, analysis, part, args.rate)
    writing.note(args.video, table, "video of the digital face")
    with _told_to_end():
        make(replay, args.video, sys.stderr)
    whole = part.what or "the whole session"
    print(f"Film         {args.video}: {len(replay) / args.rate:.0f} s, {whole}")
