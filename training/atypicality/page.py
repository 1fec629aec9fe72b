"""An evaluation as a page: the text, and above it how near networks come to what the raters themselves agree on."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from device.contract.evidence import Interval
from training.atypicality.evaluation import Evaluation
from training.atypicality.tables import counted, networks, text
from training.files import write_whole

_WIDE, _LEFT, _ROW = 620.0, 190.0, 34.0
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Atypicality: what was found</title>
<style>
:root { color-scheme: light dark; --ink: #1c2127; --quiet: #4f5963; --rule: #d3d9df; --paper: #fff; --soft: #f5f6f7;
  --mark: #0064a4; --flag: #8a2c00; --flag-ground: #fdf0e6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ebee; --quiet: #adb6bf; --rule: #3a424b; --paper: #14181c;
  --soft: #1c2127; --mark: #6fbcf5; --flag: #ffc9a3; --flag-ground: #3a2415; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.45 "Source Sans 3", "Helvetica Neue",
  Arial, "Liberation Sans", system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.6rem 1.25rem 2.5rem; }
h1 { margin: 0; font-size: 2.1rem; line-height: 1.1; font-weight: 650; }
h2 { margin: 1.6rem 0 0.3rem; font-size: 1.2rem; font-weight: 650; }
p { margin: 0.3rem 0; color: var(--quiet); }
.warning { padding: 0.45rem 0.8rem; border-left: 4px solid var(--flag); background: var(--flag-ground);
  color: var(--ink); font-weight: 600; }
svg { display: block; width: 100%; max-width: 44rem; height: auto; }
svg text { fill: var(--ink); font-size: 13px; } svg .quiet { fill: var(--quiet); font-size: 12px; }
svg line { stroke: var(--rule); } svg .mark { stroke: var(--mark); stroke-width: 3; stroke-linecap: round; }
svg circle { fill: var(--mark); } svg .bound { stroke: var(--flag); stroke-width: 1.5; stroke-dasharray: 5 4; }
pre { overflow-x: auto; padding: 0.9rem; background: var(--soft); border-radius: 6px; font-size: 0.84rem;
  line-height: 1.4; }
</style>
<main>
<h1>Atypicality</h1>
<p>{{ whose }}</p>
{% if simulated %}
<p class="warning">Simulated people: this tries the method, and says nothing of anybody.</p>
{% endif %}
{% for chart in charts %}
<h2>{{ chart.title }}</h2>
<p>{{ chart.words }}</p>
<svg viewBox="0 0 {{ wide }} {{ chart.high }}" role="img" aria-label="{{ chart.said }}">
{% for tick in chart.ticks %}<line x1="{{ tick.x }}" x2="{{ tick.x }}" y1="4" y2="{{ chart.high - 22 }}"/>
<text class="quiet" x="{{ tick.x }}" y="{{ chart.high - 6 }}" text-anchor="middle">{{ tick.text }}</text>
{% endfor %}
{% for row in chart.rows %}<text x="0" y="{{ row.y + 4 }}">{{ row.name }}</text>
<line class="mark" x1="{{ row.low }}" x2="{{ row.high }}" y1="{{ row.y }}" y2="{{ row.y }}"/>
<circle cx="{{ row.x }}" cy="{{ row.y }}" r="6"/>
<text class="quiet" x="{{ wide }}" y="{{ row.y + 4 }}" text-anchor="end">{{ row.text }}</text>
{% endfor %}
{% if chart.bound %}
<line class="bound" x1="{{ chart.bound }}" x2="{{ chart.bound }}" y1="0" y2="{{ chart.high - 22 }}"/>
{% endif %}
</svg>
{% endfor %}
<h2>All figures</h2>
<pre>{{ figures }}</pre>
</main>
</html>
"""


class _Row(NamedTuple):
    name: str
    y: float
    x: float
    low: float
    high: float
    text: str


class _Tick(NamedTuple):
    x: float
    text: str


class _Chart(NamedTuple):
    """Figures below each other on one scale; bound: where the dashed line stands, 0 for none."""

    title: str
    words: str
    rows: list[_Row]
    ticks: list[_Tick]
    high: float
    bound: float
    said: str


def write_page(found: Evaluation, path: Path) -> None:
    """Write the page, whole or not at all, for its owner's eyes. Raises `StorageError`."""
    content = page(found).encode()
    write_whole(path, lambda file: file.write(content))


def page(found: Evaluation) -> str:
    """The page: one file, without anything from elsewhere."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
    whose = f"{found.n} people ({counted(found.groups)}; {counted(found.ages)}), {found.number_of_raters} raters."
    charts = [*_charts(found)]
    return template.render(whose=whose, simulated=found.simulated, charts=charts, wide=_WIDE, figures=text(found))


def _charts(found: Evaluation) -> Iterator[_Chart]:
    known = [*networks(found)]
    if known and found.raters:
        figures = [(f"network, {name}", of.figures.pearson) for name, of in known]
        yield _chart(
            "How far networks go with the raters",
            "Pearson's correlation with the raters' mean. Dashed: the ceiling of what they share.",
            [*figures, ("one rater with the others", found.raters.one)],
            1.0,
            found.raters.ceiling.value,
        )
    if known:
        errors = [(f"network, {name}", of.figures.mae) for name, of in known]
        errors.append(("mean as baseline", known[0][1].baseline.mae))
        yield _chart("How far they are off", "Mean absolute error, in points of 1 to 5.", errors, 2.5, 0.0)


def _chart(title: str, words: str, figures: list[tuple[str, Interval]], most: float, bound: float) -> _Chart:
    def at(value: float) -> float:
        return round(_LEFT + (_WIDE - _LEFT - 70) * min(max(value / most, 0.0), 1.0), 1)

    drawn = [(name, one) for name, one in figures if one.value == one.value]
    rows = [
        _Row(name, _ROW * (row + 0.6), at(one.value), at(one.low), at(one.high), f"{one.value:.2f}")
        for row, (name, one) in enumerate(drawn)
    ]
    ticks = [_Tick(at(most * share), f"{most * share:g}") for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    said = "; ".join(f"{name}: {one.value:.2f}, {one.low:.2f} to {one.high:.2f}" for name, one in drawn)
    return _Chart(title, words, rows, ticks, _ROW * len(rows) + 30, at(bound) if bound else 0.0, said)
