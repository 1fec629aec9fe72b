"""`affectbox-cloud analyse`: statistics over many sessions, of each patient, box and month.

Of files of records (.jsonl, .parquet) and folders of them, such as `export` writes. For each group: how much was
measured and why not the rest, how long each emotion was clearly the strongest, the mean and the 95th percentile of
each action unit over time, its episodes a minute of the time in which it was measured, and blinks a minute. It is what
`report` finds in each session, added up.

The files are spread over this machine's cores, or over a Dask cluster whose workers have this package and the same
files. Sessions whose consent was revoked do not count.
"""

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from cloud.erasing import known
from cloud.reports.output import check_outputs, write_private
from device.contract.address import printable
from device.contract.errors import ConfigError, DataError
from device.contract.fields import Json

_MOST_WORKERS = 256
_PRINTED = ("--json", "-")


def add_parser(subparsers: Any) -> None:
    """Register the `analyse` command."""
    parser = subparsers.add_parser("analyse", help="statistics over many sessions", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="files of records, or folders of them")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://192.0.2.7:8786")
    parser.add_argument("--workers", metavar="N", type=int, help="processes here (default: one a core; 0: none)")
    parser.add_argument("--csv", metavar="OUT", type=Path, help="write all figures as a table")
    parser.add_argument("--parquet", metavar="OUT", type=Path, help="write all figures as Parquet")
    parser.add_argument(
        "--json", metavar="OUT", type=Path, help="write all figures as JSON; - prints them, and nothing else"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Analyse. Raises `ConfigError`, `DataError`, `RuntimeMissingError`, `StorageError`."""
    from cloud.export.progress import Progress  # noqa: PLC0415
    from cloud.reading.pieces import files  # noqa: PLC0415
    from cloud.statistics import groups, spread, words  # noqa: PLC0415  numpy, which other commands do not need

    if args.workers is not None and not 0 <= args.workers <= _MOST_WORKERS:
        raise ConfigError(f"--workers is from 0 to {_MOST_WORKERS}.")
    paths = [path.resolve() for path in files(args.paths)]
    outputs = {f"--{name}": getattr(args, name) for name in ("csv", "parquet", "json")}
    outputs = {option: out for option, out in outputs.items() if out and (option, str(out)) != _PRINTED}
    check_outputs(outputs, paths)
    bar, found = Progress(len(paths), sys.stderr, "files"), []
    try:
        for one in spread.read(paths, args.cluster, args.workers):
            found.append(one)
            bar.step(str(one.path.name))
    finally:
        bar.end()
    gathered = groups.gathered(found)
    if not gathered.groups:
        why = [*words.left_out(gathered), *gathered.faults.sentences()]
        raise DataError(f"There is no session to count: {'; '.join(why) or 'no record'}.")
    rows = [groups.row(group, sums) for group, sums in gathered.groups.items()]
    for option, out in outputs.items():
        known.note(out, [group.patient for group in gathered.groups], gathered.sessions, "statistics of many sessions")
        write_private(out, _WRITERS[option](rows))
    if ("--json", str(args.json)) == _PRINTED:
        print(_json(rows).decode(), end="")
        return 0
    for line in [*words.table(rows), *words.beside(gathered), *(f"Written      {out}" for out in outputs.values())]:
        print(printable(line).rstrip())
    return 0


def _csv(rows: list[Json]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _json(rows: list[Json]) -> bytes:
    return (json.dumps({"v": 1, "groups": rows}, indent=1, allow_nan=False) + "\n").encode()


def _parquet(rows: list[Json]) -> bytes:
    from cloud.reading.parquet import libraries  # noqa: PLC0415

    arrow, parquet = libraries()
    texts, counts = ("patient", "device", "month"), ("sessions", "records")
    kinds = {
        name: arrow.string() if name in texts else arrow.int64() if name in counts else arrow.float64()
        for name in rows[0]
    }
    out = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_pylist(rows, arrow.schema([*kinds.items()])), out, compression="zstd")
    return bytes(out.getvalue())


_WRITERS = {"--csv": _csv, "--json": _json, "--parquet": _parquet}
