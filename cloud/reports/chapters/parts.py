"""Phases, and what followed what was shown or asked: the same measures in each part, with their intervals."""

from collections.abc import Iterator, Sequence

from cloud.analysis.measures import AUS, BLINKS, EMOTION, MEASURES, Measure
from cloud.analysis.parts import Part as Stretch
from cloud.analysis.parts import Statistic, by_part
from cloud.analysis.plain import clock, percent
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.figures import dots
from cloud.reports.page import Grid, Head, Moment, Part, Row, Section
from device.contract.labels import Tier

_MOST_PARTS = 10
_COLUMNS, _ROWS = 3, 2
_TOLD = 0.08  # mean of a facial action below which it is in no table
_CAPTION = (
    "Dot: mean over the measured time. Line: its 95 % interval, which allows for the face going on as it was (batch "
    "means); an open dot has none, for too little was measured. Grey: a quarter of the part, or a minute of it, was "
    "not seen. Of what was shown or asked, the minute after it counts, or up to what came next."
)
_TABLE = "± half the width of the 95 % interval; without it where too little was measured to give one."


def section(table: Table, analysis: Analysis) -> Iterator[Section]:
    """A picture of the measures that differ most, and a table of all that showed; nothing without parts."""
    whole, *found = by_part(table, analysis)
    if not found:
        return
    parts = [whole, *found[:_MOST_PARTS]]
    told = [one for one in MEASURES.values() if _is_told(one, parts)]
    chosen = sorted(told, key=lambda one: -_differs(one, parts))[: _COLUMNS * _ROWS]
    chosen = [one for one in told if one in chosen]
    names = [_name(one) for one in parts]
    made = [_picture(names, parts, chosen[at : at + _COLUMNS], at) for at in range(0, len(chosen), _COLUMNS)]
    lead = [f"Only the first {_MOST_PARTS} of {len(found)} parts are told."] if len(found) > _MOST_PARTS else []
    last = [Part(caption=_CAPTION)] if made else []
    yield Section("Phases and stimuli", [_lengths(parts), *made, *last, *_numbers(names, parts, told)], lead)


def _lengths(parts: Sequence[Stretch]) -> Part:
    heads = (Head("Part", wide=2), Head("From"), Head("To"), Head("Measured", True), Head("Mostly", wide=2))
    rows = []
    for one in parts:
        cells = (clock(one.end_s, False), percent(one.seen), _mostly(one))
        rows.append(Row((_name(one), Moment(clock(one.begin_s, False), one.begin_s), *cells)))
    return Part(table=Grid(heads, rows))


def _mostly(part: Stretch) -> str:
    """The expression with the greatest mean probability in a part."""
    means = {name: told.mean for name, told in part.measures.items() if name.startswith(f"{EMOTION}.")}
    name = max(means, key=lambda one: means[one], default="")
    return f"{MEASURES[name].name} ({means[name]:.2f})" if name else "–"


def _picture(names: Sequence[str], parts: Sequence[Stretch], measures: Sequence[Measure], number: int) -> Part:
    columns = [
        dots.Column(_capital(one.name), _unit(one), [_dot(part, part.measures.get(one.id)) for part in parts])
        for one in measures
    ]
    return Part(svg=dots.draw_parts(names, columns, f"parts{number}"))


def _dot(part: Stretch, told: Statistic | None) -> dots.Dot | None:
    return None if told is None else dots.Dot(told.mean, told.low, told.high, part.enough)


def _numbers(names: Sequence[str], parts: Sequence[Stretch], measures: Sequence[Measure]) -> Iterator[Part]:
    """The means of all that was told, with half their intervals."""
    heads = [Head("Mean", wide=1.9), *(Head(name, True) for name in names)]
    rows: list[Row] = []
    for kind, title in ((EMOTION, "Expressions, probability 0–1"), (AUS, "Facial actions, intensity 0–5")):
        of = [one for one in measures if one.kind == kind]
        rows += [Row(group=title)] if of else []
        rows += [Row((_capital(one.name), *(_cell(part.measures.get(one.id)) for part in parts))) for one in of]
    blinks = MEASURES[f"{BLINKS}.blinks"]
    if any(blinks.id in part.measures for part in parts):
        rows += [Row(group="Eyes"), Row(("Blinks a minute", *(_cell(p.measures.get(blinks.id)) for p in parts)))]
    if rows:
        yield Part(table=Grid(heads, rows, css="narrow" if len(parts) > 5 else ""), caption=_TABLE)


def _cell(told: Statistic | None) -> str:
    if told is None:
        return "–"
    digits = 1 if told.mean >= 10 else 2
    if told.low is None or told.high is None:
        return f"{told.mean:.{digits}f}"
    return f"{told.mean:.{digits}f} ±{(told.high - told.low) / 2:.{digits}f}"


def _is_told(one: Measure, parts: Sequence[Stretch]) -> bool:
    if one.kind not in (AUS, EMOTION) or one.tier is Tier.EXPERIMENTAL or one.key == "AU43":
        return False
    means = [part.measures[one.id].mean for part in parts if one.id in part.measures]
    episodes = sum(part.measures[one.id].episodes or 0 for part in parts[:1] if one.id in part.measures)
    return bool(means) and max(means) >= _TOLD * (1 if one.kind == AUS else 0.5) and (one.kind != AUS or episodes > 0)


def _differs(one: Measure, parts: Sequence[Stretch]) -> float:
    """How far apart the parts are, in widths of their intervals; what is well supported first."""
    told = [part.measures[one.id] for part in parts[1:] if part.enough and one.id in part.measures]
    means, widths = [each.mean for each in told], [each.high - each.low for each in told if _has(each)]  # type: ignore[operator]
    if len(means) < 2 or not widths:
        return 0.0
    apart = (max(means) - min(means)) / max(sum(widths) / len(widths), 1e-3)
    return apart + (10 if one.tier is Tier.REPORTED else 0)


def _has(one: Statistic) -> bool:
    return one.low is not None and one.high is not None


def _name(one: Stretch) -> str:
    return f"after {one.name or 'a stimulus'}" if one.kind == "stimulus" else one.name


def _unit(one: Measure) -> str:
    return one.unit + ("" if one.tier is Tier.REPORTED else f", {one.tier.value.replace('-', ' ')}")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
