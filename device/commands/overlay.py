"""Draws on a frame what the box sees in it, and beside it a panel in which every row has its place.

The picture stays on this machine; the daemon never draws. How far a number can be relied on is told by colour and by
shape. Pain and 'threatened' are left out, as in reports: every smile and every raised brow would show them.
"""

import math
from functools import lru_cache

import cv2
import numpy as np

from device.arrays import ByteImage
from device.commands.lettering import Colour, width_of, write
from device.commands.marking import (
    BLUE,
    CALLED,
    GROUND,
    LINE,
    OF_TIER,
    ORANGE,
    PRESENT,
    SOFT,
    TRACK,
    WHITE,
    WITHHELD,
    clock,
    facts,
    in_view,
    mark_face,
    mark_tier,
    own_facts,
    title,
    warning,
)
from device.contract.labels import ACTION_UNITS, EMOTIONS, Tier
from device.contract.templates import tier
from device.observation import Observation
from device.summary import words

_HEIGHT, _MOST_WIDTH, _LEAST_WIDTH, _PANEL = 720, 1600, 240, 736
_LARGE, _TEXT, _SMALL = 24, 17, 14
_TOP, _ROW, _BAR, _THICK, _INDENT = 118, 26, 120, 13, 18
#: Columns of the panel: where names, bars and numbers begin.
_LEFT, _RIGHT = (24, 128, 258), (332, 566, 696)
_EXPRESSIONS_SHOWN = 2
_NOTHING = "-"


def draw(observation: Observation) -> ByteImage:
    """The frame with landmarks, box and direction of the head, and the panel at its right; 720 pixels high."""
    picture, scale = _scaled(observation.frame.image)
    if observation.track is not None:
        face = observation.track.face
        points, width = face.points[:, :2] * scale, face.box.w * scale
        mark_face(picture, points, width, observation.pose, trusted=not observation.reasons)
    width = max(picture.shape[1] + picture.shape[1] % 2, _LEAST_WIDTH)
    canvas = np.empty((_HEIGHT, width + _PANEL, 3), np.uint8)
    canvas[:, :width] = GROUND
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


