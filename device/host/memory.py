"""What the host process must know after a restart: whose session was open, the last ones, whom the button begins, who
is to be purged, which commands from afar were carried out. A private file."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from device.contract.errors import StorageError
from device.contract.typed import typed
from device.host.view import Past
from device.state import write_private

FORMAT = 1
_PAST = 50
_ANSWERED = 100
#: With which an answer begins where the command was refused; so releases of before, which know answers as texts, read
#: the file.
_REFUSED = "– "


@dataclass(frozen=True)
class Remembered:
    """The file.

    Attributes:
        open: the session that is open: its `ended` is its beginning until it ends.
        past: the last sessions, the newest first.
        revoking: pseudonym → sessions of which what was not sent is still to be purged.
        answered: id of a command from afar → what was answered; see `Memory.answered`.
    """

    open: tuple[Past, ...] = ()
    past: tuple[Past, ...] = ()
    prepared: str = ""
    revoking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


class Memory:
    """Not safe to use from several threads; the interlock's lock is around it.

    Attributes:
        now: what is remembered.
        damage: why the file could not be read, or not be written when last tried; "" when it could.
    """

    def __init__(self, path: Path) -> None:
        """A file that cannot be read is set aside."""
        self._path = path
        self.damage, self._unwritten = "", False
        self.now = self._read()

    def keep(self, **changed: object) -> None:
        """Change what is remembered. A card that takes nothing is told by `damage`; it is known until a restart."""
        self.now = replace(self.now, **changed)  # type: ignore[arg-type]
        try:
            write_private(self._path, json.dumps(asdict(self.now)).encode())
            self.damage, self._unwritten = "", False
        except OSError as error:
            self._unwritten = True
            self.damage = f"What must be known after a restart cannot be written ({error.strerror}): free the card."

    def keep_up(self) -> None:
        """Write what the card did not take."""
        if self._unwritten:
            self.keep()

    def over(self, past: Past) -> None:
        """A session ended."""
        self.keep(open=(), past=(past, *self.now.past)[:_PAST])

    def answer(self, command: str, text: str, done: bool) -> None:
        """A command from afar was carried out, or refused."""
        others = [(name, said) for name, said in self.now.answered.items() if name != command]
        self.keep(answered=dict([*others[1 - _ANSWERED :], (command, text if done else _REFUSED + text)]))

    def answered(self, command: str) -> tuple[str, bool] | None:
        """What was answered to a command from afar, and whether it was done; None where it is a new one."""
        said = self.now.answered.get(command)
        return None if said is None else (said.removeprefix(_REFUSED), not said.startswith(_REFUSED))

    def sessions_of(self, patient: str) -> tuple[str, ...]:
        """Every session of a person of which this process knows."""
        of = [past for past in (*self.now.open, *self.now.past) if past.patient == patient]
        return tuple(dict.fromkeys(session for past in of for session in past.sessions))

    def knows(self, patient: str) -> bool:
        """Whether anything of a person is remembered."""
        now = self.now
        return patient in (now.prepared, *now.revoking, *(past.patient for past in (*now.open, *now.past)))

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self._path.parent

    def forget(self, patient: str) -> None:
        """Erase a person, also from a file that was set aside. Raises `StorageError`: that stays there."""
        aside = self._path.with_suffix(".damaged")
        try:
            self._path.with_suffix(".part").unlink(missing_ok=True)
            if aside.exists() and patient.encode() in aside.read_bytes():
                aside.unlink()
        except OSError as error:
            raise StorageError(f"{aside} cannot be erased ({error.strerror}): check the folder's owner.") from error
        self.keep(
            open=tuple(past for past in self.now.open if past.patient != patient),
            past=tuple(past for past in self.now.past if past.patient != patient),
            prepared="" if self.now.prepared == patient else self.now.prepared,
            revoking={name: sessions for name, sessions in self.now.revoking.items() if name != patient},
        )

    def _read(self) -> Remembered:
        try:
            found: Remembered = typed(Remembered, json.loads(self._path.read_bytes()))
            if found.format == FORMAT:
                return found
        except FileNotFoundError:
            return Remembered()
        except (OSError, ValueError, RecursionError):
            pass
        with suppress(OSError):
            self._path.replace(self._path.with_suffix(".damaged"))
        self.damage = "What the box knew of its last sessions could not be read, and was set aside."
        return Remembered()
