"""Updates and roll-backs of the outbox: files of every format that was ever released, and what becomes of them."""

import json
import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from device.delivery import documents, outbox, salvage
from device.delivery.counts import counter
from device.delivery.migrations import FORMAT, VERSION
from device.delivery.outbox import Outbox
from device.delivery.sqlite import Format
from device.delivery.store import StoreFullError

MB = 1.0
#: What each released version made. Never changed: these files are on boxes.
RELEASED = {
    1: """
CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, reason TEXT
);
CREATE INDEX by_state ON records (state, due, id);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
""",
    2: """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    number INTEGER NOT NULL,
    records INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    reason TEXT
);
CREATE INDEX by_state ON documents (state, kind, id);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE totals (
    state INTEGER, kind INTEGER, records INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (state, kind)
);
CREATE TRIGGER added AFTER INSERT ON documents BEGIN
    UPDATE totals SET records = records + new.records, bytes = bytes + length(new.body)
    WHERE state = new.state AND kind = new.kind;
END;
CREATE TRIGGER removed AFTER DELETE ON documents BEGIN
    UPDATE totals SET records = records - old.records, bytes = bytes - length(old.body)
    WHERE state = old.state AND kind = old.kind;
END;
CREATE TRIGGER moved AFTER UPDATE OF state ON documents BEGIN
    UPDATE totals SET records = records - old.records, bytes = bytes - length(old.body)
    WHERE state = old.state AND kind = old.kind;
    UPDATE totals SET records = records + new.records, bytes = bytes + length(new.body)
    WHERE state = new.state AND kind = new.kind;
END;
INSERT INTO totals (state, kind) VALUES (0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5);
INSERT INTO totals (state, kind) VALUES (2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (2, 5);
PRAGMA user_version = 2;
""",
}
KINDS_2 = {"sessions": 1, "spans": 2, "seconds": 3, "frames": 4, "records": 5}
OF_VERSION_2 = {
    "records/box/boot/s000000009": b'{"seq":9}',
    "frames/box/boot/s000000001": b'{"of":"records","first":1}',
    "spans/box/boot/t000000001": b'{"of":"seconds","first":1}',
    "seconds/box/boot/t000000009": b'{"number":9}',
    "sessions/box/boot/n000001": b'{"number":1}',
    "patients/box/boot": b'"p-017"',
    "boots/box/boot": b'{"offset":1}',
}
TODAY = {
    "records/box/boot/s000000009": b'{"seq":9}',
    "packs/box/boot/s000000001": b'{"of":"records","first":1}',
    "packs/box/boot/t000000001": b'{"of":"seconds","first":1}',
    "seconds/box/boot/t000000009": b'{"number":9}',
    "minutes/box/boot/n000001": b'{"number":1}',
    "patients/box/boot": b'"p-017"',
    "boots/box/boot": b'{"offset":1}',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def released_2(path: Path, items: Iterable[tuple[str, bytes]]) -> None:
    """A start of the released version 2: it sets aside as damaged what is not of its format, and keeps documents."""
    if path.exists():
        with closing(sqlite3.connect(path)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
        if version != 2:
            path.rename(path.with_name(f"{path.name}.damaged-1"))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            db.executescript(RELEASED[2])
        for where, body in items:
            check = zlib.crc32(body, zlib.crc32(where.encode()))
            kind = KINDS_2.get(where.partition("/")[0], 0)
            weight = {"frames": 40, "spans": 10, "patients": 0, "boots": 0}.get(where.partition("/")[0], 1)
            db.execute(
                "INSERT INTO documents (path, body, checksum, kind, number, records) VALUES (?, ?, ?, ?, 1, ?)",
                (where, body, check, kind, weight),
            )


def everything(opened: Outbox) -> dict[str, bytes]:
    """All that is sent, acknowledged."""
    found: dict[str, bytes] = {}
    while entries := opened.lease(1000):
        found |= {entry.path: entry.body for entry in entries}
        opened.done(entries)
    return found


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


def test_there_is_a_file_of_every_version_that_was_ever_released() -> None:
    assert sorted(RELEASED) == sorted(FORMAT.migrations) == list(range(1, VERSION))


@pytest.mark.parametrize("version", RELEASED)
def test_an_updated_file_has_the_tables_of_a_new_one(path: Path, version: int) -> None:
    def tables(of: Path) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(of)) as db:
            rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name").fetchall()
            version = db.execute("PRAGMA user_version").fetchone()
        return [(name, " ".join(sql.replace("IF NOT EXISTS ", "").split())) for name, sql in rows] + [version]

    with closing(sqlite3.connect(path)) as db:
        db.executescript(RELEASED[version])
    Outbox(path, MB).close()
    Outbox(path.with_name("new.db"), MB).close()
    assert tables(path) == tables(path.with_name("new.db"))


def test_version_1_comes_through(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(RELEASED[1])
    change(
        path,
        """INSERT INTO records (path, body, state, reason) VALUES ('records/box/boot/s000000001', x'7b7d', 0, NULL),
        ('records/box/boot/s000000002', x'7b31', 1, NULL), ('records/box/boot/s000000003', x'7b32', 2, '400')""",
        "INSERT INTO counters VALUES ('dropped', 7)",
    )
    with Outbox(path, MB) as opened:
        counts = opened.counts()
        assert (counts.pending, counts.dead, counts.dropped, counts.damaged) == (2, 1, 7, 0)
        assert everything(opened) == {"records/box/boot/s000000001": b"{}", "records/box/boot/s000000002": b"{1"}


def test_version_2_comes_through(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    released_2(path, [*OF_VERSION_2.items(), ("telemetry/box", b"{}"), ("records/box/boot/s000000010", b"bad")])
    books = {"days": {"2026-06-01": {"frames": [10, 1], "summary": [20, 2]}}, "floor": {"2026-06": 1}}
    change(
        path,
        "UPDATE documents SET state = 2, reason = '400' WHERE path = 'records/box/boot/s000000010'",
        "INSERT INTO counters VALUES ('dropped.frame', 5), ('dropped.second', 6), ('dropped.summary', 7)",
        f"INSERT INTO notes VALUES ('budget', '{json.dumps(books)}')",
    )
    with Outbox(path, MB) as opened:
        counts = opened.counts()
        assert (counts.pending, counts.dead, counts.dropped, counts.damaged) == (53, 1, 18, 0)
        assert set(counts.dropped_by.values()) == {5, 6, 7}
        assert json.loads(opened.note("budget")) == {
            "days": {"2026-06-01": {"records": [10, 1], "minutes": [20, 2]}},
            "floor": {"2026-06": 1},
        }
        assert everything(opened) == TODAY, "each at today's place, and none taken for damaged"
    assert capsys.readouterr().err == "", "an update is no trouble"


def test_what_was_damaged_before_an_update_is_damaged_after_it(path: Path) -> None:
    released_2(path, OF_VERSION_2.items())
    change(path, "UPDATE documents SET body = x'7b7d' WHERE path GLOB 'frames/*'")
    with Outbox(path, MB) as opened:
        assert "packs/box/boot/s000000001" not in everything(opened)
        assert opened.counts().dead == 40


def test_a_power_cut_in_the_middle_of_an_update_leaves_what_was_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        pass

    def cut(db: object, where: str, body: bytes) -> None:
        if where == "boots/box/boot":
            raise PowerCutError

    released_2(path, OF_VERSION_2.items())
    monkeypatch.setattr(documents, "remember", cut)
    with pytest.raises(PowerCutError):
        Outbox(path, MB)
    monkeypatch.undo()
    with Outbox(path, MB) as opened:
        assert everything(opened) == TODAY


def test_old_new_old_new_loses_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The old one is the released version 2, which took every other format for damage."""
    released_2(path, OF_VERSION_2.items())
    with Outbox(path, MB) as opened:
        opened.append([("minutes/box/boot/n000002", b'{"number":2}'), ("packs/box/boot/s000000041", b"{}")])
        opened.keep_note("budget", '{"days": {}, "floor": {}}')
    released_2(path, [("sessions/box/boot/n000003", b'{"number":3}')])
    assert path.with_name("outbox.db.damaged-1").exists()
    with Outbox(path, MB) as opened:
        more = {
            "minutes/box/boot/n000002": b'{"number":2}',
            "packs/box/boot/s000000041": b"{}",
            "minutes/box/boot/n000003": b'{"number":3}',
        }
        assert everything(opened) == TODAY | more
        assert opened.note("budget") == '{"days": {}, "floor": {}}'
        assert opened.counts().damaged == 0, "nothing was damaged, and the box says so again"
    assert list(path.parent.glob("*damaged*")) == []
    assert capsys.readouterr().err.count("records of") == 1


def a_later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, the code is one that has a further format."""
    later = Format(VERSION + 1, FORMAT.schema, {**FORMAT.migrations, VERSION: lambda db: None})
    monkeypatch.setattr(outbox, "FORMAT", later)
    monkeypatch.setattr(salvage, "VERSION", VERSION + 1)


def test_a_roll_back_to_today_waits_for_the_later_version(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Outbox(path, MB) as opened:
        opened.append([("records/box/boot/s000000001", b"1")])
    a_later_version(monkeypatch)
    with Outbox(path, MB) as opened:
        opened.append([("records/box/boot/s000000002", b"2")])
        opened.bury([entry for entry in opened.lease(9) if entry.body == b"1"], "400")
    monkeypatch.undo()
    for start in range(2):
        with Outbox(path, MB) as opened:
            opened.append([("records/box/boot/s000000003", b"3")])
            assert opened.counts().damaged == 0
            assert [entry.body for entry in opened.lease(9)] == [b"3"], f"recording goes on, start {start}"
    waits = path.with_name(f"outbox.db.version-{VERSION + 1}-1")
    assert waits.exists()
    said = capsys.readouterr().err
    assert (f"format {VERSION + 1}" in said, "damaged" in said) == (True, False)
    a_later_version(monkeypatch)
    with Outbox(path, MB) as opened:
        assert sorted(everything(opened).values()) == [b"2", b"3"]
        assert opened.counts().dead == 1, "refused ones stay refused"
    assert not waits.exists()


def test_what_was_set_aside_comes_back_over_many_starts_and_not_from_the_beginning_each_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(salvage, "_STEP", 10)
    a_later_version(monkeypatch)
    with Outbox(path, MB) as opened:
        opened.append((f"records/box/boot/s{n:09d}", b"%d" % n) for n in range(35))
        opened._store.commit(lambda db: db.execute("INSERT INTO counters VALUES ('dropped.record', 4)"))
    monkeypatch.undo()
    Outbox(path, MB).close()
    monkeypatch.setattr(salvage, "_STEP", 10)
    a_later_version(monkeypatch)
    seen: list[bytes] = []
    for _ in range(5):
        with Outbox(path, MB) as opened:  # each start sends one batch
            entries = opened.lease(10)
            opened.done(entries)
            seen += [entry.body for entry in entries]
    assert sorted(seen, key=int) == [b"%d" % n for n in range(35)]
    with Outbox(path, MB) as opened:
        assert opened._store.commit(lambda db: counter(db, "dropped.record")) == 4


def test_a_file_that_cannot_be_removed_is_read_once_and_removed_later(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(aside: Path, whole: bool) -> None:
        raise StoreFullError("read-only")

    released_2(path, OF_VERSION_2.items())
    path.rename(path.with_name("outbox.db.damaged-1"))
    with Outbox(path, MB) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(salvage, "_put_away", fails)
            assert opened.lease(9) == []
            assert everything(opened) == TODAY
        assert everything(opened) == {}
    assert not path.with_name("outbox.db.damaged-1").exists()
    assert capsys.readouterr().err.count("records of") == 1


def test_what_was_set_aside_waits_until_there_is_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_later_version(monkeypatch)
    with Outbox(path, 0.002) as opened:
        opened.append([("records/box/boot/s000000001", b"1" * 500)])
    monkeypatch.undo()
    with Outbox(path, 0.002) as opened:
        opened.append([(f"minutes/box/boot/n{n:06d}", b"2" * 100) for n in range(19)])
    a_later_version(monkeypatch)
    with Outbox(path, 0.002) as opened:
        first = opened.lease(5)
        assert {entry.path[:7] for entry in first} == {"minutes"}
        opened.done(first)
        assert len(everything(opened)) == 15
        assert opened.counts().dropped == 0
