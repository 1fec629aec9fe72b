"""Draws on a frame what the box sees in it, and beside it a panel in which every row has its place.

The picture stays on this machine; the daemon never draws. How far a number can be relied on is told by colour and by
shape. Pain and 'threatened' are left out, as in reports: every smile and every raised brow would show them.
"""

import math
from functools import lru_cache

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.commands.lettering import Colour, width_of, write
from device.contract.labels import ACTION_UNITS, EMOTIONS, ActionUnit, Tier
from device.contract.templates import tier
from device.observation import Observation
from device.summary import words

#: BGR, after Okabe & Ito 2008: told apart also by those who do not tell green from red.
_BLUE, _ORANGE, _GREY = (233, 180, 86), (0, 159, 230), (165, 165, 165)
_WHITE, _SOFT, _GROUND, _TRACK, _LINE = (240, 240, 240), (190, 190, 190), (30, 27, 26), (58, 54, 52), (92, 88, 86)
_OF_TIER = {Tier.REPORTED: _BLUE, Tier.LOW_CONFIDENCE: _ORANGE, Tier.EXPERIMENTAL: _GREY}
_CALLED = {Tier.REPORTED: "reliable", Tier.LOW_CONFIDENCE: "low confidence", Tier.EXPERIMENTAL: "experimental"}
_NOSE_TIP = 1
_HEIGHT, _MOST_WIDTH, _LEAST_WIDTH, _PANEL = 720, 1600, 240, 736
_LARGE, _TEXT, _SMALL = 24, 17, 14
_TOP, _ROW, _BAR, _THICK, _INDENT = 118, 26, 120, 13, 18
#: Columns of the panel: where names, bars and numbers begin.
_LEFT, _RIGHT = (24, 128, 258), (332, 566, 696)
_WITHHELD = ("threatened",)
_EXPRESSIONS_SHOWN = 2
_PRESENT = 1.0
_NOTHING = "-"


