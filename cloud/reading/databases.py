"""Sessions in databases: which there are, of a patient or a box, and all that is held of one.

Several databases are asked, one after another, and what they hold is united by identity. Boxes of before wrote packs
below other roots, and named no patients; both are read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cloud.reading.belonging import belonging, is_session, visit
from cloud.reading.columns import MINUTES, RECORDS, SECONDS, Form
from cloud.reading.database import Database
from cloud.reading.faults import Faults
from cloud.reading.gathering import Gathering
from cloud.reading.signin import Credential
from cloud.reading.table import Table
from device.contract import aggregate, boot, pack, patient, record, session, support
from device.contract.boot import offset_of, wall_time
from device.contract.choices import DEVICE_ID
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.record import started_s

#: Where boxes of before wrote packs of records, and of seconds.
_OLD_PACKS = {RECORDS.of: "frames", SECONDS.of: "spans"}
_ALONE = {RECORDS.of: record.ROOT, SECONDS.of: aggregate.SECONDS_ROOT, MINUTES.of: aggregate.MINUTES_ROOT}
_LETTERS = {RECORDS.of: "s", SECONDS.of: "t", MINUTES.of: "n"}


@dataclass(frozen=True)
class Listed:
    """A session as a database lists it; `began` in seconds since 1970, None where nobody knows; `why` it ended, ''
    where nobody told; `patient` '' where nobody said."""

    began: float | None
    device: str
    session: str
    patient: str = ""
    why: str = ""
    phases: tuple[str, ...] = ()


def visits_of(pseudonym: str, visits: Json) -> list[Listed]:
    """The sessions of a patient that `visits/PATIENT` holds, by when they began, as far as their events are valid."""
    found = {own: _told(*own, pseudonym, events) for key, events in visits.items() if (own := visit(key))}
    return _in_order({own: _listed(*own, pseudonym, told, {}) for own, told in found.items() if told})


class Databases:
    """One or several databases as one.

    Attributes:
        faults: what lists of sessions and clocks passed over.
    """

    def __init__(self, urls: Iterable[str], credential: Credential | None = None) -> None:
        """Raises `SinkError`: no address, or one that would show the token to the network."""
        self.faults = Faults()
        self._all = [Database(url, credential) for url in urls]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for database in self._all:
            database.__exit__()

    def of_patient(self, pseudonym: str) -> list[Listed]:
        """The sessions of a patient, by when they began. Raises as `Database.get`."""
        found: dict[tuple[str, str], Listed] = {}
        for database in self._all:
            offsets: dict[str, dict[str, float]] = {}
            for key, events in database.object(f"{session.ROOT}/{pseudonym}").items():
                if own := visit(key):
                    told = _told(*own, pseudonym, events)
                    if self._is_theirs(pseudonym, told, database.note(patient.key(*own))):
                        one = _listed(*own, pseudonym, told, {})
                        if one.began is None:  # its clock was set only later
                            if one.device not in offsets:
                                offsets[one.device] = _offsets(_clocks(database, one.device, Faults()))
                            one = _listed(*own, pseudonym, told, offsets[one.device])
                        found[own] = one
                else:
                    self.faults.quarantined["visit of no box and session"] += 1
        return _in_order(found)

    def of_device(self, device: str) -> list[Listed]:
        """The sessions of a box, by when they began. Raises as `Database.get`."""
        found: dict[tuple[str, str], Listed] = {}
        for database in self._all:
            whom = database.object(f"{patient.ROOT}/{device}")
            roots = (pack.ROOT, _OLD_PACKS[RECORDS.of], record.ROOT)
            others = {one for root in roots for one in database.may(f"{root}/{device}", shallow="true")}
            offsets = _offsets(_clocks(database, device, Faults()))
            for session_id in self._sessions({*whom, *others}):
                pseudonym = _pseudonym(whom.get(session_id))
                events = database.may(_visit(device, session_id, pseudonym)) if pseudonym else {}
                one = _listed(device, session_id, pseudonym, _told(device, session_id, pseudonym, events), offsets)
                known = found.get((device, session_id))
                if known is None or (one.patient and not known.patient):
                    found[device, session_id] = one
        return _in_order(found)

    def devices(self) -> list[str]:
        """Every box of which there is a session. Raises `IdentityError`: whoever asks may not read of all boxes."""
        roots = (patient.ROOT, pack.ROOT, record.ROOT, _OLD_PACKS[RECORDS.of])
        keys = {key for one in self._all for root in roots for key in one.object(root, shallow="true")}
        return sorted(key for key in keys if DEVICE_ID.fullmatch(key))

    def staff(self, uid: str) -> tuple[str, list[str], list[str]]:
        """Somebody's role, '' for none, patients and boxes, as they may read it themselves. Raises `DataError`."""
        found = [one.may(f"staff/{uid}") for one in self._all]
        role = next((held["role"] for held in found if isinstance(held.get("role"), str)), "")
        patients, devices = (
            sorted({key for held in found for key in _names(held.get(name))}) for name in ("patients", "devices")
        )
        return role, patients, devices

    def table(
        self, sessions: Sequence[Listed], seconds: bool = False, minutes: bool = False, said: bool = False
    ) -> Table:
        """Everything that is held of these sessions; their records, or the aggregates of seconds or of minutes.

        What diagnosis support `said` is read only for whoever asks for it, and may read it.

        Raises:
            DataError, IdentityError: as `Database.get`.
        """
        form = MINUTES if minutes else SECONDS if seconds else RECORDS
        gathering = Gathering(form)
        for device in {one.device for one in sessions}:
            for clock in self.clocks(device):
                gathering.clock(clock)
        for database in self._all:
            for one in sessions:
                _gather(database, one, gathering, form, (session.ROOT, support.ROOT) if said else (session.ROOT,))
        gathering.faults.quarantined.update(self.faults.quarantined)
        return gathering.table()

    def clocks(self, device: str) -> list[Any]:
        """What is known of a box's clock, as far as whoever asks may read it. Raises `DataError`."""
        return [clock for database in self._all for clock in _clocks(database, device, self.faults)]

    def documents(self, device: str, session_id: str) -> Iterator[Json]:
        """The records of a session as they were written, without what does not unpack. Raises as `Database.get`."""
        for database in self._all:
            yield from _below(database.object(f"{record.ROOT}/{device}/{session_id}"), "s")
            for root in (pack.ROOT, _OLD_PACKS[RECORDS.of]):
                for packed in _below(database.may(f"{root}/{device}/{session_id}"), "s"):
                    yield from _unpacked(packed)

    def _is_theirs(self, pseudonym: str, told: list[Json], noted: Any) -> bool:
        """Whether a visit is this patient's: by the box's note of whom it watched, else by what the visit tells."""
        theirs = noted == pseudonym if noted is not None else bool(told)
        if not theirs:
            self.faults.quarantined["visit that is not this patient's"] += 1
        return theirs

    def _sessions(self, keys: Iterable[str]) -> Iterator[str]:
        """The keys that are ids of sessions."""
        for key in keys:
            if is_session(key):
                yield key
            else:
                self.faults.quarantined["key that is no session's id"] += 1


