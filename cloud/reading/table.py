"""The table: one row a record, columns by field path, and the sessions that the rows belong to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cloud.reading.columns import Columns, Form, absent, known
from cloud.reading.faults import Faults
from cloud.reading.sessions import Session
from cloud.reading.timeline import Mask, Values, durations
from device.contract.errors import DataError
from device.contract.fields import Field

Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows by session, and by their numbers within one.

    Attributes:
        form: what the rows are: records, or the aggregates of seconds.
        sessions: in the order in which they were met; some may have no row.
        session: (N,) number of each row's session.
        time: (N,) seconds since the session's first row; by the video's own time where it has one.
        wall: (N,) seconds since 1970, corrected where the clock was set only later; NaN where nobody knows.
        faults: what was passed over.
    """

    form: Form
    sessions: tuple[Session, ...]
    session: NDArray[np.intp]
    time: Values
    wall: Values
    faults: Faults
    columns: Columns
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that some row has, in the order of the contract."""
        return tuple(path for path in self.form.fields if path in self.columns)

    @cached_property
    def durations(self) -> Values:
        """(N,) seconds for which each row stands, see `timeline.durations`; sessions do not reach into each other."""
        rows = [self.session == number for number in range(len(self.sessions))]
        found = np.zeros(len(self))
        for mask in rows:
            found[mask] = durations(self.time[mask])
        return found

    @property
    def measured(self) -> Mask:
        """(N,) whether the face was measured."""
        return self.is_text("status", "measured")

    def values(self, path: str) -> Values:
        """(N,) numbers of a field, booleans as 0 and 1; NaN where a row lacks it."""
        return self.columns[path] if path in self.columns else absent(self._field(path, float), len(self))

    def known(self, path: str) -> Mask:
        """(N,) whether a row has a field, or any field of a group."""
        found = np.zeros(len(self), bool)
        for other, column in self.columns.items():
            if other == path or other.startswith(f"{path}."):
                found |= known(column)
        return found

    def texts(self, path: str) -> Texts:
        """(N,) texts of a field, None where a row lacks it."""
        return np.array([*self.words, None], object)[self._coded(path)]

    def is_text(self, path: str, text: str) -> Mask:
        """(N,) whether the field is this text."""
        if text not in self.words:
            return np.zeros(len(self), bool)
        found: Mask = self._coded(path) == self.words.index(text)
        return found

    def has_name(self, path: str, name: str) -> Mask:
        """(N,) whether the field lists a name."""
        field = self._field(path, list)
        bits = self.columns.get(path, np.zeros(len(self), np.uint32))
        found: Mask = (bits & np.uint32(1 << field.names.index(name))) != 0
        return found

    def lists(self, path: str) -> tuple[NDArray[np.intp], list[tuple[str, ...]]]:
        """(N,) number of each row's list of names, -1 where it has none; and the lists."""
        field = self._field(path, list)
        bits = self.columns.get(path, np.zeros(len(self), np.uint32))
        occurring, numbers = np.unique(bits, return_inverse=True)
        lists = [tuple(n for at, n in enumerate(field.names) if one >> at & 1) for one in occurring.tolist()]
        return (numbers - 1, lists[1:]) if lists and not lists[0] else (numbers, lists)

    def select(self, rows: Mask) -> "Table":
        """Only these rows (N,), of the same sessions."""
        columns = {path: column[rows] for path, column in self.columns.items()}
        return replace(self, session=self.session[rows], time=self.time[rows], wall=self.wall[rows], columns=columns)

    def of(self, number: int) -> "Table":
        """The rows of one session, by its number in `sessions`, and that session alone."""
        rows = self.select(self.session == number)
        return replace(rows, sessions=(self.sessions[number],), session=np.zeros(len(rows), np.intp))

    def by_session(self) -> Iterator["Table"]:
        """Each session's rows as a table."""
        return map(self.of, range(len(self.sessions)))

    def find(self, session: str) -> "Table":
        """The rows of a session by its id, of which a beginning is enough. Raises `DataError`."""
        found = [number for number, one in enumerate(self.sessions) if one.id.startswith(session)]
        whole = [number for number in found if self.sessions[number].id == session]
        if len(whole or found) != 1:
            why = "are several sessions" if found else "is no session"
            raise DataError(
                f"'{session}' {why} here: {', '.join(one.id for one in self.sessions) or 'there is none'}."
            )
        return self.of((whole or found)[0])

    def during(self, phase: str) -> "Table":
        """The rows within the phases of a name."""
        rows = np.zeros(len(self), bool)
        for number, session in enumerate(self.sessions):
            for span in (span for span in session.phases if span.name == phase):
                rows |= (self.session == number) & (self.time >= span.begin_s) & (self.time < span.end_s)
        return self.select(rows)

    def _coded(self, path: str) -> NDArray[np.int32]:
        column: NDArray[np.int32] = self.columns.get(path, absent(self._field(path, str), len(self)))
        return column

    def _field(self, path: str, kind: type) -> Field:
        field = self.form.fields[path]
        assert (str if field.kind == "string" else list if field.kind == "names" else float) is kind, path
        return field
