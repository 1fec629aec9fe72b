"""Somebody's head: a shape and colours of their own, and how it moves."""

from dataclasses import dataclass

import numpy as np

from cloud.face.mesh import Floats
from training.face.bake.colours import Colour, linear, painted, skin_colours
from training.face.bake.eyes import CENTRE
from training.face.bake.head import PIVOT
from training.personal.simulate.mold import Mold

#: sRGB of skin, from light to dark; between two of them all is possible.
_SKINS = ((241, 212, 194), (226, 184, 156), (202, 152, 120), (163, 112, 82), (118, 78, 58), (84, 56, 43))
_HAIRS = ((196, 160, 112), (128, 88, 58), (78, 54, 40), (44, 34, 30), (26, 23, 22), (150, 146, 142))
_IRISES = ((1.0, 1.15, 1.3), (0.8, 1.0, 0.75), (0.75, 0.5, 0.3), (0.4, 0.27, 0.2))
_CLOTHES = ((70, 84, 110), (120, 60, 58), (60, 92, 78), (168, 160, 148), (48, 46, 52))
#: From this tone on, hair and eyes are dark; the last hair is grey.
_DARK = 0.45
#: How far somebody's identity weights are from the mean face, in standard deviations; the model's own are 1.
_UNLIKE, _MOST = 0.75, 1.8
#: Lips, as a share of the skin's colour.
_LIPS = (0.86, 0.62, 0.6)
#: Angles of the iris about the eye's axis, degrees.
_IRIS = (7.7, 22.5)


@dataclass(frozen=True, eq=False)
class Head:
    """A head at rest.

    Attributes:
        vertices: (V, 3), centimetres about the point that the head turns on.
        colours: (V, 3), linear light 0–1, with what the surroundings shade.
    """

    vertices: Floats
    colours: Floats


def draw_head(mold: Mold, tone: float, chance: np.random.Generator) -> Head:
    """Somebody's head.

    Args:
        mold: what it is cast from.
        tone: of the skin, 0 (light) to 1 (dark).
        chance: of this person.
    """
    weights = chance.normal(0, _UNLIKE, len(mold.identities)).clip(-_MOST, _MOST).astype(np.float32)
    vertices = mold.face.vertices + np.tensordot(weights, mold.identities, 1)
    return Head(vertices.astype(np.float32), _colours(mold, tone, chance))


def _colours(mold: Mold, tone: float, chance: np.random.Generator) -> Floats:
    found = mold.face.colours.copy()
    first, number = mold.face.parts["skin"]
    own = slice(first, first + number)
    places = mold.face.vertices[own] + PIVOT
    shade = found[own].mean(1) / linear(skin_colours(places)).mean(1)
    found[own] = linear(_skin(places, tone, chance)) * np.clip(shade, 0, 1)[:, None]
    first, number = mold.face.parts["eyes"]
    own = slice(first, first + number)
    iris = _IRISES[int(chance.integers(0 if tone < _DARK else 2, len(_IRISES)))]
    found[own] *= _iris(mold.face.vertices[own] + PIVOT, iris)
    return found


def _skin(places: Floats, tone: float, chance: np.random.Generator) -> Floats:
    """sRGB 0–1 (V, 3)."""
    skin = _between(_SKINS, tone) * chance.uniform(0.98, 1.02, 3)
    hair = np.array(_HAIRS[int(chance.integers(0 if tone < _DARK else 3, len(_HAIRS)))])
    brows = np.minimum(0.85 * hair, 0.62 * skin)
    lips = skin * np.array(_LIPS) * chance.uniform(0.9, 1.08)
    found = painted(places, *map(_whole, (skin, lips, brows, np.minimum(0.5 * skin, 96))))
    found *= (1 + _blotches(places, chance))[:, None]
    for colour, share in (
        (hair, _hair(places, float(chance.uniform(-0.6, 0.8)))),
        (np.array(_CLOTHES[int(chance.integers(len(_CLOTHES)))]), _dressed(places)),
    ):
        found += share[:, None] * ((colour / 255).astype(np.float32) - found)
    return np.asarray(np.clip(found, 0.01, 1), np.float32)


def _between(colours: tuple[Colour, ...], tone: float) -> Floats:
    at, steps = tone * (len(colours) - 1), range(len(colours))
    return np.array([np.interp(at, steps, channel) for channel in zip(*colours, strict=True)], np.float32)


def _whole(colour: Floats) -> Colour:
    red, green, blue = np.clip(np.rint(colour), 0, 255).astype(int).tolist()
    return red, green, blue


def _blotches(places: Floats, chance: np.random.Generator) -> Floats:
    """(V,) how much lighter or darker skin is here and there: no skin is of one colour."""
    found = np.zeros(len(places), np.float32)
    for wide, depth in ((4.0, 0.03), (1.4, 0.02)):
        waves = chance.normal(0, 2 * np.pi / wide / 2, (6, 3)).astype(np.float32)
        phases = chance.uniform(0, 2 * np.pi, 6).astype(np.float32)
        found += depth * np.sin(places @ waves.T + phases).mean(1) * 2
    for x, y, radius in chance.uniform((-5, -6, 0.12), (5, 8, 0.3), (5, 3)).tolist():
        away = np.hypot(places[:, 0] - x, places[:, 1] - y)
        found -= np.float32(0.35) * np.exp(-((away / radius) ** 2)) * (places[:, 2] > 6)
    return found


def _hair(places: Floats, higher: float) -> Floats:
    """(V,) share of hair: above a line that falls from the forehead to the nape."""
    x, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    line = 10.2 + higher - 0.035 * x * x - 0.75 * np.clip(5.5 - z, 0, 12) - 2.2 * np.clip(x - 6.0, 0, 2)
    return np.asarray(np.clip((y - line) / 0.5, 0, 1) * (1 - _ears(places)), np.float32)


def _ears(places: Floats) -> Floats:
    x, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    return np.asarray(np.clip((x - 7.6) / 0.3, 0, 1) * (np.abs(y - 1.5) < 4.5) * (np.abs(z) < 4), np.float32)


def _dressed(places: Floats) -> Floats:
    return np.asarray(np.clip((-12.2 - 0.12 * np.abs(places[:, 0]) - places[:, 1]) / 0.3, 0, 1), np.float32)


def _iris(places: Floats, tint: tuple[float, float, float]) -> Floats:
    """(V, 3) what the eyes' colours are multiplied by."""
    centres = np.where(places[:, :1] > 0, CENTRE, CENTRE * (-1, 1, 1))
    spokes = places - centres
    angle = np.degrees(np.arccos(np.clip(spokes[:, 2] / np.linalg.norm(spokes, axis=1), -1, 1)))
    within = (angle > _IRIS[0]) & (angle < _IRIS[1])
    return np.where(within[:, None], np.array(tint, np.float32), np.float32(1))
