"""The states of a project's file: what each coder came to, of each frame, episode and natural frame."""

import sqlite3
from collections import Counter, defaultdict
from enum import Enum
from typing import TypeAlias

from training.annotation.coding import Coded
from training.annotation.keeping import coded_from
from training.annotation.states import NOTHING


class Of(str, Enum):
    """What a state is of: a frame (its name is the place), an episode (its identity), the natural frame of the
    participant (no name), and that the coder asked what the network thinks (the place)."""

    FRAME = "frame"
    EPISODE = "episode"
    NEUTRAL = "neutral"
    SEEN = "seen"


Connection: TypeAlias = sqlite3.Connection
Name: TypeAlias = int | str
#: States of one coder and sequence as text; None: there is none.
Texts: TypeAlias = dict[tuple[Of, Name], str | None]
_WHERE = "coder = ? AND sequence = ? AND kind = ?"


def state(db: Connection, coder: int, sequence: int, of: Of, name: Name) -> str | None:
    """One state."""
    found = (coder, sequence, of.value, name)
    row = db.execute(f"SELECT value FROM states WHERE {_WHERE} AND name = ?", found).fetchone()
    return None if row is None else str(row[0])


def states(db: Connection, coder: int, sequence: int, of: Of) -> list[tuple[Name, str]]:
    """All states of one kind, with their names, in the order of these."""
    rows = db.execute(f"SELECT name, value FROM states WHERE {_WHERE} ORDER BY name", (coder, sequence, of.value))
    return rows.fetchall()


def submitted(db: Connection, coder: int, sequence: int) -> dict[int, bool]:
    """Place → whether the frame is submitted, of those that have a state."""
    query = f"SELECT name, submitted FROM states WHERE {_WHERE}"
    rows = db.execute(query, (coder, sequence, Of.FRAME.value)).fetchall()
    return {int(place): bool(done) for place, done in rows}


def set_states(db: Connection, coder: int, sequence: int, texts: Texts) -> None:
    """Write states."""
    gone = [(coder, sequence, of.value, name) for (of, name), text in texts.items() if text is None]
    db.executemany(f"DELETE FROM states WHERE {_WHERE} AND name = ?", gone)
    kept = [
        (coder, sequence, of.value, name, text, *_done(of, text))
        for (of, name), text in texts.items()
        if text is not None
    ]
    db.executemany("INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?, ?)", kept)


def kept_frame(db: Connection, coder: int, sequence: int, place: int) -> Coded:
    """A frame without what the coder asked since."""
    text = state(db, coder, sequence, Of.FRAME, place)
    return NOTHING if text is None else coded_from(text)


def is_seen(db: Connection, coder: int, sequence: int, place: int) -> bool:
    """Whether the coder asked what the network thinks of the frame."""
    return state(db, coder, sequence, Of.SEEN, place) is not None


def _done(of: Of, text: str) -> tuple[bool, str]:
    """By what progress is counted."""
    coded = coded_from(text) if of is Of.FRAME else NOTHING
    return coded.submitted, ",".join(sorted(coded.judged))


def counts(db: Connection, coder: int) -> dict[int, tuple[int, dict[str, int], int]]:
    """By sequence: how many frames are submitted, of how many others each action was judged, how many episodes."""
    submitted: Counter[int] = Counter()
    judged: dict[int, Counter[str]] = defaultdict(Counter)
    episodes: Counter[int] = Counter()
    query = "SELECT sequence, kind, submitted, judged, count(*) FROM states WHERE coder = ? GROUP BY 1, 2, 3, 4"
    for sequence, kind, is_submitted, actions, count in db.execute(query, (coder,)).fetchall():
        if kind == Of.EPISODE.value:
            episodes[sequence] += count
        elif is_submitted:
            submitted[sequence] += count
        else:
            judged[sequence].update(dict.fromkeys(filter(None, actions.split(",")), count))
    there = sorted({*submitted, *judged, *episodes})
    return {one: (submitted[one], dict(judged[one]), episodes[one]) for one in there}


def chosen(text: str) -> tuple[int, int]:
    """When a natural frame was chosen, as a number that rises, and its place; -1: that there is none any more."""
    order, place = map(int, text.split())
    return order, place
