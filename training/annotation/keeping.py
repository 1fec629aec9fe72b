"""How states are kept as text: a submitted frame of 22 actions in some 200 characters.

{"marks":{"AU1":0,"AU12":[3,"left"]},"hidden":["upper"],"submitted":true}       what is as in `Coded()` is left out
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from device.contract.errors import DataError
from training.annotation.coding import Coded, Episode, Mark, Scale, Side


class _Kept(Struct, frozen=True, omit_defaults=True):
    marks: dict[str, int | tuple[int, Side]] = {}
    hidden: tuple[str, ...] = ()
    codable: bool = True
    submitted: bool = False
    asked: bool = False
    judged: tuple[str, ...] = ()


_MARKS = tuple(Mark(value) for value in range(Scale.INTENSITY.largest + 1))  # most of millions are one of these
_Kind = TypeVar("_Kind")
_CODED, _EPISODE = msgspec.json.Decoder(_Kept), msgspec.json.Decoder(Episode)


def coded_text(coded: Coded) -> str:
    """A frame as text."""
    marks: dict[str, int | tuple[int, Side]] = {
        key: (mark.value, mark.side) if mark.side is not Side.BOTH else mark.value for key, mark in coded.marks.items()
    }
    hidden, judged = tuple(sorted(coded.hidden)), tuple(sorted(coded.judged))
    return _text(_Kept(marks, hidden, coded.codable, coded.submitted, coded.asked, judged))


def coded_from(text: str) -> Coded:
    """A frame from `coded_text`. Raises `DataError`: it is damaged."""
    kept = read(_CODED, text)
    marks = {key: _MARKS[mark] if isinstance(mark, int) else Mark(*mark) for key, mark in kept.marks.items()}
    return Coded(marks, frozenset(kept.hidden), kept.codable, kept.submitted, kept.asked, frozenset(kept.judged))


def episode_text(episode: Episode) -> str:
    """An episode as text."""
    return _text(episode)


def episode_from(text: str) -> Episode:
    """An episode from `episode_text`. Raises `DataError`: it is damaged."""
    return read(_EPISODE, text)


def read(decoder: msgspec.json.Decoder[_Kind], text: str | bytes) -> _Kind:
    """What a decoder makes of what is kept. Raises `DataError`: it is damaged."""
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise DataError(f"What was coded is damaged in the project ({error}): put back a copy of it.") from error


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
