"""What the watch remembers of alerts in a file, so that a restart neither repeats nor forgets: how each stands, who
silenced what, and messages that an outlet has not taken yet. Pages read it while the watch writes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud.watch.alerts import Outcome, Standing, State
from cloud.watch.fields import Value
from cloud.watch.rules import Rule
from cloud.watch.sqlite import File
from device.contract.errors import ConfigError

FILE = "alerts.db"
LONGEST_SILENCE_MS = 90 * 86_400_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS standing (
    rule TEXT, device TEXT, print TEXT, state TEXT, since REAL, cause TEXT, told INTEGER, value TEXT, severity TEXT,
    words TEXT, todo TEXT, PRIMARY KEY (rule, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS silence (
    id INTEGER PRIMARY KEY, device TEXT, rule TEXT, until INTEGER, by TEXT, why TEXT, at INTEGER
);
CREATE TABLE IF NOT EXISTS letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, outlet TEXT, at REAL, message TEXT, tries INTEGER DEFAULT 0,
    due REAL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS outlet (name TEXT PRIMARY KEY, trouble TEXT, since REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;
"""
Key = tuple[str, str]
"""The name of a rule, and a box."""


@dataclass(frozen=True)
class Stood:
    """An alert that is not Normal. `value` is what the box told when it came into this state."""

    rule: str
    device: str
    state: str
    since_s: float
    told: bool
    severity: str
    words: str
    do: str
    value: Value


@dataclass(frozen=True)
class Silence:
    """That nobody is told of a box's alerts: of one rule, or of all where `rule` is empty."""

    id: int
    device: str
    rule: str
    until_ms: int
    by: str
    why: str
    at_ms: int


@dataclass(frozen=True)
class Letter:
    """A message on its way to one outlet, tried so often."""

    id: int
    outlet: str
    at_s: float
    message: Any
    tries: int
    due_s: float


@dataclass(frozen=True)
class Post:
    """An outlet: messages that it has not taken, and why not, since when."""

    name: str
    waiting: int
    trouble: str
    since_s: float


