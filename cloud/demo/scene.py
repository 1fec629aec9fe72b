"""The whole scene of the demo in a folder: a local database with everything simulated in it, and the accounts of
whoever may look at it."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from cloud.demo.boxes import Box, make_boxes
from cloud.demo.filling import NAMESPACE, fill
from cloud.demo.people import plans
from cloud.demo.real import record
from cloud.demo.records import records
from cloud.demo.staff import Account, last_words, names, staff
from cloud.demo.yesterday import backfill
from cloud.local.accounts import FILE_NAME
from cloud.local.store import Store
from device.contract.errors import ConfigError, StorageError

SEED = 7
RULES = Path(__file__).parents[1] / "database.rules.json"
DATABASE = "database"  # in the folder
_MARKER = "demo.json"
_BY = "clinician-1"


def clear(folder: Path) -> None:
    """Make the folder, or empty it where an earlier demo is in it.

    Raises:
        ConfigError: something else is in it.
        StorageError: it cannot be made or emptied, or a demo runs in it.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / _MARKER).is_file():
                raise ConfigError(f"In {folder} is something else than a demo: name an empty folder with --data.")
            if (folder / DATABASE).exists():
                Store(folder / DATABASE).close()  # which no other server has open
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / _MARKER).write_text(json.dumps({"demo": 1}), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{folder} cannot be used ({error.strerror}): name another with --data.") from None


def furnish(
    folder: Path, people: tuple[Account, ...], boxes: int, weeks: int, now_s: float, minutes: float = 45.0
) -> list[Box]:
    """Write everything simulated into the database in `folder`; returns the fleet. Sessions are of about so many
    minutes.

    Raises:
        StorageError: the folder cannot be used.
    """
    fleet = make_boxes(boxes, SEED, now_s)
    planned = plans(SEED, weeks, now_s, minutes)
    more = staff(people) | records(planned, _BY, now_s) | record(_BY, now_s)
    more |= names(fleet, "engineer-1", now_s) | last_words(fleet, now_s)
    fill(folder, planned, more, int(now_s * 1000))
    backfill(folder, fleet, now_s)
    return fleet


def enter(folder: Path, people: Iterable[Account]) -> None:
    """Make the accounts of a dashboard on the local database in `folder`, in the place of what they were before."""
    from cloud.dashboard.access.users import Users  # noqa: PLC0415

    users = Users(folder / FILE_NAME)
    for account in people:
        users.remove(account.uid)
        users.add(account.email, account.password, uid=account.uid)


__all__ = ["NAMESPACE", "RULES", "clear", "enter", "furnish"]
