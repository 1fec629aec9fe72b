"""Statistics on the screen."""

from collections.abc import Iterator

from cloud.analysis.unseen import UNSEEN
from cloud.reports import about
from cloud.statistics.groups import Gathered
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, Reason

_HEADER = (
    "patient",
    "box",
    "month",
    "sessions",
    "minutes",
    "measured",
    "why not",
    "clear emotions",
    "episodes a minute",
    "blinks a minute",
)
_MOST = 3  # emotions or action units that are named
_NAMED = 5  # sessions that are named
_LEAST = 0.005
_REASONS = {reason.value: UNSEEN[reason.value] for reason in Reason} | {"no_records": UNSEEN[""]}


def table(rows: list[Json]) -> Iterator[str]:
    """A line for each group, with what is most of it; files hold everything."""
    cells = [_HEADER, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cells(row: Json) -> tuple[str, ...]:
    return (
        row["patient"] or "?",
        row["device"],
        row["month"],
        str(row["sessions"]),
        f"{row['minutes']:.0f}",
        _percent(row["measured.share"]),
        _greatest({name: row[f"unmeasured.{key}.share"] for key, name in _REASONS.items()}, 1) or "-",
        _greatest({name: row[f"emotions.{name}.share"] for name in EMOTIONS}, _MOST) or "-",
        _episodes(row),
        "?" if row["blinks_a_minute"] is None else f"{row['blinks_a_minute']:.1f}",
    )


def beside(gathered: Gathered) -> Iterator[str]:
    """What did not count, and what was passed over."""
    for sentence in left_out(gathered):
        yield f"Left out     {sentence}"
    if gathered.twice:
        count = _sessions(len(gathered.twice))
        yield f"Twice there  {count}, of which the longer recording counts: {_named(gathered.twice)}"
    yield from about.passed_over(gathered.faults)


def left_out(gathered: Gathered) -> Iterator[str]:
    """Sessions that do not count, in sentences."""
    if gathered.revoked:
        yield f"{_sessions(len(gathered.revoked))} whose consent was revoked: {_named(gathered.revoked)}"
    if gathered.empty:
        yield f"{_sessions(len(gathered.empty))} without a record: {_named(gathered.empty)}"


def _episodes(row: Json) -> str:
    found = {key: row[f"aus.{key}.episodes_a_minute"] for key in ACTION_UNIT_KEYS}
    told = sorted(((name, value) for name, value in found.items() if value), key=lambda one: -one[1])
    return ", ".join(f"{name} {value:.1f}" for name, value in told[:_MOST]) or "-"


def _greatest(shares: dict[str, float | None], most: int) -> str:
    found = sorted(
        ((name, share) for name, share in shares.items() if share and share >= _LEAST), key=lambda one: -one[1]
    )
    return ", ".join(f"{name} {_percent(share)}" for name, share in found[:most])


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.0f} %"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
