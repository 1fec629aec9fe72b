"""What everybody may know of updates: whether one is under way, how the last one went, and what a stick brought.

The updater tells it in `/run/affectbox-update`; the host process and the page read it. Nobody waits for anybody.
"""

import fcntl
import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from msgspec import Struct, ValidationError, convert, to_builtins

from device.contract.errors import UpdateError
from device.update.layout import Layout

_STANDING = "standing.json"
_OFFER = "offer.json"
_BUSY = "busy"
_LONGEST_BYTES = 65_536
#: `struct flock` of 64-bit Linux: type, whence, start, length, process.
_FLOCK = "hhqqi4x"


class Step(str, Enum):
    """How far an update is."""

    NONE = ""
    ASKED = "asked"
    FETCHING = "fetching"  # from the network; sessions go on
    CHECKING = "checking"
    UNPACKING = "unpacking"
    TRYING = "trying"
    DONE = "done"
    BACK = "back"  # it did not prove itself: the earlier release runs
    REFUSED = "refused"

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self in (Step.NONE, Step.DONE, Step.BACK, Step.REFUSED)


class Standing(Struct, frozen=True, omit_defaults=True):
    """Of the last update since the box was started.

    Attributes:
        version: what runs.
        target: what it should become.
        text: one sentence.
        begun: monotonic seconds at its beginning.
    """

    step: Step = Step.NONE
    version: str = ""
    target: str = ""
    text: str = ""
    begun: float = 0.0


class Offer(Struct, frozen=True):
    """What the last stick brought: the version, or, empty, the sentence that says why nothing."""

    version: str
    text: str


def updating(layout: Layout | None = None) -> bool:
    """Whether no session may begin: a release is being installed, or has yet to prove itself."""
    places = layout or Layout()
    return places.current != places.proven or _is_locked(places.run / _BUSY)


def standing(layout: Layout | None = None) -> Standing:
    """How the last update went."""
    places = layout or Layout()
    told = _read(places.run / _STANDING, Standing)
    return told if isinstance(told, Standing) else Standing(version=places.current)


def tell(layout: Layout, said: Standing) -> None:
    """Let everybody know."""
    _write(layout.run / _STANDING, said)


def offered(layout: Layout | None = None) -> Offer | None:
    """What the last stick brought; None: no stick since the box was started."""
    told = _read((layout or Layout()).run / _OFFER, Offer)
    return told if isinstance(told, Offer) else None


def offer(layout: Layout, what: Offer) -> None:
    """Let everybody know what a stick brought."""
    _write(layout.run / _OFFER, what)


@contextmanager
def busy(layout: Layout) -> Iterator[None]:
    """No session begins in this block, and no second updater gets into it. Its end, even a kill, ends it.

    Raises:
        UpdateError: another updater is in it.
    """
    layout.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(layout.run / _BUSY, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _lock(fcntl.F_WRLCK))
        yield
    except BlockingIOError:
        raise UpdateError("Another update is under way: wait for its end.") from None
    finally:
        os.close(descriptor)


def _is_locked(path: Path) -> bool:
    """Asks only: a lock of our own, for however short, would keep an updater out."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _lock(fcntl.F_RDLCK))
        return int(struct.unpack(_FLOCK, found)[0]) != fcntl.F_UNLCK
    finally:
        os.close(descriptor)


def _lock(kind: int) -> bytes:
    """All of a file, for fcntl(2)."""
    return struct.pack(_FLOCK, kind, os.SEEK_SET, 0, 0, 0)


def _read(path: Path, kind: type[Standing] | type[Offer]) -> Standing | Offer | None:
    try:
        with path.open("rb") as file:
            return convert(json.loads(file.read(_LONGEST_BYTES)), kind)
    except (OSError, ValueError, RecursionError, ValidationError):
        return None


def _write(path: Path, said: Standing | Offer) -> None:
    with suppress(OSError):
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(to_builtins(said)), encoding="utf-8")
        part.chmod(0o644)
        part.replace(path)
