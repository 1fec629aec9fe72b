"""The light on a face: nine spherical harmonics for each colour, from the picture and the rough head's normals.

Source: Ramamoorthi & Hanrahan 2001, *An Efficient Representation for Irradiance Environment Maps*. Skin is taken to be
dull and everywhere of one colour, lips and brows apart; hair over the forehead, glasses and shadows are outliers,
which count less (Huber 1964) or not at all (Beaton & Tukey 1974).
"""

import numpy as np
from numpy.typing import NDArray

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError
from training.face.bake.colours import linear
from training.face.fit.view import View

_ROUNDS, _HUBER, _TUKEY, _RIDGE, _LEAST = 12, 1.5, 4.7, 1e-3, 400
_MOST = 12_000  # pixels that it is read from
_GREY = np.array([0.2126, 0.7152, 0.0722])

Values = NDArray[np.float64]


def harmonics(normals: FloatArray) -> FloatArray:
    """The nine of unit normals (…, 3): (…, 9)."""
    x, y, z = (normals[..., axis] for axis in range(3))
    found = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1]
    return np.asarray(np.stack(found, -1))


def slopes(normals: FloatArray, light: FloatArray) -> FloatArray:
    """How brightness under a light (9,) grows with each part of a normal (…, 3)."""
    x, y, z = (normals[..., axis] for axis in range(3))
    _, a, b, c, xy, xz, yz, square, up = (float(one) for one in light)
    found = [
        a + xy * y + xz * z + 2 * square * x,
        b + xy * x + yz * z - 2 * square * y,
        c + xz * x + yz * y + 6 * up * z,
    ]
    return np.asarray(np.stack(found, -1), np.float32)


def light_of(picture: ByteImage, view: View) -> FloatArray:
    """The light (9, 3) on bare skin in the square of a picture (SIZE, SIZE, 3) RGB, linear.

    Raises:
        DataError: hardly any skin is seen.
    """
    rows = np.flatnonzero(view.bare)
    if len(rows) < _LEAST:
        raise DataError("Hardly any of the face is seen in the picture: take one from ahead, in which it is larger.")
    rows = rows[:: len(rows) // _MOST + 1]
    base = harmonics(view.normals.reshape(-1, 3)[rows]).astype(np.float64)
    colours = to_linear(picture.reshape(-1, 3)[rows]).astype(np.float64)
    return np.asarray(_robust(base, colours), np.float32)


def _robust(base: Values, colours: Values) -> Values:
    """Least squares (9, 3) in which outliers in brightness count less, and from half-way on those far out not at
    all."""
    weights, ridge = np.ones(len(base)), _RIDGE * len(base) * np.diag([0.0] + [1.0] * 8)
    found: Values = np.zeros((9, 3))
    for round_ in range(_ROUNDS):
        weighted = base * weights[:, None]
        found = np.asarray(np.linalg.solve(weighted.T @ base + ridge, weighted.T @ colours), np.float64)
        off = np.abs((colours - base @ found) @ _GREY)
        noise = max(1.4826 * float(np.median(off)), 1e-3)
        if round_ < _ROUNDS // 2:
            weights = np.minimum(1.0, _HUBER * noise / np.maximum(off, 1e-9))
        else:
            weights = np.clip(1 - (off / (_TUKEY * noise)) ** 2, 0, None) ** 2
    return found


def lit(view: View, light: FloatArray, normals: FloatArray | None = None) -> ByteImage:
    """The head under a light (9, 3), (SIZE, SIZE, 3) RGB on grey; `normals` in place of its own."""
    bright = np.clip(harmonics(view.normals if normals is None else normals) @ light, 0, None)
    shown = to_srgb(np.clip(view.albedo * bright, 0, 1))
    shown[~view.head] = 236
    return shown


def to_linear(picture: ByteImage) -> FloatArray:
    """sRGB as linear light 0–1."""
    return linear(np.asarray(picture / 255, np.float32))


def to_srgb(light: FloatArray) -> ByteImage:
    """Linear light 0–1 as sRGB (IEC 61966-2-1)."""
    found = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 1e-9), 1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * np.clip(found, 0, 1)), np.uint8)
