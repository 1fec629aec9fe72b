"""`affectbox-cloud report`: what a recording holds, whether the database has all of it, and what happened in it.

Episodes have onset, apex and offset in seconds; the threshold of each quantity is learned from the recording (see
cloud/episodes.py). Expressions and pain are computed from the action units and are no evidence beside them; each is
given the tier of the weakest action unit that it rests on.
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
from cloud.cooccurrence import FOLLOWS_S
from cloud.episodes import Episode
from cloud.recording import read_last_boot
from cloud.timing import draw
from device.contract.boot import ROOT as BOOTS_ROOT
from device.contract.errors import DataError, StorageError
from device.contract.labels import ACTION_UNITS
from device.contract.pack import FRAMES_ROOT, unpack
from device.contract.record import ROOT, Json, encode
from device.contract.shards import rank, split

_TIMEOUT_S = 30.0
_MOST = 5
_NAMES = {unit.key: f"{unit.key} {unit.name.partition(' (')[0]}" for unit in ACTION_UNITS}


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
    report.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Report on the last boot in the recording."""
    records = read_last_boot(args.recording)
    analysis = analyse(records)
    boots = _boots(args.database, records[0]["device"]) if args.database else {}
    lines = [*_summary(args.recording, records, captured(records, boots)), *_happened(analysis)]
    if args.database:
        same = same_in_database(records, args.database)
        lines.append(f"Database     holds {same} of {len(records)} records, byte for byte")
    if args.picture:
        draw(records, analysis, args.picture)
        lines.append(f"Picture      {args.picture}")
    if args.csv:
        _write(args.csv, _table(analysis.episodes))
        lines.append(f"Episodes in  {args.csv}")
    text = json.dumps({"recording": str(args.recording), **to_json(analysis)}, indent=2, ensure_ascii=False)
    if args.json and args.json != "-":
        _write(Path(args.json), text + "\n")
        lines.append(f"Analysis in  {args.json}")
    lines += _episodes(analysis, "aus", "Action units")
    lines += _episodes(analysis, "expressions", "Expressions (read from the action units, not evidence beside them)")
    print(text if args.json == "-" else "\n".join(lines))
    return 0


def same_in_database(records: list[Json], database: str) -> int:
    """How many of the records the database holds, equal byte for byte.

    Args:
        records: of one device and boot.
        database: its URL, or those of several shards, asked in the order of `shards.rank` until nothing is missing.

    Raises:
        DataError: one does not answer.
        SinkError: one is not a database address.
    """
    device, boot = records[0]["device"], records[0]["boot"]
    missing = Counter(encode(record) for record in records)
    for url in rank(device, split(database)):
        if missing:
            held = _held(url, f"{device}/{boot}")
            missing = Counter({body: times for body, times in missing.items() if body not in held})
    return len(records) - missing.total()


def _boots(database: str, device: str) -> Json:
    """The clock offsets of a box's boots, from all shards."""
    return {
        boot: document for url in split(database) for boot, document in _get(url, f"{BOOTS_ROOT}/{device}").items()
    }


def _held(url: str, boot: str) -> set[bytes]:
    """The records of a boot (`DEVICE/BOOT`), those that stand alone and those in packs."""
    packs = _get(url, f"{FRAMES_ROOT}/{boot}").values()
    alone = _get(url, f"{ROOT}/{boot}").values()
    return {encode(record) for records in (alone, *map(unpack, packs)) for record in records}


def _get(url: str, path: str) -> Json:
    try:
        with urllib.request.urlopen(urlsplit(url)._replace(path=f"/{path}.json").geturl(), timeout=_TIMEOUT_S) as got:
            return json.load(got) or {}
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise DataError(f"The database at {url} does not answer ({error}): check the address.") from error


def _summary(recording: Path, records: list[Json], when: str) -> Iterator[str]:
    first = records[0]
    yield f"Recording    {recording}: {len(records)} records of {first['device']}, boot {first['boot']}"
    yield f"Captured     {when}"
    gated = Counter(reason for record in records for reason in record.get("reasons", ()))
    yield f"Measured     {sum(r['status'] == 'measured' for r in records)} of {len(records)}"
    yield f"No guess     {', '.join(f'{reason} {count}' for reason, count in gated.most_common()) or 'none'}"


def _happened(analysis: Analysis) -> Iterator[str]:
    if analysis.at_rest is not None:
        yield f"At rest      {analysis.at_rest:.0%} of {analysis.measured_s:.1f} s measured: no action unit showed"
    restless = [key for key, threshold in analysis.thresholds.items() if not threshold.found_rest]
    if restless:
        yield f"No rest seen {', '.join(restless)}: usual level too high to be rest, so the highest threshold holds"
    if analysis.dominance:
        leading = [f"{one.name} {one.strongest:.0%}" for one in analysis.dominance[:_MOST] if one.strongest]
        yield f"Dominant     {', '.join(leading) or 'none'} of the measured time"
    for kind, title in (("aus", "Together     "), ("expressions", "             ")):
        pairs = [p for p in analysis.pairs if p.kind == kind][:_MOST]
        if pairs:
            yield title + ", ".join(f"{p.first}+{p.second} {p.jaccard:.2f}" for p in pairs) + " (Jaccard)"
    again = [f"{s.first}→{s.second} {s.count}×" for s in analysis.successions if s.count > 1][:_MOST]
    if again:
        yield f"Following    {', '.join(again)} (within {FOLLOWS_S:.0f} s)"
    if blinks := analysis.blinks:
        yield f"Blinks       {blinks.count}, {blinks.per_minute:.1f} a minute, of {blinks.mean_s:.2f} s on average"
    if pain := analysis.pain:
        greatest = f"greatest {pain.greatest:.1f} of 16 at {pain.greatest_s:.1f} s"
        yield f"Pain (PSPI)  mean {pain.mean:.1f}, {greatest}; {pain.tier}"


def _episodes(analysis: Analysis, kind: str, title: str) -> Iterator[str]:
    """A row per quantity that had episodes: how many, for how long, and the strongest with its course."""
    by_key: dict[str, list[Episode]] = {}
    for episode in analysis.episodes:
        if episode.kind == kind:
            by_key.setdefault(episode.key, []).append(episode)
    if not by_key:
        return
    yield f"\n{title}"
    yield f"{'':28}{'tier':16}episodes  seconds  strongest:  onset    apex   offset  value"
    for key in (key for key in analysis.thresholds if key in by_key):
        episodes = by_key[key]
        top = max(episodes, key=lambda episode: episode.apex)
        lasted = sum(episode.offset_s - episode.onset_s for episode in episodes)
        times = f"{_edge('>', top.onset_s, top.cut_start)} {top.apex_s:7.2f} {_edge('<', top.offset_s, top.cut_end)}"
        name = f"  {_NAMES.get(key, key.replace('_', ' '))}"
        yield f"{name:28}{top.tier:16}{len(episodes):8d} {lasted:8.1f} {times:>25} {top.apex:7.2f}"


def _edge(sign: str, time: float, cut: bool) -> str:
    """A time; with a sign where measuring began or ended within the episode."""
    return f"{sign if cut else ''}{time:.2f}".rjust(8)


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
