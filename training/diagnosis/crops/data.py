"""Aligned faces of a study, as `affectbox-training faces` left them, each with the group of its participant."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.cohort.people import Participant
from training.cohort.people import groups as groups_of
from training.videos.index import read_index
from training.videos.store import COMMAND, read_faces


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces in the order of participants and time.

    Attributes:
        images: (N, side, side) uint8, grey.
        participants: (N,) pseudonym of each.
        people: P participants of whom there are faces, in the order of their pseudonyms.
        groups: C, of the whole study also where only some people of it are here.
        parts: pseudonym → part of the split that `faces` made.
        looked: pseudonym → frames that `faces` looked at, and faces that it found in them.
        about: what made them, without names.
    """

    images: NDArray[np.uint8]
    participants: NDArray[np.str_]
    people: tuple[Participant, ...]
    groups: tuple[str, ...]
    parts: dict[str, str]
    looked: dict[str, tuple[int, int]]
    about: dict[str, Any] = field(default_factory=lambda: {"command": COMMAND})

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """(N,) number of each face's group in `groups`."""
        number = {person.pseudonym: self.groups.index(person.group) for person in self.people}
        return np.array([number[name] for name in self.participants.tolist()], np.intp)

    @property
    def side(self) -> int:
        """Of a face, pixels."""
        return int(self.images.shape[-1])

    def of(self, people: Iterable[Participant]) -> "Faces":
        """The faces of some participants."""
        kept = tuple(person for person in self.people if person in set(people))
        names = {person.pseudonym for person in kept}
        rows = np.array([name in names for name in self.participants.tolist()], bool)
        return replace(self, images=self.images[rows], participants=self.participants[rows], people=kept)

    def digest(self) -> str:
        """SHA-256 of faces, participants, groups and parts."""
        told = [[person.pseudonym, person.group, self.parts.get(person.pseudonym)] for person in self.people]
        found = hashlib.sha256(json.dumps([told, self.groups, self.images.shape]).encode())
        found.update("\n".join(self.participants.tolist()).encode())
        found.update(np.ascontiguousarray(self.images).data)
        return found.hexdigest()


def load_faces(folder: Path, people: Sequence[Participant], most: int) -> Faces:
    """Read the faces of a study.

    Args:
        folder: what `affectbox-training faces` wrote.
        people: of the study; those without a face are left out.
        most: faces of a participant, spread evenly over all that there are.

    Raises:
        DataError: no such folder, a broken file, faces of somebody who is not among `people`, crops of several sizes,
            fewer than two groups.
    """
    rows = index_of(folder, people)
    files: dict[str, list[str]] = defaultdict(list)
    parts = {row["participant"]: row["part"] for row in rows}
    looked = dict.fromkeys(parts, (0, 0))
    for row in rows:
        files[row["participant"]].append(row["file"])
        frames, faces = looked[row["participant"]]
        looked[row["participant"]] = (frames + int(row["frames"]), faces + int(row["faces"]))
    crops = {
        name: spread([crops_of(folder / file)[0] for file in paths], most) for name, paths in sorted(files.items())
    }
    crops = {name: images for name, images in crops.items() if len(images)}
    sides = {images.shape[-1] for images in crops.values()}
    if len(sides) != 1:
        raise DataError(
            f"{folder} holds {'no face' if not sides else 'crops of several sizes'}: make the faces again."
        )
    kept = tuple(sorted((p for p in people if p.pseudonym in crops), key=lambda person: person.pseudonym))
    if len(groups_of(kept)) < 2:
        raise DataError(f"The faces in {folder} are of people of one group only: two groups are needed.")
    names = np.repeat(list(crops), [len(images) for images in crops.values()])
    return Faces(np.concatenate(list(crops.values())), names, kept, groups_of(kept), parts, looked)


def index_of(folder: Path, people: Sequence[Participant]) -> list[dict[str, str]]:
    """The rows of a study's index: video, participant, part, frames, faces, file, …

    Raises:
        DataError: no such folder or table, or faces of somebody who is not among `people`.
    """
    rows = read_index(folder)
    if unknown := sorted({row["participant"] for row in rows} - {person.pseudonym for person in people}):
        raise DataError(
            f"{folder} holds faces of {unknown[0]}{_more(unknown)}, who stands in no row of the participants: "
            "add the row, or remove the faces of whoever withdrew."
        )
    return rows


def crops_of(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The crops (N, side, side) of a video, and their seconds (N,). Raises `DataError`: the file is broken, or its
    crops have colours."""
    made = read_faces(path)
    if made.crops.ndim != 3:
        raise DataError(f"{path} holds faces with colours: run `{COMMAND}` again without --colour.")
    return made.crops, made.times


def spread(crops: Sequence[NDArray[np.uint8]], most: int) -> NDArray[np.uint8]:
    """At most so many of a participant's faces, evenly over all of them."""
    filled = [images for images in crops if len(images)]
    if len({images.shape[1:] for images in filled}) > 1:
        raise DataError("A participant has crops of several sizes: make the faces again, all with one --size.")
    together = np.concatenate(filled) if filled else np.zeros((0, 1, 1), np.uint8)
    if len(together) <= most:
        return together
    return np.asarray(together[np.linspace(0, len(together) - 1, most).round().astype(np.intp)])


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
