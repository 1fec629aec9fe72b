"""`affectbox personal add`, `list` and `remove`: the bundles of persons on this box."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from device.contract.errors import ModelError, StorageError
from device.contract.fields import Json
from device.personal.history import History
from device.personal.store import PersonalStore
from device.settings import Settings

_UNUSED = "Sessions do not use it, for personal.use is false: set it in the configuration of the box."
_ALL_UNUSED = "Sessions use none of these, for personal.use is false."
_LATER = "Used from the next session of this person on whose consent covers 'personal' and 'units'."


def add(folders: Sequence[Path], settings: Settings, out: TextIO) -> None:
    """Keep bundles, and tell on `out` whose they are and whether they are used. What was kept before one that fails
    stays.

    Raises:
        ModelError: a bundle is not to be trusted, or none of one person's movement.
        RuntimeMissingError: no inference library.
        StorageError: another one of that version is there, or the card does not take it.
    """
    store = PersonalStore(settings)
    for folder in folders:
        person, kept = store.add(folder)
        newest = store.bundles(person)[0]
        used = _LATER if settings.personal.use else _UNUSED
        how = used if newest == kept else f"Not used: {newest.name} is newer."
        doubts = _doubts(_looked_at(store, kept, person))
        out.write(f"Kept {kept.name} of '{person}'. {how}\n")
        out.writelines(f"It is {doubt}.\n" for doubt in doubts)


def show(settings: Settings, as_json: bool, out: TextIO) -> None:
    """Tell on `out` which bundles of whom there are. Raises `StorageError`."""
    rows = [*_rows(settings)]
    if as_json:
        out.write(json.dumps({"use": settings.personal.use, "bundles": rows}) + "\n")
        return
    out.write("".join(f"{row['person']}  {row['bundle']}  {_words(row)}\n" for row in rows) or "No bundle is kept.\n")
    if rows and not settings.personal.use:
        out.write(f"{_ALL_UNUSED}\n")


def remove(person: str, bundle: str, settings: Settings, out: TextIO) -> None:
    """Erase the bundles of a person, or one of them, with what its sessions came to, and tell it on `out`.

    Raises:
        StorageError: there is none, or it cannot be erased.
    """
    store = PersonalStore(settings)
    if bundle:
        History(store).remove(person, bundle)
    if not (store.remove(person, bundle) if bundle else store.forget(person)):
        what = f"bundle {bundle}" if bundle else "bundle"
        raise StorageError(f"There is no {what} of '{person}' on this box: see `affectbox personal list`.")
    out.write(f"Erased {bundle or 'all bundles'} of '{person}', and what earlier sessions with it came to.\n")


def _rows(settings: Settings) -> Iterator[Json]:
    store = PersonalStore(settings)
    history = History(store)
    for person in store.people():
        known, found_newest = history.of(person), False
        for folder in store.bundles(person):
            found = _looked_at(store, folder, person)
            sessions = sum(one.bundle == folder.name for one in known)
            is_newest = not found_newest and "wrong" not in found
            yield {"person": person, "bundle": folder.name, "newest": is_newest, "sessions": sessions} | found
            found_newest = found_newest or is_newest


def _looked_at(store: PersonalStore, folder: Path, person: str) -> Json:
    """What a bundle's evidence says of it, or `wrong`: why it cannot be used."""
    try:
        with store.load(folder, person) as reader:
            evidence = reader.evidence
    except ModelError as error:
        return {"wrong": str(error)}
    told = {"supported": evidence.supported, "unsupported": [*evidence.unsupported], "simulated": evidence.simulated}
    return told | {"movements": evidence.movements}


def _words(row: Json) -> str:
    if "wrong" in row:
        return f"cannot be used: {row['wrong']}"
    sessions = f"{row['sessions']} sessions remembered" if row["sessions"] != 1 else "1 session remembered"
    words = ["the newest" if row["newest"] else "not used, for another is newer", f"{row['movements']} movements"]
    return ", ".join([*words, sessions, *_doubts(row)])


def _doubts(row: Json) -> Iterator[str]:
    """What is against believing it."""
    if row.get("simulated"):
        yield "made of a simulated person"
    if row.get("unsupported"):
        yield f"not supported by its evidence ({' '.join(row['unsupported'])})"
