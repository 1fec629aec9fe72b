"""What a project is about: its settings and sequences, as they were found when it was made."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.annotation.acts import ActError
from training.annotation.coding import Scale, Sequence
from training.annotation.database import Database
from training.annotation.sources.found import Found, Kind, Where
from training.annotation.states import Rules


@dataclass(frozen=True)
class Entry:
    """A sequence in a project's list.

    Attributes:
        id: its number in the project's file.
        count: of its frames; None of a video of which the frames were not looked for yet.
        ordered: whether the frames follow each other in time.
        neutral: the natural picture of the participant that was given, or ''.
    """

    id: int
    name: str
    participant: str
    kind: Kind
    path: Path
    ordered: bool
    count: int | None
    neutral: str


@dataclass(frozen=True)
class Settings:
    """What is fixed when a project is made; `seed` draws the order of single pictures, the same for all coders."""

    kind: Kind
    rules: Rules
    seed: int
    where: Where

    @property
    def blind(self) -> bool:
        """Whether a table named the participants, so that coders read no names of folders and files."""
        return self.where.participants is not None


def write_catalog(db: sqlite3.Connection, settings: Settings, found: Iterable[Found]) -> None:
    """Fill a new project."""
    texts = {
        "kind": settings.kind.value,
        "scale": settings.rules.scale.value,
        "actions": ",".join(settings.rules.actions),
        "seed": str(settings.seed),
    }
    db.executemany("INSERT INTO settings VALUES (?, ?)", (texts | settings.where.texts()).items())
    write_sequences(db, found)


def write_sequences(db: sqlite3.Connection, found: Iterable[Found]) -> None:
    """Add sequences to a project."""
    for one in found:
        count = None if one.frames is None else len(one.frames)
        row = (one.name, one.participant, one.kind.value, str(one.path), one.ordered, count, one.neutral)
        cursor = db.execute(
            "INSERT INTO sequences (name, participant, kind, path, ordered, count, neutral) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        assert cursor.lastrowid is not None
        keep_contents(db, cursor.lastrowid, contents_of(one))


def contents_of(found: Found) -> dict[str, bytes]:
    """The long lists of a sequence as they are kept."""
    lists = {"labels": found.labels, "splits": found.splits}
    kept = {name: json.dumps(texts).encode() for name, texts in lists.items() if texts}
    arrays = {"frames": found.frames, "times_s": found.times_s}
    return kept | {name: array.tobytes() for name, array in arrays.items() if array is not None}


def keep_contents(db: sqlite3.Connection, sequence: int, contents: Mapping[str, bytes]) -> None:
    """Keep long lists of a sequence under names."""
    db.executemany(
        "INSERT OR REPLACE INTO contents VALUES (?, ?, ?)",
        [(sequence, name, value) for name, value in contents.items()],
    )


def read_settings(database: Database) -> Settings:
    """What was fixed. Raises as the database."""
    with database.reading() as db:
        texts = dict(db.execute("SELECT name, value FROM settings").fetchall())
        rules = Rules(tuple(texts["actions"].split(",")), Scale(texts["scale"]))
        return Settings(Kind(texts["kind"]), rules, int(texts["seed"]), Where.of(texts))


@dataclass
class Catalog:
    """The sequences of an open project; long lists are read when they are asked for, and held."""

    database: Database
    settings: Settings
    _entries: dict[str, Entry] = field(default_factory=dict)
    _sequences: dict[str, Sequence] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: dict[str, threading.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = "id, name, participant, kind, path, ordered, count, neutral"
        with self.database.reading() as db:
            rows = db.execute(f"SELECT {columns} FROM sequences ORDER BY id").fetchall()
            for id_, name, participant, kind, path, ordered, count, neutral in rows:
                self._entries[name] = Entry(
                    id_, name, participant, Kind(kind), Path(path), bool(ordered), count, neutral
                )

    def entries(self) -> tuple[Entry, ...]:
        """All sequences, in their order."""
        return tuple(self._entries.values())

    def entry(self, name: str) -> Entry:
        """A sequence of the list. Raises `ActError`."""
        if (entry := self._entries.get(name)) is None:
            raise ActError(f"There is no sequence {name[:80]!r} in this project: open the page anew.")
        return entry

    def count(self, name: str) -> int:
        """How many frames it has; a video is looked through the first time. Raises as `sequence`."""
        count = self.entry(name).count
        return len(self.sequence(name).frames) if count is None else count

    def sequence(self, name: str) -> Sequence:
        """The whole of it.

        Raises:
            ActError: there is none of this name.
            SourceError: a video that cannot be read.
        """
        entry = self.entry(name)
        with self._lock:
            reading = self._reading.setdefault(name, threading.Lock())
        with reading:  # others are read meanwhile
            if name not in self._sequences:
                self._sequences[name] = self._read(entry)
            return self._sequences[name]

    def texts(self, name: str, what: str) -> tuple[str, ...]:
        """`labels` or `splits` of a sequence; () for none. Raises `ActError`."""
        entry = self.entry(name)
        with self.database.reading():  # it says what is wrong with a text, too
            content = self.contents(entry, what)
            return tuple(json.loads(content)) if content else ()

    def contents(self, entry: Entry, what: str) -> bytes:
        """What is kept under a name; b'' for nothing."""
        with self.database.reading() as db:
            row = db.execute("SELECT value FROM contents WHERE sequence = ? AND name = ?", (entry.id, what)).fetchone()
        return bytes(row[0]) if row else b""

    def title(self, name: str, place: int) -> str:
        """What a coder may read of a file of pictures: its path below the source; '' where there is none, or it might
        tell whose it is. Raises as `sequence`."""
        labels = () if self.settings.blind else self.sequence(name).labels
        return labels[place] if labels else ""

    def order(self, name: str) -> NDArray[np.int64]:
        """Places in the order in which they are to be coded: single pictures are drawn. Raises as `count`."""
        entry = self.entry(name)
        places = np.arange(self.count(name))
        return places if entry.ordered else np.random.default_rng([self.settings.seed, entry.id]).permutation(places)

    def _read(self, entry: Entry) -> Sequence:
        if entry.count is None:
            entry = self._looked_through(entry)
        labels = self.texts(entry.name, "labels")
        with self.database.reading():
            frames = np.frombuffer(self.contents(entry, "frames"), np.int64)
            told = self.contents(entry, "times_s")
            times = np.frombuffer(told, np.float64) if told else None
        return Sequence(entry.name, entry.participant, frames, times, entry.path, labels)

    def _looked_through(self, entry: Entry) -> Entry:
        from training.annotation.media.index import look_through  # noqa: PLC0415  # loads PyAV

        index = look_through(entry.path)
        count = len(index.stamps)
        with self.database.writing() as db:
            keep_contents(db, entry.id, index.contents())
            db.execute("UPDATE sequences SET count = ? WHERE id = ?", (count, entry.id))
        known = Entry(**{**vars(entry), "count": count})
        self._entries[entry.name] = known
        return known
