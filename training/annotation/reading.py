"""What stands in an open project: its sequences, and what each coder coded of them."""

import json
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from training.annotation import coders, tables
from training.annotation.catalog import Catalog, Entry
from training.annotation.coding import Annotations, Coded, Episode, Sequence
from training.annotation.database import Database
from training.annotation.effects import as_seen
from training.annotation.journal import Journal, Line
from training.annotation.keeping import coded_from, episode_from
from training.annotation.states import Rules
from training.annotation.tables import Of
from training.annotation.words import words

_KEYS = "keys"


@dataclass(frozen=True)
class Progress:
    """How far a coder is with a sequence: frames submitted; frames of which single actions were judged, beside those
    submitted; episodes."""

    submitted: int = 0
    judged: Mapping[str, int] = field(default_factory=dict)
    episodes: int = 0


class Reading:
    """Base of a project. What is about a coder raises `ConfigError` for a name that nobody entered under."""

    def __init__(self, database: Database, catalog: Catalog, journal: Journal, rules: Rules) -> None:
        self._database = database
        self._catalog = catalog
        self._journal = journal
        self.scale, self.actions = rules.scale, rules.actions

    def entries(self) -> tuple[Entry, ...]:
        """Its sequences, in the order of names."""
        return self._catalog.entries()

    def sequence(self, name: str) -> Sequence:
        """A sequence; a video is looked through the first time. Raises `ActError`, `SourceError`."""
        return self._catalog.sequence(name)

    def order(self, name: str) -> NDArray[np.int64]:
        """Places of a sequence in the order in which to code them, the same for all coders. Raises as `sequence`."""
        return self._catalog.order(name)

    def title(self, name: str, place: int) -> str:
        """What a coder may read of a frame's file: its path below the source, or ''. Raises as `sequence`."""
        return self._catalog.title(name, place)

    @property
    def blind(self) -> bool:
        """Whether coders read no names of folders and files, for a table named the participants."""
        return self._catalog.settings.blind

    def splits(self, name: str) -> tuple[str, ...]:
        """FER2013's Usage of each row; () of what is not from there. Raises `ActError`."""
        return self._catalog.texts(name, "splits")

    def chosen(self, wanted: Many[str]) -> tuple[str, ...]:
        """The coders of these names, in whatever case they are written; all where none are. Raises `ConfigError`."""
        known = {name.casefold(): name for name in self.coders()}
        names = [coders.clean_name(name) for name in wanted]
        if unknown := next((name for name in names if name.casefold() not in known), None):
            raise ConfigError(f"Nobody coded as {unknown!r} here: known are {_some(tuple(known.values()))}.")
        return tuple(known[name.casefold()] for name in names) or tuple(known.values())

    def coders(self) -> tuple[str, ...]:
        """All who ever entered, in the order in which they came."""
        with self._database.reading() as db:
            return coders.names(db)

    def history(self, coder: str | None = None) -> list[Line]:
        """The journal, of one coder or of all, oldest first."""
        with self._database.reading() as db:
            return [*self._journal.lines(db, None if coder is None else self._coder(db, coder))]

    def frame(self, coder: str, name: str, place: int) -> Coded:
        """A frame; `Coded()` of one that nobody coded."""
        with self._database.reading() as db:
            id_, sequence = self._coder(db, coder), self._catalog.entry(name).id
            return as_seen(tables.kept_frame(db, id_, sequence, place), tables.is_seen(db, id_, sequence, place))

    def coded(self, coder: str, name: str) -> dict[int, Coded]:
        """Place → frame, of those that the coder did anything to."""
        with self._database.reading() as db:
            id_, sequence = self._coder(db, coder), self._catalog.entry(name).id
            seen = {place for place, _ in tables.states(db, id_, sequence, Of.SEEN)}
            kept = tables.states(db, id_, sequence, Of.FRAME)
        return {int(place): as_seen(coded_from(text), place in seen) for place, text in kept}

    def standing(self, coder: str, name: str) -> dict[int, bool]:
        """Place → whether it is submitted, of frames that the coder did anything to."""
        with self._database.reading() as db:
            return tables.submitted(db, self._coder(db, coder), self._catalog.entry(name).id)

    def episodes(self, coder: str, name: str) -> dict[str, Episode]:
        """Identity → episode, in the order of onsets."""
        with self._database.reading() as db:
            kept = tables.states(db, self._coder(db, coder), self._catalog.entry(name).id, Of.EPISODE)
        found = [(str(identity), episode_from(text)) for identity, text in kept]
        return dict(sorted(found, key=lambda one: (one[1].onset, one[1].action, one[0])))

    def undoable(self, coder: str) -> tuple[str, str]:
        """What undo would take back and redo would do again, in words; '' for nothing."""
        with self._database.reading() as db:
            undo, redo = self._journal.next(db, self._coder(db, coder))
        return words(undo, self.scale) if undo else "", words(redo, self.scale) if redo else ""

    def progress(self, coder: str) -> dict[str, Progress]:
        """Sequence → how far the coder is; those without anything are left out."""
        names = {entry.id: entry.name for entry in self.entries()}
        with self._database.reading() as db:
            counted = tables.counts(db, self._coder(db, coder))
        return {names[sequence]: Progress(*one) for sequence, one in counted.items()}

    def annotations(self, coder: str, names: Many[str] | None = None) -> list[Annotations]:
        """All that was coded of sequences, of all by default; those without anything are left out."""
        wanted = self.progress(coder).keys() if names is None else names
        found = [
            Annotations(
                self.sequence(name),
                coder,
                self.scale,
                self.actions,
                self.coded(coder, name),
                tuple(self.episodes(coder, name).values()),
            )
            for name in wanted
        ]
        return [one for one in found if one.frames or one.episodes]

    def position(self, coder: str) -> tuple[str, int] | None:
        """Where the coder stopped: sequence and place."""
        query = (
            "SELECT sequences.name, place FROM coders JOIN sequences ON sequences.id = sequence WHERE coders.id = ?"
        )
        with self._database.reading() as db:
            row = db.execute(query, (self._coder(db, coder),)).fetchone()
        return None if row is None else (str(row[0]), int(row[1]))

    def set_position(self, coder: str, name: str, place: int) -> None:
        """Note where the coder is."""
        sequence = self._catalog.entry(name).id
        with self._database.writing() as db:
            row = (sequence, place, self._coder(db, coder))
            db.execute("UPDATE coders SET sequence = ?, place = ? WHERE id = ?", row)

    def keys(self, coder: str) -> dict[str, str]:
        """The coder's map of keys; empty at first."""
        kept: dict[str, str] = json.loads(self.recall(coder, _KEYS) or "{}")
        return kept

    def set_keys(self, coder: str, keys: Mapping[str, str]) -> None:
        """Keep a map of keys."""
        self.remember(coder, _KEYS, json.dumps(dict(keys)))

    def remember(self, coder: str, name: str, value: str) -> None:
        """Keep a text under a name."""
        with self._database.writing() as db:
            db.execute("INSERT OR REPLACE INTO memos VALUES (?, ?, ?)", (self._coder(db, coder), name, value))

    def recall(self, coder: str, name: str) -> str:
        """What is kept under a name, or ''."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT value FROM memos WHERE coder = ? AND name = ?", (self._coder(db, coder), name)
            ).fetchone()
        return str(row[0]) if row else ""

    def neutral_place(self, coder: str, name: str) -> tuple[str, int] | None:
        """The frame that the coder set as natural, by sequence and place."""
        whose = self._catalog.entry(name).participant
        theirs = [entry for entry in self.entries() if whose and entry.participant == whose]
        with self._database.reading() as db:
            id_ = self._coder(db, coder)
            kept = [(tables.state(db, id_, entry.id, Of.NEUTRAL, ""), entry.name) for entry in theirs]
        chosen = [(*tables.chosen(text), sequence) for text, sequence in kept if text]
        _, place, sequence = max(chosen, default=(0, -1, ""))
        return None if place < 0 else (sequence, place)

    def _coder(self, db: "tables.Connection", name: str) -> int:
        if (id_ := coders.find(db, name)) is None:
            raise ConfigError(f"There is no coder {name[:40]!r} in this project: there are {_some(coders.names(db))}.")
        return id_


def _some(names: Many[str]) -> str:
    return ", ".join(names) or "none yet"
