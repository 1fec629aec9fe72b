"""Landmarks of `affectbox au --landmarks`: columns of its file, and pictures on which they are drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.camera.pictures import IMAGE_SUFFIXES, is_folder
from device.commands.au_row import Row
from device.commands.drawing import Drawing, Folder, One
from device.commands.lettering import width_of, write
from device.commands.marking import BLUE, ORANGE, WHITE
from device.contract.errors import ConfigError
from device.observation import Observation
from device.settings import Settings
from device.stages.geometry import Box
from device.stages.landmarks import sixty_eight
from device.state import same_file

#: The network that finds 478 points, and what those are called that find fewer.
WITH_IRISES, WITHOUT = "face-landmarks-1.0.0", "face-mesh"
_AXES = "xyz"
#: Width of a face below which a picture is enlarged before it is drawn upon, pixels; with numbers, for 68 and 478.
_FACE, _NUMBERED = 160, {68: 720, 478: 2200}
_LONGEST = 4096
#: What is shown about a face with numbers, in shares of it.
_MARGIN = 0.15
_SHADE = (40, 36, 34)


@dataclass(frozen=True)
class Landmarks:
    """What is asked for: `count` landmarks, 68 or 478; in the picture with their numbers, or plain."""

    count: int
    numbered: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """`x_0`, `x_1`, …, then `y_` and `z_`."""
        return tuple(f"{axis}_{at}" for axis in _AXES for at in range(self.count))

    def of(self, points: FloatArray) -> FloatArray:
        """The landmarks (count, D) of what a network found (468 or 478, D). Raises `ConfigError`: no irises."""
        if len(points) < self.count:
            raise ConfigError(
                f"The network of models.landmarks finds {len(points)} points, no irises: leave it at {WITH_IRISES}."
            )
        return sixty_eight(points) if self.count == 68 else points[: self.count]

    def row(self, observation: Observation) -> Row:
        """The columns of one picture or frame; none where no face is followed."""
        if observation.track is None:
            return {}
        values = self.of(observation.track.face.points).T.ravel().tolist()
        return {name: f"{value:.2f}" for name, value in zip(self.columns, values, strict=True)}

    def drawn(self, observation: Observation) -> ByteImage:
        """The picture with the landmarks of whoever is followed, a small one enlarged; with numbers their face alone,
        large enough to read them."""
        image, track = observation.frame.image, observation.track
        if track is None:
            return image.copy()
        points, wanted, left, top = self.of(track.face.points)[:, :2], _FACE, 0, 0
        if self.numbered:
            image, left, top = _about(image, track.face.box)
            wanted = _NUMBERED[self.count]
        scale = max(1.0, min(wanted / max(track.face.box.w, 1.0), _LONGEST / max(image.shape[:2])))
        size = round(image.shape[1] * scale), round(image.shape[0] * scale)
        canvas = np.array(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else image, np.uint8)
        draw(canvas, (points - (left, top)) * scale, ORANGE if observation.reasons else BLUE, self.numbered)
        return canvas


def with_landmarks(settings: Settings, count: int) -> Settings:
    """Settings by which so many landmarks are found: irises need the larger of the two networks."""
    if count <= 468 or not settings.models.landmarks.startswith(WITHOUT):
        return settings
    return msgspec.structs.replace(settings, models=msgspec.structs.replace(settings.models, landmarks=WITH_IRISES))


def draw(image: ByteImage, points: FloatArray, colour: tuple[int, int, int], numbered: bool) -> None:
    """Landmarks (K, 2) as discs with a dark rim, in an image that is drawn upon; `numbered`: from 0."""
    width = float(np.ptp(points[:, 0]))
    many = len(points) > 68
    radius = max(round(width / ((320 if numbered else 170) if many else 110)), 1)
    size = max(round(width / (110 if many else 50)), 9)
    places = [(round(float(x)), round(float(y))) for x, y in points]
    for place in places:
        cv2.circle(image, place, radius + 1, _SHADE, -1, cv2.LINE_AA)
    for place in places:
        cv2.circle(image, place, radius, colour, -1, cv2.LINE_AA)
    for number, (x, y) in enumerate(places if numbered else []):
        text, left = str(number), x + radius + 2
        left = left if left + width_of(text, size) < image.shape[1] else x - radius - 2 - width_of(text, size)
        write(image, left + 1, y + size // 3 + 1, text, size, _SHADE)
        write(image, left, y + size // 3, text, size, WHITE)


def open_pictures(
    out: Path, paths: list[Path], neutral: Path | None, drawn: Callable[[Observation], ByteImage]
) -> Drawing:
    """Where the pictures go: a picture, or a folder. Raises `ConfigError`: another kind of file, or what is read."""
    read = [*paths, *([neutral] if neutral else [])]
    if any(same_file(out, path) for path in read) or any(out.resolve() == path.resolve().parent for path in read):
        raise ConfigError(f"{out} is where the pictures themselves are: give --annotate another place.")
    if out.suffix.lower() in IMAGE_SUFFIXES:
        if len(paths) > 1:
            raise ConfigError(f"{out} is one picture, and there are {len(paths)}: give --annotate a folder's name.")
        return One(out, drawn)
    if out.suffix and not is_folder(out):
        raise ConfigError(f"{out} cannot be drawn: of pictures, give --annotate OUT.png, or a folder's name.")
    return Folder(out, drawn)


def _about(image: ByteImage, box: Box) -> tuple[ByteImage, int, int]:
    """The part of a picture with a face in it, and its left and upper edge."""
    left, top = (max(round(at - _MARGIN * size), 0) for at, size in ((box.x, box.w), (box.y, box.h)))
    right, bottom = round(box.x + (1 + _MARGIN) * box.w), round(box.y + (1 + _MARGIN) * box.h)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)], left, top
