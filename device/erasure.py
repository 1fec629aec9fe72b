"""Erases a person from this box, on which other programs of it may not hold what is erased meanwhile.

    erase         for `affectbox forget`: the face at rest, bundles of their own movement, the outbox, and those files
                  of JSON lines that are named
    erase_here    for a request from afar: the same, with the box's own files; what fails is told, the rest erased

The consents and the memory of sessions are the host process's (`device.host.erasing`, `device.host.forgetting`). The
database, other boxes and copies are out of reach, and the answer says so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from device.contract.errors import AffectboxError, StorageError
from device.contract.patient import PSEUDONYM, check_pseudonym
from device.contract.session import UNNAMED
from device.delivery.erased_lines import Lines, erase_lines, open_records, told
from device.delivery.erasing import Erased
from device.delivery.outbox import Outbox
from device.delivery.salvage import set_aside
from device.delivery.store import StoreInUseError
from device.neutrals import NeutralStore
from device.personal.store import PersonalStore
from device.settings import Settings
from device.state import outbox_file

_T = TypeVar("_T")
_COPIES = "Copies of what was erased may be left in unused places of {}: they go when no session is open."
_CONFIGURED = "The configuration names this person (session.patient): take that out, and restart the box."
_NAMING = "The pseudonym still stands in {} lines of {}, no whole records of theirs: erase them by hand."
_NEWER = "{} can only be read by a newer Affectbox: update."


@dataclass(frozen=True)
class Erasure:
    """What was erased of a person.

    Attributes:
        kept: of what is kept under the pseudonym alone, by name, whether there was anything.
        outbox, files: what of these.
        left: what could not be erased, a sentence each, without the pseudonym.
    """

    kept: Mapping[str, bool]
    outbox: Erased
    files: tuple[Lines, ...]
    left: tuple[str, ...] = ()

    @property
    def face(self) -> bool:
        """Whether there was a face at rest."""
        return self.kept.get("face", False)

    @property
    def personal(self) -> bool:
        """Whether there was a bundle of their own movement, or what sessions with it came to."""
        return self.kept.get("personal", False)


def stores(settings: Settings) -> dict[str, Callable[[str], bool]]:
    """What is kept on this box under a pseudonym alone: name, and what erases it and tells whether there was any."""
    return {"face": NeutralStore(settings.neutral).forget, "personal": PersonalStore(settings).forget}


def erase(person: str, settings: Settings, files: Sequence[Path]) -> Erasure:
    """Erase a person. What tells which sessions are theirs goes last, so that after a failure it can be repeated.

    Raises:
        ConfigError: no pseudonym.
        StorageError: a file that cannot be read, written, or that somebody writes just now.
        DataError: a file that is none of records.
        OutboxError: a daemon is running, or the disk has no room to write anew what is left.
    """
    _check(person)
    with ExitStack() as stack:
        opened = [open_records(path, stack) for path in files]
        outbox = _open_outbox(settings, stack)
        theirs, known = _sessions(person, outbox, opened)
        lines = [erase_lines(file, person, theirs, known) for file in opened]
        kept = {name: forget(person) for name, forget in stores(settings).items()}
        return Erasure(kept, outbox.erase(person, theirs, known) if outbox else Erased(), tuple(lines))


def erase_here(
    person: str,
    settings: Settings,
    sessions: Collection[str] = (),
    quick: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Erasure:
    """Erase a person from everything that is the box's own. After any failure it can be repeated.

    Args:
        sessions: DEVICE/SESSION, that are known to be theirs, beside those of which outbox and files know it.
        quick: somebody waits; a large outbox is not written anew.
        stop: whether somebody has come to wait.

    Raises:
        ConfigError, StorageError: no pseudonym.
        StoreInUseError: somebody has the outbox.
    """
    _check(person)
    tried = _Trying()
    tried.left += [_CONFIGURED] if settings.session.patient == person else []
    with ExitStack() as stack:
        outbox = tried(_open_outbox, settings, stack)
        opened = [tried(_open_own, path, stack) for path in own_files(settings)]
        files = [file for file in opened if file is not None]
        theirs, known = _sessions(person, outbox, files)
        theirs, known = theirs | set(sessions), known | set(sessions)
        lines = [told for file in files if (told := tried(erase_lines, file, person, theirs, known, True))]
        tried.left += [_NAMING.format(one.naming, one.path) for one in lines if one.naming]
        kept = {name: bool(tried(forget, person)) for name, forget in stores(settings).items()}
        whose = not tried.left
        erased = tried(outbox.erase, person, theirs, known, whose, quick, stop) if outbox else None
    return Erasure(kept, erased or Erased(), tuple(lines), _words(tried.left, erased, person, settings))


def own_files(settings: Settings) -> list[Path]:
    """The files of records that this box writes by itself."""
    named = [sink.partition(":") for sink in settings.run.sinks]
    return [Path(path) for scheme, _, path in named if scheme == "jsonl" and path]


def _words(left: Sequence[str], erased: Erased | None, person: str, settings: Settings) -> tuple[str, ...]:
    """What is left, a sentence each, without the pseudonym."""
    newer = [_NEWER.format(path) for path in erased.waiting] if erased else []
    copies = [_COPIES.format(outbox_file(settings.outbox))] if erased and erased.copies else []
    return tuple(sentence.replace(person, "…") for sentence in (*left, *newer, *copies))


class _Trying:
    """Calls what may fail, and keeps why it did, in `left`."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def __call__(self, work: Callable[..., _T], *about: Any) -> _T | None:
        """What `work` gives, None where it fails. Raises `StoreInUseError`."""
        try:
            return work(*about)
        except StoreInUseError:
            raise
        except AffectboxError as error:
            self.left.append(str(error))
        except OSError as error:
            self.left.append(f"A file of the box cannot be erased ({error.strerror}): check its owner and the card.")
        return None


def _check(person: str) -> None:
    if not PSEUDONYM.fullmatch(person):  # else it may be one of before they had to hold a digit
        check_pseudonym(person)
    if person == UNNAMED:
        raise StorageError("'unnamed' is nobody: name a person by their pseudonym.")


def _sessions(person: str, outbox: Outbox | None, files: Sequence[IO[bytes]]) -> tuple[set[str], set[str]]:
    """The sessions of a person, and all of which it is known whose they were."""
    whose = [*(outbox.people().items() if outbox else ()), *(one for file in files for one in told(file))]
    known = {session for session, watched in whose if watched != UNNAMED}
    return {session for session, watched in whose if watched == person}, known


def _open_own(path: Path, stack: ExitStack) -> IO[bytes] | None:
    """A file that a sink wrote; None where there is none, or it is a pipe or a device."""
    if path.exists() and not path.is_file():
        return None
    return open_records(path, stack) if path.exists() else None


def _open_outbox(settings: Settings, stack: ExitStack) -> Outbox | None:
    """The outbox, if there is one. Raises `StorageError`: nobody can tell, `OutboxError`: it cannot be opened."""
    path = outbox_file(settings.outbox)
    try:
        if not path.exists() and not set_aside(path):
            return None
    except OSError as error:
        raise StorageError(
            f"{path.parent} cannot be looked at ({error.strerror}): erase as root, or as the folder's owner."
        ) from error
    return stack.enter_context(Outbox(path, settings.outbox.max_mb))
