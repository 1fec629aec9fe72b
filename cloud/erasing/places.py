"""Where something of a person stands in one database: the paths, in the order in which they are taken away.

What the recordings are found by goes last, so that an erasure that was cut off finds the rest when it is run again:
recordings, what diagnosis support said, what staff wrote, visits, and then `patients/DEVICE/SESSION`, which stays as
long as the box may still send something of that session.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloud.erasing.shard import Shard, children, pages
from cloud.erasing.whose import Progress, Whose
from device.contract import aggregate, audit, live, pack, patient, person, record, remote, session, support, telemetry

#: Where recordings stand, by session. The last three are of older boxes.
ROOTS = (pack.ROOT, record.ROOT, aggregate.SECONDS_ROOT, aggregate.MINUTES_ROOT, "frames", "spans", "sessions")
_LIVE, _COMMANDS, _STATE = "newest seconds", "commands", "states of boxes"
_JOURNAL, _STAFF, _VISITS = "names in the audit", "assignments of staff", "visits"
_SUPPORT = "sessions of which diagnosis support said something"
NOTES, MARK = "notes of whom a session watched", "marks that they are being erased"
_STAFFS = "staff"
_OF_PEOPLE = {
    "versions": "versions of the record",
    "notes": "notes",
    "marks": "marked sessions",
    "consents": "consents on paper",
}


@dataclass
class Places:
    """What of a person stands in one database.

    Attributes:
        shard: the database.
        paths: what it is → where.
    """

    shard: Shard
    paths: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, paths: Iterable[str]) -> None:
        """Note what stands somewhere."""
        if found := [*paths]:
            self.paths.setdefault(what, []).extend(found)

    @property
    def count(self) -> int:
        """How many places there are, without the mark that the erasure itself left."""
        return sum(len(paths) for what, paths in self.paths.items() if what != MARK)


def places(shard: Shard, number: int, whom: str, theirs: Whose, progress: Progress) -> Places:
    """Look where something of a person stands in the database of this number. Raises as `Shard`."""
    found = Places(shard)
    for root in ROOTS:
        for device in theirs.devices:
            progress(f"{root} of {device} in {shard.name}")
            kept = theirs.of(device).intersection(shard.keys(f"{root}/{device}"))
            found.add(f"sessions in {root}", sorted(f"{root}/{device}/{one}" for one in kept))
    visits = {one.visit for one in theirs.sessions}
    found.add(_SUPPORT, _of_sessions(shard, support.ROOT, whom, visits))
    for device in theirs.devices:
        for what, root in ((_LIVE, live.ROOT), (_STATE, telemetry.ROOT)):
            if shard.get(f"{root}/{device}/session") in theirs.of(device):
                found.add(what, [f"{root}/{device}" if root == live.ROOT else f"{root}/{device}/session"])
    _of_control(found, whom, progress)
    found.add(_JOURNAL, _of_journal(shard, whom, theirs, progress))
    for part, what in _OF_PEOPLE.items():
        found.add(what, (f"{person.ROOT}/{whom}/{part}/{key}" for key in shard.keys(f"{person.ROOT}/{whom}/{part}")))
    rest = set(shard.keys(f"{person.ROOT}/{whom}")).difference(_OF_PEOPLE)
    found.add("other things of the record", (f"{person.ROOT}/{whom}/{key}" for key in sorted(rest)))
    for uid, member in children(shard.get(_STAFFS)).items():
        if isinstance(member, dict) and whom in children(member.get("patients")):
            found.add(_STAFF, [f"{_STAFFS}/{uid}/patients/{whom}"])
    found.add(_VISITS, _of_sessions(shard, session.ROOT, whom, visits))
    found.add(NOTES, sorted(patient.key(*one) for one in theirs.noted.get(number, ())))
    found.add(MARK, [f"{audit.ERASED_ROOT}/{whom}"] if shard.get(f"{audit.ERASED_ROOT}/{whom}") else [])
    return found


def _of_sessions(shard: Shard, root: str, whom: str, visits: Collection[str]) -> list[str]:
    """The places of events of a person's sessions, as far as they stand below their pseudonym, or below nobody's."""
    names = ((name, key) for name in (whom, session.UNNAMED) for key in shard.keys(f"{root}/{name}"))
    return [f"{root}/{name}/{key}" for name, key in names if name == whom or key in visits]


def _of_control(found: Places, whom: str, progress: Progress) -> None:
    for device in found.shard.keys(remote.ROOT):
        progress(f"what {device} is told in {found.shard.name}")
        told = children(found.shard.get(f"{remote.ROOT}/{device}"))
        command = told.get(remote.COMMAND)
        if isinstance(command, dict) and command.get("patient") == whom:
            found.add(_COMMANDS, [remote.key(device)])


def _of_journal(shard: Shard, whom: str, theirs: Whose, progress: Progress) -> Iterator[str]:
    """The fields of the audit that say who it was; the entries stay."""
    visits = {one.visit for one in theirs.sessions}
    for month in shard.keys(audit.ROOT):
        progress(f"the audit of {month} in {shard.name}")
        for page in pages(shard, f"{audit.ROOT}/{month}"):
            for key, entry in page.items():
                if names(entry, whom, visits):
                    yield from (f"{audit.ROOT}/{month}/{key}/{one}" for one in ("patient", "visit") if one in entry)


def names(entry: Any, whom: str, visits: Collection[str]) -> bool:
    """Whether an entry of the audit says who it was."""
    return isinstance(entry, dict) and (entry.get("patient") == whom or entry.get("visit") in visits)
