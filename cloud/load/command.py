"""`affectbox-cloud load`: how many boxes a database bears, and whether it keeps everything that it acknowledges."""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cloud.load.fleet import make_fleet, read_back, send
from cloud.load.processor import moment, share
from cloud.load.result import Result
from device.contract.address import parse_url
from device.contract.errors import CheckFailedError, StorageError

_DESCRIPTION = """Simulate a fleet of boxes, each of which writes one batch of records a second.

Without --url a local database is started for it in a temporary folder (TMPDIR chooses the disk: on one in memory,
syncing costs nothing and the figures say nothing about a real one) and removed afterwards. With --url the records stay
there, below records/load-NNNNN.

Afterwards every acknowledged record is looked for, and those of some boxes are compared byte for byte; if one is
missing or altered, the exit code is 22. A latency counts from the moment at which a batch was due."""


def add_parser(subparsers: Any) -> None:
    """Register the `load` command."""
    load = subparsers.add_parser("load", help="simulate a fleet and count what the database accepts and keeps")
    load.description, load.formatter_class = _DESCRIPTION, RawDescriptionHelpFormatter
    load.add_argument("--boxes", type=_positive, default=100, help="simulated boxes (default: %(default)s)")
    load.add_argument("--seconds", type=_positive, default=10, help="length of the load (default: %(default)s)")
    load.add_argument("--records", type=_positive, default=10, help="records a batch (default: %(default)s)")
    load.add_argument(
        "--sample", type=_positive, default=20, help="boxes compared byte for byte (default: %(default)s)"
    )
    load.add_argument("--url", metavar="URL", help="an already running database")
    load.add_argument("--json", action="store_true", help="print the figures as JSON")
    load.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the load and print its figures.

    Raises:
        CheckFailedError: an acknowledged record is missing or altered.
        DataError: the records cannot be read back.
        SinkError: `--url` is not a database address.
        StorageError: no local database can be started.
    """
    if args.url:
        parse_url(args.url)
        result = asyncio.run(_load(args, args.url, None))
    else:
        with _own_database() as (url, pid):
            result = asyncio.run(_load(args, f"{url}?ns=load", pid))
    print(json.dumps(result.figures(), indent=2) if args.json else result.text())
    if result.findings.lost or result.findings.altered:
        raise CheckFailedError("The database does not hold what it acknowledged: see 'Read back'.")
    return 0


async def _load(args: argparse.Namespace, url: str, pid: int | None) -> Result:
    fleet = make_fleet(args.boxes, url, f"load-{time.time_ns():x}", args.records)
    begin = moment(pid) if pid else None
    began_s = time.monotonic()
    tally = await send(fleet, args.seconds)
    elapsed_s = time.monotonic() - began_s
    used = share(begin, moment(pid)) if pid else None
    return Result(args.boxes, args.records, elapsed_s, tally, await read_back(fleet, args.sample), used)


@contextmanager
def _own_database() -> Iterator[tuple[str, int]]:
    """A local database for the length of a `with` block: its URL and process id. Raises `StorageError`."""
    with tempfile.TemporaryDirectory(prefix="affectbox-load-") as folder:
        command = [sys.executable, "-m", "cloud", "local", "--port", "0", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                line = process.stdout.readline()
                if not line.startswith("listening on "):
                    raise StorageError("No local database could be started; give a running one with --url.")
                yield line.split()[-1], process.pid
            finally:
                process.terminate()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
