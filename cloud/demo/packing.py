"""Columns of packs from arrays: what `device.contract.columns.column` makes, a hundred times as fast. A test compares
them byte by byte."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.fields import Json

_DIGITS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)


def column(values: NDArray[np.float64], digits: int) -> Json | None:
    """The column of numbers of at most `digits` decimals, NaN where a document lacks the field; None if all do."""
    known = np.isfinite(values)
    if not known.any():
        return None
    runs: Json = {} if known.all() else {"in": _runs(known)}
    scaled = np.rint(values[known] * 10.0**digits).astype(np.int64)
    while digits and not (scaled % 10).any():
        scaled //= 10
        digits -= 1
    if (scaled == scaled[0]).all():
        return runs | {"same": int(scaled[0]) if not digits else int(scaled[0]) / 10**digits}
    return runs | {"digits": digits, "step": _vlq(np.concatenate((scaled[:1], scaled[1:] - scaled[:-1])))}


def flags(values: NDArray[np.bool_], value: Any) -> Json | None:
    """The column of a field that has `value` in some documents and is absent in the others; None if in all."""
    if not values.any():
        return None
    return ({} if values.all() else {"in": _runs(values)}) | {"same": value}


def _vlq(steps: NDArray[np.int64]) -> str:
    """Whole numbers as Base64 VLQ (ECMA-426): five bits a digit, the lowest first, the sign before all."""
    rest = (np.abs(steps) << 1) | (steps < 0)
    digits, more = [], np.ones(len(rest), bool)
    there = []
    while more.any():
        there.append(more)
        low, rest = rest & 31, rest >> 5
        more = more & (rest > 0)
        digits.append(_DIGITS[low | (more << 5)])
    text: bytes = np.stack(digits, 1)[np.stack(there, 1)].tobytes()
    return text.decode()


def _runs(known: NDArray[np.bool_]) -> list[int]:
    """Run lengths, beginning with documents that have the field."""
    edges = np.flatnonzero(known[1:] != known[:-1]) + 1
    bounds = [0, *edges.tolist(), len(known)]
    lengths = [after - before for before, after in pairwise(bounds)]
    return lengths if known[0] else [0, *lengths]
