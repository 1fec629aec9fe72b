"""`affectbox-training personal check`: what is wrong with the faces of each person, in words.

Whether all faces are of one person is told by what was given, participants and tracks, and by distances in the face
that hardly change as it moves: the medians of two people differ by more than those of one person's recordings. That is
no recognition of a face, and relatives may pass it.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.finding import Finding, Level
from training.findings import tell
from training.personal.blocks import Blocks
from training.personal.people import Person, load_people

#: Seconds of faces without which nothing can be learnt and held out; and from which on there is enough.
LEAST_S, ENOUGH_S = 120.0, 600.0
#: Mean difference of two crops a second apart, of white, below which a face does not move.
STILL = 0.004
#: Seconds between faces that are no gap; the share of the time that may be gaps.
_NO_GAP_S, _MOST_GAPS = 1.0, 0.5
#: A track of fewer seconds is not compared with others.
_TRACK_S = 5.0
#: By how much the medians of `SHAPE` may differ within one person, each: twice the deviation between two recordings of
#: 8 simulated people. The mean of that for two tracks from which on it is told, and no longer learnt from: of
#: 11 175 pairs of 150 simulated people 77 % and 19 % are beyond, of 8 people's own two recordings none (at most 1.2).
NATURAL = np.array((0.002, 0.005, 0.004, 0.019, 0.012, 0.006))
APART, SURELY_APART = 2.0, 4.0
#: By how much the light of recordings may differ, of white.
_LIGHT = 0.2


def check(arguments: argparse.Namespace) -> int:
    """Say it; the exit code of `CheckFailedError` where something makes the faces useless. Raises `DataError`."""
    people = load_people(arguments.faces, arguments.person)
    return tell([finding for person in people for finding in findings_of(person)] + [*_twice(people)], arguments.json)


def require(people: Iterable[Person], little: bool = False) -> list[str]:
    """What else there is to say of people of whom something can be learnt, a sentence each.

    Args:
        people: whose faces.
        little: whether a few seconds of each are enough, as for a general model of many.

    Raises:
        DataError: of somebody nothing can be learnt.
    """
    found = [finding for person in people for finding in (*_of_time(person, little), *_of_faces(person))]
    if failed := next((finding for finding in found if finding.level is Level.FAIL), None):
        raise DataError(failed.text)
    return [finding.text for finding in found if finding.level is Level.WARNING]


def findings_of(person: Person) -> Iterator[Finding]:
    """What is wrong with one person's faces; that it is not, where nothing is."""
    found = [*_of_time(person), *_of_faces(person)]
    yield from found
    if not found:
        text = (
            f"{person.name}: {seconds(person):.0f} s of faces in {len(person.videos)} recordings, all of one person."
        )
        yield Finding(Level.OK, "faces", text)


def seconds(person: Person) -> float:
    """For how long the face was seen: gaps of more than a second do not count."""
    steps = np.diff(person.times)[np.diff(person.recordings) == 0]
    return float(steps[(steps > 0) & (steps <= _NO_GAP_S)].sum())


def _of_time(person: Person, little: bool = False) -> Iterator[Finding]:
    steps = np.diff(person.times)[np.diff(person.recordings) == 0]
    if (steps <= 0).any():
        text = f"The faces of {person.name} are not in the order of time: run `affectbox-training faces` again."
        yield Finding(Level.FAIL, "order", text)
        return
    had, parts = seconds(person), Blocks().of(person)
    if little:
        return
    if had < LEAST_S or not parts.held_out.any() or not parts.learnt.any():
        yield Finding(Level.FAIL, "length", f"Of {person.name} there are {had:.0f} s of faces: record {_WANTED}.")
    elif had < ENOUGH_S:
        text = f"Of {person.name} there are only {had:.0f} s of faces: {ENOUGH_S / 60:.0f} minutes tell more."
        yield Finding(Level.WARNING, "length", text)
    gone = float(steps[steps > _NO_GAP_S].sum())
    if gone > _MOST_GAPS * (gone + had):
        text = f"For {gone:.0f} s of the recordings of {person.name} no face was found: see `dropped` in index.csv."
        yield Finding(Level.WARNING, "gaps", text)


