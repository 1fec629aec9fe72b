"""Heat map: where on the face there was activity, and for how much of the time that was measured.

At each place: Σ over targets of the share of measured time in which it was present × how far it moves the skin there,
where it moves it farthest counting 1. Units that act together add up. What was never measured is hatched.
"""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import Face, Floats, load_face
from cloud.face.painter import Picture, paint
from device.contract.errors import DataError

#: Ends and knots of the colours in OKLab (Ottosson 2020): even steps of lightness, from a pale grey to a deep orange;
#: no dark end, which looks bruised, and lightness falls all the way, so that it is read in grey print too.
_KNOTS = ((0.95, 0.0, 0.005), (0.88, 0.0, 0.1), (0.78, 0.055, 0.14), (0.66, 0.125, 0.12), (0.54, 0.155, 0.095))
#: Where the colours may end, in shares of measured time; below the first, activity is not made to look like more.
_TOPS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
#: Movement of which rank is a target's most, and what share of it is none.
_MOST, _LEAST = 0.99, 0.05
#: Skin that targets which were never measured move by at least this share of their most is hatched, unless measured
#: ones move it by nearly as much.
_MOVED, _NEARLY = 0.3, 0.7
_HAIRLINE = 9.5  # centimetres above the turning point
_HATCH = (0.42, 0.45, 0.5)
_STRIPE_PX = 480 / 7


def heat_map(activity: Mapping[str, float], size: int = 480) -> Picture:
    """The face in the colours of activity, up to `top_of(activity)`.

    Args:
        activity: share of measured time in which each target was present, 0–1; absent or NaN: never measured.
        size: pixels of a side.

    Returns:
        (size, size, 3) RGB.

    Raises:
        DataError: a target that the face does not have, or a share beyond 0–1.
    """
    return coloured(heat_of(activity) / np.float32(top_of(activity)), _unmeasured(load_face(), activity), size)


def coloured(shares: Floats, unknown: Floats, size: int = 480) -> Picture:
    """The face with its skin in the colours of `colour_table`.

    Args:
        shares: place on the scale of colours at each vertex of the face (V,), held to 0–1; only the skin's are shown.
        unknown: how far nothing is known at each vertex (V,), 0–1: hatched.
        size: pixels of a side.

    Returns:
        (size, size, 3) RGB.
    """
    face = load_face()
    light = _shade(face)
    table = _linear_table()
    skin = slice(*_run(face, "skin"))
    colours = np.repeat(face.colours.mean(1, keepdims=True), 3, 1)
    held = np.clip(shares[skin], 0, 1)
    colours[skin] = table[np.rint(held * (len(table) - 1)).astype(np.intp)] * light[skin]
    picture = paint(face, {}, size=size, colours=colours)
    if not unknown.any():
        return picture
    colours += unknown[:, None] * (np.array(_HATCH, np.float32) * light - colours)
    across, down = np.meshgrid(np.arange(size), np.arange(size))
    stripes = (across + down) % max(4, round(size / _STRIPE_PX)) < max(2, round(size / _STRIPE_PX / 3))
    picture[stripes] = paint(face, {}, size=size, colours=colours)[stripes]
    return picture


def heat_of(activity: Mapping[str, float]) -> Floats:
    """Σ share of time × share of the most movement, at each vertex of the face (V,). Raises `DataError`."""
    face = load_face()
    heat = np.zeros(len(face.vertices), np.float32)
    for name, share in _known(face, activity).items():
        heat[face.targets[name].indices] += np.float32(share) * _reach(face, name)
    return heat


def top_of(activity: Mapping[str, float]) -> float:
    """The share of measured time at which the colours end: a round number, for the colour bar."""
    most = float(heat_of(activity)[slice(*_run(load_face(), "skin"))].max())
    return next((top for top in _TOPS if most <= top), _TOPS[-1])


def never_measured(activity: Mapping[str, float]) -> tuple[str, ...]:
    """Targets of which nothing is known, in the face's order: say so in words beside the picture."""
    return tuple(name for name in load_face().targets if math.isnan(activity.get(name, math.nan)))


@lru_cache(maxsize=1)
def colour_table() -> Picture:
    """The colours (256, 3), sRGB, from nothing to the top: for a colour bar."""
    light = _linear_table()
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.clip(light, 0.0031308, 1) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(srgb * 255), np.uint8)


@lru_cache(maxsize=1)
def _linear_table() -> Floats:
    """The colours in linear light (256, 3)."""
    at, knots = np.linspace(0, 1, 256), np.array(_KNOTS)
    lightness, a, b = (np.interp(at, np.linspace(0, 1, len(knots)), knots[:, axis]) for axis in range(3))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return np.asarray(np.clip(np.stack([red, green, blue], 1), 0, 1), np.float32)


def _known(face: Face, activity: Mapping[str, float]) -> dict[str, float]:
    if unknown := sorted(set(activity) - set(face.targets)):
        raise DataError(f"The digital face has no target '{unknown[0]}': name units as the records do.")
    known = {name: share for name, share in activity.items() if not math.isnan(share)}
    if beyond := sorted(name for name, share in known.items() if not 0 <= share <= 1):
        raise DataError(f"The share of time of {beyond[0]} is {known[beyond[0]]}: shares are 0 to 1.")
    return known


def _reach(face: Face, name: str) -> Floats:
    """How far a target moves its vertices, as a share of what it moves skin where it does most (K,), 0–1."""
    target = face.targets[name]
    length = np.linalg.norm(target.deltas, axis=1)
    most = float(np.quantile(length[target.indices < _run(face, "skin")[1]], _MOST))
    return np.asarray(np.clip((length / most - _LEAST) / (1 - _LEAST), 0, 1), np.float32)


def _unmeasured(face: Face, activity: Mapping[str, float]) -> NDArray[np.float32]:
    """1 for skin of which nothing was measured, 0 for other (V,)."""
    known = np.zeros(len(face.vertices), np.float32)
    missing = known.copy()
    absent = set(never_measured(activity))
    for name, target in face.targets.items():
        into = missing if name in absent else known
        into[target.indices] = np.maximum(into[target.indices], _reach(face, name))
    hatched = np.asarray((missing > _MOVED) & (known < _NEARLY * missing), np.float32)
    hatched[(face.vertices[:, 1] > _HAIRLINE) | (np.arange(len(hatched)) >= _run(face, "skin")[1])] = 0
    return np.asarray(hatched, np.float32)


def _shade(face: Face) -> Floats:
    """What the face's own colours hold of light, brows and lips, weakened: they say where one is (V, 1)."""
    bright = face.colours.mean(1, keepdims=True)
    return np.asarray(np.sqrt(bright / bright[slice(*_run(face, "skin"))].max()), np.float32)


def _run(face: Face, part: str) -> tuple[int, int]:
    first, number = face.parts[part]
    return first, first + number
