"""What a source holds, of whichever kind it is."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from device.contract.errors import DataError
from training.annotation.sources.found import Found, Kind, Where
from training.annotation.sources.pictures import NATURAL, SUFFIXES, find_pictures
from training.annotation.sources.tables import find_faces, find_rows, is_study
from training.tables import read_rows
from training.videos.study import VIDEO_SUFFIXES, read_study

_TABLES = (".csv", ".gz")


def find(where: Where) -> tuple[Kind, list[Found]]:
    """The sequences of a source, in the order of names.

    Raises:
        DataError: nothing there that can be coded, or a table that does not fit; nothing was written.
    """
    source, neutral = where.source, where.neutral
    kind, found = _found(source, where.participants, where.frame_rate)
    if where.participants and (source.is_file() or kind is Kind.FACES):
        raise DataError(f"{source} names its participants itself: leave --participants out.")
    _require_distinct({one.participant for one in found if one.participant})
    at = neutral or (source / NATURAL if (source / NATURAL).is_dir() else None)
    found = _with_neutral(found, at, asked=neutral is not None)
    return kind, _hidden(found) if where.participants else found


def _found(source: Path, participants: Path | None, rate: float | None) -> tuple[Kind, list[Found]]:
    suffix = source.suffix.lower()
    if source.is_file() and suffix in VIDEO_SUFFIXES:
        return Kind.VIDEOS, [_video(source, source.name, source.stem)]
    if source.is_file() and suffix in _TABLES:
        return Kind.ROWS, find_rows(source)
    if not source.is_dir():
        what = "cannot be coded" if source.exists() else "is not there"
        raise DataError(f"{source} {what}: give a folder of pictures or videos, a video, or FER2013's csv file.")
    if is_study(source):
        return Kind.FACES, find_faces(source)
    names = _files(source, SUFFIXES | VIDEO_SUFFIXES)
    if any(_is_video(name) for name in names):
        return Kind.VIDEOS, _videos(source, participants)
    pictures = [name for name in names if NATURAL not in name.split("/")[:-1]]
    if not pictures:
        raise DataError(f"{source} holds no picture ({' '.join(sorted(SUFFIXES))}) and no video: give another folder.")
    whose = _whose(participants, pictures) if participants else {}
    return Kind.PICTURES, find_pictures(source, pictures, whose, rate)


def _videos(source: Path, participants: Path | None) -> list[Found]:
    videos = read_study(source, participants, None)
    return [_video(source / video.name, video.name, video.participant) for video in videos]


def _video(path: Path, name: str, participant: str) -> Found:
    return Found(name, participant, Kind.VIDEOS, path, True, None)


def _is_video(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES  # noqa: PTH122  # of 100 000 names in a moment


def _files(source: Path, suffixes: Collection[str]) -> list[str]:
    """Paths of files below a folder with `/`, in the order of names; hidden ones are passed over."""
    found = []
    for folder, folders, files in os.walk(source, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(folder).relative_to(source).as_posix()
        prefix = "" if below == "." else f"{below}/"
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122
                found.append(prefix + name)
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be read ({error.strerror}): allow it, or give another folder.")


def _whose(table: Path, pictures: Iterable[str]) -> Mapping[str, str]:
    """Picture or folder → participant. Raises `DataError`."""
    rows = read_rows(table, "a CSV file 'image,participant'")
    if not rows or rows[0][1][:2] != ["image", "participant"]:
        begin = ",".join(rows[0][1])[:60] if rows else ""
        raise DataError(f"{table.name} begins with {begin!r} instead of 'image,participant'.")
    known = {*pictures} | {str(Path(name).parent.as_posix()) for name in pictures}
    whose: dict[str, str] = {}
    for number, row in rows[1:]:
        if len(row) < 2 or not row[1] or row[0] not in known:
            raise DataError(
                f"{table.name}, row {number}: {','.join(row)[:60]!r} is no 'image,participant' of these pictures: "
                "each image is a path below --source, of a picture or a folder."
            )
        if whose.setdefault(row[0], row[1]) != row[1]:
            raise DataError(f"{table.name}, row {number}: {row[0]} has two participants: remove one row.")
    if not whose:
        raise DataError(f"{table.name} has no row: say of each picture or folder below --source whose it is.")
    return whose


def _with_neutral(found: list[Found], folder: Path | None, asked: bool) -> list[Found]:
    if folder is None:
        return found
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give one with a picture for each participant, PARTICIPANT.jpg.")
    there = {os.path.splitext(name)[0]: folder / name for name in reversed(_files(folder, SUFFIXES))}  # noqa: PTH122
    faces = [there.get(one.participant, there.get(Path(one.name).stem)) for one in found]
    known = [replace(one, neutral=str(face)) if face else one for one, face in zip(found, faces, strict=True)]
    if asked and not any(one.neutral for one in known):
        raise DataError(f"{folder} holds no natural picture of any participant: name it as they are, PARTICIPANT.jpg.")
    return known


def _hidden(found: list[Found]) -> list[Found]:
    """Sequences by their participants alone, whose order and names tell nothing that a folder or file may tell.

    Several of one participant are numbered, in the order of their paths.
    """
    many, seen = Counter(one.participant for one in found), Counter[str]()
    renamed = []
    for one in found:
        seen[one.participant] += 1
        numbered = f"{one.participant}/{seen[one.participant]}" if many[one.participant] > 1 else one.participant
        renamed.append(replace(one, name=numbered if one.participant else one.name))
    return sorted(renamed, key=lambda one: one.name)


def _require_distinct(participants: Collection[str]) -> None:
    seen: dict[str, str] = {}
    for name in sorted(participants):
        if (other := seen.setdefault(unicodedata.normalize("NFC", name).strip().casefold(), name)) != name:
            raise DataError(f"Participants {other!r} and {name!r} differ in case or spaces only: spell them alike.")
