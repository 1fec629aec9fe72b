"""The agreement of coders as text, as tables (CSV) and as a page (HTML; no script, nothing from elsewhere)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.annotation.agreement.compare import EPISODES, Agreement, Alpha, Row
from training.annotation.agreement.disagreements import Disagreement
from training.annotation.agreement.figures import Figure
from training.annotation.agreement.grid import CODABLE, JUDGED
from training.annotation.agreement.onsets import Onsets
from training.annotation.coding import ACTIONS, Scale

#: An action that either coder saw in fewer frames has a κ that is hardly known.
RARE = 10
#: So many disagreements stand on the page; the table has all.
SHOWN = 200
_COEFFICIENTS = ("agreed", "kappa", "pabak", "alpha", "weighted", "icc21", "icc31")
_ONSETS = ("index", "lag_s", "offsets", "offset_lag_s")
_LOW, _HIGH = -0.2, 1.0
_PAIR, _PRESENT = ("first", "second"), ("present_first", "present_second", "present_both")

Pair = tuple[str, str]
Found = dict[Pair, list[Disagreement]]
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


def text(agreement: Agreement) -> str:
    """For a terminal: a table of each pair of coders."""
    lines: list[str] = []
    for pair in pairs(agreement):
        rows = [row for row in _of(agreement, pair) if not is_unseen(row)]
        unseen = [row.action for row in _of(agreement, pair) if is_unseen(row)]
        timed = [row for row in agreement.onsets if (row.first, row.second) == pair]
        lines += [f"{pair[0]} and {pair[1]}", *_aligned(_rows_text(rows, agreement.scale))]
        lines += [f"Seen by neither: {', '.join(unseen)}"] * bool(unseen)
        if timed:
            lines += ["", f"Episodes whose onsets are within {agreement.window_s:g} s", *_aligned(_onsets_text(timed))]
        lines.append("")
    if agreement.alphas:
        coders = f"{', '.join(agreement.coders[:-1])} and {agreement.coders[-1]}"
        lines += [f"Krippendorff's α of {coders}", *_aligned(_alphas_text(agreement.alphas)), ""]
    lines += [f"Intervals: 95 %, by bootstrap over {over} ({basis})." for basis, over in agreement.over.items()]
    if any(_is_rare(row) and not is_unseen(row) for row in agreement.rows):
        lines.append(f"* seen in fewer than {RARE} frames by one of them: κ is hardly known, look at PABAK beside it.")
    return "\n".join(lines) + "\n"


def tables(agreement: Agreement, found: Found) -> dict[str, Table]:
    """Name of the file → header and rows: everything, with bounds of the intervals; what is not known is empty."""
    rows = [
        (row.first, row.second, row.action, row.basis, row.frames, *row.present, *_bounds(row, _COEFFICIENTS))
        for row in agreement.rows
    ]
    onsets = [
        (row.first, row.second, row.action, *row.episodes, row.matched, *_bounds(row, _ONSETS))
        for row in agreement.onsets
    ]
    return {
        "agreement.csv": (
            (*_PAIR, "action", "basis", "frames", *_PRESENT, *_names(_COEFFICIENTS)),
            rows,
        ),
        "onsets.csv": (
            (*_PAIR, "action", "episodes_first", "episodes_second", "matched", *_names(_ONSETS)),
            onsets,
        ),
        "alpha.csv": (
            ("action", "basis", "units", *_names(("alpha",))),
            [(row.action, row.basis, row.units, *_bounds(row, ("alpha",))) for row in agreement.alphas],
        ),
        "disagreements.csv": (
            (*_PAIR, "sequence", "frame", "action", "kind", "size", "difference"),
            [
                (*pair, one.sequence, one.frame, one.action, one.kind, round(one.size, 3), one.text)
                for pair, those in found.items()
                for one in those
            ],
        ),
    }


def page(agreement: Agreement, found: Found) -> str:
    """The page, which holds no picture."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_pair = [
        {
            "names": pair,
            "rows": [_shown(row) for row in _of(agreement, pair) if not is_unseen(row)],
            "unseen": [row.action for row in _of(agreement, pair) if is_unseen(row)],
            "onsets": [row for row in agreement.onsets if (row.first, row.second) == pair],
            "found": found.get(pair, [])[:SHOWN],
            "more": max(0, len(found.get(pair, [])) - SHOWN),
        }
        for pair in pairs(agreement)
    ]
    return environment.get_template("agreement.html").render(
        agreement=agreement,
        pairs=by_pair,
        graded=agreement.scale is Scale.INTENSITY,
        named=named,
        number=number,
        interval=interval,
        rare=RARE,
        zero=_at(0.0),
    )


