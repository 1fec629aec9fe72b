"""What pages and topics work with."""

from dataclasses import dataclass
from pathlib import Path

from cloud.dashboard.base import Base


@dataclass(frozen=True)
class Means:
    """Handed to whatever makes a page or a topic.

    Attributes:
        base: the database, asked as the person who is signed in.
        folder: where a watch keeps history and alerts, and pages what must survive a restart; None: nowhere.
        alerts: the file of alert rules; None: the one that is shipped.
    """

    base: Base
    folder: Path | None = None
    alerts: Path | None = None
