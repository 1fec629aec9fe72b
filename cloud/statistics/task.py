"""What a worker does: read the sessions of one file, one at a time, and say what each comes to."""

from dataclasses import dataclass, field
from pathlib import Path

from cloud.erasing import known
from cloud.export.folder import month
from cloud.reading.faults import Faults
from cloud.reading.pieces import Pieces
from cloud.statistics.sums import Sums, of_session
from device.contract.errors import AffectboxError
from device.contract.session import Why


@dataclass(frozen=True, order=True)
class Group:
    """Whose sessions, on which box, in which month (`2026-11`, UTC)."""

    patient: str
    device: str
    month: str


@dataclass(frozen=True, eq=False)
class One:
    """One session: DEVICE~SESSION, where it belongs, and what it comes to."""

    visit: str
    group: Group
    sums: Sums


@dataclass(eq=False)
class Found:
    """The sessions of one file; `revoked` and `empty`: DEVICE~SESSION of those that do not count; `trouble`: why the
    file could not be read, with the exit code of that."""

    path: Path
    sessions: list[One] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    trouble: AffectboxError | None = None


def summed(path: Path) -> Found:
    """What the sessions of a file come to. What fails is told in `trouble`, so that it comes back from any worker."""
    found = Found(path)
    try:
        pieces = Pieces([path])
        found.faults = pieces.faults
        for one in pieces.listed():
            own = known.visit(one.device, one.session)
            if one.why == Why.REVOKED:
                found.revoked.append(own)
                continue
            table = pieces.table(one)
            found.faults.add(table.faults)
            if not len(table):
                found.empty.append(own)
                continue
            group = Group(table.sessions[0].patient, one.device, month(table))
            found.sessions.append(One(own, group, of_session(table)))
    except AffectboxError as error:
        found.trouble = error
    return found


def ready() -> bool:
    """Whether this process can do it: asked of each worker before any file is sent."""
    return True
