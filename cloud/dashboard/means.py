"""What pages and topics work with."""

from dataclasses import dataclass

from cloud.dashboard.base import Base


@dataclass(frozen=True)
class Means:
    """Handed to whatever makes a page or a topic.

    Attributes:
        base: the database, asked as the person who is signed in.
    """

    base: Base
