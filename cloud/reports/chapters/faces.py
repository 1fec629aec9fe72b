"""Where the face moved: the heat map, and left against right."""

from collections.abc import Iterator

from cloud.analysis.activity import activity
from cloud.analysis.plain import percent
from cloud.analysis.sides import DIFFER, LEAST, LEAST_S, Sides, sides
from cloud.reading.table import Table
from cloud.reports.figures import dots, heat
from cloud.reports.page import Part, Section
from cloud.reports.summary import name_of
from device.contract.labels import Tier

_MOST = 12
_CAPTION = (
    "Only the time with the head straight counts. A diamond, and a bold name: the interval leaves out 0, and while it "
    f"showed the sides were at least {LEAST:g} apart. Left and right are the person's own."
)
_HEAT = (
    "At each place of the face the share of the measured time in which something moved it, weighted by how far; of "
    "movements of FACS A and stronger. Hatched: never measured. The face is nobody's. Eyes closed are blinks, too."
)
_NONE = (
    f"Left and right were not told apart for long enough ({LEAST_S:.0f} s with the head straight), or never differed "
    "by half a step."
)


def section(table: Table) -> Iterator[Section]:
    """The heat map of activity, and left against right."""
    if active := activity(table):
        yield Section("Where the face moved", [Part(svg=heat.draw(active), caption=_HEAT)])
    found = [one for one in sides(table) if one.tier is not Tier.EXPERIMENTAL][:_MOST]
    if not table.known("aus").any():
        yield Section("Left and right", [], ["Not known: facial actions were not recorded."])
        return
    if not found:
        yield Section("Left and right", [], [_NONE])
        return
    drawn = Part(svg=dots.draw_sides(found, [name_of(one.unit) for one in found]), caption=_CAPTION)
    yield Section("Left and right", [drawn], [_said(found)])


def _said(found: list[Sides]) -> str:
    told = [one for one in found if one.side]
    if not told:
        return "No side moved more than the other, as far as can be told."
    said = [
        f"{name_of(one.unit)} more on the {one.side} ({one.left:.2f} left, {one.right:.2f} right; a step of FACS "
        f"apart for {percent(one.share_differing)} of the time)"
        for one in told[:3]
    ]
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    return f"{'; '.join(said)}{more}. A step is {DIFFER:g} on the scale of 0 to 5."
