"""What the estimator looks at: linear measures of a face's features, for both sides together and for each side alone.

A measure is a formula over names: `REGION.y` is a region's height, the mean of its two sides; `REGION.x` half the
width between a pair; other names are measures themselves. For one side alone, that side stands for both.
"""

import re
from dataclasses import dataclass

import numpy as np

from device.arrays import FloatArray
from device.contract.errors import ConfigError
from device.contract.labels import BLENDSHAPES
from device.stages.features import MIDLINE, NAMES, PAIRED

#: The rows that every measure has: from both sides, from the person's left alone, from the right alone.
VIEWS = ("both", "left", "right")
_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d+(?:\.\d+)?)\s*\*\s*)?([A-Za-z]\w*(?:\.[xy])?)\s*")
_SIDES = {"both": {"left": 0.5, "right": 0.5}, "left": {"left": 1.0}, "right": {"right": 1.0}}
_OUTWARD = {"left": 1.0, "right": -1.0}


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures as matrices over the feature vector.

    Attributes:
        names: of the measures.
        matrix: (views, measures, F): measures are matrix @ features.
    """

    names: tuple[str, ...]
    matrix: FloatArray

    def formulae(self, texts: dict[str, str]) -> "Measures":
        """Further measures, by name, from formulae over these."""
        known = dict(zip(self.names, self.matrix.transpose(1, 0, 2), strict=True))
        rows: list[FloatArray] = []
        for name, text in texts.items():
            rows.append(sum((weight * _found(known, term, name) for weight, term in terms(text)), np.float32(0)))  # type: ignore[arg-type]
        return Measures(tuple(texts), np.stack(rows, 1))

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(self.names + other.names, np.concatenate([self.matrix, other.matrix], 1))


def region_measures() -> Measures:
    """Height of every region and half width of every pair."""
    rows = {f"{region}.y": [_height(region, view) for view in VIEWS] for region in (*PAIRED, *MIDLINE)}
    rows |= {f"{region}.x": [_width(region, view) for view in VIEWS] for region in PAIRED}
    return Measures(tuple(rows), np.stack([np.stack(views) for views in rows.values()], 1))


def blendshape_measures() -> Measures:
    """Every blendshape; one that comes in two sides, by its name without the side, is the mean of both."""
    stems = dict.fromkeys(re.sub("(Left|Right)$", "", name) if _sided(name) else name for name in BLENDSHAPES)
    matrix = np.stack([np.stack([_blendshape(stem, view) for stem in stems]) for view in VIEWS])
    return Measures(tuple(stems), matrix)


def terms(text: str) -> list[tuple[float, str]]:
    """Weight and name of each term of a formula such as `0.5 * outer_brow.y - inner_brow.y`. Raises `ConfigError`."""
    found, position = [], 0
    while position < len(text):
        match = _TERM.match(text, position)
        if not match or (position and not match[1]):
            raise ConfigError(f"The formula '{text}' is not a sum of terms like 0.5 * lip_corner.y.")
        found.append((float(match[2] or 1) * (-1 if match[1] == "-" else 1), match[3]))
        position = match.end()
    return found


def _found(known: dict[str, FloatArray], name: str, where: str) -> FloatArray:
    if name not in known:
        raise ConfigError(f"The formula of {where} names {name}, which is none of {', '.join(known)}.")
    return known[name]


def _row(weights: dict[str, float]) -> FloatArray:
    row = np.zeros(len(NAMES), np.float32)
    for name, weight in weights.items():
        row[NAMES.index(name)] += weight
    return row


def _height(region: str, view: str) -> FloatArray:
    if region in MIDLINE:
        return _row({f"{region}.y": 1.0})
    return _row({f"{region}.{side}.y": share for side, share in _SIDES[view].items()})


def _width(region: str, view: str) -> FloatArray:
    return _row({f"{region}.{side}.x": _OUTWARD[side] * share for side, share in _SIDES[view].items()})


def _sided(name: str) -> bool:
    return {name.replace("Left", "Right"), name.replace("Right", "Left")} <= set(BLENDSHAPES) and name not in (
        "jawLeft", "jawRight", "mouthLeft", "mouthRight",
    )  # fmt: skip


def _blendshape(stem: str, view: str) -> FloatArray:
    if stem in BLENDSHAPES:
        return _row({stem: 1.0})
    return _row({f"{stem}{side.capitalize()}": share for side, share in _SIDES[view].items()})
