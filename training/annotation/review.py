"""Going through what two coders disagree on, picture by picture, and what they need not go through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from device.contract.errors import ConfigError
from training.annotation.agreement.disagreements import Disagreement
from training.annotation.coding import AGREED, Annotations, Coded, Episode


@dataclass(frozen=True)
class Disputed:
    """One frame of a sequence and all that two coders see differently there, the largest first."""

    sequence: str
    place: int
    frame: int
    found: tuple[Disagreement, ...]

    @property
    def size(self) -> float:
        """How far the coders are apart at most; see `Disagreement`."""
        return max(one.size for one in self.found)


def two_of(coders: Sequence[str], named: Sequence[str]) -> tuple[str, str]:
    """The two coders that were named. Raises `ConfigError`: one is not of the project, or they are the same."""
    others = [coder for coder in coders if coder != AGREED]
    for name in named:
        if name not in others:
            there = ", ".join(others[:20]) or "none yet"
            raise ConfigError(f"There is no coder {name[:40]!r} to compare in this project: there are {there}.")
    first, second = named
    if first == second:
        raise ConfigError(f"A review is of two coders: give another one beside {first}.")
    return first, second


def disputed(found: Iterable[Disagreement]) -> list[Disputed]:
    """The frames of disagreements, in the order in which they come first."""
    frames: dict[tuple[str, int], list[Disagreement]] = {}
    for one in found:
        frames.setdefault((one.sequence, one.place), []).append(one)
    return [Disputed(sequence, place, ones[0].frame, tuple(ones)) for (sequence, place), ones in frames.items()]


def alike(first: Annotations, second: Annotations, found: Iterable[Disagreement]) -> dict[int, Coded]:
    """Place → how both coded it, of the frames that both submitted and do not disagree on.

    Args:
        first, second: of the same sequence.
        found: what the coders disagree on, of any sequence.
    """
    apart = {one.place for one in found if one.sequence == first.sequence.name}
    both = (place for place in first.frames if place in second.frames and place not in apart)
    return {
        place: replace(first.frames[place], asked=False, judged=frozenset())
        for place in both
        if first.frames[place].submitted and second.frames[place].submitted
    }


def alike_episodes(first: Annotations, second: Annotations, found: Iterable[Disagreement]) -> list[Episode]:
    """Episodes that both saw and do not disagree on, as the first coder has them; arguments as of `alike`."""
    if not second.episodes:
        return []
    apart = [one.first for one in found if one.sequence == first.sequence.name]
    return [episode for episode in first.episodes if episode not in apart]
