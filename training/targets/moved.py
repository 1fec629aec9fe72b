"""How far the key points of people moved from their own rest, from the landmarks of their videos.

The landmarks are files of `affectbox au --video VIDEO --landmarks 68 --csv DIR/PSEUDONYM/NAME.csv`, one or more of a
person. Rows that the box did not measure are left out. A person's number in a phase is the mean length, in the
picture's plane, of each point's way from that person's face at rest, in interocular distances; the head's own movement
is taken out (`displacement.measured`).
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from device.contract.landmarks import COUNTS
from training.cohort.people import Participant
from training.cohort.study import Stimulus, of_recording
from training.targets.displacement import lengths, measured, rest_of
from training.targets.matrix import Matrix, key_points
from training.targets.points import Floats

_AXES = "xyz"
_COMMAND = "affectbox au --video VIDEO --landmarks 68 --csv FILE"
#: A face at rest is not made of fewer rows.
_LEAST = 5
#: What a person's mean can be told by, a guess: a tenth of the error of a landmark on a painted face from ahead, for
#: errors are much the same in all of a person's rows (docs/measuring.md).
PRECISION = 0.002


@dataclass(frozen=True, eq=False)
class Track:
    """The landmarks of a video: seconds (n,), and pixels (n, K, 3) of the rows that were measured."""

    names: tuple[str, ...]
    times: Floats
    landmarks: Floats

    def part(self, from_s: float, to_s: float) -> Floats:
        """The landmarks between two times."""
        return self.landmarks[(self.times >= from_s) & (self.times < to_s)]


def read_track(path: Path) -> Track:
    """A file of landmarks. Raises `DataError`: it is none, or not of a video."""
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            count = _count(reader.fieldnames or ())
            columns = [f"{axis}_{at}" for at in range(count) for axis in _AXES]
            seen = [row for row in reader if row["measured"] == "1" and row["time"] and row[columns[0]]]
        values = np.array([[float(row[name]) for name in columns] for row in seen], np.float64)
        times = np.array([float(row["time"]) for row in seen], np.float64)
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise DataError(f"{path} holds no landmarks of a video ({error}): make it with `{_COMMAND}`.") from error
    films = tuple(dict.fromkeys(row["file"] for row in seen))
    return Track((path.stem, path.name, *films), times, values.reshape(-1, count, 3))


def _count(columns: Sequence[str]) -> int:
    for count in reversed(COUNTS):
        if f"x_{count - 1}" in columns:
            return count
    raise ValueError("it has no columns x_0 to x_67")


def files_of(folder: Path, people: Sequence[Participant]) -> dict[str, list[Path]]:
    """Pseudonym → files of landmarks: `PSEUDONYM.csv`, and what is in `PSEUDONYM/`. Raises `DataError`: there is
    none, or one of somebody who is not among `people`."""
    names = {person.pseudonym for person in people}
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.csv")):
        first = path.relative_to(folder).parts[0]
        name = first.removesuffix(".csv") if path.parent == folder else first
        if name not in names:
            raise DataError(
                f"{path} is of {name}, who stands in no row of the participants: add it, or move the file."
            )
        found[name].append(path)
    if not found:
        raise DataError(f"{folder} holds no landmarks: write PSEUDONYM.csv into it with `{_COMMAND}`.")
    return found


def moved(
    folder: Path,
    people: Sequence[Participant],
    stimuli: Sequence[Stimulus],
    rest: str,
    say: Callable[[str], object] = lambda line: None,
) -> Matrix:
    """What is compared: mean lengths (P, S, K), NaN in a phase that a person has not.

    Args:
        folder: of files of landmarks, see `files_of`.
        stimuli: the phases of recordings; the phase `rest` is that in which people were relaxed, and no other.

    Raises:
        ConfigError: no such phase.
        DataError: files that cannot be used, or a person without a face at rest.
    """
    phases = tuple(dict.fromkeys(one.label for one in stimuli if one.label != rest))
    if not phases or all(one.label != rest for one in stimuli):
        raise ConfigError(
            f"There is no phase '{rest}' beside others in the stimuli: name with --rest which is at rest."
        )
    files = files_of(folder, people)
    kept = tuple(person for person in people if person.pseudonym in files)
    rows = []
    for number, person in enumerate(kept, 1):
        tracks = [read_track(path) for path in files[person.pseudonym]]
        rows.append(_of_person(person.pseudonym, tracks, stimuli, rest, phases))
        say(f"{number} of {len(kept)} people")
    if len({row.shape for row in rows}) != 1:
        raise DataError(f"{folder} holds 68 landmarks of some and 478 of others: write all with the same number.")
    values = np.array(rows)
    points = key_points(values.shape[2])
    return Matrix(kept, phases, points, values[..., None], "interocular distances", precision=PRECISION)


def _of_person(
    name: str, tracks: Sequence[Track], stimuli: Sequence[Stimulus], rest: str, phases: Sequence[str]
) -> Floats:
    """Mean lengths (S, K)."""
    if len({track.landmarks.shape[1] for track in tracks}) != 1:
        raise DataError(f"Of {name} there are 68 landmarks and 478: write all with the same number.")
    still = np.concatenate([*_parts(tracks, stimuli, rest)] or [tracks[0].landmarks[:0]])
    if len(still) < _LEAST:
        raise DataError(f"Of {name} there are {len(still)} measured rows at rest, and it takes {_LEAST}: see stimuli.")
    face = rest_of(still)
    means = np.full((len(phases), still.shape[1]), np.nan)
    for row, phase in enumerate(phases):
        found = np.concatenate([*_parts(tracks, stimuli, phase)] or [still[:0]])
        if len(found):
            means[row] = lengths(measured(found, face)).mean(0)
    return means


def _parts(tracks: Sequence[Track], stimuli: Sequence[Stimulus], label: str) -> Iterator[NDArray[np.float64]]:
    for track in tracks:
        for one in of_recording(stimuli, track.names):
            if one.label == label:
                yield track.part(one.from_s, one.to_s)
