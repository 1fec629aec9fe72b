"""Folders of pictures.

    FOLDER/0001.png                     single pictures, each of somebody else; --participants may say of whom
    FOLDER/PARTICIPANT/[…/]0001.png     frames of a film if each name has a number of its own, else single ones
    FOLDER/origin/S1/12_0.jpg           the published tool's layout: frame 12 of S1,
    FOLDER/natural/S1.jpg               and the face of S1 at rest

Whoever codes reads the names of folders: no group of people may stand in them. A table of participants hides them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from device.contract.errors import DataError
from training.annotation.sources.found import Found, Kind

#: What a browser or OpenCV shows.
SUFFIXES = frozenset(".png .jpg .jpeg .bmp .tif .tiff .webp .pgm".split())
ORIGIN, NATURAL = "origin", "natural"
_PUBLISHED = re.compile(r"0*(\d{1,18})_0")
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")
_MOST_DIGITS = 18


def find_pictures(source: Path, names: Sequence[str], whose: Mapping[str, str], rate: float | None) -> list[Found]:
    """The sequences of pictures below a folder.

    Args:
        names: paths of all pictures below it, with `/`.
        whose: picture or folder → participant, where a table says so.
        rate: frames a second of films, if it is known.

    Raises:
        DataError: a number of a frame that is there twice; folders that would tell a group; a picture of nobody's in
            the table.
    """
    root = source / ORIGIN if any(name.startswith(f"{ORIGIN}/") for name in names) else source
    prefix = f"{ORIGIN}/" if root != source else ""
    folders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        if name.startswith(prefix):
            folder = name.removeprefix(prefix).rpartition("/")[0] or "."
            folders[folder, _participant(name, folder, whose)].append(name)
    if not whose:
        _require_blind(folder for folder, _ in folders)
    shared = Counter(folder for folder, _ in folders)
    return [
        replace(_sequence(source, folder, participant, files, rate), name=_name(source, folder, participant, shared))
        for (folder, participant), files in sorted(folders.items())
    ]


def _require_blind(folders: Iterable[str]) -> None:
    for folder in folders:
        group, *rest = folder.split("/")
        if ORIGIN in rest:
            raise DataError(
                f"{folder}: coders would read the group {group}: give the folder of one group, or name each child's "
                "folder with a pseudonym in a table --participants 'image,participant'."
            )


def _participant(name: str, folder: str, whose: Mapping[str, str]) -> str:
    """As the table says, of the picture or its folder; without a table the first part of the folder."""
    if not whose:
        return "" if folder == "." else folder.partition("/")[0]
    if said := whose.get(name) or whose.get(name.rpartition("/")[0] or "."):
        return said
    raise DataError(
        f"{name} has no participant in the table --participants, and coders would read its folder's name: "
        "add a row for it, or for its folder."
    )


def _sequence(source: Path, folder: str, participant: str, files: list[str], rate: float | None) -> Found:
    stems = [name.rpartition("/")[2].rpartition(".")[0] for name in files]
    numbers = _numbers(stems) if folder != "." or rate else None
    if numbers is None:
        labels = tuple(sorted(files))
        frames = np.arange(len(files), dtype=np.int64)
        return Found(folder, participant, Kind.PICTURES, source, False, frames, labels=labels)
    by_number: dict[int, str] = {}
    for number, name in sorted(zip(numbers, files, strict=True)):
        if number in by_number:
            raise DataError(f"Frame {number} is there twice, as {by_number[number]} and {name}: remove one of them.")
        by_number[number] = name
    frames = np.array([*by_number], np.int64)
    times = (frames - frames[0]) / rate if rate else None
    return Found(folder, participant, Kind.FRAMES, source, True, frames, times, tuple(by_number.values()))


def _numbers(stems: list[str]) -> list[int] | None:
    """The number in each name, where the names differ in nothing else."""
    if all(matches := [_PUBLISHED.fullmatch(stem) for stem in stems]):
        return [int(match[1]) for match in matches if match]
    parts = [match.groups() if (match := _NUMBERED.fullmatch(stem)) else None for stem in stems]
    numbered = [part for part in parts if part and len(part[1]) <= _MOST_DIGITS]
    if len(numbered) < len(stems) or len({(before, after) for before, _, after in numbered}) > 1:
        return None
    return [int(number) for _, number, _ in numbered]


def _name(source: Path, folder: str, participant: str, shared: Mapping[str, int]) -> str:
    """The folder; of pictures that lie in the source itself its name. With the participant where several share it."""
    name = source.resolve().name if folder == "." else folder
    if shared[folder] == 1:
        return name
    return participant or name if folder == "." else f"{name}/{participant}"
