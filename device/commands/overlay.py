"""Draws on a frame what the box sees in it. The picture stays on this machine; the daemon never draws."""

import math

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.labels import ACTION_UNITS, EMOTIONS, ActionUnit, Tier
from device.contract.templates import tier
from device.observation import Observation

#: BGR, after Okabe & Ito 2008: told apart also by those who do not tell green from red.
_BLUE, _ORANGE, _GREY, _WHITE = (233, 180, 86), (0, 159, 230), (165, 165, 165), (255, 255, 255)
_OF_TIER = {Tier.REPORTED: _BLUE, Tier.LOW_CONFIDENCE: _ORANGE, Tier.EXPERIMENTAL: _GREY}
_NOSE_TIP = 1
_HEIGHT, _PANEL = 720, 452
_MARGIN, _ROW, _SIZE = 12, 22, 0.52
_BAR_LEFT, _BAR, _VALUE_LEFT = 256, 120, 388
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_UNITS_SHOWN = 12


def draw(observation: Observation) -> ByteImage:
    """The frame, 720 pixels high, with landmarks, box and direction of the head, and a panel of bars at its right."""
    image = observation.frame.image
    scale = _HEIGHT / image.shape[0]
    size = (max(round(image.shape[1] * scale), 1), _HEIGHT)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)  # type: ignore[assignment]
    if observation.track is not None:
        _face(image, observation, scale)
    canvas = np.full((_HEIGHT, size[0] + _PANEL, 3), 24, np.uint8)
    canvas[:, : size[0]] = image
    _describe(_Panel(canvas, size[0] + _MARGIN), observation)
    return canvas


def _face(image: ByteImage, observation: Observation, scale: float) -> None:
    assert observation.track is not None
    points = observation.track.face.points[:, :2] * scale
    colour = _ORANGE if observation.reasons else _BLUE
    for point in points:
        cv2.circle(image, _pixel(point), 1, colour, -1, cv2.LINE_AA)
    cv2.rectangle(image, _pixel(points.min(0)), _pixel(points.max(0)), colour, 2)
    if observation.pose is not None:
        yaw, pitch = math.radians(observation.pose.yaw), math.radians(observation.pose.pitch)
        width = observation.track.face.box.w * scale
        tip = points[_NOSE_TIP] + np.array([math.sin(yaw), -math.sin(pitch)], np.float32) * width
        cv2.arrowedLine(image, _pixel(points[_NOSE_TIP]), _pixel(tip), _WHITE, 2, cv2.LINE_AA)


class _Panel:
    """Rows of text and bars, from the top down."""

    def __init__(self, canvas: ByteImage, left: int) -> None:
        self._canvas, self._left, self._base = canvas, left, 4

    def say(self, text: str, colour: tuple[int, int, int] = _WHITE) -> None:
        """A row of text."""
        self._base += _ROW
        self._text(0, text, colour)

    def bar(self, name: str, share: float, value: str, colour: tuple[int, int, int]) -> None:
        """A row of a name, a bar of this share of its whole length, and the number."""
        self.say(name)
        start = self._left + _BAR_LEFT
        end = start + round(_BAR * share)
        cv2.rectangle(self._canvas, (start, self._base - 12), (end, self._base), colour, -1)
        self._text(_VALUE_LEFT, value, _WHITE)

    def gap(self) -> None:
        """Half a row of nothing."""
        self._base += _ROW // 2

    def legend(self) -> None:
        """A row that names the tiers in their colours."""
        self._base += _ROW
        at = 0
        for level, colour in _OF_TIER.items():
            self._text(at, level.value, colour)
            at += cv2.getTextSize(f"{level.value}  ", _FONT, _SIZE, 1)[0][0]

    def _text(self, at: int, text: str, colour: tuple[int, int, int]) -> None:
        cv2.putText(self._canvas, text, (self._left + at, self._base), _FONT, _SIZE, colour, 1, cv2.LINE_AA)


def _describe(panel: _Panel, observation: Observation) -> None:
    track = f"track {observation.track.number}" if observation.track else "nobody"
    panel.say(f"frame {observation.frame.index}   {track}   faces {observation.faces}")
    if observation.pose is not None:
        panel.say("yaw {yaw:.0f}   pitch {pitch:.0f}   roll {roll:.0f}".format(**vars(observation.pose)))
    if observation.reasons:
        panel.gap()
        panel.say("no guess:", _ORANGE)
        for reason in observation.reasons:
            panel.say(f"   {reason.value.replace('_', ' ')}", _ORANGE)
        return
    panel.gap()
    for name, share in zip(EMOTIONS, observation.emotions.tolist(), strict=False):
        panel.bar(name, share, f"{share:.2f}", _BLUE)
    panel.gap()
    _units(panel, observation)
    panel.gap()
    _expressions(panel, observation)


def _units(panel: _Panel, observation: Observation) -> None:
    """The strongest action units, in the colour of their tiers, under a line that names the colours."""
    if observation.hidden:
        panel.say(f"hidden, not measured: {' and '.join(observation.hidden)} face", _ORANGE)
    known = observation.actions.known()
    if known:
        panel.legend()
    shown = sorted(known, key=lambda unit: -known[unit])[:_UNITS_SHOWN]
    for unit in (unit for unit in ACTION_UNITS if unit.key in shown):
        panel.bar(_title(unit), known[unit.key] / 5, f"{known[unit.key]:.1f}", _OF_TIER[unit.tier])


def _expressions(panel: _Panel, observation: Observation) -> None:
    for name, membership in observation.expressions.items():
        panel.bar(name.replace("_", " "), membership, f"{membership:.2f}", _OF_TIER[tier(name)])
    if observation.disagree:
        panel.say("disagrees with the emotions: rely on neither", _ORANGE)
    if observation.pain is not None:
        panel.bar("pain (PSPI)", observation.pain / 16, f"{observation.pain:.1f}", _GREY)


def _title(unit: ActionUnit) -> str:
    return f"{unit.key} {unit.name.partition(' (')[0]}"


def _pixel(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
