"""The features of a cohort: one row a participant, whatever the number of their recordings."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from device.contract.features import NAMES, VERSION, qualified
from training.cohort.people import Participant

OFF_BOX = (
    "A box knows only the phases, stimuli and marks of its sessions, and would always abstain: mark the phases while "
    "recording, or make the features with --phases whole-session."
)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """What a study comes to.

    Attributes:
        people: P participants, in the order of their pseudonyms.
        phases: S phases, or the whole session alone (`device.contract.features.SESSION`).
        values: (P, S, F) features, NaN where not measured; of several recordings the mean, weighted
            by the time in which the face was measured.
        coverage: (P, S) share of the time in which the face was measured; NaN: the phase was not held.
        seconds: (P, S) time that was recorded.
        frames: (P, S) records.
        names: F features, of `device.contract.features`.
        version: of the features.
        simulated: whether the recordings say that they were simulated.
        sessions: of how many sessions a row is the mean, at most.
        off_box: phases that a box would not know, for they stand in `stimuli.csv` alone.
        made: what made it, by names: of the recordings, the program, the options.
    """

    people: tuple[Participant, ...]
    phases: tuple[str, ...]
    values: NDArray[np.float64]
    coverage: NDArray[np.float64]
    seconds: NDArray[np.float64]
    frames: NDArray[np.float64]
    names: tuple[str, ...] = NAMES
    version: int = VERSION
    simulated: bool = False
    sessions: int = 1
    off_box: tuple[str, ...] = ()
    made: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of `matrix`'s columns: `PHASE/FEATURE`."""
        return tuple(qualified(phase, name) for phase in self.phases for name in self.names)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(P, S × F)."""
        return self.values.reshape(len(self.people), -1)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "FeatureTable":
        """Some of the participants: by their numbers, or by a mask (P,)."""
        chosen = np.arange(len(self.people))[rows]
        return replace(
            self,
            people=tuple(self.people[row] for row in chosen.tolist()),
            values=self.values[chosen],
            coverage=self.coverage[chosen],
            seconds=self.seconds[chosen],
            frames=self.frames[chosen],
        )
