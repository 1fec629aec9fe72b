"""From blocks of columns in any order to one table: each record once, in order, with its session and its true time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cloud.reading.columns import Columns, Form, Words, absent, concatenated, known
from cloud.reading.faults import Faults
from cloud.reading.sessions import Session, session_from
from cloud.reading.table import Table
from cloud.reading.timeline import Values, durations
from device.contract.boot import offset_of
from device.contract.fields import Json

_Key = tuple[str, str]
_Offsets = dict[str, dict[str, float]]
_Rows = NDArray[np.intp]


@dataclass
class Known:
    """What is known beside the rows.

    Attributes:
        events: of a session, by their numbers, by device and session.
        offsets: wall clock minus monotonic clock, by device and start of the daemon.
        patients: pseudonyms, by device and session.
    """

    events: dict[_Key, dict[int, Json]] = field(default_factory=dict)
    offsets: _Offsets = field(default_factory=dict)
    patients: dict[_Key, str] = field(default_factory=dict)

    def tell(self, event: Json, faults: Faults) -> None:
        """Take an event; if one of its number was told before, that one counts."""
        of_session = self.events.setdefault((event["device"], event["session"]), {})
        first = of_session.setdefault(event["number"], event)
        if first is not event:
            faults.repeated += first == event
            faults.conflicting += first != event


def united(blocks: list[Columns], form: Form, known: Known, words: Words, faults: Faults) -> Table:
    """The table of all blocks, which are taken apart."""
    columns = concatenated(blocks, form)
    columns.setdefault("session", absent(form.fields["session"], len(columns["boot"])))
    columns["session"] = np.where(columns["session"] < 0, columns["boot"], columns["session"])
    rows = _put_in_order(columns, form, words, faults)
    texts = tuple(words.texts)
    offsets = _offsets(columns, known, texts)
    sessions, time = [], _own_time(columns)
    for first, last in _bounds(rows):
        here = slice(first, last + 1)
        session = _session(columns, here, form, texts)
        session, time[here] = _told(session, known, offsets, columns["time.mono"][here], time[here])
        sessions.append(session)
    met = {(session.device, session.id) for session in sessions}
    nothing = np.zeros(0)
    for (device, session_id), events in known.events.items():
        if (device, session_id) not in met:
            bare = Session(session_id, device, next(iter(events.values()))["boot"])
            sessions.append(_told(bare, known, offsets, nothing, nothing)[0])
    wall = _wall(columns, offsets, texts)
    return Table(form, tuple(sessions), rows, time, wall, faults, columns, texts)


def _put_in_order(columns: Columns, form: Form, words: Words, faults: Faults) -> _Rows:
    """Order the columns in place; (N,) the number of each row's session, in the order in which they were met."""
    both = columns["device"].astype(np.int64) * len(words.texts) + columns["session"]
    _, first, inverse = np.unique(both, return_index=True, return_inverse=True)
    sessions = np.argsort(np.argsort(first))[inverse]
    order = np.lexsort((columns[form.number], sessions))
    sessions, numbers = sessions[order], columns[form.number][order]
    new = np.append(True, (np.diff(sessions) != 0) | (np.diff(numbers) != 0))[: len(order)]
    _count(columns, order[new][np.cumsum(new) - 1][~new], order[~new], faults)
    order = order[new]
    if len(order) < len(both) or (np.diff(order) != 1).any():
        for path in columns:
            columns[path] = columns[path][order]
    kept: _Rows = sessions[new]
    return kept


def _count(columns: Columns, first: _Rows, again: _Rows, faults: Faults) -> None:
    """Count the rows that came again: those that are as the first ones, and those that are not."""
    same = np.ones(len(again), bool)
    for column in columns.values():
        one, other = column[first], column[again]
        same &= (one == other) | ~(known(one) | known(other))
    faults.repeated += int(same.sum())
    faults.conflicting += int((~same).sum())


def _bounds(rows: _Rows) -> Iterator[tuple[int, int]]:
    """First and last row of each session."""
    if len(rows):
        changes = np.flatnonzero(np.diff(rows))
        yield from zip([0, *(changes + 1).tolist()], [*changes.tolist(), len(rows) - 1], strict=True)


def _session(columns: Columns, here: slice, form: Form, texts: tuple[str, ...]) -> Session:
    session, device, boot = (texts[columns[path][here.start]] for path in ("session", "device", "boot"))
    numbers = columns[form.number][here]
    begin = 1 if form.number == "seq" else int(numbers[0])
    missing = int(numbers[-1]) - begin + 1 - len(numbers)
    return Session(session, device, boot, rows=len(numbers), missing=missing)


def _told(session: Session, known: Known, offsets: _Offsets, mono: Values, own: Values) -> tuple[Session, Values]:
    """The session with what its events tell, and the times of its rows since the first one.

    Args:
        session: of the rows.
        known: its events, among others.
        offsets: of all starts.
        mono: (N,) monotonic times of its rows.
        own: (N,) times of its rows by the recording's own clock.
    """
    key = (session.device, session.id)
    events = [event for _, event in sorted(known.events.get(key, {}).items())]
    origin_s = float(own[0]) if len(own) else 0.0
    time = own - origin_s

    def clock(event: Json) -> float | None:
        at = event["time"]["mono"]
        if not len(mono) or event["boot"].partition("-")[0] != session.boot.partition("-")[0]:
            return None
        if np.array_equal(mono, own):
            return float(at - origin_s)
        return float(np.interp(at, mono, time))

    offset = offset_of(session.boot, offsets.get(session.device, {}))
    lasted_s = float(time[-1] + durations(time)[-1]) if len(time) else 0.0
    found = session_from((session.device, session.id, session.boot), events, offset, clock, lasted_s)
    patient = found.patient or known.patients.get(key, "")
    return replace(found, patient=patient, rows=session.rows, missing=session.missing, origin_s=origin_s), time


def _own_time(columns: Columns) -> Values:
    """(N,) seconds: a video's own time where there is one, else monotonic time."""
    mono: Values = columns["time.mono"]
    media = columns.get("frame.media")
    return mono.copy() if media is None else np.where(np.isnan(media), mono, media)


def _offsets(columns: Columns, known: Known, texts: tuple[str, ...]) -> _Offsets:
    """What is known of clocks, from the database, and else from the first row or event whose clock was set."""
    found = {device: dict(offsets) for device, offsets in known.offsets.items()}
    trusted = columns["time.trusted"] == 1
    for boot in np.unique(columns["boot"][trusted]):
        row = int(np.argmax(trusted & (columns["boot"] == boot)))
        of_device = found.setdefault(texts[columns["device"][row]], {})
        of_device.setdefault(texts[boot], float(columns["time.wall"][row] - columns["time.mono"][row]))
    for event in (event for events in known.events.values() for event in events.values()):
        if event["time"]["trusted"]:
            of_device = found.setdefault(event["device"], {})
            of_device.setdefault(event["boot"], event["time"]["wall"] - event["time"]["mono"])
    return found


def _wall(columns: Columns, offsets: Mapping[str, Mapping[str, float]], texts: tuple[str, ...]) -> Values:
    """(N,) seconds since 1970, NaN where nobody knows."""
    wall = np.where(columns["time.trusted"] == 1, columns["time.wall"], np.nan)
    late = np.isnan(wall)
    for device, boot in {*zip(columns["device"][late].tolist(), columns["boot"][late].tolist(), strict=True)}:
        offset = offset_of(texts[boot], offsets.get(texts[device], {}))
        here = late & (columns["device"] == device) & (columns["boot"] == boot)
        wall[here] = np.nan if offset is None else columns["time.mono"][here] + offset
    return wall
