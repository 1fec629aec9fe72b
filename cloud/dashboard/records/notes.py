"""Notes: written once, in the order of time; a later one may correct an earlier one, and both stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from device.contract import note, person
from device.contract.errors import DataError


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes:
        key: its name.
        at_ms: when the database took it.
        by: the account.
        visit: DEVICE~SESSION, '' for none.
        moment_s: seconds since the session's first row; None for none.
        corrects, corrected_by: names of other notes, '' for none.
    """

    key: str
    at_ms: int
    by: str
    text: str
    visit: str = ""
    moment_s: float | None = None
    wall_s: float | None = None
    corrects: str = ""
    corrected_by: str = ""


def notes(stored: Mapping[str, Any]) -> tuple[list[Note], int]:
    """The notes of a person, the newest first, and how many could not be read."""
    found: dict[str, Any] = {}
    for key in sorted(stored):
        try:
            note.validate(stored[key])
        except DataError:
            continue
        found[key] = stored[key]
    corrected = {one["corrects"]: key for key, one in found.items() if one.get("corrects") in found}
    listed = [
        Note(
            key,
            one["at"],
            one["by"],
            one["text"],
            one.get("visit", ""),
            one.get("moment"),
            one.get("wall"),
            one.get("corrects", ""),
            corrected.get(key, ""),
        )
        for key, one in found.items()
    ]
    return sorted(listed, key=lambda one: (-one.at_ms, one.key)), len(stored) - len(found)


def of_session(found: list[Note], visit: str) -> list[Note]:
    """Those that belong to a session, by their moments, those without one first."""
    return sorted((one for one in found if one.visit == visit), key=lambda one: (one.moment_s or -1.0, one.at_ms))


def checked(text: str | None) -> str:
    """The text of a new note. Raises `DataError`."""
    said = (text or "").strip()
    if not said:
        raise DataError("There is nothing written yet.")
    if len(said) > person.LONGEST:
        raise DataError(f"A note has at most {person.LONGEST} characters, and this one has {len(said)}.")
    return said
