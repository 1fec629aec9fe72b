"""`affectbox-cloud report`: what a recording holds, whether the database has all of it, and what happened in it.

Shares are of the whole session, what was not measured included; what is best supported comes first. Times are minutes
and seconds since the session began, those in files the recording's own seconds. Episodes have onset, apex and offset;
the threshold of each quantity is learned from the recording (see cloud/episodes.py). Expressions and pain are computed
from the action units and are no evidence beside them; each is given the tier of the weakest action unit that it rests
on.
"""

import argparse
import csv
import io
import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloud.analysis import Analysis, analyse, to_json
from cloud.captured import captured
from cloud.episodes import Episode
from cloud.recording import read_last_session
from cloud.summary import clock, episode_table, percent, summary
from cloud.timing import draw
from device.contract.boot import ROOT as BOOTS_ROOT
from device.contract.errors import DataError, StorageError
from device.contract.pack import ROOT as PACKS_ROOT
from device.contract.pack import unpack
from device.contract.record import ROOT, Json, encode
from device.contract.session import session_of

_TIMEOUT_S = 30.0
_READ = "read from the action units, not evidence beside them"


def add_parser(subparsers: Any) -> None:
    """Register the `report` command."""
    report = subparsers.add_parser(
        "report", help="sum up a recording and draw its timing diagram", description=__doc__
    )
    report.formatter_class = argparse.RawDescriptionHelpFormatter
    report.add_argument("recording", type=Path, help="records, one per line (.jsonl)")
    report.add_argument("--picture", metavar="OUT", type=Path, help="draw the timing diagram (.png, .svg, .pdf)")
    report.add_argument("--json", metavar="OUT", help="write the analysis as JSON; - prints it, and nothing else")
    report.add_argument("--csv", metavar="OUT", type=Path, help="write the episodes as a table")
    report.add_argument("--database", metavar="URL[,URL…]", help="compare with what is held there, byte for byte")
    report.add_argument("--all", action="store_true", help="tell also what is hardly supported: pain and 'threatened'")
    report.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Report on the last boot in the recording."""
    records, cut = read_last_session(args.recording)
    analysis = analyse(records)
    boots = _boots(args.database, records[0]["device"]) if args.database else {}
    when = captured(records, boots)
    lines = [*_about(args.recording, records, analysis, when), *summary(analysis, args.all)]
    if cut:
        lines.append(f"Cut short    {cut} {'lines' if cut > 1 else 'line'} of the file passed over: no whole record")
    if args.database:
        same = same_in_database(records, args.database)
        lines.append(f"Database     holds {same} of {len(records)} records, byte for byte")
    if args.picture:
        draw(records, analysis, args.picture, when, args.all)
        lines.append(f"Picture      {args.picture}")
    if args.csv:
        _write(args.csv, _table(analysis.episodes))
        lines.append(f"Episodes in  {args.csv}")
    text = json.dumps({"recording": str(args.recording), **to_json(analysis)}, indent=2, ensure_ascii=False)
    if args.json and args.json != "-":
        _write(Path(args.json), text + "\n")
        lines.append(f"Analysis in  {args.json}")
    lines += episode_table(analysis, "aus", "Action units (0 to 5)")
    lines += episode_table(analysis, "expressions", f"Expressions (0 to 1; {_READ})", args.all)
    lines += episode_table(analysis, "pain", f"Pain (PSPI, 0 to 16; {_READ})") if args.all else ()
    print(text if args.json == "-" else "\n".join(lines))
    return 0


def same_in_database(records: list[Json], database: str) -> int:
    """How many of the records the database holds, equal byte for byte.

    Args:
        records: of one device and boot.
        database: its URL, or those of several, separated by commas, asked until nothing is missing.

    Raises:
        DataError: one does not answer.
    """
    device, session = records[0]["device"], session_of(records[0])
    missing = Counter(encode(record) for record in records)
    for url in database.split(","):
        if missing:
            held = _held(url, f"{device}/{session}")
            missing = Counter({body: times for body, times in missing.items() if body not in held})
    return len(records) - missing.total()


def _boots(database: str, device: str) -> Json:
    """The clock offsets of a box's boots, from all databases."""
    return {
        boot: document for url in database.split(",") for boot, document in _get(url, f"{BOOTS_ROOT}/{device}").items()
    }


def _held(url: str, session: str) -> set[bytes]:
    """The records of a session (`DEVICE/SESSION`), those that stand alone and those in packs."""
    packs = _get(url, f"{PACKS_ROOT}/{session}").values()
    alone = _get(url, f"{ROOT}/{session}").values()
    return {encode(record) for records in (alone, *map(unpack, packs)) for record in records}


def _get(url: str, path: str) -> Json:
    try:
        with urllib.request.urlopen(urlsplit(url)._replace(path=f"/{path}.json").geturl(), timeout=_TIMEOUT_S) as got:
            return json.load(got) or {}
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise DataError(f"The database at {url} does not answer ({error}): check the address.") from error


def _about(recording: Path, records: list[Json], analysis: Analysis, when: str) -> Iterator[str]:
    first, session = records[0], analysis.session
    yield f"Recording    {recording}: {len(records)} records of {first['device']}, boot {first['boot']}"
    yield f"Captured     {when}"
    share = percent(session.measured_s / max(session.lasted_s, 1e-9))
    gated = Counter(reason.replace("_", " ") for record in records for reason in record.get("reasons", ()))
    why = (
        f"; else {', '.join(f'{reason} ({count} records)' for reason, count in gated.most_common())}" if gated else ""
    )
    yield f"Measured     {share} of a session of {clock(session.lasted_s)}{why}"


def _table(episodes: list[Episode]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Episode)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(episode).items()}
        for episode in episodes
    )
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder of yours."
        ) from error
