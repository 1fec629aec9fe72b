"""Persons who are to be erased from this box because somebody afar asked for it, any number of them.

    asked ─► a session of theirs is ended, camera first; the consent withdrawn, so none begins
          ─► the daemon: outbox, files, face at rest, bundles of their own      (a purge, `device.host.running`)
          ─► here: consents, memory of sessions ─► the proof is kept, by the name of the request

Whoever brought the request asks again until there is the proof. A power cut costs nothing: the request stands in the
database until the proof does, and all of it can be repeated. Where something could not be erased, it is tried again
by and by while no session is open.
"""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from msgspec import UNSET

from device.clock import Clock
from device.contract import erasure
from device.contract.control import ErasedSaid, Report
from device.contract.errors import InterlockError, StorageError
from device.contract.fields import Json
from device.contract.patient import PSEUDONYM
from device.contract.session import UNNAMED
from device.contract.typed import typed
from device.host.consents import Consents
from device.host.jobs import Erasing
from device.host.memory import Memory
from device.host.running import Running
from device.state import write_private

FILE = "erased.json"
FORMAT = 1
_MOST = 100
#: More sessions than that are not named to the daemon: an order is one line. It knows them, too.
_NAMED = 1000
#: What could not be erased is tried again after so long, then after twice that, and at last as often, seconds.
_AGAIN_S, _LONGEST_AGAIN_S = 240.0, 3600.0
_GOES_ON = "This person is just being erased from the box: try again when that is done."


@dataclass(frozen=True)
class Proof:
    """What one request came to, as `device.contract.erasure` has it."""

    face: bool = False
    consent: bool = False
    personal: bool = False
    outbox: int = 0
    lines: int = 0
    left: str = ""

    def document(self, request: str) -> Json:
        """The document, but for the time that the database fills in."""
        absent = {name for name in ("personal", "left") if not getattr(self, name)}
        said = {"v": erasure.VERSION, "id": request} | asdict(self)
        return {name: value for name, value in said.items() if name not in absent}


@dataclass(frozen=True)
class _File:
    proofs: dict[str, Proof] = field(default_factory=dict)
    format: int = FORMAT


class Proofs:
    """The proofs of the last requests, in a private file without pseudonyms."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def of(self, request: str) -> Proof | None:
        """The proof of a request; None where there is none yet."""
        return self._known.get(request)

    def keep(self, request: str, proof: Proof) -> None:
        """Keep a proof; what the card does not take is known until a restart, and then erased again."""
        others = [(name, kept) for name, kept in self._known.items() if name != request]
        self._known = dict([*others[1 - _MOST :], (request, proof)])
        with suppress(OSError):
            write_private(self._path, json.dumps(asdict(_File(self._known))).encode())


class Erasures:
    """Called with the interlock's lock held."""

    def __init__(
        self,
        running: Running,
        memory: Memory,
        consents: Consents,
        clock: Clock,
        tell: Callable[[str], None],
        end: Callable[[str], object],
    ) -> None:
        """`end`: ends a person's session and withdraws their consent."""
        self._running, self._memory, self._consents, self._clock = running, memory, consents, clock
        self._tell, self._end = tell, end
        self._proofs = Proofs(memory.folder / FILE)
        self._waiting: dict[str, str] = {}
        #: By request: when it may be tried again, and after how long that was.
        self._again_s: dict[str, tuple[float, float]] = {}

    def ask(self, patient: str, request: str) -> Json | None:
        """Erase a person, as a request of that name asks; the proof, once there is one.

        Raises:
            InterlockError: that is no pseudonym.
        """
        if patient == UNNAMED or not PSEUDONYM.fullmatch(patient):
            raise InterlockError("Who is to be erased is named by a pseudonym.")
        proof = self._proofs.of(request)
        if proof is not None and not (proof.left and self._due(request)):
            return proof.document(request)
        if patient not in self._waiting:
            self._waiting[patient] = request
            self._end(patient)
            self._tell("A person is to be erased from this box (afar).")
        self.next()
        return None

    def require_staying(self, patient: str) -> None:
        """Raises `InterlockError`: that person is being erased."""
        if patient in self._waiting:
            raise InterlockError(_GOES_ON)

    def next(self) -> None:
        """Want the next one that can be: not while a session of that very person is being ended."""
        session = self._running.session
        if self._running.erasing is not None:
            return
        whose = session.patient if session else ""
        patient = next((name for name in self._waiting if name != whose), None)
        if patient is not None:
            sessions = self._memory.sessions_of(patient)[:_NAMED]
            self._running.erasing = Erasing(patient, self._waiting[patient], sessions, session is not None)

    def over(self, erasing: Erasing, report: Report) -> None:
        """The daemon has done its part; do the rest, and keep the proof."""
        said = ErasedSaid() if report.erased is UNSET else report.erased
        left = [*said.left]
        patient, request = erasing.patient, erasing.request
        known = self._memory.knows(patient)
        try:
            known |= self._consents.forget(patient)
            if not left:  # else it still tells which sessions are theirs
                self._memory.forget(patient)
                left += [self._memory.damage] if self._memory.damage else []
        except (InterlockError, StorageError) as error:
            left.append(str(error))
        before = self._proofs.of(request) or Proof()
        words = " ".join(left).replace(patient, "…")[: erasure.LONGEST_LEFT]
        outbox, lines = before.outbox + said.outbox, before.lines + said.lines
        face, personal = before.face or said.face, before.personal or said.personal
        self._proofs.keep(request, Proof(face, before.consent or known, personal, outbox, lines, words))
        self._waiting.pop(patient, None)
        pause_s = min(2 * self._again_s.get(request, (0.0, _AGAIN_S / 2))[1], _LONGEST_AGAIN_S)
        self._again_s[request] = self._clock.monotonic() + pause_s, pause_s
        self._tell(
            f"A person could not be erased from this box as a whole: {words}" if left else "A person was erased."
        )
        self.next()

    def _due(self, request: str) -> bool:
        again_s, _ = self._again_s.get(request, (-math.inf, 0.0))
        return self._running.session is None and self._clock.monotonic() >= again_s


def _read(path: Path) -> dict[str, Proof]:
    try:
        file: _File = typed(_File, json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}
    return file.proofs if file.format == FORMAT else {}
