"""What is measured in the frame that is shown: when, whether at all, emotions, expressions, head and eyes."""

import math

import cv2

from device.arrays import ByteImage
from device.commands.lettering import Colour, shortened, width_of, write
from device.commands.marking import (
    BLUE,
    LINE,
    OF_TIER,
    ORANGE,
    SOFT,
    TRACK,
    WHITE,
    WITHHELD,
    clock,
    facts,
    in_view,
    own_facts,
    warning,
)
from device.commands.merged.layout import Panel
from device.commands.merged.noted import Seen
from device.commands.merged.ribbon import colour_of
from device.contract.labels import EMOTIONS, EXPRESSIONS
from device.contract.templates import tier
from device.summary import words

_LARGE, _TEXT, _SMALL = 24, 17, 15
_NAME, _THICK, _EDGE, _FACT = 104, 12, 20, 22
_EXPRESSIONS_SHOWN = 2
_CONTRADICTION = "emotions and expression contradict each other"


def draw_form(canvas: ByteImage, panel: Panel) -> None:
    """What stays the same: names and empty bars."""
    place = panel.area.of(canvas)
    for name, x, base in _emotions(panel):
        write(place, x, base, name, _TEXT, SOFT)
        place[base - _THICK : base, x + _NAME - 8 : x + _NAME - 3] = colour_of(EMOTIONS.index(name))
        place[base - _THICK : base, x + _NAME : x + _NAME + panel.bar] = TRACK
        for part in range(5):
            place[base - _THICK : base, x + _NAME + round((panel.bar - 1) * part / 4)] = LINE


def draw_values(canvas: ByteImage, panel: Panel, seen: Seen, name: str) -> None:
    """What was seen; `name` is that of the picture, '' in a clip, where the time is told."""
    place, row = panel.area.of(canvas), seen.row
    there = in_view(int(row["faces"]), len(seen.points) > 0)
    room = place.shape[1] - 3 * _EDGE - width_of(there, _SMALL)
    write(place, _EDGE, panel.time, shortened(name or clock(float(row["time"])), room, _LARGE), _LARGE, WHITE)
    write(place, place.shape[1] - _EDGE - width_of(there, _SMALL), panel.time, there, _SMALL, SOFT)
    _status(place, panel, seen)
    shares = row["emotions"].tolist()
    for at, ((emotion, x, base), share) in enumerate(zip(_emotions(panel), shares, strict=True)):
        if share == max(shares):
            write(place, x, base, emotion, _TEXT, WHITE)
        _bar(place, x + _NAME, base, panel.bar, share, colour_of(at))
    if panel.expressions:
        _expressions(place, panel.expressions, row["expressions"].tolist())
    x, base, lines = panel.facts
    for number, line in enumerate(_told(seen, lines)):
        write(place, x, base + number * _FACT, shortened(line, place.shape[1] - x - _EDGE, _SMALL), _SMALL, SOFT)


def _told(seen: Seen, lines: int) -> list[str]:
    """Facts, for which there is room in so many lines; the person's own movement before what seldom changes."""
    told = facts(seen.pose, seen.eyes, bool(seen.row["calibrated"]))
    own = own_facts(seen.personal) if seen.row["watched"] else []
    if lines >= len(told) + len(own):
        return [*told, *own]
    if lines == 1:
        return own[:1] or ["     ".join(told[:2])]
    return [*told[: lines - len(own[:1])], *own[:1]]


def _emotions(panel: Panel) -> list[tuple[str, int, int]]:
    """Each emotion, where its name begins, and its base line."""
    rows = math.ceil(len(EMOTIONS) / len(panel.emotions))
    return [
        (name, panel.emotions[at // rows], panel.first + at % rows * panel.pitch) for at, name in enumerate(EMOTIONS)
    ]


def _status(place: ByteImage, panel: Panel, seen: Seen) -> None:
    """Whether anything was measured, and if not, why."""
    base = panel.status
    doubts = ", ".join(words(reason.value) for reason in seen.reasons)
    if doubts:
        read = not math.isnan(seen.row["emotions"][0])
        said, colour = f"{'not to be trusted' if read else 'not measured'}: {doubts}", ORANGE
    elif seen.row["disagree"]:
        said, colour = _CONTRADICTION, ORANGE
    else:
        hidden = " and ".join(f"{part} face" for part in seen.hidden)
        said, colour = f"measured{f', {hidden} hidden' if hidden else ''}", BLUE
    if colour is ORANGE:
        warning(place, _EDGE, base - 14, 14)
    else:
        cv2.circle(place, (_EDGE + 7, base - 6), 7, colour, -1, cv2.LINE_AA)
    write(place, _EDGE + 24, base, said, _TEXT, colour)


def _bar(place: ByteImage, x: int, base: int, width: int, share: float, colour: Colour) -> None:
    if math.isnan(share):
        write(place, x + width + 8, base, "-", _TEXT, SOFT)
        return
    place[base - _THICK : base, x : x + round(width * share)] = colour
    write(place, x + width + 8, base, f"{100 * share:.0f} %", _TEXT, WHITE)


def _expressions(place: ByteImage, where: tuple[int, int], shares: list[float]) -> None:
    """The strongest expressions, in the colours of how surely."""
    x, base = where
    known = [(share, name) for name, share in zip(EXPRESSIONS, shares, strict=True) if name not in WITHHELD]
    told = sorted((one for one in known if one[0] > 0), reverse=True)[:_EXPRESSIONS_SHOWN]
    write(place, x, base, "Expression", _SMALL, SOFT)
    if not told:
        nothing = "-" if math.isnan(known[0][0]) else "none"
        write(place, x + _NAME, base, nothing, _TEXT, SOFT)
    for number, (share, name) in enumerate(told):
        line = base + number * _FACT
        write(place, x + _NAME, line, words(name), _TEXT, OF_TIER[tier(name)])
        value = f"{share:.2f}"
        write(place, place.shape[1] - _EDGE - width_of(value, _TEXT), line, value, _TEXT, WHITE)
