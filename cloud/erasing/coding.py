"""A project of coding (`training/annotation/database.py`), without a participant: in place, for somebody may code now.

Their sequences go, and with them, as the tables say, all that was coded of them and the acts by which it was. Then the
file is packed, so that nothing of them is left in it or beside it.
"""

import sqlite3
from pathlib import Path

from device.contract.errors import StorageError

FILE = "project.db"
#: What SQLite keeps beside a file.
BESIDE = ("-wal", "-shm", "-journal")
_BUSY_S = 10.0


def without(path: Path, whom: str) -> bool:
    """Take a participant out; False if nobody else is in it, and then it stands as it was.

    Raises:
        ValueError: it is no such project.
        StorageError: it cannot be written.
    """
    try:
        db = sqlite3.connect(path.resolve().as_uri() + "?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            return _without(db, whom)
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise ValueError(f"it is no project of coding ({error})") from None
        raise StorageError(
            f"{path} cannot be written ({error}): close the page of `annotate`, free the disk."
        ) from error


def _without(db: sqlite3.Connection, whom: str) -> bool:
    (others,) = db.execute("SELECT count(*) FROM sequences WHERE participant != ?", (whom,)).fetchone()
    if not others:
        return False
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA secure_delete=ON")
    db.execute("DELETE FROM sequences WHERE participant = ?", (whom,))
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True
