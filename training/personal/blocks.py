"""A person's faces in stretches of time: those to learn from, and those held out, which are never neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.personal.people import Person


@dataclass(frozen=True, eq=False)
class Parts:
    """Which faces (N,) are to be learnt from, and which are held out; those of the margins between are neither."""

    learnt: NDArray[np.bool_]
    held_out: NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks:
    """Every recording is cut into blocks of `length_s` seconds; every `every`-th is held out, in the middle of each
    run of `every`; whatever is nearer than `margin_s` to a held out block is not learnt from."""

    length_s: float = 20.0
    every: int = 4
    margin_s: float = 2.0

    def of(self, person: Person) -> Parts:
        """The parts of a person's faces."""
        held_out = np.floor(person.times / self.length_s) % self.every == self.every // 2
        round_s, begins = self.every * self.length_s, self.every // 2 * self.length_s
        after = (person.times - begins) % round_s - self.length_s  # seconds since the end of one that is held out
        before = round_s - self.length_s - after  # and until the next begins
        near = (after < self.margin_s) & (person.times >= begins) | (before < self.margin_s)
        return Parts(~held_out & ~near, held_out)

    def numbers(self, person: Person) -> NDArray[np.intp]:
        """(N,) the block of each face, counted over all recordings: what is resampled as a whole."""
        blocks = np.floor(person.times / self.length_s).astype(np.intp)
        _, numbers = np.unique(np.stack((person.recordings, blocks), 1), axis=0, return_inverse=True)
        return np.asarray(numbers.reshape(-1), np.intp)