@lru_cache(maxsize=1)
def _form() -> ByteImage:
    """The panel without any value (720, 736, 3): headings, names, scales, empty bars, legend."""
    form = np.empty((_HEIGHT, _PANEL, 3), np.uint8)
    form[:] = GROUND
    _heading(form, _LEFT, _TOP, "Emotions", ("0", "50", "100 %"))
    for row, name in enumerate(EMOTIONS):
        _empty_bar(form, _LEFT, _emotion_base(row), name, 4)
    _heading(form, _LEFT, _expression_base(-1), "Expression", ("0", "", "1"))
    for row in range(_EXPRESSIONS_SHOWN):
        _empty_bar(form, _LEFT, _expression_base(row), "", 4)
    _heading(form, _RIGHT, _TOP, "Action units (AU)", ("0", "1", "2", "3", "4", "5"))
    for row, unit in enumerate(ACTION_UNITS):
        mark_tier(form, _RIGHT[0] + 5, _unit_base(row) - 6, unit.tier)
        _empty_bar(form, (_RIGHT[0] + _INDENT, *_RIGHT[1:]), _unit_base(row), title(unit), 5)
    for row, level in enumerate(Tier):
        mark_tier(form, _LEFT[0] + 5, _legend_base(row) - 5, level)
        write(form, _LEFT[0] + _INDENT, _legend_base(row), CALLED[level], _SMALL, SOFT)
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
    write(form, column[0], base, text, _TEXT, WHITE)
    for at, label in enumerate(scale):
        middle = column[1] + round(_BAR * at / (len(scale) - 1))
        write(form, middle - width_of(label.rstrip(" %"), _SMALL) // 2, base, label, _SMALL, SOFT)
    cv2.line(form, (column[0], base + 6), (column[2] + 34, base + 6), LINE, 1)


def _empty_bar(form: ByteImage, column: tuple[int, int, int], base: int, name: str, parts: int) -> None:
    write(form, column[0], base, name, _TEXT, SOFT)
    form[base - _THICK : base, column[1] : column[1] + _BAR] = TRACK
    for part in range(parts + 1):
        form[base - _THICK : base, column[1] + round((_BAR - 1) * part / parts)] = LINE


def _head(panel: ByteImage, observation: Observation) -> None:
    """When, who is seen, and whether anything was measured."""
    x = _LEFT[0]
    when = clock(observation.frame.media_s) if observation.frame.media_s is not None else ""
    name = observation.frame.name or when or f"picture {observation.frame.index + 1}"
    write(panel, x, 42, name, _LARGE, WHITE)
    write(panel, _RIGHT[0], 42, in_view(observation.faces, observation.track is not None), _TEXT, SOFT)
    if observation.reasons:
        said, colour = "not measured: " + ", ".join(words(reason.value) for reason in observation.reasons), ORANGE
        warning(panel, x, 62, 16)
    elif observation.disagree:
        said, colour = "emotions and expression contradict each other: rely on neither", ORANGE
        warning(panel, x, 62, 16)
    else:
        said, colour = "measured", BLUE
        cv2.circle(panel, (x + 8, 70), 8, colour, -1, cv2.LINE_AA)
    write(panel, x + 26, 77, said, _TEXT, colour)


def _values(panel: ByteImage, observation: Observation) -> None:
    seen = not observation.reasons
    emotions = observation.emotions.tolist() if seen else [math.nan] * len(EMOTIONS)
    for row, share in enumerate(emotions):
        if share == max(emotions):
            write(panel, _LEFT[0], _emotion_base(row), EMOTIONS[row], _TEXT, WHITE)
        _bar(panel, _LEFT, _emotion_base(row), share, f"{100 * share:.0f} %", BLUE)
    shown = [(name, share) for name, share in observation.expressions.items() if seen and name not in WITHHELD]
    for row, (name, share) in enumerate(shown[:_EXPRESSIONS_SHOWN]):
        write(panel, _LEFT[0], _expression_base(row), _short(name), _TEXT, SOFT)
        _bar(panel, _LEFT, _expression_base(row), share, f"{share:.2f}", OF_TIER[tier(name)])
    known = observation.actions.known() if seen else {}
    for row, unit in enumerate(ACTION_UNITS):
        value, base = known.get(unit.key, math.nan), _unit_base(row)
        if value >= PRESENT:
            write(panel, _RIGHT[0] + _INDENT, base, title(unit), _TEXT, WHITE)
        _bar(panel, _RIGHT, base, value / 5, f"{value:.1f}", OF_TIER[unit.tier])
        if unit.part in observation.hidden:
            write(panel, _RIGHT[1] + 6, base - 1, "hidden", _SMALL, ORANGE)
    own = own_facts(observation.personal) if observation.own_watched else []
    known_facts = facts(observation.pose, observation.eyes, observation.neutral.startswith("calibrated"))
    for row, fact in enumerate([*known_facts, *own]):
        write(panel, _LEFT[0], _fact_base(row), fact, _SMALL + 1, SOFT)


def _bar(panel: ByteImage, column: tuple[int, int, int], base: int, share: float, value: str, colour: Colour) -> None:
    if math.isnan(share):
        write(panel, column[2], base, _NOTHING, _TEXT, SOFT)
        return
    panel[base - _THICK : base, column[1] : column[1] + round(_BAR * min(max(share, 0.0), 1.0))] = colour
    write(panel, column[2], base, value, _TEXT, WHITE)


def _short(name: str) -> str:
    """An expression in the width that a name has."""
    said = words(name)
    while width_of(said, _TEXT) > _LEFT[1] - _LEFT[0] - 8:
        said = said[:-2].rstrip(" .") + "."
    return said
