"""Where the face is: its box, the five key points and the direction of the head, on an outline of the picture or, if
that was asked for, on a small picture of the face."""

import base64
import math

import cv2

from device.commands.au_page.marks import text
from device.observation import Observation
from device.stages.geometry import Box
from device.stages.landmarks import five
from device.stages.pose import Pose

#: Of what surrounds a face a thumbnail shows so much, in shares of the face; its longer side, pixels; its quality.
_ABOUT, _SIDE, _QUALITY = 0.4, 240, 80


def figure(observation: Observation, thumbnail: bool) -> str:
    """SVG that names in words what it shows. With `thumbnail` it holds pixels of the picture, and nothing of what the
    file said beside them (place, time, camera)."""
    height, width = observation.frame.image.shape[:2]
    track = observation.track
    view = _about(track.face.box, width, height) if track and thumbnail else Box(0, 0, width, height)
    drawn = [_picture(observation, view) if thumbnail else _outline(view)]
    what = "no face"
    if track is not None:
        unit = max(view.w, view.h) / 100
        drawn += [_box(track.face.box), *_points(observation, unit)]
        if observation.pose is not None:
            drawn.append(_direction(track.face.points[1], observation.pose, track.face.box.w))
        what = "box of the face, five key points, direction of the head"
    trusted = "trusted" if track is not None and not observation.reasons else "doubted"
    place = f"{view.x:.0f} {view.y:.0f} {view.w:.0f} {view.h:.0f}"
    label = text(f"{what}, in a picture of {width} by {height} pixels")
    return f'<svg class="figure {trusted}" viewBox="{place}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def _about(face: Box, width: int, height: int) -> Box:
    """A face and what surrounds it, inside the picture, at least a pixel."""
    reach = _ABOUT * max(face.w, face.h)
    left, top = max(math.floor(face.x - reach), 0), max(math.floor(face.y - reach), 0)
    right = min(math.ceil(face.x + face.w + reach), width)
    bottom = min(math.ceil(face.y + face.h + reach), height)
    left, top = min(left, width - 1), min(top, height - 1)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))


def _picture(observation: Observation, view: Box) -> str:
    x, y, w, h = (round(value) for value in (view.x, view.y, view.w, view.h))
    part = observation.frame.image[y : y + h, x : x + w]
    scale = min(_SIDE / max(w, h), 1.0)
    if scale < 1:
        part = cv2.resize(part, (max(round(w * scale), 1), max(round(h * scale), 1)), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    data = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return f'<image href="{source}" x="{x}" y="{y}" width="{w}" height="{h}" preserveAspectRatio="none"/>'


def _outline(view: Box) -> str:
    return f'<rect class="ground" x="0" y="0" width="{view.w:.0f}" height="{view.h:.0f}"/>'


def _box(box: Box) -> str:
    return f'<rect class="box" x="{box.x:.0f}" y="{box.y:.0f}" width="{box.w:.0f}" height="{box.h:.0f}"/>'


def _points(observation: Observation, unit: float) -> list[str]:
    if observation.track is None:
        return []
    places = five(observation.track.face.points).tolist()
    return [f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="{unit * 1.4:.2f}"/>' for x, y in places]


def _direction(nose: object, pose: Pose, width: float) -> str:
    x, y = (float(value) for value in list(nose)[:2])  # type: ignore[call-overload]
    yaw, pitch = math.radians(pose.yaw), math.radians(pose.pitch)
    end_x, end_y = x + math.sin(yaw) * width * 0.8, y - math.sin(pitch) * width * 0.8
    return f'<line class="direction" x1="{x:.1f}" y1="{y:.1f}" x2="{end_x:.1f}" y2="{end_y:.1f}"/>'
