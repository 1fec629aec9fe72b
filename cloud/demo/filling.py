"""The simulated sessions in a local database: written straight into its file, before it is served."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cloud.demo.people import Plan
from cloud.demo.sessions import documents
from cloud.local import tree
from cloud.local.store import Store
from device.contract import patient

NAMESPACE = "demo"


def fill(folder: Path, plans: Iterable[Plan], more: dict[str, object], now_ms: int) -> int:
    """Write everything of the sessions, and `more` (path → value), into the database in `folder`.

    `now_ms` is what the server's time comes to in it. Returns how many documents there are.

    Raises:
        StorageError: the folder cannot be used, or a server uses it.
    """
    count = 0
    with closing(Store(folder)) as store:
        for written in (more, *(dict(documents(plan)) for plan in plans)):
            head = store.head(NAMESPACE)
            store.stage(NAMESPACE, tree.normalize_patch(written, (), now_ms, head))
            count += len(written)
        store.flush()
    return count


def recorded(folder: Path) -> list[str]:
    """The boxes that recorded sessions in the database in `folder`. Raises `StorageError`."""
    with closing(Store(folder)) as store:
        watched = tree.get(store.root(NAMESPACE), (patient.ROOT,))
    return sorted(watched) if isinstance(watched, dict) else []
