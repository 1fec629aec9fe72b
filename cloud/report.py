"""`affectbox-cloud report`: what a recording holds, whether the database has all of it, and a timing diagram.

The timing diagram has a row per emotion (0 to 1) and per action unit (0 to 5) over the time of the recording. Where a
frame was gated the rows are empty and the reason stands above: no line is drawn through what was not measured.
"""

import argparse
import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from device.contract.errors import DataError, StorageError
from device.contract.labels import ACTION_UNITS, EMOTIONS
from device.contract.record import ROOT, Json, decode, encode
from device.contract.shards import rank, split

_TIMEOUT_S = 30.0
_MAX_INTENSITY = 5.0
_GAP_S = 0.5
_EMOTION_COLOUR, _UNIT_COLOUR, _GATED_COLOUR = "#2a6f97", "#b5651d", "#d9d9d9"


def add_parser(subparsers: Any) -> None:
    """Register the `report` command."""
    report = subparsers.add_parser(
        "report", help="sum up a recording and draw its timing diagram", description=__doc__
    )
    report.formatter_class = argparse.RawDescriptionHelpFormatter
    report.add_argument("recording", type=Path, help="records, one per line (.jsonl)")
    report.add_argument("--picture", metavar="OUT", type=Path, help="draw the timing diagram (.png, .svg, .pdf)")
    report.add_argument("--database", metavar="URL[,URL…]", help="compare with what is held there, byte for byte")
    report.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Report on the last boot in the recording."""
    records = read_last_boot(args.recording)
    first = records[0]
    print(f"Recording    {args.recording}: {len(records)} records of {first['device']}, boot {first['boot']}")
    gated = Counter(reason for record in records for reason in record.get("reasons", ()))
    print(f"Measured     {sum(r['status'] == 'measured' for r in records)} of {len(records)}")
    print(f"No guess     {', '.join(f'{reason} {count}' for reason, count in gated.most_common()) or 'none'}")
    if args.database:
        same = same_in_database(records, args.database)
        print(f"Database     holds {same} of {len(records)} records, byte for byte")
    if args.picture:
        draw(records, args.picture)
        print(f"Picture      {args.picture}")
    return 0


def read_last_boot(path: Path) -> list[Json]:
    """The records of the boot that the file ends with, in order.

    Raises:
        DataError: no such file, a line that is not a record, or no record at all.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(decode(line))
        except DataError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
    if not records:
        raise DataError(f"{path} holds no record.")
    last = records[-1]["boot"]
    return sorted((r for r in records if r["boot"] == last), key=lambda r: int(r["seq"]))


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
            held = {encode(record) for record in _read(url, f"/{ROOT}/{device}/{boot}.json").values()}
            missing = Counter({body: times for body, times in missing.items() if body not in held})
    return len(records) - missing.total()


def _read(url: str, path: str) -> Json:
    try:
        with urllib.request.urlopen(urlsplit(url)._replace(path=path).geturl(), timeout=_TIMEOUT_S) as response:
            return json.load(response) or {}
    except (OSError, ValueError) as error:
        raise DataError(f"The database at {url} does not answer ({error}): check the address.") from error


def draw(records: list[Json], out: Path) -> None:
    """Write the timing diagram. Raises `StorageError`."""
    import matplotlib  # noqa: PLC0415  # heavy; only this needs it

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    units = [unit for unit in ACTION_UNITS if any(unit.key in r.get("aus", {}) for r in records)]
    rows = [(name, "emotions", name, 1.0, _EMOTION_COLOUR) for name in EMOTIONS]
    rows += [(f"{u.key} {u.name.partition('(')[0]}", "aus", u.key, _MAX_INTENSITY, _UNIT_COLOUR) for u in units]
    figure, axes = pyplot.subplots(figsize=(11, 0.3 * len(rows) + 1.2), layout="constrained")
    for at, (_, group, key, top, colour) in enumerate(rows):
        base = len(rows) - 1 - at
        for times, values in _measured(records, group, key):
            heights = [base + 0.85 * value / top for value in values]
            axes.fill_between(times, base, heights, color=colour, linewidth=0)
    _shade_gated(axes, records, len(rows))
    axes.set_yticks([len(rows) - 1 - i + 0.3 for i in range(len(rows))], [row[0] for row in rows], fontsize=8)
    axes.set_xlim(_time(records[0]), _time(records[-1]))
    axes.set_ylim(0, len(rows) + 0.6)
    axes.set_xlabel("seconds")
    axes.tick_params(length=0)
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title("Emotions (probability 0–1) and action units (intensity 0–5); grey: not measured", fontsize=10)
    try:
        figure.savefig(out, dpi=110)
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{out} cannot be written ({error}): name a .png, .svg or .pdf in a writable folder."
        ) from error
    finally:
        pyplot.close(figure)


def _time(record: Json) -> float:
    return float(record["frame"].get("media", record["time"]["mono"]))


def _measured(records: list[Json], group: str, key: str) -> Iterator[tuple[list[float], list[float]]]:
    """Times and values of each stretch without a gated frame or a gap."""
    times: list[float] = []
    values: list[float] = []
    for record in records:
        gap = times and _time(record) - times[-1] > _GAP_S
        if (gap or key not in record.get(group, {})) and times:
            yield times, values
            times, values = [], []
        if key in record.get(group, {}):
            times.append(_time(record))
            values.append(record[group][key])
    if times:
        yield times, values


def _shade_gated(axes: Any, records: list[Json], top: int) -> None:
    for reasons, stretch in groupby(records, key=lambda r: tuple(r.get("reasons", ()))):
        if not reasons:
            continue
        times = [_time(record) for record in stretch]
        axes.axvspan(times[0], times[-1], color=_GATED_COLOUR, linewidth=0)
        label = "\n".join(reason.replace("_", " ") for reason in reasons)
        if times[-1] - times[0] > _GAP_S:
            axes.text((times[0] + times[-1]) / 2, top, label, ha="center", va="bottom", fontsize=7)
