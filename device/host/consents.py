"""The consents on this box, by pseudonym, in a private file. Without a valid one of that very person, no camera."""

import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from device.clock import Clock
from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.errors import InterlockError
from device.contract.patient import PSEUDONYM, check_pseudonym
from device.contract.session import Consent
from device.contract.typed import typed
from device.host.refusals import RefusedError
from device.host.view import Recorded, Refusal
from device.service.beginning import end_of_day
from device.state import write_private

FORMAT = 1
_UNWRITTEN = "That a consent was withdrawn cannot be written: free the card, and leave the box switched on until then."
#: One of these must be covered, or a session would record nothing.
_RECORDABLE = {"expressions", "units"}


@dataclass(frozen=True)
class _Kept:
    """One consent in the file."""

    covers: tuple[str, ...]
    by: str
    given: float
    until: float = math.inf
    revoked: float = math.inf
    age: str = ""


@dataclass(frozen=True)
class _File:
    """The file: `seen` is the latest time at which it was written by a trusted clock; before it, a clock is wrong."""

    consents: dict[str, _Kept]
    seen: float = 0.0
    format: int = FORMAT


class Consents:
    """Not safe to use from several threads; the interlock's lock is around it.

    Attributes:
        damage: why what is kept cannot be read, in a sentence; "" when it can. Nobody guesses what was agreed to: then
            there is no consent, none is recorded, and the file stays as it is.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._file, self.damage = _read(path)
        self._unwritten = False

    @property
    def trouble(self) -> str:
        """Why what is kept does not hold after a restart, or cannot be read, in a sentence; "" when all is well."""
        return self.damage or (_UNWRITTEN if self._unwritten else "")

    def all(self) -> tuple[Recorded, ...]:
        """Every consent, the newest first."""
        found = (_recorded(patient, kept) for patient, kept in self._file.consents.items())
        return tuple(sorted(found, key=lambda recorded: -recorded.consent.given))

    def record(
        self,
        patient: str,
        covers: tuple[str, ...],
        by: str,
        until_day: str = "",
        ends: float | None = None,
        age: str = "",
    ) -> Recorded:
        """Keep what a person agreed to; it replaces what they agreed to before. `ends`: seconds since 1970, where no
        day is said. `age`: of `AGES`, or ""; kept only where they may be compared with other people.

        Raises:
            ConfigError: no pseudonym, or no day.
            InterlockError: it covers nothing that is known, was given by nobody, or has ended.
            RefusedError: the card does not take it.
        """
        check_pseudonym(patient)
        self._require_whole()
        if not covers or not set(covers) <= set(COVERS):
            raise InterlockError(f"A consent covers something: any of {', '.join(COVERS)}.")
        if by not in GIVERS:
            raise InterlockError(f"A consent is given by somebody: {' or '.join(GIVERS)}.")
        if age not in ("", *AGES):
            raise InterlockError(f"How old a person is, is one of {', '.join(AGES)}.")
        until = end_of_day(until_day) if until_day else math.inf if ends is None else ends
        if until <= self._now():
            raise RefusedError(Refusal.EXPIRED)
        ordered = tuple(name for name in COVERS if name in covers)
        kept_age = age if "atypicality" in covers else ""
        self._keep(patient, _Kept(ordered, by, round(self._clock.wall(), 3), until, age=kept_age))
        return _recorded(patient, self._file.consents[patient])

    def valid(self, patient: str, offered: Recorded | None = None) -> Consent:
        """The consent by which `patient` may be watched now; `offered`: the one that somebody came with.

        Raises:
            RefusedError: there is none, it is another person's, it has ended, was withdrawn, or covers nothing.
        """
        if offered is not None and offered.patient != patient:
            raise RefusedError(Refusal.OTHER_PATIENT)
        self._require_whole()
        kept = self._file.consents.get(patient)
        if kept is None:
            raise RefusedError(Refusal.NO_CONSENT)
        if kept.revoked < math.inf:
            raise RefusedError(Refusal.REVOKED)
        if kept.until <= self._now():
            raise RefusedError(Refusal.EXPIRED)
        consent = _recorded(patient, kept).consent
        if not covers_enough(consent):
            raise RefusedError(Refusal.COVERS_NOTHING)
        return consent

    def check_unasked(self, patient: str, consent: Consent | None) -> None:
        """Whether a setting may have somebody watched by the `consent` that it tells of, with nobody asked.

        Raises:
            InterlockError: what is kept cannot be read, so who withdrew is not known.
            RefusedError: they have withdrawn, or that consent has ended or covers nothing.
        """
        self._require_whole()
        kept = self._file.consents.get(patient)
        if kept is not None and kept.revoked < math.inf:
            raise RefusedError(Refusal.REVOKED)
        if consent is not None and self.ended(consent):
            raise RefusedError(Refusal.EXPIRED)
        if consent is not None and not covers_enough(consent):
            raise RefusedError(Refusal.COVERS_NOTHING)

    def ended(self, consent: Consent) -> bool:
        """Whether a consent has ended by now."""
        return consent.until is not None and consent.until <= self._now()

    def keep_up(self) -> None:
        """Write what the card did not take; and, while the clock is known to be right, that a consent has ended: by a
        clock that has fallen back it would hold again."""
        seen, now = self._file.seen, self._seen()
        if self._unwritten or any(seen < kept.until <= now for kept in self._file.consents.values()):
            with suppress(RefusedError):
                self._write(replace(self._file, seen=now))

    def withdraw(self, patient: str, other: Consent | None = None) -> None:
        """The person agrees to nothing any more; `other`: by which they were watched, where none is recorded here.

        Raises:
            RefusedError: nothing is known of them, or the card does not take it; then it is withdrawn all the same,
                until a restart.
        """
        kept = self._file.consents.get(patient) or _kept(other)
        if kept is None:
            raise RefusedError(Refusal.NO_CONSENT)
        if kept.revoked == math.inf:
            self._keep(patient, replace(kept, revoked=round(self._clock.wall(), 3)), even_unwritten=True)

    def forget(self, patient: str) -> bool:
        """Erase a person; whether there was anything. Raises `RefusedError`: the card does not take it."""
        self._require_whole()
        try:
            self._path.with_suffix(".part").unlink(missing_ok=True)
        except OSError:
            raise RefusedError(Refusal.NOT_KEPT) from None
        if patient not in self._file.consents:
            return False
        left = {name: kept for name, kept in self._file.consents.items() if name != patient}
        self._write(_File(left, self._seen()))
        return True

    def _require_whole(self) -> None:
        if self.damage:
            raise InterlockError(self.damage)

    def _keep(self, patient: str, kept: _Kept, even_unwritten: bool = False) -> None:
        changed = _File(self._file.consents | {patient: kept}, self._seen())
        if even_unwritten:
            self._file, self._unwritten = changed, True
        self._write(changed)

    def _write(self, changed: _File) -> None:
        if self.damage:  # the file stays as it is
            raise RefusedError(Refusal.NOT_KEPT)
        try:
            write_private(self._path, json.dumps(_json(changed), indent=1).encode())
        except OSError:
            raise RefusedError(Refusal.NOT_KEPT) from None
        self._file, self._unwritten = changed, False

    def _now(self) -> float:
        """The wall time, but not before what was seen already: a box without a clock battery wakes in the past."""
        return max(self._clock.wall(), self._file.seen)

    def _seen(self) -> float:
        return self._now() if self._clock.trusted() else self._file.seen


def covers_enough(consent: Consent) -> bool:
    """Whether a consent covers anything that a session records."""
    return bool(_RECORDABLE & set(consent.covers))


def _recorded(patient: str, kept: _Kept) -> Recorded:
    until = kept.until if kept.until < math.inf else None
    revoked = kept.revoked if kept.revoked < math.inf else None
    return Recorded(patient, Consent(kept.covers, kept.by, kept.given, until, kept.age), revoked)


def _kept(consent: Consent | None) -> _Kept | None:
    if consent is None:
        return None
    until = math.inf if consent.until is None else consent.until
    return _Kept(consent.covers, consent.by, consent.given, until, age=consent.age)


def _json(file: _File) -> dict[str, Any]:
    consents = {
        patient: {name: value for name, value in vars(kept).items() if value not in (math.inf, "")}
        for patient, kept in file.consents.items()
    }
    return {"format": file.format, "seen": file.seen, "consents": consents}


def _refuse(constant: str) -> None:
    """NaN is no time: a consent until then would never end, one withdrawn then would hold. Raises `ValueError`."""
    raise ValueError(constant)


def _read(path: Path) -> tuple[_File, str]:
    """What is kept, and why it cannot be read."""
    try:
        file: _File = typed(_File, json.loads(path.read_bytes(), parse_constant=_refuse))
    except FileNotFoundError:
        return _File({}), ""
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or "it is damaged"
        return _File({}), (
            f"The consents in {path} cannot be read ({said}), so nobody is watched: move that file away to begin "
            "anew, and ask everybody again."
        )
    if file.format != FORMAT or not all(PSEUDONYM.fullmatch(patient) for patient in file.consents):
        return _File({}), f"The consents in {path} are of another version: update Affectbox, or go back to it."
    return file, ""
