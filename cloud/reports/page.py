"""What stands on the pages of a report, before it has a form."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from device.contract.labels import Tier

#: How far something can be relied on, in words.
SURELY = {
    Tier.REPORTED: "well supported",
    Tier.LOW_CONFIDENCE: "low confidence",
    Tier.EXPERIMENTAL: "experimental",
}


@dataclass(frozen=True)
class Fact:
    """A figure that is read first: what it is, the figure, and what to know of it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Sure:
    """How far something can be relied on: one to three bars, and words."""

    bars: int
    words: str


def sure(tier: Tier) -> Sure:
    """Three bars for what is best supported."""
    return Sure(3 - [*Tier].index(tier), SURELY[tier])


@dataclass(frozen=True)
class Told:
    """A finding in words, how surely (None for what is no estimate), and where in the session to look."""

    text: str
    sure: Sure | None
    at_s: float | None = None


@dataclass(frozen=True)
class Head:
    """The head of a column; numbers stand on the right. `wide`: against the other columns."""

    text: str
    number: bool = False
    wide: float = 1.0


@dataclass(frozen=True)
class Moment:
    """A time in the session, which the digital face goes to when it is pressed."""

    text: str
    at_s: float


Cell = str | Moment


@dataclass(frozen=True)
class Row:
    """A row's cells; or `group`, a title of the rows below."""

    cells: Sequence[Cell] = ()
    group: str = ""


@dataclass(frozen=True)
class Grid:
    """A table; `css`: its class."""

    heads: Sequence[Head]
    rows: Sequence[Row]
    css: str = ""

    @property
    def widths(self) -> list[float]:
        """Of the columns, per cent."""
        whole = sum(head.wide for head in self.heads)
        return [round(100 * head.wide / whole, 2) for head in self.heads]


@dataclass(frozen=True)
class Axis:
    """The time axis of a figure: seconds that it shows, and where it begins and ends, as shares of the width."""

    lasted_s: float
    left: float
    right: float


@dataclass(frozen=True)
class Part:
    """A figure (SVG, with a key of names and colours, and its time axis if it has one), a table, a list of names and
    sentences, or a text; with a title above, warnings in large type, and a caption below."""

    title: str = ""
    warnings: Sequence[str] = ()
    svg: str = ""
    keys: Sequence[tuple[str, str]] = ()
    caption: str = ""
    table: Grid | None = None
    list: Sequence[tuple[str, str]] = ()
    text: str = ""
    axis: Axis | None = None


@dataclass(frozen=True)
class Section:
    """A section of the report; `css`: its class."""

    title: str
    parts: Sequence[Part] = ()
    lead: Sequence[str] = ()
    css: str = ""


@dataclass(frozen=True)
class Document:
    """A report: the first half page, and the sections after it."""

    title: str
    heading: str
    running: str
    when: str
    facts: Sequence[Fact]
    findings: Sequence[Told]
    seen: Sequence[str]
    seen_bar: str
    seen_said: Sequence[str]
    glance: Part | None
    earlier: Sequence[str]
    caution: str
    made: str
    sections: Sequence[Section]
    warnings: Sequence[str] = field(default=())
