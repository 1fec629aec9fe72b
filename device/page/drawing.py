"""What the page draws of a glimpse: points and boxes in shares of the frame, three measures, and one piece of advice.

Whatever the camera daemon says, no more than this comes out: numbers, rounded to thousandths, so many at most, and
codes that are known. A picture does not fit through.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from device.contract.choices import HINTS
from device.contract.fields import Json
from device.host.view import State
from device.settings import QualitySettings

_OVAL = 24
_LIGHT = ("light_from_behind", "more_light", "less_light")
_CONTOUR = re.compile(r"[a-z_]{1,20}")
_MOST_CONTOURS, _MOST_POINTS, _MOST_OTHERS = 16, 200, 8
#: A face is drawn as far as it reaches beyond the frame by its own width or so.
_BEYOND = 1.0
_LARGEST_PX = 65_536
#: The far ends of the meters: of sharpness in times the least one, of a face's width in shares of the frame.
_SHARPEST, _WIDEST = 5.0, 0.5


@dataclass(frozen=True)
class Advice:
    """What is said largest: a code of `advice.*`, and `good`, `attention` or `off`."""

    code: str
    tone: str


def drawing(glimpse: Any, zone: tuple[float, ...], quality: QualitySettings) -> Json | None:
    """What is drawn; None if the glimpse is none, or says not how large the frame is."""
    if not isinstance(glimpse, dict):
        return None
    width, height = (_number(glimpse.get(side), 1, _LARGEST_PX) for side in ("width", "height"))
    if width is None or height is None:
        return None
    hints = _hints(glimpse)
    return {
        "width": round(width),
        "height": round(height),
        "outline": _outline(glimpse.get("outline")),
        "others": [box for box in map(_box, _items(glimpse.get("others"), _MOST_OTHERS)) if box],
        "zone": list(zone) or None,
        "hints": hints,
        "meters": _meters(glimpse, width, hints, quality),
    }


def placed(drawn: Json) -> Json:
    """The same with a plain oval in the place of the face: in a session nobody's features are to be watched from
    elsewhere, which is what the consent `live` is about."""
    points = [point for contour in drawn["outline"].values() for point in contour]
    if not points:
        return drawn
    (left, right), (top, bottom) = ((min(places), max(places)) for places in zip(*points, strict=True))
    middle, half = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
    angles = [math.tau * step / _OVAL for step in range(_OVAL)]
    oval = [[round(middle[0] + half[0] * math.cos(a), 3), round(middle[1] + half[1] * math.sin(a), 3)] for a in angles]
    return drawn | {"outline": {"oval": oval}}


def advice(state: State, drawn: Json | None, troubled: bool = False) -> Advice:
    """The one thing to say in this state; `troubled`: the camera does not do what it should."""
    if troubled and state in (State.STARTING, State.WATCHING, State.FRAMING):
        return Advice("trouble", "attention")
    if state is State.FRAMING:
        return _advice_on(drawn)
    if state is State.WATCHING:
        empty = drawn is not None and not drawn["outline"]
        return Advice("no_face", "off") if empty else Advice("watching", "good")
    return Advice(state.value, "attention" if state is State.UPDATING else "off")


def _advice_on(drawn: Json | None) -> Advice:
    if drawn is None:
        return Advice("starting", "off")
    hints = drawn["hints"]
    if hints[:1] == ["no_face"]:  # perhaps for want of light
        hints = [hint for hint in hints if hint in _LIGHT] + hints
    if hints:
        return Advice(hints[0], "attention")
    return Advice("good", "good") if drawn["outline"] else Advice("no_face", "attention")


def _hints(glimpse: Json) -> list[str]:
    """Those that are known, most urgent first, as the daemon has them."""
    return [hint for hint in _items(glimpse.get("hints"), len(HINTS)) if hint in HINTS]


def _outline(outline: Any) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    room = _MOST_POINTS
    for name, points in list(outline.items())[:_MOST_CONTOURS] if isinstance(outline, dict) else ():
        if isinstance(name, str) and _CONTOUR.fullmatch(name):
            taken = [point for point in map(_point, _items(points, room)) if point]
            room -= len(taken)
            if len(taken) > 1:
                found[name] = taken
    return found


def _meters(glimpse: Json, width: float, hints: list[str], quality: QualitySettings) -> dict[str, Json | None]:
    """For each the place of what was measured and the range that is good, from 0 to 1, and a word."""
    light = _number(glimpse.get("brightness"), 0, 1)
    sharpness = _number(glimpse.get("sharpness"), 0, 1e6)
    face = _number(glimpse.get("face_px"), 0, _LARGEST_PX)
    least = quality.min_width_px / width / _WIDEST
    sharp = sharpness / max(quality.min_sharpness, 1e-6) / _SHARPEST if sharpness is not None else None
    return {
        "light": _meter(light, (quality.min_brightness, quality.max_brightness), "more_light", "less_light", hints),
        "sharpness": _meter(sharp, (1 / _SHARPEST, 1.0), "focus", "", hints),
        "distance": _meter(face and face / width / _WIDEST, (least, 1.0), "come_closer", "go_back", hints),
    }


def _meter(at: float | None, fine: tuple[float, float], low: str, high: str, hints: list[str]) -> Json | None:
    if at is None:
        return None
    at, lowest, highest = (round(min(max(value, 0.0), 1.0), 3) for value in (at, *fine))
    says = "low" if at < lowest or low in hints else "high" if at > highest or high in hints else "fine"
    return {"at": at, "fine": [lowest, highest], "says": says}


def _number(value: Any, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if least <= value <= most else None


def _place(value: Any) -> float | None:
    found = _number(value, -_BEYOND, 1 + _BEYOND)
    return None if found is None else round(found, 3)


def _point(point: Any) -> list[float] | None:
    places = [_place(value) for value in _items(point, 2)]
    return [place for place in places if place is not None] if len(places) == 2 and None not in places else None


def _box(box: Any) -> list[float] | None:
    places = [_place(value) for value in _items(box, 4)]
    return [place for place in places if place is not None] if len(places) == 4 and None not in places else None


def _items(value: Any, most: int) -> Iterable[Any]:
    return value[:most] if isinstance(value, list | tuple) else ()
