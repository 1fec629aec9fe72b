"""What the parts of the page share: text that is safe in HTML, bars, numbers, and marks of how far to rely on them."""

from collections.abc import Iterable
from html import escape

from device.commands.marking import CALLED
from device.contract.labels import ACTION_UNITS, EMOTIONS, ActionUnit, Tier

#: Intensities go to this.
HIGHEST = 5.0
SIGNS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: "~", Tier.EXPERIMENTAL: "?"}
UNITS = {unit.key: unit for unit in ACTION_UNITS}


def text(value: object) -> str:
    """As it stands in HTML, also in attributes; of a name that is no UTF-8 what can be shown."""
    return escape(str(value).encode("utf-8", "replace").decode())


def bar(share: float, low: float | None = None, high: float | None = None) -> str:
    """A bar as long as `share`, 0–1, of its place; with a line from `low` to `high`."""
    line = ""
    if low is not None and high is not None:
        line = f'<i class="range" style="left:{_per_cent(low)};width:{_per_cent(high - low)}"></i>'
    return f'<span class="bar" aria-hidden="true"><i style="width:{_per_cent(share)}"></i>{line}</span>'


def row(kind: str, *cells: str) -> str:
    """A row of a table, whose first cell is its heading."""
    head, *others = cells
    cut = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr class="{kind}"><th scope="row">{head}</th>{cut}</tr>'


def unit_name(unit: ActionUnit) -> str:
    """`AU7~ lids tightened`; the sign says how far it can be relied on."""
    sign, called = SIGNS[unit.tier], CALLED[unit.tier]
    mark = f'<abbr title="{called}">{sign}</abbr>' if sign else ""
    return f"<b>{unit.key}{mark}</b> {text(unit.seen)}"


def intensity(value: float) -> str:
    """With one decimal; what is below 1, where a unit begins to be present, does not read as 1."""
    return f"{min(value, 0.9) if value < 1 else value:.1f}"


def table(caption: str, rows: Iterable[str]) -> str:
    """A table of `row`."""
    return f"<table><caption>{text(caption)}</caption><tbody>{''.join(rows)}</tbody></table>"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 picture`, `2 pictures`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def emotion_rows(mean: Iterable[float], shares: Iterable[Iterable[float]] = ()) -> list[str]:
    """A row of each emotion: the bar of `mean`, a line over what opinions give, and the number."""
    columns: list[tuple[float, ...]] = list(zip(*shares, strict=True))
    rows = []
    for at, (name, share) in enumerate(zip(EMOTIONS, mean, strict=True)):
        given = columns[at] if columns else ()
        drawn = bar(share, min(given), max(given)) if len(given) > 1 else bar(share)
        rows.append(row("present" if share >= 0.5 else "", name, drawn, f"{share:.0%}"))
    return rows


def _per_cent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.1f}%"
