"""The top of the diagram: the strongest emotion over time, and why there is none.

The colours are those of Okabe & Ito 2008, as in the reports; long stretches also bear their name.
"""

import numpy as np

from device.arrays import Array, ByteImage
from device.commands.lettering import Colour, width_of, write
from device.commands.marking import GROUND, LINE, SOFT, WHITE
from device.commands.merged.columns import Span, runs
from device.contract.labels import EMOTIONS, Reason
from device.summary import words

#: From this probability on an emotion is counted, as in the reports.
CLEAR = 0.5
_COLOURS = ("c9c9c9", "e69f00", "56b4e9", "0072b2", "d55e00", "009e73", "cc79a7", "f0e442")  # of `EMOTIONS`
_DARK = ("sadness", "anger", "disgust")
_INK, _HATCHED, _STROKE = (20, 20, 20), (44, 41, 40), (96, 92, 90)
_SMALL, _EVERY = 14, 8
_UNCLEAR, _DISAGREE = len(EMOTIONS), len(EMOTIONS) + 1
_UNSEEN = _DISAGREE + 1  # and from here on the reasons
_WORDS = (*EMOTIONS, "no clear emotion", "contradicting", *(words(reason.value) for reason in Reason))


def draw_ribbon(place: ByteImage, rows: Array, span: Span) -> None:
    """Fill (height, C, 3) with the emotions of `rows`."""
    labels = _in_columns(span, _labels(rows))
    for begin, end in runs(labels):
        part, label = place[:, begin:end], int(labels[begin])
        if label < 0:
            hatch(part, begin)
            continue
        if label >= _DISAGREE:
            hatch(part, begin, crossed=label == _DISAGREE)
        elif label == _UNCLEAR:
            part[:], part[0], part[-1] = GROUND, LINE, LINE
        else:
            part[:] = colour_of(label)
        dark = label >= _UNCLEAR or EMOTIONS[label] in _DARK
        _write_within(part, _WORDS[label], WHITE if dark else _INK)


def colour_of(emotion: int) -> Colour:
    """BGR."""
    red, green, blue = bytes.fromhex(_COLOURS[emotion])
    return blue, green, red


def hatch(place: ByteImage, begin: int, crossed: bool = False) -> None:
    """Stroke what was not measured; `begin` is the column at which it begins, so that strokes meet those beside it."""
    down, along = np.ogrid[: place.shape[0], begin : begin + place.shape[1]]
    strokes = (along + down) % _EVERY == 0
    if crossed:
        strokes |= (along - down) % _EVERY == 0
    place[:] = np.where(strokes[..., None], np.array(_STROKE, np.uint8), np.array(_HATCHED, np.uint8))


def _labels(rows: Array) -> Array:
    """(N,) number of what each frame shows, in `_WORDS`; -1 where nothing was said."""
    emotions = rows["emotions"]
    strongest = np.where(np.isnan(emotions), -1.0, emotions)
    labels = np.where(strongest.max(1) >= CLEAR, strongest.argmax(1), _UNCLEAR)
    labels[rows["disagree"]] = _DISAGREE
    unseen = np.isnan(emotions[:, 0])
    reasons = rows["reasons"].astype(np.int64)
    lowest = np.log2(np.maximum(reasons & -reasons, 1)).astype(np.int64)
    return np.where(unseen, np.where(reasons > 0, _UNSEEN + lowest, -1), labels)


def _in_columns(span: Span, labels: Array) -> Array:
    """(C,) the label of most frames in each column, of the one before where none begins in it; -1 in gaps."""
    edges, begins = span.edges, span.begins
    first, last = np.searchsorted(begins, edges[:-1]), np.searchsorted(begins, edges[1:])
    before = np.maximum(first - 1, 0)
    found = np.where((first > 0) & (edges[:-1] < span.ends[before]), labels[before], -1)
    for column in np.flatnonzero(last > first):
        found[column] = np.bincount(labels[first[column] : last[column]] + 1).argmax() - 1
    return found


def _write_within(part: ByteImage, text: str, colour: Colour) -> None:
    wide = width_of(text, _SMALL)
    if wide + 8 <= part.shape[1]:
        base = part.shape[0] // 2 + 5
        if colour == WHITE:
            middle = (part.shape[1] - wide) // 2
            part[2:-2, middle - 3 : middle + wide + 3] //= 2
        write(part, (part.shape[1] - wide) // 2, base, text, _SMALL, colour if colour != SOFT else WHITE)
