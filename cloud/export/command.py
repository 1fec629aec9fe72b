"""`affectbox-cloud export`: sessions as files that other programs read, and what their columns mean.

Of files, or of databases: one session (`--session`), those of a patient or a box, or all that you may read: admins of
every box, clinicians of their patients and boxes. Each session is a file of its own, whole or not at all, below

    FOLDER/data/device=BOX/month=YYYY-MM/

so that DuckDB, Spark, BigQuery, pandas and polars read all of them at once, and one is taken away by deleting a file.
The command may be given again: what stands there stays, and only what is missing is written, or was not over yet.
Sessions whose consent was revoked are never written, and those that stand there are taken away. Nothing is uploaded.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from cloud.reports import source
from device.contract.address import printable
from device.contract.errors import ConfigError

SETS = ("affectbox", "openface", "py-feat", "fhir")
FORMATS = ("parquet", "csv")


def add_parser(subparsers: Any) -> None:
    """Register the `export` command."""
    parser = subparsers.add_parser("export", help="write sessions as Parquet, CSV or FHIR", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    _add_source(parser)
    parser.add_argument("--session", metavar="ID", help="one session: its id, the beginning of it, or BOX~ID")
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="a new folder, or one of an export")
    parser.add_argument("--set", choices=SETS, default=SETS[0], help="which columns (default: %(default)s)")
    parser.add_argument("--format", choices=FORMATS, help="default: parquet; csv for openface and py-feat")
    parser.add_argument("--again", action="store_true", help="write also what stands there, anew")
    parser.set_defaults(run=run)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recording", type=Path, nargs="*", help="files of records (.jsonl, .parquet), or folders of them"
    )
    parser.add_argument("--database", metavar="URL[,URL…]", help="read from there")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--patient", metavar="ID", help="the sessions of this pseudonym (default: all)")
    whose.add_argument("--device", metavar="ID", help="the sessions of this box")
    source.add_identity(parser, owner=True)


def run(args: argparse.Namespace) -> int:
    """Export. Raises `ConfigError`, `DataError`, `IdentityError`, `SinkError`, `StorageError`."""
    from cloud.export import exporting  # noqa: PLC0415

    if args.set == "fhir" and args.format:
        raise ConfigError("--format is for columns; FHIR is written as JSON (.ndjson): leave it out.")
    for line in exporting.export(args, sys.stderr):
        print(printable(line))
    return 0
