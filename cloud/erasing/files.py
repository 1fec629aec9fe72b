"""What becomes of the files that are known to hold something of a person (`known.py`)."""

from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from glob import escape
from pathlib import Path

from cloud.erasing import coding, known, rewriting
from cloud.erasing.known import Written
from cloud.erasing.naming import Naming
from device.contract.errors import StorageError
from device.contract.patient import is_pseudonym


class Fate(str, Enum):
    """What is, or was, done with a file."""

    DELETE = "deleted"
    REWRITE = "written anew without them"
    HAND = "for your hand"
    GONE = "not there"

    @property
    def planned(self) -> str:
        """What is going to be done."""
        return f"to be {self.value}" if self in (Fate.DELETE, Fate.REWRITE) else self.value


@dataclass(frozen=True)
class Of:
    """A file, what becomes of it, and why it is for somebody's hand."""

    file: Written
    fate: Fate
    why: str = ""


def fates(whom: str, visits: Collection[str]) -> list[Of]:
    """What would become of each file that may hold something of a person. Raises `StorageError`."""
    return [_fate(one, whom, visits) for one in known.written() if _concerns(one, whom, visits)]


def carry_out(found: Iterable[Of], whom: str, visits: Collection[str]) -> list[Of]:
    """Do it, and strike the person out of the list of files; of what is left for somebody's hand, the list keeps them.

    Returns what became of each.

    Raises:
        StorageError: a file or the list cannot be written.
    """
    done = []
    for one in found:
        _delete_parts(one.file.path)
        done.append(_carried_out(one, whom, visits))
    kept = {one.file.path for one in done if one.fate is Fate.HAND}

    def change(one: Written) -> Written | None:
        if one.path in kept or not _concerns(one, whom, visits):
            return one
        others = replace(one, patients=one.patients - {whom}, sessions=one.sessions.difference(visits))
        is_away = not one.path.parent.exists()  # perhaps on a drive, where it still holds the others
        return others if one.path.exists() or (is_away and others.patients) else None

    if done:
        known.rewrite(change)
    return done


def named(whom: str, naming: Naming) -> Counter[Path]:
    """How often the list of files still names a person; empty for never. Raises `StorageError`.

    What is no pseudonym of ours, as a participant `a` of a study, may be a part of any path.
    """
    place = known.registry()
    if not is_pseudonym(whom):
        return +Counter({place: sum(whom in one.patients for one in known.written())})
    try:
        return +Counter({place: naming.count(place.read_bytes()) if place.exists() else 0})
    except OSError as error:
        raise StorageError(f"{place} cannot be searched ({error.strerror}).") from None


def _concerns(one: Written, whom: str, visits: Collection[str]) -> bool:
    return whom in one.patients or not one.sessions.isdisjoint(visits)


def _fate(one: Written, whom: str, visits: Collection[str]) -> Of:
    if not one.path.exists():
        return Of(one, Fate.GONE, "deleted or moved before, or on a drive that is not here")
    others = one.patients - {whom}
    if not others and (one.patients or one.sessions <= {*visits}):
        return Of(one, Fate.DELETE)
    if one.again:
        return Of(one, Fate.DELETE, f"for it holds others too; `{one.again}` makes it again")
    if rewriting.rewritable(one.path):
        return Of(one, Fate.REWRITE)
    return Of(one, Fate.HAND, "it holds others too, and cannot be written anew: delete it, or make it anew")


def _carried_out(one: Of, whom: str, visits: Collection[str]) -> Of:
    if one.fate is Fate.REWRITE:
        try:
            if rewriting.without(one.file.path, whom, visits):
                return one
        except rewriting.UnreadableError as error:
            return replace(one, fate=Fate.HAND, why=str(error))
        one = replace(one, fate=Fate.DELETE)
    if one.fate is Fate.DELETE:
        _delete(one.file.path, whom)
    return one


def _delete_parts(path: Path) -> None:
    """Delete what whoever wrote the file left beside it when it was killed, or the power went."""
    names = [f".{escape(path.name)}.part", f".{escape(path.name[:60])}.part", f".{escape(path.name[:40])}-*.part"]
    names += [f"{escape(path.name)}.part.npz", f"{escape(path.stem)}.part.npz"]
    if path.suffix == ".mp4":
        names.append(".film-*.part.mp4")
    left = {part for name in names for part in path.parent.glob(name)}
    left |= {*path.parent.parent.glob(f".{escape(path.parent.name)}-*/new/{escape(path.name)}")}
    for part in left:
        try:
            part.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{part} cannot be deleted ({error.strerror}): allow it, and run this again.") from None


def _delete(path: Path, whom: str) -> None:
    """Delete a file, and folders above it that are empty then and are called by the person, or by a column."""
    beside = [path.with_name(path.name + end) for end in coding.BESIDE] if path.name == coding.FILE else []
    try:
        for one in (path, *beside):
            one.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be deleted ({error.strerror}): allow it, and run this again.") from None
    for folder in path.parents:
        if whom not in folder.name and "=" not in folder.name:
            return
        with suppress(OSError):  # something else is in it
            folder.rmdir()
