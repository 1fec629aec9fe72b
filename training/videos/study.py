"""The videos of a study and whose face they show."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from device.contract.errors import ConfigError, DataError
from training.tables import read_rows

VIDEO_SUFFIXES = frozenset(".3gp .avi .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .webm .wmv".split())
HEADERS = (["video", "participant"], ["video", "participant", "label"])


@dataclass(frozen=True)
class Video:
    """One video: its path below the study's folder with `/`, the participant, and a label or ''."""

    name: str
    participant: str
    label: str = ""


def read_study(folder: Path, table: Path | None, pattern: str | None) -> list[Video]:
    """Every video below `folder`, in the order of names, with its participant.

    Args:
        folder: searched with all folders in it; hidden files are passed over.
        table: a CSV file `video,participant` or `video,participant,label`; each video a path below `folder`.
        pattern: a regular expression with one group, searched for in the path below `folder`. With neither, the
            participant is the folder directly below `folder`.

    Raises:
        DataError: no video; a video without participant; a broken row; participants that differ in case only.
        ConfigError: not a regular expression with one group.
    """
    names = _video_names(folder)
    if table is not None:
        videos = _from_table(names, _read_table(table), table)
    else:
        participant_of = _by_pattern(pattern) if pattern is not None else _by_folder
        videos = [Video(name, participant_of(name)) for name in names]
    _require_distinct({video.participant for video in videos})
    return videos


def _video_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give the folder that holds the videos.")
    below = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    names = sorted(path.as_posix() for path in below if not any(part.startswith(".") for part in path.parts))
    if not names:
        raise DataError(f"{folder} holds no video ({', '.join(sorted(VIDEO_SUFFIXES))}): give another folder.")
    return names


def _by_folder(name: str) -> str:
    parts = PurePosixPath(name).parts
    if len(parts) < 2:
        raise DataError(
            f"{name} has no participant: put it into a folder named after the participant, "
            "or say whose it is in a table, --participants."
        )
    return parts[0]


def _by_pattern(pattern: str) -> Callable[[str], str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"--participant-pattern {pattern!r} is no regular expression ({error}).") from error
    if compiled.groups != 1:
        raise ConfigError(f"--participant-pattern {pattern!r} has {compiled.groups} groups: give exactly one, (…).")

    def participant_of(name: str) -> str:
        match = compiled.search(name)
        if match is None or not match[1]:
            raise DataError(f"{name} has no participant: --participant-pattern {pattern!r} finds none in it.")
        return match[1]

    return participant_of


def _read_table(table: Path) -> dict[str, Video]:
    rows = read_rows(table, "a CSV file 'video,participant[,label]'")
    header = rows[0][1] if rows else []
    if header not in HEADERS:
        raise DataError(f"{table.name} begins with '{','.join(header)[:80]}' instead of 'video,participant[,label]'.")
    found: dict[str, Video] = {}
    for number, cells in rows[1:]:
        if len(cells) != len(header) or not all(cells):
            raise DataError(
                f"{table.name}, row {number}: {','.join(cells)[:80]!r} is not '{','.join(header)}', all set."
            )
        if cells[0] in found:
            raise DataError(f"{table.name}, row {number}: {cells[0]} stands there twice: remove one row.")
        found[cells[0]] = Video(*cells)
    return found


def _from_table(names: list[str], rows: dict[str, Video], table: Path) -> list[Video]:
    if missing := sorted(rows.keys() - set(names)):
        raise DataError(f"{table.name} names {_some(missing)}, which --videos does not hold: correct or remove it.")
    if unknown := [name for name in names if name not in rows]:
        raise DataError(f"{_some(unknown)} has no participant: add it to {table.name}.")
    return [rows[name] for name in names]


def _require_distinct(participants: set[str]) -> None:
    """One person under two spellings would be on both sides of the split."""
    seen: dict[str, str] = {}
    for name in sorted(participants):
        key = unicodedata.normalize("NFC", name).strip().casefold()
        if key in seen:
            raise DataError(
                f"Participants {seen[key]!r} and {name!r} differ in case or spaces only: spell them alike."
            )
        seen[key] = name


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"
