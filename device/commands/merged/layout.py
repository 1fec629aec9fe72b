"""Where things are in a film of 1280 × 720: the picture, what is measured now, and the diagram of the whole clip.

A wide clip has the diagram below it, a square or a tall one beside it.
"""

from dataclasses import dataclass

import cv2

from device.arrays import ByteImage

SIZE = WIDTH, HEIGHT = 1280, 720
#: Width of a clip by its height, from which on it is wide, and below which it is tall.
_WIDE, _TALL = 1.5, 0.75
_MARGIN = 20
#: Below this enlargement the slower way to make pictures smaller is worth it.
_MUCH_SMALLER = 0.7


@dataclass(frozen=True)
class Area:
    """A rectangle, in pixels of the film."""

    x: int
    y: int
    width: int
    height: int

    def of(self, canvas: ByteImage) -> ByteImage:
        """What of the film is in it, to be drawn upon."""
        return canvas[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True)
class Panel:
    """Where the values of the moment stand, by columns and base lines of the panel.

    Attributes:
        area: of the panel.
        time, status: base lines.
        emotions: where each column of emotions begins; they are filled one after the other.
        bar: width of an emotion's bar.
        first, pitch: base line of the first emotion, and from one to the next.
        facts: where the lines about head and eyes begin, and how many there is room for.
        expressions: where the leading expressions stand; None where there is no room.
    """

    area: Area
    time: int
    status: int
    emotions: tuple[int, ...]
    bar: int
    first: int
    pitch: int
    facts: tuple[int, int, int]
    expressions: tuple[int, int] | None


@dataclass(frozen=True)
class Layout:
    """Of one film: the room for the picture, the panel, and the diagram."""

    picture: Area
    panel: Panel
    diagram: Area

    def place(self, shape: tuple[int, ...]) -> tuple[Area, float]:
        """Where a picture (height, width, …) is in its room, and how much it is enlarged."""
        room = self.picture
        scale = min(room.width / shape[1], room.height / shape[0])
        width, height = max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1)
        area = Area(room.x + (room.width - width) // 2, room.y + (room.height - height) // 2, width, height)
        return area, scale

    def show(self, canvas: ByteImage, image: ByteImage) -> tuple[ByteImage, float]:
        """Put a picture there; what of the film it takes, to be drawn upon, and how much it is enlarged."""
        area, scale = self.place(image.shape)
        way = cv2.INTER_AREA if scale < _MUCH_SMALLER else cv2.INTER_LINEAR
        shown = area.of(canvas)
        cv2.resize(image, (area.width, area.height), dst=shown, interpolation=way)
        return shown, scale


def layout_for(shape: tuple[int, ...]) -> Layout:
    """The layout for pictures (height, width, …) of a shape."""
    aspect = shape[1] / shape[0]
    return _wide(aspect) if aspect >= _WIDE else _tall(aspect) if aspect < _TALL else _square(aspect)


def _wide(aspect: float) -> Layout:
    width, height = min(round(360 * aspect), 700), 360
    area = Area(width, 0, WIDTH - width, height)
    right = area.width // 2 + 20
    panel = Panel(area, 40, 72, (_MARGIN,), area.width // 2 - 200, 128, 28, (right, 212, 5), (right, 128))
    return Layout(Area(0, 0, width, height), panel, Area(0, height, WIDTH, HEIGHT - height))


def _square(aspect: float) -> Layout:
    width = min(round(540 * aspect), 600)
    height = min(round(width / aspect), 540)
    width = max(width, 540)
    area = Area(0, height, width, HEIGHT - height)
    columns, roomy = (_MARGIN, width // 2 + 6), area.height > 230
    panel = (
        Panel(area, 32, 60, columns, 96, 90, 24, (_MARGIN, 190, 3), None)
        if roomy
        else Panel(area, 28, 54, columns, 96, 82, 22, (_MARGIN, 171, 1), None)
    )
    return Layout(Area(0, 0, width, height), panel, Area(width, 0, WIDTH - width, HEIGHT))


def _tall(aspect: float) -> Layout:
    width, height = round(HEIGHT * aspect), 216
    area = Area(width, 0, WIDTH - width, height)
    third = area.width * 2 // 3
    panel = Panel(
        area, 40, 72, (_MARGIN, area.width // 3 + 10), area.width // 3 - 170, 112, 27, (third, 166, 3), (third, 112)
    )
    return Layout(Area(0, 0, width, HEIGHT), panel, Area(width, height, WIDTH - width, HEIGHT - height))