def pairs(agreement: Agreement) -> list[Pair]:
    """Every two coders of whom something is known together."""
    rows: list[Row | Onsets] = [*agreement.rows, *agreement.onsets]
    return list(dict.fromkeys((row.first, row.second) for row in rows))


def is_unseen(row: Row) -> bool:
    """Whether neither coder ever saw the action: then there is nothing to agree on but that."""
    return row.action not in JUDGED and not any(row.present)


def _of(agreement: Agreement, pair: Pair) -> list[Row]:
    return [row for row in agreement.rows if (row.first, row.second) == pair]


def named(action: str) -> str:
    """An action's name, or what is judged of a frame."""
    if action in ACTIONS:
        return ACTIONS[action].name
    return "whether a face can be judged at all" if action == CODABLE else "part of the face hidden"


def number(value: float) -> str:
    """Two decimals with a true minus; – where it is not known."""
    return "–" if math.isnan(value) else f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def interval(figure: Figure) -> str:
    """`0.87 (0.79 to 0.94)`."""
    if math.isnan(figure.low):
        return number(figure.value)
    return f"{number(figure.value)} ({number(figure.low)} to {number(figure.high)})"


@dataclass(frozen=True)
class _Shown:
    """A row of the page: with the places of κ and its interval on a scale of 0–100."""

    row: Row
    rare: bool
    line: tuple[float, float, float] | None


def _shown(row: Row) -> _Shown:
    bounds = (row.kappa.low, row.kappa.value, row.kappa.high)
    line = None if any(map(math.isnan, bounds)) else (_at(bounds[0]), _at(bounds[1]), _at(bounds[2]))
    return _Shown(row, _is_rare(row), line)


def _at(value: float) -> float:
    return round(100 * (min(max(value, _LOW), _HIGH) - _LOW) / (_HIGH - _LOW), 1)


def _is_rare(row: Row) -> bool:
    return row.action not in JUDGED and min(row.present[:2]) < RARE


def _rows_text(rows: Sequence[Row], scale: Scale) -> Iterator[Sequence[str]]:
    graded = scale is Scale.INTENSITY
    yield ("action", "frames", "seen by", "agreed", "κ", "PABAK", "α", *(("κ weighted", "ICC(2,1)") if graded else ()))
    for row in rows:
        yield (
            f"{row.action}{' (episodes)' if row.basis == EPISODES else ''}{'*' if _is_rare(row) else ''}",
            str(row.frames),
            "/".join(map(str, row.present)),
            number(row.agreed.value),
            interval(row.kappa),
            number(row.pabak.value),
            number(row.alpha.value),
            *((number(row.weighted.value), interval(row.icc21)) if graded else ()),
        )


def _onsets_text(rows: Sequence[Onsets]) -> Iterator[Sequence[str]]:
    yield "action", "episodes", "matched", "index", "lag, s", "offsets, too"
    for row in rows:
        yield (
            row.action,
            "/".join(map(str, row.episodes)),
            str(row.matched),
            interval(row.index),
            interval(row.lag_s),
            number(row.offsets.value),
        )


def _alphas_text(rows: Sequence[Alpha]) -> Iterator[Sequence[str]]:
    yield "action", "frames", "α"
    for row in rows:
        yield (
            f"{row.action}{' (episodes)' if row.basis == EPISODES else ''}",
            str(row.units),
            interval(row.alpha),
        )


def _aligned(rows: Iterator[Sequence[str]]) -> list[str]:
    """Columns as wide as they need to be; the first to the left, the others to the right."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _names(figures: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for figure in figures for name in (figure, f"{figure}_low", f"{figure}_high"))


def _bounds(row: object, figures: Sequence[str]) -> Iterator[object]:
    for name in figures:
        figure: Figure = getattr(row, name)
        for value in (figure.value, figure.low, figure.high):
            yield "" if math.isnan(value) else round(value, 4)
