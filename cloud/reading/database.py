"""Sessions in databases: which there are, of a patient or a box, and all that is held of one.

Several databases are asked, one after another, and what they hold is united by identity. Boxes of before wrote packs
below other roots, and named no patients; both are read.
"""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

from cloud.reading.client import Exchange, Place, UnansweredError
from cloud.reading.columns import RECORDS, SECONDS
from cloud.reading.gathering import Gathering
from cloud.reading.signin import Credential
from cloud.reading.table import Table
from device.contract import aggregate, boot, pack, patient, record, session
from device.contract.address import parse_url, printable
from device.contract.boot import offset_of, wall_time
from device.contract.errors import DataError, IdentityError
from device.contract.fields import Json
from device.contract.record import started_s

_TIMEOUT_S = 60.0
#: Where boxes of before wrote packs of records, and of seconds.
_OLD_PACKS = {RECORDS.of: "frames", SECONDS.of: "spans"}
_ALONE = {RECORDS.of: record.ROOT, SECONDS.of: aggregate.SECONDS_ROOT}


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


class Database:
    """One database, read as whoever the credential is."""

    def __init__(self, url: str, credential: Credential | None = None, timeout_s: float = _TIMEOUT_S) -> None:
        """`timeout_s` bounds each request. Raises `SinkError`: no address."""
        place = parse_url(url)
        self._name = place.host
        self._query = {"ns": place.namespace} if place.namespace else {}
        self._credential = credential
        self._exchange = Exchange(Place(place.secure, place.host, place.port), timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def get(self, path: str, **query: str) -> Any:
        """What stands at a path, None where nothing does.

        Raises:
            DataError: no answer, or somebody else's.
            IdentityError: whoever asks may not read it.
        """
        own = self._credential.query() if self._credential else {}
        headers = self._credential.headers() if self._credential else {}
        target = f"/{quote(path)}.json?{urlencode(self._query | query | own)}"
        try:
            status, content = self._exchange.ask("GET", target, headers=headers)
            if status == http.client.OK:
                return json.loads(content)
        except UnansweredError as error:
            raise DataError(f"The database at {self._name} {error}.") from None
        except (ValueError, RecursionError):
            raise DataError(
                f"What answers at {self._name} is no database: does this network want a sign-in?"
            ) from None
        raise self._refusal(status, content.decode(errors="replace"), printable(path))

    def object(self, path: str, **query: str) -> Json:
        """The object at a path, empty where there is none. Raises as `get`."""
        found = self.get(path, **query)
        return found if isinstance(found, dict) else {}

    def may(self, path: str, **query: str) -> Json:
        """The same, and empty where whoever asks may not read it. Raises `DataError`."""
        try:
            return self.object(path, **query)
        except IdentityError:
            return {}

    def _refusal(self, status: int, body: str, path: str) -> Exception:
        if status not in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            return DataError(f"The database at {self._name} answers {status}: check the address.")
        if "expired" in body.lower():
            return IdentityError("The token has expired: sign in again.")
        if self._credential is None:
            return IdentityError(f"The database at {self._name} does not show {path} to everybody: sign in (--email).")
        if "denied" not in body.lower():
            return IdentityError(f"The database at {self._name} does not accept the token: sign in again.")
        return IdentityError(f"Your account may not read {path}: ask who administers the database to allow it.")


class Databases:
    """One or several databases as one."""

    def __init__(self, urls: Iterable[str], credential: Credential | None = None) -> None:
        """Raises `SinkError`: no address."""
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
            for visit, events in database.object(f"{session.ROOT}/{pseudonym}").items():
                device, _, session_id = visit.partition("~")
                found[device, session_id] = _listed(device, session_id, pseudonym, _events(events), {})
        return _in_order(found)

    def of_device(self, device: str) -> list[Listed]:
        """The sessions of a box, by when they began. Raises as `Database.get`."""
        found: dict[tuple[str, str], Listed] = {}
        for database in self._all:
            whom = database.object(f"{patient.ROOT}/{device}")
            roots = (pack.ROOT, _OLD_PACKS[RECORDS.of], record.ROOT)
            others = {one for root in roots for one in database.may(f"{root}/{device}", shallow="true")}
            offsets = _offsets(database.may(f"{boot.ROOT}/{device}"))
            for session_id in {*whom, *others}:
                pseudonym = _pseudonym(whom.get(session_id))
                events = _events(database.may(_visit(device, session_id, pseudonym))) if pseudonym else []
                one = _listed(device, session_id, pseudonym, events, offsets)
                known = found.get((device, session_id))
                if known is None or (one.patient and not known.patient):
                    found[device, session_id] = one
        return _in_order(found)

    def table(self, sessions: Sequence[Listed], seconds: bool = False) -> Table:
        """Everything that is held of these sessions; their records, or the aggregates of seconds.

        Raises:
            DataError, IdentityError: as `Database.get`.
        """
        gathering = Gathering(SECONDS if seconds else RECORDS)
        for device in {one.device for one in sessions}:
            for clock in self.clocks(device):
                gathering.clock(clock)
        for database in self._all:
            for one in sessions:
                _gather(database, one, gathering, SECONDS.of if seconds else RECORDS.of)
        return gathering.table()

    def clocks(self, device: str) -> list[Any]:
        """What is known of a box's clock, as far as whoever asks may read it. Raises `DataError`."""
        return [clock for database in self._all for clock in database.may(f"{boot.ROOT}/{device}").values()]

    def documents(self, device: str, session_id: str) -> Iterator[Json]:
        """The records of a session as they were written, without what does not unpack. Raises as `Database.get`."""
        for database in self._all:
            yield from _below(database.object(f"{record.ROOT}/{device}/{session_id}"), "s")
            for root in (pack.ROOT, _OLD_PACKS[RECORDS.of]):
                for packed in _below(database.may(f"{root}/{device}/{session_id}"), "s"):
                    yield from _unpacked(packed)


def _gather(database: Database, one: Listed, gathering: Gathering, of: str) -> None:
    place, letter = f"{one.device}/{one.session}", "s" if of == RECORDS.of else "t"
    gathering.packs(_below(database.object(f"{pack.ROOT}/{place}"), letter))
    gathering.packs(_below(database.may(f"{_OLD_PACKS[of]}/{place}"), letter))
    gathering.documents([*_below(database.object(f"{_ALONE[of]}/{place}"), letter)])
    if one.patient:
        gathering.watched(one.device, one.session, one.patient)
        for event in _events(database.may(_visit(one.device, one.session, one.patient))):
            gathering.event(event)


def _below(found: Json, letter: str) -> list[Any]:
    """The documents of a session in the order of their keys: those of records, or of seconds."""
    return [found[key] for key in sorted(found) if key.startswith(letter)]


def _unpacked(packed: Json) -> list[Json]:
    try:
        return pack.unpack(packed)
    except DataError:
        return []


def _visit(device: str, session_id: str, pseudonym: str) -> str:
    return f"{session.ROOT}/{pseudonym}/{device}~{session_id}"


def _events(found: Any) -> list[Any]:
    return [found[key] for key in sorted(found)] if isinstance(found, dict) else []


def _offsets(clocks: Json) -> dict[str, float]:
    return {name: clock["offset"] for name, clock in clocks.items() if _is_valid(boot.validate, clock)}


def _listed(device: str, session_id: str, pseudonym: str, events: list[Any], offsets: dict[str, float]) -> Listed:
    told = [event for event in events if _is_valid(session.validate, event)]
    offset = offset_of(session_id, offsets)
    began = next((wall_time(event, offset) for event in told if event["event"] == session.Event.BEGAN), None)
    if began is None and offset is not None:
        began = started_s(session_id) + offset
    why = next((event["why"] for event in told if "why" in event), "")
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
