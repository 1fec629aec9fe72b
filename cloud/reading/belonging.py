"""Whether documents of a database stand where they belong.

What names another box, session, start or patient than the place where it stands is passed over, and counted.
"""

from collections.abc import Iterable
from typing import Any

from cloud.reading.faults import Faults
from device.contract.choices import DEVICE_ID
from device.contract.fields import KEY


def belonging(documents: Iterable[Any], place: dict[str, str], what: str, faults: Faults) -> list[Any]:
    """The documents that name what their place names, or are no documents at all.

    Args:
        documents: as they were read.
        place: what the place says: `device`, `session`, `boot`, `patient`.
        what: the documents are called.
        faults: counts the others.
    """
    kept = []
    for document in documents:
        if wrong := _wrong(document, place):
            faults.quarantined[f"{what} of another {wrong} than its place says"] += 1
        else:
            kept.append(document)
    return kept


def visit(key: str) -> tuple[str, str] | None:
    """Box and session of a key below `visits/PATIENT`; None if it is none."""
    device, _, session_id = key.partition("~")
    return (device, session_id) if DEVICE_ID.fullmatch(device) and is_session(session_id) else None


def is_session(key: str) -> bool:
    """Whether a key can be a session's id."""
    return bool(KEY.fullmatch(key))


def _wrong(document: Any, place: dict[str, str]) -> str:
    """The first name that differs, '' for none."""
    if not isinstance(document, dict):
        return ""
    own = {"session": document.get("boot")} | document
    return next((name for name, value in place.items() if own.get(name) not in (None, value)), "")
