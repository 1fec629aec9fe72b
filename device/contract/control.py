"""What is said between the host process, which is always there, and the camera daemon, which lives for one task.

Lines of JSON over one connection. The host's first line is the task; the daemon exists only as long as the connection
does: where it breaks, the camera is closed and the session ended. The host may say more while a session is watched;
the daemon answers with reports, about four a second, of which the last has the state `ended`.

    host → daemon, first    watch     hold a session: patient, consent, continues, phases
                            frame     camera and landmarks for setting up; nothing is recorded
                            probe     everything, into an outbox that is thrown away: proves a release
                            examine   `affectbox doctor` from within the daemon's own sandbox
                            revoke    no camera: purge what was not sent of `sessions`, mark what was
                            erase     no camera: erase a person from what the daemon and delivery keep; `quick`: do
                                      not write a large outbox anew, for somebody waits
    host → daemon, later    end, pause, limit, revoke, mark, phase, stimulus, consent

A report holds no clinical data. Its `glimpse`, the drawn view for setting up, goes to the page and nowhere else.
"""

import json
from enum import Enum
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert, to_builtins

from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.session import UNNAMED

VERSION = 1
#: No line is longer, bytes.
LONGEST_LINE = 65_536


class Do(str, Enum):
    """What the host asks for; see the module."""

    WATCH = "watch"
    FRAME = "frame"
    PROBE = "probe"
    EXAMINE = "examine"
    REVOKE = "revoke"
    ERASE = "erase"
    END = "end"
    PAUSE = "pause"
    LIMIT = "limit"
    MARK = "mark"
    PHASE = "phase"
    STIMULUS = "stimulus"
    CONSENT = "consent"


#: With which a connection begins.
TASKS = (Do.WATCH, Do.FRAME, Do.PROBE, Do.EXAMINE, Do.REVOKE, Do.ERASE)


class Doing(str, Enum):
    """What the daemon says of itself."""

    STARTING = "starting"  # networks and camera are being opened
    WATCHING = "watching"  # frames arrive
    CLOSING = "closing"
    ENDED = "ended"  # the last report


class ConsentSaid(Struct, frozen=True, forbid_unknown_fields=True):
    """A consent, as `device.contract.session.Consent`."""

    covers: tuple[str, ...]
    by: str
    given: float
    until: float | None = None
    age: str = ""


class Order(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the host. `v` stands in every one."""

    do: Do
    v: int
    patient: str = UNNAMED
    consent: ConsentSaid | None = None
    continues: str = ""
    phases: tuple[str, ...] = ()
    name: str = ""
    sessions: tuple[str, ...] = ()
    quick: bool = False


class ErasedSaid(Struct, frozen=True, omit_defaults=True):
    """What `erase` came to: documents of the outbox, lines of files, and what is left, a sentence each."""

    face: bool = False
    personal: bool = False
    outbox: int = 0
    lines: int = 0
    left: tuple[str, ...] = ()


class Glimpse(Struct, frozen=True, omit_defaults=True):
    """What the page draws of the newest frame; places are shares of the frame.

    Attributes:
        width, height: of the frame, pixels.
        outline: name of a contour (`oval`, `left_eye`, …) → its points, x and y.
        others: boxes of further faces: x, y, w, h.
        brightness: mean of the aligned crop, 0 to 1.
        sharpness: as records hold it.
        face_px: width of the face, pixels.
        hints: what would help, most urgent first: `come_closer`, `lamp_left`, …
    """

    width: int
    height: int
    outline: dict[str, list[tuple[float, float]]] = {}
    others: list[tuple[float, float, float, float]] = []
    brightness: float | None = None
    sharpness: float | None = None
    face_px: float | None = None
    hints: list[str] = []


class Report(Struct, frozen=True, omit_defaults=True):
    """A line of the daemon.

    Attributes:
        camera_open: whether the camera is open; the lamp goes by it.
        rate: frames looked at a second.
        why: of the last report: why the session ended.
        text: what went wrong, in one sentence.
        findings: of `examine`, one line of `affectbox doctor` each.
        erased: of the last report of `erase`.
    """

    state: Doing
    v: int = VERSION
    session: str = ""
    camera_open: bool = False
    camera: str = ""
    width: int = 0
    height: int = 0
    recorded: int = 0
    measured: int = 0
    skipped: int = 0
    rate: float = 0.0
    pace: float = 0.0
    paced_by: tuple[str, ...] = ()
    temperature: float | None = None
    throttled: bool | None = None
    rss: float = 0.0
    waiting: int = 0
    trouble: str = ""
    why: str = ""
    text: str = ""
    glimpse: Glimpse | None = None
    findings: list[Json] | UnsetType = UNSET
    erased: ErasedSaid | UnsetType = UNSET


_Form = TypeVar("_Form", Order, Report)


def line(said: Order | Report) -> bytes:
    """One line, with its end."""
    return json.dumps(to_builtins(said), separators=(",", ":")).encode() + b"\n"


def read_order(text: bytes) -> Order:
    """Raises `DataError`."""
    order = _read(text, Order)
    if order.v != VERSION:
        raise DataError("The host process and the camera daemon are of different versions: restart the box.")
    return order


def read_report(text: bytes) -> Report:
    """Raises `DataError`."""
    return _read(text, Report)


def _read(text: bytes, form: type[_Form]) -> _Form:
    try:
        return convert(json.loads(text), form)
    except (ValueError, RecursionError, ValidationError) as error:
        raise DataError(f"What was said is no {form.__name__.lower()} ({error}): restart the box.") from None
