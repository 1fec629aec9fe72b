"""What pages and topics work with."""

from dataclasses import dataclass
from pathlib import Path

from cloud.dashboard.access.identities import Identity
from cloud.dashboard.access.visits import Visits
from cloud.dashboard.base import Base


@dataclass(frozen=True)
class Means:
    """Handed to whatever makes a page or a topic.

    Attributes:
        base: the database, asked as the person who is signed in.
        identity: who keeps the accounts.
        visits: who is signed in.
        watch: folder in which the watch of the fleet keeps its day and its alerts (`cloud.watch`).
        alerts: file of thresholds; None for those that ship.
    """

    base: Base
    identity: Identity
    visits: Visits
    watch: Path
    alerts: Path | None = None
