"""A person is erased from databases, from files and, as far as they answer, from boxes; and can be again, after a cut.

The order is what makes it so: a mark that it began (`erased/PATIENT`), then boxes are asked, then everything goes but
the notes of whom sessions watched; then those notes, of boxes that have nothing left to erase; the mark is the last.
Whatever is still found by a mark, a note or a visit is found again, and what went before it is gone.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from cloud.erasing import boxes, files
from cloud.erasing.boxes import Waiting
from cloud.erasing.places import MARK, NOTES, Places, places
from cloud.erasing.shard import Shard, delete
from cloud.erasing.whose import Held, Progress, Whose, whose
from device.contract import audit
from device.contract.keys import new_key
from device.contract.telemetry import SERVER_TIME

#: In the place of an account, in entries of the audit.
BY = "affectbox-cloud"


@dataclass(frozen=True)
class Found:
    """What is held of a person.

    Attributes:
        whose: their sessions.
        places: by database.
        files: on this machine.
        waiting: boxes that were asked to erase them and have not.
    """

    whose: Whose
    places: tuple[Places, ...]
    files: tuple[files.Of, ...]
    waiting: tuple[Waiting, ...] = field(default=())

    @property
    def visits(self) -> set[str]:
        """DEVICE~SESSION of their sessions."""
        return {one.visit for one in self.whose.sessions}

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is held of them, and nothing remains to be done."""
        return not (any(one.paths for one in self.places) or self.files or self.waiting)

    @property
    def is_recorded(self) -> bool:
        """Whether databases hold something, beside the mark that they are being erased."""
        return any(one.count for one in self.places)


def look(shards: Sequence[Shard], whom: str, progress: Progress) -> Found:
    """Look for everything that is held of a person; nothing is changed. Raises as `Shard`."""
    waiting = tuple(boxes.waiting(shards, whom).get(whom, ()))  # first: of a box that did it nothing more arrives
    theirs = whose(shards, whom, progress)
    found = tuple(places(shard, number, whom, theirs, progress) for number, shard in enumerate(shards))
    known = files.fates(whom, {one.visit for one in theirs.sessions})
    return Found(theirs, found, tuple(known), waiting)


def name_of(shards: Sequence[Shard], whom: str) -> str:
    """The name of an erasure that began, which is that of its entry in the audit; '' for none. Raises as `Shard`."""
    for shard in shards:
        place = shard.get(f"{audit.ERASED_ROOT}/{whom}")
        if isinstance(place, str) and shard.get(f"{audit.ROOT}/{place}/by") == BY:
            return place.rpartition("/")[2]
    return ""


def begin(shards: Sequence[Shard], whom: str, found: Found) -> str:
    """Mark that they are being erased, with an entry of the audit that does not say who they are: once. The name of
    the erasure. Raises as `Shard`."""
    if name := name_of(shards, whom):
        return name
    marked = (shard for shard in shards if shard.get(f"{audit.ERASED_ROOT}/{whom}") is not None)  # by a clinician
    home = next(marked, next((one.shard for one in found.places if one.count), shards[0]))
    home.patch(entry(audit.ERASED, f"{audit.ERASED_ROOT}/{whom}"))
    return name_of(shards, whom)


def entry(did: str, told_at: str = "") -> dict[str, object]:
    """An entry of the audit, and its place at `told_at`, for a write by paths from the root."""
    now_ms = time.time_ns() // 10**6
    place = audit.key(now_ms, new_key(now_ms))
    made: dict[str, object] = {place: {"v": audit.VERSION, "at": SERVER_TIME, "by": BY, "did": did}}
    return made | ({told_at: place.removeprefix(f"{audit.ROOT}/")} if told_at else {})


def ask_boxes(shards: Sequence[Shard], whom: str, name: str, found: Found, more: Iterable[str] = ()) -> set[str]:
    """Ask every box that held a session of theirs, and `more`, unless it was asked; of which more may arrive until
    they have done it. Raises as `Shard`."""
    standing = {one.device for one in found.waiting}
    wanted = {*found.whose.devices, *more} - standing
    asked = sorted(one for one in wanted if not boxes.was_asked(shards, one, name))
    boxes.ask(shards, whom, asked, name)
    return standing.union(asked)


def remove(whom: str, found: Found, staying: Collection[str], progress: Progress) -> list[files.Of]:
    """Take away what was found; what became of files. Notes of boxes that had something to erase when it was looked
    for stay, and so does the mark, until none has. Raises as `Shard`, and `StorageError`."""
    for one in found.places:
        for what, paths in one.paths.items():
            if what not in (NOTES, MARK):
                _remove(one.shard, what, paths, progress)
    done = files.carry_out(found.files, whom, found.visits)
    for one in found.places:
        paths = [path for path in one.paths.get(NOTES, []) if path.split("/")[1] not in staying]
        _remove(one.shard, NOTES, paths, progress)
    return done


def end(shards: Sequence[Shard], whom: str, name: str) -> None:
    """Nothing is left to be done: proofs of boxes go, and then the mark. Raises as `Shard`."""
    mark = f"{audit.ERASED_ROOT}/{whom}"
    for shard in sorted(shards, key=lambda one: one.get(mark) is not None):
        changes = boxes.clean(shard, name) | ({mark: None} if shard.get(mark) is not None else {})
        if changes:
            shard.patch(changes)


def _remove(shard: Shard, what: str, paths: Sequence[str], progress: Progress) -> None:
    gone = 0
    for count in delete(shard, paths):
        gone += count
        progress(f"{gone} of {len(paths)} {what} are gone from {shard.name}")


def sessions(found: Iterable[Found]) -> frozenset[Held]:
    """The sessions of all passes."""
    return frozenset().union(*(one.whose.sessions for one in found))
