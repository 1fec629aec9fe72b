"""Sessions in files, one at a time: an index of where the rows of each stand, so that no more than one session is ever
in memory, however many a file holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud.reading import lines, parquet
from cloud.reading.belonging import is_session, visit
from cloud.reading.databases import Listed
from cloud.reading.faults import Faults
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract import boot, session
from device.contract.choices import DEVICE_ID
from device.contract.errors import DataError
from device.contract.fields import Json

Key = tuple[str, str]


@dataclass
class _Held:
    """What the files hold of one session: `places`, path → where its rows stand (bytes from and to; of Parquet the
    whole file); its valid events, by their numbers; and whom it watched, where an event does not tell."""

    places: dict[Path, list[tuple[int, int]]] = field(default_factory=dict)
    events: dict[int, Json] = field(default_factory=dict)
    patient: str = ""


class Pieces:
    """The sessions of one or several files; what is in two of them is united by identity.

    Attributes:
        faults: what belongs to no session: counted while the files were looked through.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        """Look through the files. Raises `DataError`, `RuntimeMissingError`."""
        self.faults = Faults()
        self._held: dict[Key, _Held] = {}
        self._clocks: dict[Key, Json] = {}
        for path in paths:
            (self._look_into_parquet if path.suffix == ".parquet" else self._look_into_lines)(path)

    def listed(self) -> list[Listed]:
        """The sessions, in the order in which they were met."""
        found = []
        for (device, session_id), held in self._held.items():
            told = [event for _, event in sorted(held.events.items())]
            why = next((event["why"] for event in reversed(told) if "why" in event), "")
            patient = told[0]["patient"] if told else held.patient
            found.append(Listed(None, device, session_id, patient, why))
        return found

    def table(self, one: Listed) -> Table:
        """All rows and events of a session. Raises `DataError`: a file is not what it was."""
        key = (one.device, one.session)
        held, gathering = self._held[key], Gathering()
        for clock in (clock for (device, _), clock in self._clocks.items() if device == one.device):
            gathering.clock(clock)
        for event in held.events.values():
            gathering.event(event)
        for path, places in held.places.items():
            if path.suffix == ".parquet":
                parquet.gather(path, gathering, key)
            else:
                for begin, end in places:
                    ours = (one for one in lines.between(path, begin, end) if _key(one) == key)
                    gathering.documents([one for one in ours if not session.is_event(one)])
        return gathering.table()

    def _look_into_lines(self, path: Path) -> None:
        for begin, end, documents in lines.groups(path, self.faults):
            for document in documents:
                key = _key(document)
                if key is None:
                    self.faults.quarantined["What names no box or no session is no record"] += 1
                elif session.is_event(document):
                    self._event(key, document)
                else:
                    places = self._held.setdefault(key, _Held()).places.setdefault(path, [])
                    if not places or places[-1] != (begin, end):
                        places.append((begin, end))
                    self._clock(key[0], document)

    def _look_into_parquet(self, path: Path) -> None:
        there, told = parquet.held(path)
        for key in there:
            self._held.setdefault(key, _Held()).places[path] = []
        for event in told.get(parquet.EVENTS, []):
            if (own := _key(event)) is not None:
                self._event(own, event)
        for place, patient in told.get(parquet.WHOM, {}).items():
            if (watched := visit(place)) and isinstance(patient, str):
                self._held.setdefault(watched, _Held()).patient = patient

    def _event(self, key: Key, event: Json) -> None:
        try:
            session.validate(event)
        except DataError as error:
            self.faults.quarantined[str(error)] += 1
            return
        first = self._held.setdefault(key, _Held()).events.setdefault(event["number"], event)
        if first is not event:
            self.faults.repeated += first == event
            self.faults.conflicting += first != event

    def _clock(self, device: str, document: Json) -> None:
        """Take the clock of a start from its first row by a clock that was set."""
        time, start = document.get("time"), document.get("boot")
        if (device, start) in self._clocks or not isinstance(time, dict) or time.get("trusted") is not True:
            return
        try:
            offset, mono = time["wall"] - time["mono"], time["mono"]
            own = {"v": boot.VERSION, "device": device, "boot": start}
            clock = own | {"offset": offset, "mono": mono, "trusted": True}
            boot.validate(clock)
        except (KeyError, TypeError, DataError):
            return
        self._clocks[device, str(start)] = clock


def files(paths: Iterable[Path]) -> list[Path]:
    """The files of records among these paths and in folders among them. Raises `DataError`: a folder has none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = sorted(one for one in path.rglob("*") if one.suffix in (".jsonl", ".parquet") and one.is_file())
            if not below:
                raise DataError(f"{path} holds no file of records (.jsonl, .parquet): name a file, or another folder.")
            found += below
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _key(document: Any) -> Key | None:
    """Box and session that a document names; None for what can be none of ours."""
    if not isinstance(document, dict):
        return None
    device, named = document.get("device"), document.get("session", document.get("boot"))
    if not isinstance(device, str) or not isinstance(named, str):
        return None
    return (device, named) if DEVICE_ID.fullmatch(device) and is_session(named) else None
