"""The folder of a local database: its databases, whether a server has it open or not, and every byte of its files."""

import mmap
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cloud.erasing.naming import Naming
from cloud.erasing.shard import Served, Shard, Unserved, unwritten
from cloud.local import whereabouts
from cloud.local.store import FILE_NAME, Store
from cloud.reading.database import Database
from cloud.reading.signin import of_owner
from device.contract.errors import AffectboxError, StorageError

STORE_PATH = ".settings/store"
_COMPACTING_S = 600.0


@dataclass(frozen=True)
class Local:
    """An open folder: its databases, and how its file is written anew, so that nothing deleted is left in it."""

    path: Path
    shards: list[Shard]
    compact: Callable[[], None]


@contextmanager
def opened(path: Path) -> Iterator[Local]:
    """The databases of a folder: through the server that has it open, or else from the file itself, which no server
    can open meanwhile.

    Raises:
        StorageError: there is no database, it is damaged, or a server that does not say where it is has it open.
    """
    if not (path / FILE_NAME).is_file():
        raise StorageError(f"{path} holds no local database: name the folder of its --data.")
    with ExitStack() as stack:
        if (address := whereabouts.told(path)) and (served := _served(path, address, stack)):
            yield served
            return
        try:
            store = Store(path)
        except StorageError as error:
            raise StorageError(f"{error}; or name the server's address with --database and --owner") from None
        stack.callback(store.close)
        yield Local(path, [Unserved(store, name) for name in store.namespaces()], lambda: _compact(store))


def _compact(store: Store) -> None:
    try:
        store.compact()
    except sqlite3.Error as error:
        raise unwritten(error) from None


def occurrences(path: Path, naming: Naming) -> Counter[Path]:
    """File → how often its bytes name a person, of all files in a folder that do. Raises `StorageError`."""
    found: Counter[Path] = Counter()
    for file in files(path):
        try:
            with file.open("rb") as content:
                found[file] = _count(content.fileno(), naming)
        except FileNotFoundError:
            continue  # a write-ahead log that was folded in meanwhile
        except OSError as error:
            raise StorageError(f"{file} cannot be searched ({error.strerror}).") from None
    return +found


def files(path: Path) -> list[Path]:
    """All files in a folder and below it."""
    return sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def _count(number: int, naming: Naming) -> int:
    if not os.fstat(number).st_size:
        return 0
    with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as content:
        return naming.count(content)


def _served(path: Path, address: str, stack: ExitStack) -> Local | None:
    """Through the server at an address; None if it has another folder open."""
    owner = of_owner(address)
    server = stack.enter_context(Database(address, owner, _COMPACTING_S))
    try:
        told = server.get(STORE_PATH)
    except AffectboxError:
        return None  # another program by now, or an older version, of which opening the file will tell
    if not isinstance(told, dict) or told.get("folder") != str(path.resolve()):
        return None
    shards: list[Shard] = []
    for name in told["namespaces"]:
        url = f"{address}?ns={name}"
        shards.append(Served(url, stack.enter_context(Database(url, owner))))
    return Local(path, shards, lambda: server.put(STORE_PATH, {"compact": True}))
