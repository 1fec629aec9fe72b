"""The glimpse: what the box's own page draws while somebody sets the camera up, and what it asks them to do.

Never a picture: about a hundred points of the outlines of the face in shares of the frame, boxes of others, three
measures and codes of hints. It goes over the daemon's connection to the page and is kept nowhere.

Points: MediaPipe's face mesh (`mediapipe/python/solutions/face_mesh_connections.py`), of which every second one is
taken where they lie close. Left and right are the person's own.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from device.arrays import ByteImage
from device.contract.control import Glimpse
from device.contract.labels import Reason
from device.observation import Observation
from device.settings import Settings
from device.stages.aligner import align
from device.stages.geometry import Box
from device.stages.landmarks import Face

#: Contour → landmarks along it.
CONTOURS = {
    "oval": (
        *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
        *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    ),
    "right_eye": (33, 163, 145, 154, 133, 157, 159, 161),
    "left_eye": (263, 390, 374, 381, 362, 384, 386, 388),
    "right_brow": (70, 63, 105, 66, 107),
    "left_brow": (300, 293, 334, 296, 336),
    "nose": (168, 6, 197, 195, 5, 4),
    "nostrils": (98, 97, 2, 326, 327),
    "lips": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    "mouth": (78, 88, 87, 14, 317, 318, 308, 310, 13, 80),
}
_POINTS = {name: np.array(points, np.intp) for name, points in CONTOURS.items()}
#: Hints begin where a measure is within this factor of what the quality gate refuses.
_MARGIN = 1.5
_NEAREST = 0.7  # of the frame's height: a larger face leaves it with the next movement
_ROOM = 0.5  # between face and edge, in widths or heights of the face
_SHADOW = 1.6  # one side of the face so many times as bright as the other, about three to one in light
_SIDES = slice(6, 18), slice(30, 42)  # columns of the aligned crop: the cheeks
_DIM = 0.45  # brightness of a face against the light,
_WHITE, _WINDOW = 0.85, 0.2  # where so much of what is around it, above the chin, is brighter than that
_STEP = 4  # of what is around every fourth pixel is looked at, in both directions


def glimpse_of(seen: Observation, settings: Settings) -> Glimpse:
    """What is drawn of a frame, and what would help; hints are codes, the most urgent first."""
    bounds = seen.frame.bounds
    others = [_box(other, bounds) for other in seen.others]
    width, height = int(bounds.w), int(bounds.h)
    if seen.track is None or seen.quality is None:
        return Glimpse(width, height, others=others, hints=hints_of(seen, settings))
    face, quality = seen.track.face, seen.quality
    return Glimpse(
        width,
        height,
        outline=_outline(face, bounds),
        others=others,
        brightness=round(quality.brightness, 3),
        sharpness=round(quality.sharpness, 3),
        face_px=round(quality.width_px, 1),
        hints=hints_of(seen, settings),
    )


def hints_of(seen: Observation, settings: Settings) -> list[str]:
    """What would help, in codes of `device.contract.choices.HINTS`, the most urgent first."""
    if seen.track is None or seen.quality is None:
        return ["no_face", *(hint for reason, hint in _LIGHT.items() if reason in seen.reasons)]
    return [*_hints(seen, seen.track.face, settings)]


_LIGHT = {Reason.TOO_DARK: "more_light", Reason.TOO_BRIGHT: "less_light"}


def _hints(seen: Observation, face: Face, settings: Settings) -> Iterator[str]:
    gate, quality, pose = settings.quality, seen.quality, seen.pose
    assert quality is not None
    assert pose is not None
    if quality.brightness < _DIM and _window(seen.frame.image, face.box) > _WINDOW:
        yield "light_from_behind"
    elif quality.brightness < gate.min_brightness * _MARGIN:
        yield "more_light"
    elif 1 - quality.brightness < (1 - gate.max_brightness) * _MARGIN:
        yield "less_light"
    if quality.width_px < gate.min_width_px * _MARGIN:
        yield "come_closer"
    elif face.box.h > _NEAREST * seen.frame.bounds.h:
        yield "go_back"
    else:
        yield from _moves(face.box, seen.frame.bounds, settings.detector.zone)
    if max(abs(pose.yaw) / gate.max_yaw, abs(pose.pitch) / gate.max_pitch) * _MARGIN > 1:
        yield "turn_to_camera"
    else:
        yield from _lamps(align(seen.frame, face))
    if quality.sharpness < gate.min_sharpness * _MARGIN:
        yield "focus"
    if seen.faces > 1:
        yield "others"


def _moves(face: Box, bounds: Box, zone: tuple[float, ...]) -> Iterator[str]:
    """Towards the seat; without one away from the edges. The person's left is the picture's right."""
    left, top, width, height = zone or (0.0, 0.0, 1.0, 1.0)
    if zone:
        (x, y), room_x, room_y = face.centre, 0.0, 0.0
        near, far, upper, lower = x, x, y, y
    else:
        room_x, room_y = _ROOM * face.w, _ROOM * face.h
        near, far, upper, lower = face.x, face.x + face.w, face.y, face.y + face.h
    if near < left * bounds.w + room_x:
        yield "move_left"
    elif far > (left + width) * bounds.w - room_x:
        yield "move_right"
    if upper < top * bounds.h + room_y:
        yield "move_down"
    elif lower > (top + height) * bounds.h - room_y:
        yield "move_up"


def _lamps(crop: ByteImage) -> Iterator[str]:
    """Whether the light comes from one side alone: a lamp is wanted on the one in shadow. The picture's left is the
    person's right."""
    its_left, its_right = (float(crop[:, side].mean()) + 1 for side in _SIDES)
    if its_left > _SHADOW * its_right:
        yield "lamp_left"
    elif its_right > _SHADOW * its_left:
        yield "lamp_right"


def _window(image: ByteImage, face: Box) -> float:
    """The share, 0 to 1, of nearly white pixels above the chin and beside the face."""
    chin = max(int(face.y + face.h), _STEP)
    above = cv2.cvtColor(np.ascontiguousarray(image[:chin:_STEP, ::_STEP]), cv2.COLOR_BGR2GRAY)
    beside = np.ones(above.shape, bool)
    beside[max(int(face.y), 0) // _STEP :, max(int(face.x), 0) // _STEP : int(face.x + face.w) // _STEP + 1] = False
    return float((above[beside] > _WHITE * 255).mean()) if beside.any() else 0.0


def _outline(face: Face, bounds: Box) -> dict[str, list[tuple[float, float]]]:
    shares = np.round(face.points[:, :2] / np.array([bounds.w, bounds.h], np.float32), 3).astype(float)
    return {name: [(round(x, 3), round(y, 3)) for x, y in shares[points].tolist()] for name, points in _POINTS.items()}


def _box(box: Box, bounds: Box) -> tuple[float, float, float, float]:
    return (
        round(box.x / bounds.w, 3),
        round(box.y / bounds.h, 3),
        round(box.w / bounds.w, 3),
        round(box.h / bounds.h, 3),
    )