def _gather(database: Database, one: Listed, gathering: Gathering, form: Form, told: Sequence[str]) -> None:
    """Take what a database holds of a session; `told`: the roots of events."""
    of, place, letter = form.of, f"{one.device}/{one.session}", _LETTERS[form.of]
    own = {"device": one.device, "session": one.session}

    def ours(found: Json, what: str) -> list[Any]:
        return belonging(_below(found, letter), own, what, gathering.faults)

    if form is not MINUTES:
        gathering.packs(ours(database.object(f"{pack.ROOT}/{place}"), "pack"))
        gathering.packs(ours(database.may(f"{_OLD_PACKS[of]}/{place}"), "pack"))
    gathering.documents(ours(database.object(f"{_ALONE[of]}/{place}"), of.removesuffix("s")))
    if one.patient:
        gathering.watched(one.device, one.session, one.patient)
        for root in told:
            events = _events(database.may(_visit(one.device, one.session, one.patient, root)))
            for event in belonging(events, own | {"patient": one.patient}, "event", gathering.faults):
                gathering.event(event)


def _clocks(database: Database, device: str, faults: Faults) -> list[Any]:
    found: list[Any] = []
    for key, clock in database.may(f"{boot.ROOT}/{device}").items():
        found += belonging([clock], {"device": device, "boot": key}, "clock", faults)
    return found


def _names(found: Any) -> list[str]:
    return [key for key, there in found.items() if there is True] if isinstance(found, dict) else []


def _below(found: Json, letter: str) -> list[Any]:
    """The documents of a session in the order of their keys: those of records, or of seconds."""
    return [found[key] for key in sorted(found) if key.startswith(letter)]


def _unpacked(packed: Json) -> list[Json]:
    try:
        return pack.unpack(packed)
    except DataError:
        return []


def _visit(device: str, session_id: str, pseudonym: str, root: str = session.ROOT) -> str:
    return f"{root}/{pseudonym}/{device}~{session_id}"


def _events(found: Any) -> list[Any]:
    return [found[key] for key in sorted(found)] if isinstance(found, dict) else []


def _told(device: str, session_id: str, pseudonym: str, visit: Any) -> list[Json]:
    """The valid events of a visit that are its own."""
    own = {"device": device, "session": session_id, "patient": pseudonym}
    return [one for one in belonging(_events(visit), own, "event", Faults()) if _is_valid(session.validate, one)]


def _offsets(clocks: Iterable[Any]) -> dict[str, float]:
    return {clock["boot"]: clock["offset"] for clock in clocks if _is_valid(boot.validate, clock)}


def _listed(device: str, session_id: str, pseudonym: str, told: list[Json], offsets: dict[str, float]) -> Listed:
    offset = offset_of(session_id, offsets)
    began = next((wall_time(event, offset) for event in told if event["event"] == session.Event.BEGAN), None)
    if began is None and offset is not None:
        began = started_s(session_id) + offset
    why = next((event["why"] for event in reversed(told) if "why" in event), "")
    phases = tuple(event["name"] for event in told if event["event"] == session.Event.PHASE and "name" in event)
    return Listed(began, device, session_id, pseudonym, why, phases)


def _pseudonym(told: Any) -> str:
    """What the database notes of whom a session watched, '' where that is none."""
    return told if isinstance(told, str) and patient.PSEUDONYM.fullmatch(told) else ""


def _is_valid(validate: Callable[[Any], None], document: Any) -> bool:
    try:
        validate(document)
    except DataError:
        return False
    return True


def _in_order(found: dict[tuple[str, str], Listed]) -> list[Listed]:
    return sorted(found.values(), key=lambda one: (one.began or 0.0, one.device, one.session))