def draw(observation: Observation) -> ByteImage:
    """The frame with landmarks, box and direction of the head, and the panel at its right; 720 pixels high."""
    picture, scale = _scaled(observation.frame.image)
    if observation.track is not None:
        _face(picture, observation, scale)
    width = max(picture.shape[1] + picture.shape[1] % 2, _LEAST_WIDTH)
    canvas = np.empty((_HEIGHT, width + _PANEL, 3), np.uint8)
    canvas[:, :width] = _GROUND
    x, y = (width - picture.shape[1]) // 2, (_HEIGHT - picture.shape[0]) // 2
    canvas[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    panel = canvas[:, width:]
    panel[:] = _form()
    _head(panel, observation)
    _values(panel, observation)
    return canvas


def _scaled(image: ByteImage) -> tuple[ByteImage, float]:
    height, width = image.shape[:2]
    scale = min(_HEIGHT / height, _MOST_WIDTH / width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), scale  # type: ignore[return-value]


def _face(image: ByteImage, observation: Observation, scale: float) -> None:
    """Landmarks, the direction of the head, and a frame: whole where the face was measured, else corners alone."""
    assert observation.track is not None
    points = observation.track.face.points[:, :2] * scale
    colour = _ORANGE if observation.reasons else _BLUE
    for point in points:
        cv2.circle(image, _pixel(point), 1, colour, -1, cv2.LINE_AA)
    low, high = points.min(0), points.max(0)
    if observation.reasons:
        _corners(image, low, high, colour)
    else:
        cv2.rectangle(image, _pixel(low), _pixel(high), colour, 2, cv2.LINE_AA)
    if observation.pose is not None:
        yaw, pitch = math.radians(observation.pose.yaw), math.radians(observation.pose.pitch)
        width = observation.track.face.box.w * scale
        tip = points[_NOSE_TIP] + np.array([math.sin(yaw), -math.sin(pitch)], np.float32) * width
        cv2.arrowedLine(image, _pixel(points[_NOSE_TIP]), _pixel(tip), _WHITE, 2, cv2.LINE_AA)


def _corners(image: ByteImage, low: FloatArray, high: FloatArray, colour: Colour) -> None:
    arm = (high - low) / 5
    for x, step_x in ((low[0], arm[0]), (high[0], -arm[0])):
        for y, step_y in ((low[1], arm[1]), (high[1], -arm[1])):
            corner = _pixel(np.array([x, y]))
            for end in (np.array([x + step_x, y]), np.array([x, y + step_y])):
                cv2.line(image, corner, _pixel(end), colour, 2, cv2.LINE_AA)


@lru_cache(maxsize=1)
def _form() -> ByteImage:
    """The panel without any value (720, 736, 3): headings, names, scales, empty bars, legend."""
    form = np.empty((_HEIGHT, _PANEL, 3), np.uint8)
    form[:] = _GROUND
    _heading(form, _LEFT, _TOP, "Emotions", ("0", "50", "100 %"))
    for row, name in enumerate(EMOTIONS):
        _empty_bar(form, _LEFT, _emotion_base(row), name, 4)
    _heading(form, _LEFT, _expression_base(-1), "Expression", ("0", "", "1"))
    for row in range(_EXPRESSIONS_SHOWN):
        _empty_bar(form, _LEFT, _expression_base(row), "", 4)
    _heading(form, _RIGHT, _TOP, "Action units (AU)", ("0", "1", "2", "3", "4", "5"))
    for row, unit in enumerate(ACTION_UNITS):
        _mark(form, _RIGHT[0] + 5, _unit_base(row) - 6, unit.tier)
        _empty_bar(form, (_RIGHT[0] + _INDENT, *_RIGHT[1:]), _unit_base(row), _title(unit), 5)
    for row, level in enumerate(Tier):
        _mark(form, _LEFT[0] + 5, _legend_base(row) - 5, level)
        write(form, _LEFT[0] + _INDENT, _legend_base(row), _CALLED[level], _SMALL, _SOFT)
    return form


def _emotion_base(row: int) -> int:
    return _TOP + (row + 1) * _ROW


def _expression_base(row: int) -> int:
    return _TOP + (row + 11) * _ROW


def _unit_base(row: int) -> int:
    return _TOP + (row + 1) * _ROW


def _legend_base(row: int) -> int:
    return _unit_base(len(ACTION_UNITS) - len(Tier) + row)


def _fact_base(row: int) -> int:
    return _expression_base(_EXPRESSIONS_SHOWN) + _ROW + row * _ROW


def _heading(form: ByteImage, column: tuple[int, int, int], base: int, text: str, scale: tuple[str, ...]) -> None:
    write(form, column[0], base, text, _TEXT, _WHITE)
    for at, label in enumerate(scale):
        middle = column[1] + round(_BAR * at / (len(scale) - 1))
        write(form, middle - width_of(label.rstrip(" %"), _SMALL) // 2, base, label, _SMALL, _SOFT)
    cv2.line(form, (column[0], base + 6), (column[2] + 34, base + 6), _LINE, 1)


def _empty_bar(form: ByteImage, column: tuple[int, int, int], base: int, name: str, parts: int) -> None:
    write(form, column[0], base, name, _TEXT, _SOFT)
    form[base - _THICK : base, column[1] : column[1] + _BAR] = _TRACK
    for part in range(parts + 1):
        form[base - _THICK : base, column[1] + round((_BAR - 1) * part / parts)] = _LINE


def _mark(form: ByteImage, x: int, y: int, level: Tier) -> None:
    """A disc, a triangle or a ring: how far a number can be relied on, for who does not see colours."""
    colour = _OF_TIER[level]
    if level is Tier.REPORTED:
        cv2.circle(form, (x, y), 5, colour, -1, cv2.LINE_AA)
    elif level is Tier.LOW_CONFIDENCE:
        cv2.fillPoly(form, [np.array([(x - 6, y + 5), (x + 6, y + 5), (x, y - 6)], np.int32)], colour, cv2.LINE_AA)
    else:
        cv2.circle(form, (x, y), 5, colour, 1, cv2.LINE_AA)


def _head(panel: ByteImage, observation: Observation) -> None:
    """When, who is seen, and whether anything was measured."""
    x = _LEFT[0]
    when = _clock(observation.frame.media_s) if observation.frame.media_s is not None else ""
    name = observation.frame.name or when or f"picture {observation.frame.index + 1}"
    write(panel, x, 42, name, _LARGE, _WHITE)
    write(panel, _RIGHT[0], 42, _in_view(observation), _TEXT, _SOFT)
    if observation.reasons:
        said, colour = "not measured: " + ", ".join(words(reason.value) for reason in observation.reasons), _ORANGE
        cv2.fillPoly(panel, [np.array([(x, 78), (x + 16, 78), (x + 8, 62)], np.int32)], colour, cv2.LINE_AA)
    elif observation.disagree:
        said, colour = "emotions and expression contradict each other: rely on neither", _ORANGE
        cv2.fillPoly(panel, [np.array([(x, 78), (x + 16, 78), (x + 8, 62)], np.int32)], colour, cv2.LINE_AA)
    else:
        said, colour = "measured", _BLUE
        cv2.circle(panel, (x + 8, 70), 8, colour, -1, cv2.LINE_AA)
    write(panel, x + 26, 77, said, _TEXT, colour)


def _in_view(observation: Observation) -> str:
    faces = f"{observation.faces} faces in view" if observation.faces != 1 else "1 face in view"
    if observation.track is None:
        return "nobody in view" if not observation.faces else f"{faces}, none followed"
    return faces if observation.faces == 1 else f"{faces}, one followed"


def _values(panel: ByteImage, observation: Observation) -> None:
    seen = not observation.reasons
    emotions = observation.emotions.tolist() if seen else [math.nan] * len(EMOTIONS)
    for row, share in enumerate(emotions):
        if share == max(emotions):
            write(panel, _LEFT[0], _emotion_base(row), EMOTIONS[row], _TEXT, _WHITE)
        _bar(panel, _LEFT, _emotion_base(row), share, f"{100 * share:.0f} %", _BLUE)
    shown = [(name, share) for name, share in observation.expressions.items() if seen and name not in _WITHHELD]
    for row, (name, share) in enumerate(shown[:_EXPRESSIONS_SHOWN]):
        write(panel, _LEFT[0], _expression_base(row), _short(name), _TEXT, _SOFT)
        _bar(panel, _LEFT, _expression_base(row), share, f"{share:.2f}", _OF_TIER[tier(name)])
    known = observation.actions.known() if seen else {}
    for row, unit in enumerate(ACTION_UNITS):
        value, base = known.get(unit.key, math.nan), _unit_base(row)
        if value >= _PRESENT:
            write(panel, _RIGHT[0] + _INDENT, base, _title(unit), _TEXT, _WHITE)
        _bar(panel, _RIGHT, base, value / 5, f"{value:.1f}", _OF_TIER[unit.tier])
        if unit.part in observation.hidden:
            write(panel, _RIGHT[1] + 6, base - 1, "hidden", _SMALL, _ORANGE)
    for row, fact in enumerate(_facts(observation)):
        write(panel, _LEFT[0], _fact_base(row), fact, _SMALL + 1, _SOFT)


def _bar(panel: ByteImage, column: tuple[int, int, int], base: int, share: float, value: str, colour: Colour) -> None:
    if math.isnan(share):
        write(panel, column[2], base, _NOTHING, _TEXT, _SOFT)
        return
    panel[base - _THICK : base, column[1] : column[1] + round(_BAR * min(max(share, 0.0), 1.0))] = colour
    write(panel, column[2], base, value, _TEXT, _WHITE)


def _facts(observation: Observation) -> list[str]:
    """The head and the eyes, each in its line."""
    pose, eyes = observation.pose, observation.eyes
    turned = "not seen"
    if pose is not None:
        sides, heights = _degrees(pose.yaw, "right", "left"), _degrees(pose.pitch, "up", "down")
        turned = f"{sides}, {heights}, tilted {abs(pose.roll):.0f}°"
    opened = "not known" if eyes.open is None else f"{min(eyes.open, 1.0):.0%} open"
    blinks = "" if eyes.blinks is None else f", {eyes.blinks:.0f} blinks a minute"
    rest = "taken into account" if observation.neutral.startswith("calibrated") else "not calibrated"
    return [f"Head  {turned}", f"Eyes  {opened}{blinks}", f"Face at rest  {rest}"]


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.0f}° {positive if value >= 0 else negative}"


def _short(name: str) -> str:
    """An expression in the width that a name has."""
    said = words(name)
    while width_of(said, _TEXT) > _LEFT[1] - _LEFT[0] - 8:
        said = said[:-2].rstrip(" .") + "."
    return said


def _title(unit: ActionUnit) -> str:
    name = unit.name.partition(" (")[0]
    return f"{unit.key.removeprefix('AU')}  {name.lower()}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def _pixel(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
