"""Which sessions are a person's, in several databases."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cloud.erasing.known import visit
from cloud.erasing.shard import Shard, pages
from cloud.reading import belonging
from device.contract import patient, session

Progress = Callable[[str], None]


class Held(NamedTuple):
    """A session: where it was held, and its id."""

    device: str
    session: str

    @property
    def visit(self) -> str:
        """DEVICE~SESSION."""
        return visit(self.device, self.session)


@dataclass(frozen=True)
class Whose:
    """Sessions of a person.

    Attributes:
        sessions: theirs: a box noted so, or, where no box noted of whom it is, it stands among their visits.
        contested: stand among their visits, but a box noted somebody else: nothing of these is theirs but the visit.
        noted: number of the database → sessions of which it notes that they are theirs.
    """

    sessions: frozenset[Held]
    contested: frozenset[Held]
    noted: dict[int, frozenset[Held]]

    def of(self, device: str) -> set[str]:
        """The ids of theirs that a box held."""
        return {one.session for one in self.sessions if one.device == device}

    @property
    def devices(self) -> list[str]:
        """The boxes that held theirs."""
        return sorted({one.device for one in self.sessions})


def whose(shards: Sequence[Shard], person: str, progress: Progress) -> Whose:
    """Look for a person's sessions. Raises as `Shard`."""
    visited = {held for shard in shards for held in _visited(shard, person)}
    noted: dict[int, set[Held]] = defaultdict(set)
    others: set[Held] = set()
    for number, shard in enumerate(shards):
        for device in shard.keys(patient.ROOT):
            progress(f"whom {device} watched, as {shard.name} notes it")
            for page in pages(shard, f"{patient.ROOT}/{device}"):
                for name, whom in page.items():
                    if whom == person:
                        noted[number].add(Held(device, name))
                    elif Held(device, name) in visited:
                        others.add(Held(device, name))
    theirs = set().union(*noted.values()) | visited
    return Whose(
        frozenset(theirs - others), frozenset(theirs & others), {number: frozenset(of) for number, of in noted.items()}
    )


def _visited(shard: Shard, person: str) -> Iterable[Held]:
    for key in shard.keys(f"{session.ROOT}/{person}"):
        if own := belonging.visit(key):
            yield Held(*own)
