"""Draws on a frame what the box sees in it. The picture stays on this machine; the daemon never draws."""

import math

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.labels import ACTION_UNITS, EMOTIONS, Tier
from device.contract.templates import tier
from device.observation import Observation
from device.stages.expressions import SHOWN

_GREEN, _RED, _WHITE, _GREY = (90, 220, 90), (60, 60, 240), (255, 255, 255), (120, 120, 120)
_OF_TIER = {Tier.REPORTED: _GREEN, Tier.LOW_CONFIDENCE: (60, 190, 230), Tier.EXPERIMENTAL: (150, 150, 150)}
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
_NOSE_TIP = 1
_MAX_HEIGHT = 720
_PANEL = 280
_BAR_LEFT, _BAR, _VALUE_LEFT = 130, 100, 238
_ROW = 15
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_AU_SHOWN = 14
_MIN_HEIGHT = (len(EMOTIONS) + _AU_SHOWN + SHOWN + 8) * _ROW


def draw(observation: Observation) -> ByteImage:
    """The frame with box, landmarks and gaze direction of the head, and a panel of bars at its right."""
    image = observation.frame.image
    scale = min(1.0, _MAX_HEIGHT / image.shape[0])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if observation.track is not None:
        _face(image, observation, scale)
    height = max(image.shape[0], _MIN_HEIGHT)
    canvas = np.full((height, image.shape[1] + _PANEL, 3), 24, np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    _panel(canvas, image.shape[1] + 8, observation)
    return canvas


def _face(image: ByteImage, observation: Observation, scale: float) -> None:
    assert observation.track is not None
    points = observation.track.face.points[:, :2] * scale
    colour = _RED if observation.reasons else _GREEN
    for point in points:
        cv2.circle(image, _pixel(point), 1, colour, -1, cv2.LINE_AA)
    cv2.rectangle(image, _pixel(points.min(0)), _pixel(points.max(0)), colour, 1)
    if observation.pose is not None:
        yaw, pitch = math.radians(observation.pose.yaw), math.radians(observation.pose.pitch)
        width = observation.track.face.box.w * scale
        tip = points[_NOSE_TIP] + np.array([math.sin(yaw), -math.sin(pitch)], np.float32) * width
        cv2.arrowedLine(image, _pixel(points[_NOSE_TIP]), _pixel(tip), _WHITE, 2, cv2.LINE_AA)


def _panel(canvas: ByteImage, left: int, observation: Observation) -> None:
    row = 1
    track = f"track {observation.track.number}" if observation.track else "nobody"
    _text(canvas, left, row, f"frame {observation.frame.index}  {track}  faces {observation.faces}", _WHITE)
    if observation.pose is not None:
        pose = observation.pose
        row += 1
        _text(canvas, left, row, f"yaw {pose.yaw:.0f} pitch {pose.pitch:.0f} roll {pose.roll:.0f}", _GREY)
    if observation.reasons:
        _text(canvas, left, row + 1, "no guess: " + ", ".join(r.value for r in observation.reasons), _RED)
        return
    for name, share in zip(EMOTIONS, observation.emotions.tolist(), strict=False):
        row += 1
        _bar(canvas, left, row, name, share, f"{share:.2f}")
    row = _action_units(canvas, left, row + 1, observation.actions.known())
    for name, membership in observation.expressions.items():
        row += 1
        _bar(canvas, left, row, name.replace("_", " "), membership, f"{membership:.2f}", _OF_TIER[tier(name)])
    if observation.pain is not None:
        _bar(canvas, left, row + 1, "pain (PSPI)", observation.pain / 16, f"{observation.pain:.1f}", _GREY)


def _action_units(canvas: ByteImage, left: int, row: int, aus: dict[str, float]) -> int:
    """The strongest, in the colour of their tiers, under a line that names the colours; returns the last row."""
    shown = sorted(aus, key=lambda unit: -aus[unit])[:_AU_SHOWN]
    at = left
    for level, colour in _OF_TIER.items() if shown else ():
        _text(canvas, at, row, level.value, colour)
        at += 74 if level is Tier.REPORTED else 108
    for name in (unit for unit in aus if unit in shown):
        row += 1
        _bar(canvas, left, row, name, aus[name] / 5, f"{aus[name]:.1f}", _OF_TIER[_TIERS[name]])
    return row + 1


def _bar(
    canvas: ByteImage, left: int, row: int, name: str, share: float, value: str, colour: tuple[int, int, int] = _GREEN
) -> None:
    _text(canvas, left, row, name, _WHITE)
    start, base = left + _BAR_LEFT, row * _ROW + 4
    cv2.rectangle(canvas, (start, base - 9), (start + round(_BAR * share), base), colour, -1)
    _text(canvas, left + _VALUE_LEFT, row, value, _GREY)


def _pixel(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _text(canvas: ByteImage, left: int, row: int, text: str, colour: tuple[int, int, int]) -> None:
    cv2.putText(canvas, text, (left, row * _ROW + 3), _FONT, 0.38, colour, 1, cv2.LINE_AA)