_WANTED = f"at least {LEAST_S:.0f} s, best {ENOUGH_S / 60:.0f} minutes over several days"


def _of_faces(person: Person) -> Iterator[Finding]:
    yield from _of_movement(person)
    pairs = [(_apart(*pair), pair) for pair in combinations(_tracks(person), 2)]
    for limit, level in ((SURELY_APART, Level.FAIL), (APART, Level.WARNING)):
        if two := next((pair for apart, pair in pairs if apart > limit), None):
            text = f"The faces of {person.name} may be those of two people: {two[0].name} and {two[1].name} are built "
            text += "differently. Look at them; cut the videos, or name the participants."
            yield Finding(level, "people", text)
            break
    yield from _of_cameras(person)


def _of_movement(person: Person) -> Iterator[Finding]:
    moved = {number: _moves(person, number) for number in np.unique(person.recordings)}
    still = [person.videos[number] for number, much in moved.items() if much < STILL]
    if len(still) == len(moved):
        text = f"The face of {person.name} is always the same, as in a still picture: record them while they speak."
        yield Finding(Level.FAIL, "movement", text)
    elif still:
        text = f"The face of {person.name} is always the same in {still[0]}, as in a still picture: leave it out."
        yield Finding(Level.WARNING, "movement", text)


def _apart(one: "_Track", other: "_Track") -> float:
    """How differently two faces are built, in what is natural within one person."""
    return float(np.sqrt(np.mean(((one.shape - other.shape) / NATURAL) ** 2)))


def _of_cameras(person: Person) -> Iterator[Finding]:
    sizes = sorted({(int(width), int(height)) for width, height in person.pictures if width})
    if len(sizes) > 1:
        told = " and ".join(f"{width}×{height}" for width, height in sizes)
        text = (
            f"The recordings of {person.name} have pictures of {told}: of two cameras? What differs between cameras "
        )
        text += "is learnt, too."
        yield Finding(Level.WARNING, "camera", text)
    lights = [float(person.images[person.recordings == one].mean()) / 255 for one in np.unique(person.recordings)]
    if max(lights) - min(lights) > _LIGHT:
        text = f"The faces of {person.name} are {max(lights) / max(min(lights), 1e-3):.1f} times as bright in one "
        text += "recording as in another: light is learnt, too. Record them alike."
        yield Finding(Level.WARNING, "light", text)


@dataclass(frozen=True, eq=False)
class _Track:
    """A stretch in which the tracker held on to one face: what to call it, and the median of `SHAPE`."""

    name: str
    shape: NDArray[np.float32]


def _tracks(person: Person) -> Iterator[_Track]:
    """Those that lasted, of which the shape is known."""
    if not len(person.shape):
        return
    for recording, video in enumerate(person.videos):
        for track in np.unique(person.tracks[person.recordings == recording]):
            rows = (person.recordings == recording) & (person.tracks == track)
            times = person.times[rows]
            if times[-1] - times[0] >= _TRACK_S and np.isfinite(person.shape[rows]).all():
                named = f"{video} (track {track} from {times[0]:.0f} s on)"
                yield _Track(named, np.median(person.shape[rows], axis=0))


def _moves(person: Person, recording: int) -> float:
    """Mean difference of crops of a recording about a second apart, whatever the light, of white."""
    own = person.recordings == recording
    later = np.searchsorted(person.times[own], person.times[own] + 1.0)
    first = np.flatnonzero(later < len(later))[:: max(len(later) // 500, 1)]
    if not len(first):
        return 1.0
    pictures = person.images[own]
    differences = pictures[first].astype(np.float32) - pictures[later[first]]
    differences -= differences.mean(axis=tuple(range(1, differences.ndim)), keepdims=True)
    return float(np.abs(differences).mean()) / 255


def _twice(people: Sequence[Person]) -> Iterator[Finding]:
    """Whoever has the same faces as somebody else."""
    for one, other in combinations(people, 2):
        if len(one) == len(other) and np.array_equal(one.images, other.images):
            text = f"{one.name} and {other.name} have the same faces: one of them is somebody else's recording."
            yield Finding(Level.FAIL, "people", text)
