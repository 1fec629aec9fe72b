"""What several coders coded of the same frames, as arrays; and the blocks of frames that a bootstrap draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.annotation.coding import PARTS, Annotations, Coded, Scale
from training.annotation.coding import Sequence as Frames

NOT_CODED = -1
CODABLE = "codable"
#: What is coded of a frame beside its actions.
JUDGED = (CODABLE, *PARTS)
#: Frames of one film that are drawn together, seconds: neighbours are nearly the same picture.
STRETCH_S = 5.0
#: From this many people on, people are drawn.
ENOUGH_PEOPLE = 10
#: With fewer blocks than these a bootstrap's intervals are too narrow.
FEW = 20

Ints = NDArray[np.int64]
Values = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Grid:
    """U frames that at least two coders coded.

    Attributes:
        coders: C names.
        values: action, `codable` or part → (C, U) its value, 0 to the scale's largest; -1 not coded. Of a part: 1
            where it is hidden.
        blocks: (U,) number of the block that each frame belongs to.
        over: what a block is, in words.
    """

    coders: tuple[str, ...]
    values: dict[str, Values]
    blocks: Ints
    over: str

    @property
    def units(self) -> int:
        return len(self.blocks)


@dataclass(frozen=True, eq=False)
class Together:
    """One sequence, and what each coder coded of it (None: nothing)."""

    sequence: Frames
    coded: tuple[Annotations | None, ...]


def together(coded: Sequence[Sequence[Annotations]]) -> tuple[tuple[str, ...], list[Together]]:
    """The coders, and the sequences of which at least two coded something.

    Args:
        coded: of each coder all annotations, one a sequence.

    Raises:
        DataError: fewer than two coders, one coder twice, a scale that is not the others'.
    """
    coders = tuple(next((one.coder for one in mine), "") for mine in coded)
    if len(coders) < 2 or not all(coders):
        raise DataError(
            "Agreement needs two coders who coded something: name two, or wait until the second has begun."
        )
    if len(set(coders)) < len(coders):
        raise DataError("Agreement is between different coders: name each one once.")
    if len({one.scale for mine in coded for one in mine}) > 1:
        raise DataError("The coders used different scales, presence and intensity: compare those of one project.")
    by_name = [{one.sequence.name: one for one in mine} for mine in coded]
    names = dict.fromkeys(name for mine in by_name for name in mine)
    found = [tuple(mine.get(name) for mine in by_name) for name in names]
    return coders, [
        Together(next(one.sequence for one in row if one), row)
        for row in found
        if sum(one is not None for one in row) > 1
    ]


def frames_grid(coders: tuple[str, ...], shared: Sequence[Together], actions: Sequence[str]) -> Grid:
    """What was coded frame by frame."""
    parts, kept = [], []
    for one in shared:
        places = sorted(
            {
                place
                for first, second in combinations(filter(None, one.coded), 2)
                for place in first.frames.keys() & second.frames.keys()
            }
        )
        kept.append(np.array(places, np.int64))
        parts.append(_marks(one, places, actions))
    return _joined(coders, shared, kept, parts, (*actions, *JUDGED))


def episodes_grid(coders: tuple[str, ...], shared: Sequence[Together], actions: Sequence[str], scale: Scale) -> Grid:
    """What was coded as episodes, of the sequences of which at least two coders coded some, as far as all of
    these came. Open episodes have no part.
    """
    those = [one for one in shared if sum(bool(mine and mine.closed) for mine in one.coded) > 1]
    kept = [np.arange(len(one.sequence.frames)) for one in those]
    parts = [_covered(one, actions, scale) for one in those]
    return _joined(coders, those, kept, parts, actions)


def _marks(one: Together, places: list[int], actions: Sequence[str]) -> dict[str, Values]:
    values = {name: np.full((len(one.coded), len(places)), NOT_CODED, np.int8) for name in (*actions, *JUDGED)}
    for coder, mine in enumerate(one.coded):
        for column, place in enumerate(places):
            if mine is not None and (frame := mine.frames.get(place)) is not None:
                for name, value in _of_frame(frame):
                    if name in values:
                        values[name][coder, column] = value
    return values


def _of_frame(frame: Coded) -> Iterator[tuple[str, int]]:
    for action, mark in frame.final.items():
        yield action, mark.value
    if frame.submitted:
        yield CODABLE, int(frame.codable)
    if frame.submitted and frame.codable:
        for part in PARTS:
            yield part, int(part in frame.hidden)


def _covered(one: Together, actions: Sequence[str], scale: Scale) -> dict[str, Values]:
    count, reach = len(one.sequence.frames), _reach(one)
    values = {action: np.full((len(one.coded), count), NOT_CODED, np.int8) for action in actions}
    for coder, mine in enumerate(one.coded):
        if mine is None or not mine.closed:
            continue
        for action in actions:
            values[action][coder, :reach] = 0
        for episode, places in mine.closed:
            if episode.action in values and places.start < reach:
                covered = values[episode.action][coder, places]
                np.maximum(covered, min(episode.value, scale.largest), out=covered)
    return values


def _reach(one: Together) -> int:
    """How many frames of a sequence are compared: up to where the first coder stopped, and the others' episodes that
    had begun there."""
    ends = [[places for _, places in mine.closed] for mine in one.coded if mine and mine.closed]
    reach = min(max(places.stop for places in mine) for mine in ends)
    return int(max(reach, *(places.stop for mine in ends for places in mine if places.start < reach)))


def _joined(
    coders: tuple[str, ...],
    shared: Sequence[Together],
    kept: Sequence[Ints],
    parts: Sequence[dict[str, Values]],
    names: Sequence[str],
) -> Grid:
    empty = np.zeros((len(coders), 0), np.int8)
    values = {name: np.concatenate([empty, *(part[name] for part in parts)], axis=1) for name in names}
    held = [(one.sequence, places) for one, places in zip(shared, kept, strict=True) if len(places)]
    blocks, over = _blocks([sequence for sequence, _ in held], [places for _, places in held])
    return Grid(coders, values, blocks, over)


def _blocks(sequences: Sequence[Frames], kept: Sequence[Ints]) -> tuple[Ints, str]:
    people = {one.participant for one in sequences}
    if len(people) >= ENOUGH_PEOPLE and all(people):
        numbers = {name: number for number, name in enumerate(sorted(people))}
        ids = [np.full(len(places), numbers[one.participant]) for one, places in zip(sequences, kept, strict=True)]
        return _joined_ids(ids), f"the {len(people)} people{_few(len(people))}"
    ids, last = [], 0
    for one, places in zip(sequences, kept, strict=True):
        own = np.arange(len(places)) if one.times_s is None else (one.times_s[places] // STRETCH_S).astype(np.int64)
        ids.append(own + last)
        last += int(own.max()) + 1 if len(own) else 0
    films = [one.times_s is not None for one in sequences]
    blocks = np.unique(_joined_ids(ids), return_inverse=True)[1]
    count = int(blocks.max()) + 1 if len(blocks) else 0
    pictures, stretches = ("picture", "stretch") if count == 1 else ("pictures", "stretches")
    what = " and ".join([pictures] * (not all(films)) + [f"{stretches} of {STRETCH_S:g} s"] * any(films))
    return blocks, f"{count} {what}, not people{_few(count)}"


def _few(count: int) -> str:
    return "; so few that they are too narrow" if count < FEW else ""


def _joined_ids(ids: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *ids])
