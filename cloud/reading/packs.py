"""Columns straight from packs: no document is made, and a field of many packs is decoded in one go.

The format is described in `device/contract/pack.py`. What is not plainly right, or merely unusual, is an
`IrregularError`, and the contract's own `unpack` says what to think of the pack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.reading.columns import (
    Column,
    Columns,
    Form,
    IrregularError,
    Words,
    absent,
    check_range,
    check_together,
    encoded,
)
from device.contract import pack
from device.contract.errors import DataError
from device.contract.fields import Field, Json

_SHARED = ("device", "boot", "session")
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUES = np.full(256, -1, np.int8)
_VALUES[np.frombuffer(_DIGITS, np.uint8)] = np.arange(64)
_LONGEST = 10  # characters of a step, 50 bits: sums of `pack.MOST` of them fit 64
_EXACT = 2**53


@dataclass
class _Parts:
    """One field of many packs: which parts of the rows have it, and the values of those, pack by pack."""

    runs: list[int] = field(default_factory=list)
    there: list[bool] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    having: list[int] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)
    digits: list[int] = field(default_factory=list)


def of_packs(documents: Sequence[Json], form: Form, words: Words) -> Columns:
    """Columns of the documents in packs, in the packs' order. Raises `IrregularError`."""
    counts, packed = [], []
    for document in documents:
        try:
            packed.append(pack.columns(document))
        except DataError:
            raise IrregularError from None
        if document["of"] != form.of:
            raise IrregularError
        counts.append(document["count"])
    found: Columns = {}
    for path in set().union(*packed):
        found[path] = _column(form.fields[path], [columns.get(path) for columns in packed], counts, words)
    found |= _shared(documents, counts, form, words)
    check_together(found, form, words)
    _check_ends(documents, np.array(counts), found, form)
    return found


def _shared(documents: Sequence[Json], counts: list[int], form: Form, words: Words) -> Columns:
    """What a pack says once for all of it."""
    found: Columns = {}
    for path in _SHARED:
        own = encoded(form.fields[path], [document[path] for document in documents if path in document], words)
        numbers = absent(form.fields[path], len(documents))
        numbers[[path in document for document in documents]] = own
        found[path] = np.repeat(numbers, counts)
    return found


def _check_ends(documents: Sequence[Json], counts: NDArray[np.intp], columns: Columns, form: Form) -> None:
    """Raises `IrregularError`: first or last document is not the one that a pack names, or they are not in order."""
    last = np.cumsum(counts) - 1
    first = last + 1 - counts
    numbers = columns[form.number]
    rising = np.diff(numbers) > 0
    rising[last[:-1]] = True
    ends = [[document["first"], document["last"]] for document in documents]
    times = [[document["time"][name] for name in ("mono", "wall", "trusted")] for document in documents]
    own = [columns[f"time.{name}"][first] for name in ("mono", "wall", "trusted")]
    if (
        not rising.all()
        or (np.array(ends) != np.stack([numbers[first], numbers[last]], 1)).any()
        or (np.array(times, np.float64) != np.stack(own, 1)).any()
    ):
        raise IrregularError


def _column(of: Field, packed: list[Json | None], counts: list[int], words: Words) -> Column:
    """One field of all the packs, (sum of counts,)."""
    parts = _Parts()
    for column, count in zip(packed, counts, strict=True):
        _add(parts, column, count)
    values = _decoded(of, parts, words)
    if len(values) == sum(counts):
        return values
    whole: Column = absent(of, sum(counts))
    whole[np.repeat(parts.there, parts.runs)] = values
    return whole


def _add(parts: _Parts, column: Json | None, count: int) -> None:
    if column is None:
        parts.runs.append(count)
        parts.there.append(False)
        return
    if "in" in column:
        runs = column["in"]
        parts.runs += runs
        parts.there += [True, False] * (len(runs) // 2) + [True] * (len(runs) % 2)
        parts.having.append(sum(runs[::2]))
    else:
        parts.runs.append(count)
        parts.there.append(True)
        parts.having.append(count)
    kind = "step" if "step" in column else "same" if "same" in column else "each"
    parts.kinds.append(kind)
    parts.contents.append(column[kind])
    parts.digits.append(column.get("digits", 0))


def _decoded(of: Field, parts: _Parts, words: Words) -> Column:
    """The values of the rows that have the field."""
    decoders: dict[str, Callable[[list[Any], list[int], list[int]], Column]] = {
        "same": lambda contents, having, _: np.repeat(encoded(of, contents, words), having),
        "each": lambda contents, _, __: encoded(of, [value for values in contents for value in values], words),
        "step": lambda contents, having, digits: _steps(of, contents, np.array(having), digits),
    }
    used = set(parts.kinds)
    if len(used) == 1:
        return decoders[used.pop()](parts.contents, parts.having, parts.digits)
    values = absent(of, sum(parts.having))
    for kind in used:
        chosen = [at for at, other in enumerate(parts.kinds) if other == kind]
        where = np.repeat([other == kind for other in parts.kinds], parts.having)
        picked = ([items[at] for at in chosen] for items in (parts.contents, parts.having, parts.digits))
        values[where] = decoders[kind](*picked)
    return values


def _steps(of: Field, texts: list[str], having: NDArray[np.intp], digits: list[int]) -> Column:
    """The numbers of several columns of steps, one after another; `having`: how many each has."""
    if of.kind not in ("integer", "number") or (of.kind == "integer" and any(digits)):
        raise IrregularError
    steps = _vlq(texts, having)
    sums = np.cumsum(steps)  # may overflow, and then the differences are right all the same
    first = np.cumsum(having) - having
    scaled = sums - np.repeat(sums[first] - steps[first], having)
    if scaled.max() >= _EXACT or scaled.min() <= -_EXACT:
        raise IrregularError
    numbers: Column = scaled.astype(np.float64)
    if any(digits):
        numbers /= np.repeat(10.0 ** np.array(digits), having)
    check_range(of, numbers)
    return numbers


def _vlq(texts: list[str], having: NDArray[np.intp]) -> NDArray[np.int64]:
    """The whole numbers of texts in Base64 VLQ (ECMA-426), as many of each as `having` says."""
    joined = "".join(texts)
    if not joined.isascii():
        raise IrregularError
    values = _VALUES[np.frombuffer(joined.encode(), np.uint8)]
    ends = np.flatnonzero((values & 32) == 0)
    bounds = np.cumsum([len(text) for text in texts])
    if values.min(initial=0) < 0 or len(ends) != having.sum() or (ends[np.cumsum(having) - 1] != bounds - 1).any():
        raise IrregularError
    numbers = (values & 31).astype(np.int64)
    if len(ends) < len(values):
        starts = np.append(0, ends[:-1] + 1)
        lengths = np.diff(np.append(starts, len(values)))
        if lengths.max() > _LONGEST:
            raise IrregularError
        numbers <<= 5 * (np.arange(len(values)) - np.repeat(starts, lengths))
        numbers = np.add.reduceat(numbers, starts)
    signed: NDArray[np.int64] = (numbers >> 1) * (1 - 2 * (numbers & 1))
    return signed
