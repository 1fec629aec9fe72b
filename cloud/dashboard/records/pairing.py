"""Two sessions of one person, part by part: the whole, and phases that both have, by their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud.analysis.measures import Measure
from cloud.analysis.parts import Part
from cloud.analysis.uncertainty import Estimate, difference
from cloud.dashboard.records.drawing import BLUE, GREY, ORANGE, axis, layout
from cloud.dashboard.records.weeks import told
from device.contract.fields import Json

ORDER = ("the earlier", "the later")


@dataclass(frozen=True)
class Pair:
    """A part that both sessions have.

    Attributes:
        enough: whether enough of it was seen in both.
        changes: the later minus the earlier, of measures that both tell of, by their ids.
    """

    name: str
    first: Part
    second: Part
    enough: bool
    changes: Mapping[str, Estimate]


def pairs(first: Iterable[Part], second: Iterable[Part]) -> tuple[list[Pair], list[str]]:
    """What both have, in the order of the first, a phase that occurs twice by its first time; and the names of phases
    that only one has."""
    own, other = _by_name(first), _by_name(second)
    both = [_pair(name, own[name], other[name]) for name in own if name in other]
    alone = [name for name in (*own, *other) if (name in own) != (name in other)]
    return both, alone


def _by_name(found: Iterable[Part]) -> dict[str, Part]:
    held: dict[str, Part] = {}
    for one in found:
        held.setdefault(one.name, one)
    return held


def _pair(name: str, first: Part, second: Part) -> Pair:
    shared = [key for key in first.means if key in second.means]
    changes = {key: difference(first.means[key], second.means[key]) for key in shared}
    return Pair(name, first, second, first.enough and second.enough, changes)


def verdict(pair: Pair, measure: Measure) -> tuple[str, str]:
    """What the difference comes to: `more`, `less`, `none` or `unknown`, and in words."""
    change = pair.changes.get(measure.id)
    if change is None:
        return "unknown", "not told by both"
    if not pair.enough or change.low is None or change.high is None:
        return "unknown", "too little seen"
    by = f"{change.mean:+.2f} ({change.low:+.2f} to {change.high:+.2f})".replace("-", "\N{MINUS SIGN}")
    if change.low > 0:
        return "more", f"more in the later: {by}"
    if change.high < 0:
        return "less", f"less in the later: {by}"
    return "none", f"no difference that can be told: {by}"


def chart(pair: Pair, measures: Iterable[Measure]) -> Json:
    """Both sessions on one scale: for each measure two points with their intervals, as a share of its greatest
    value."""
    shown = [one for one in measures if one.id in pair.changes]
    names = [one.name for one in shown]
    data = []
    for part, colour, called, shift in ((pair.first, BLUE, ORDER[0], 0.14), (pair.second, ORANGE, ORDER[1], -0.14)):
        means = [part.means[one.id] for one in shown]
        paint = colour if part.enough else GREY
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [one.mean for one in means],
                "y": [len(names) - 1 - at + shift for at in range(len(names))],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [one.high - one.mean if one.high is not None else 0 for one in means],
                    "arrayminus": [one.mean - one.low if one.low is not None else 0 for one in means],
                    "color": paint,
                    "thickness": 2.5,
                    "width": 0,
                },
                "marker": {
                    "color": paint,
                    "size": 12,
                    "symbol": "circle" if part.enough else "circle-open",
                    "line": {"width": 2, "color": paint},
                },
                "hovertext": [f"{called}: {told(one)}" for one in means],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "name": called,
            }
        )
    ticks = {"tickvals": [*range(len(names))], "ticktext": names[::-1]}
    return {
        "data": data,
        "layout": layout(
            70 + 46 * len(names),
            yaxis=axis(**ticks, range=[-0.6, len(names) - 0.4], fixedrange=True, showgrid=False),
            xaxis=axis(rangemode="tozero", fixedrange=True),
        ),
    }