class Board:
    """The file. All of it blocks, and raises `StorageError` where the file cannot be used."""

    def __init__(
        self, folder: Path, tell: Callable[[str], None] = lambda sentence: None, is_own: bool = False
    ) -> None:
        """`is_own`: for the watch itself, which may set a damaged file aside."""
        self._file = File(folder / FILE, _SCHEMA, tell, is_own)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def standings(self) -> list[Stood]:
        """Every alert that is not Normal, the longest first."""
        with self._file() as db:
            rows = db.execute(
                "SELECT rule, device, state, since, told, severity, words, todo, value FROM standing "
                "WHERE state != ? ORDER BY since",
                (State.NORMAL.value,),
            ).fetchall()
        return [
            Stood(rule, device, state, since, bool(told), severity, words, todo, json.loads(value))
            for rule, device, state, since, told, severity, words, todo, value in rows
        ]

    def recall(self, rules: Iterable[Rule]) -> dict[Key, Standing]:
        """How each alert stood. One whose rule was changed begins anew, and of one whose rule is gone nothing is
        left."""
        prints = {rule.name: rule.print() for rule in rules}
        with self._file() as db:
            rows = db.execute("SELECT rule, device, print, state, since, cause, told FROM standing").fetchall()
            db.executemany("DELETE FROM standing WHERE rule = ?", {(row[0],) for row in rows if row[0] not in prints})
        return {
            (rule, device): Standing(State(state), since, Outcome(cause), bool(told))
            if prints[rule] == print_
            else Standing(since_s=since, told=bool(told))
            for rule, device, print_, state, since, cause, told in rows
            if rule in prints
        }

    def keep(
        self,
        changed: Iterable[tuple[Rule, str, Standing, Value]],
        letters: Iterable[tuple[str, float, Any]] = (),
        told_s: float | None = None,
    ) -> None:
        """Keep how alerts stand now, and the messages that tell of it to outlets, all or nothing. A letter is an
        outlet, when it was written, and the message as JSON; `told_s` is when people were told last."""
        written = [(outlet, at_s, json.dumps(message)) for outlet, at_s, message in letters]
        with self._file() as db:
            for rule, device, one, value in changed:
                if one.state is State.NORMAL and not one.told:
                    db.execute("DELETE FROM standing WHERE rule = ? AND device = ?", (rule.name, device))
                    continue
                standing = (one.state.value, one.since_s, one.cause.value, one.told, json.dumps(value))
                row = (rule.name, device, rule.print(), *standing, rule.severity, rule.words, rule.do)
                db.execute(f"INSERT OR REPLACE INTO standing VALUES ({', '.join('?' * len(row))})", row)
            db.executemany("INSERT INTO letter (outlet, at, message) VALUES (?, ?, ?)", written)
            if told_s is not None:
                db.execute("INSERT OR REPLACE INTO note VALUES ('told', ?)", (told_s,))

    def told_s(self) -> float:
        """When people were told last, by the database's time; 0 for never."""
        with self._file() as db:
            row = db.execute("SELECT value FROM note WHERE name = 'told'").fetchone()
        return float(row[0]) if row else 0.0

    def silence(self, device: str, rule: str, until_ms: int, by: str, why: str, now_ms: int) -> Silence:
        """Tell nobody of the box until then; `rule` "" is every rule, `by` who wants it. Raises `ConfigError`."""
        if not now_ms < until_ms <= now_ms + LONGEST_SILENCE_MS:
            raise ConfigError("A silence ends in the future, within 90 days.")
        row = (device, rule, until_ms, by[:200], why[:300], now_ms)
        with self._file() as db:
            db.execute("DELETE FROM silence WHERE until <= ?", (now_ms,))
            cursor = db.execute(
                "INSERT INTO silence (device, rule, until, by, why, at) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        return Silence(int(cursor.lastrowid or 0), *row)

    def unsilence(self, number: int) -> None:
        """End a silence; one that is not there is none."""
        with self._file() as db:
            db.execute("DELETE FROM silence WHERE id = ?", (number,))

    def silences(self, now_ms: int) -> list[Silence]:
        """Those in force, the first to end first."""
        with self._file() as db:
            rows = db.execute(
                "SELECT id, device, rule, until, by, why, at FROM silence WHERE until > ? ORDER BY until", (now_ms,)
            ).fetchall()
        return [Silence(*row) for row in rows]

    def next_letter(self, outlet: str) -> Letter | None:
        """The oldest that an outlet has not taken."""
        with self._file() as db:
            row = db.execute(
                "SELECT id, outlet, at, message, tries, due FROM letter WHERE outlet = ? ORDER BY id LIMIT 1",
                (outlet,),
            ).fetchone()
        return Letter(row[0], row[1], row[2], json.loads(row[3]), *row[4:]) if row else None

    def taken(self, letter: Letter) -> None:
        """The outlet took it, or it is too old."""
        with self._file() as db:
            db.execute("DELETE FROM letter WHERE id = ?", (letter.id,))
            db.execute("DELETE FROM outlet WHERE name = ?", (letter.outlet,))

    def not_taken(self, letter: Letter, why: str, due_s: float, now_s: float) -> None:
        """The outlet did not take it: why, and when it is tried again."""
        with self._file() as db:
            db.execute("UPDATE letter SET tries = tries + 1, due = ? WHERE id = ?", (due_s, letter.id))
            db.execute(
                "INSERT INTO outlet VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET trouble = excluded.trouble",
                (letter.outlet, why, now_s),
            )

    def posts(self) -> list[Post]:
        """The outlets of which something is to be said, by name."""
        with self._file() as db:
            waiting = dict(db.execute("SELECT outlet, count(*) FROM letter GROUP BY outlet").fetchall())
            trouble = {row[0]: row[1:] for row in db.execute("SELECT name, trouble, since FROM outlet")}
        return [
            Post(name, waiting.get(name, 0), *trouble.get(name, ("", 0.0)))
            for name in sorted(waiting.keys() | trouble.keys())
        ]
