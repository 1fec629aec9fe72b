"""The data dictionary that goes with an export: what each column means, generated from the contract."""

import csv
import io
from collections.abc import Iterator

from cloud.export.columns import Column, ColumnSet
from device.contract.fields import LARGEST, LAST, LATEST_S
from device.contract.labels import Tier

FOR_PROGRAMS, FOR_PEOPLE = "dictionary.csv", "dictionary.md"
_HEADER = ("column", "type", "unit", "low", "high", "tier", "meaning")
_ENDLESS = (LARGEST, LAST, LATEST_S)
_TIERS = {
    Tier.REPORTED: "evidence supports it",
    Tier.LOW_CONFIDENCE: "often wrong: a hint, no finding",
    Tier.EXPERIMENTAL: "not shown to work: for research on the estimator itself",
}
_LIMITS = (
    "Numbers are estimates of what annotators and coders would say of a picture, no feelings and no diagnosis.",
    "Expressions and pain are computed from the action units, and are no evidence beside them.",
    "`atypicality` is of the window before a record, by what `models.atypicality` names: read its evidence first. "
    "It is empty where reports do not show it: without a consent that covers it, or for a person of another age.",
    "`personal` is of this person against themselves, by what `models.personal` names: 1 of its distance, and the "
    "numbers of its movements, are of that bundle alone. It is empty without a consent that covers it, and where the "
    "bundle on the box was not of this person or could not be used.",
)


def files(columns: ColumnSet) -> dict[str, str]:
    """The dictionary's files: name → text."""
    return {FOR_PROGRAMS: _table(columns), FOR_PEOPLE: "\n".join(_page(columns)) + "\n"}


def _table(columns: ColumnSet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_row(column) for column in columns.columns)
    return out.getvalue()


def _row(column: Column) -> tuple[str, ...]:
    low, high = _range(column)
    return (column.name, column.kind, column.unit, low, high, column.tier, column.meaning)


def _range(column: Column) -> tuple[str, str]:
    low = "" if column.low is None else f"{column.low:g}"
    return low, "" if column.high is None or column.high in _ENDLESS else f"{column.high:g}"


def _page(columns: ColumnSet) -> Iterator[str]:
    yield f"# What the columns of this export mean: set `{columns.name}`"
    yield ""
    for note in (*columns.notes, *_LIMITS):
        yield f"- {note}"
    yield ""
    yield "How far an estimate can be relied on (tier): " + "; ".join(
        f"*{tier.value}*: {words}" for tier, words in _TIERS.items()
    )
    yield ""
    yield "| column | type | unit | range | tier | meaning |"
    yield "|---|---|---|---|---|---|"
    for column in columns.columns:
        low, high = _range(column)
        between = f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}" if high else ""
        cells = (f"`{column.name}`", column.kind, column.unit, between, column.tier, column.meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
