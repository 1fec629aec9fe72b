"""Which records of a refused batch does the database refuse? Halves are sent, and halves of halves.

One bad record among a hundred costs some fourteen writes, and holds up none of the others.
"""

from device.delivery.outbox import Entry


class Isolation:
    """The search in one refused batch.

    Attributes:
        sent_before: how many records the database had taken when the search began.
        culprits: the records that were refused alone, each with the database's words.
    """

    def __init__(self, sent_before: int) -> None:
        self.sent_before = sent_before
        self.culprits: list[tuple[Entry, str]] = []
        self._groups: list[list[Entry]] = []

    def next(self) -> list[Entry]:
        """The group to send now."""
        return self._groups.pop()

    def again(self, group: list[Entry]) -> None:
        """This group has to be sent as it is."""
        self._groups.append(group)

    def refused(self, group: list[Entry], reason: str) -> None:
        """This group was sent and refused."""
        if len(group) == 1:
            self.culprits.append((group[0], reason))
            return
        middle = len(group) // 2
        self._groups += [group[middle:], group[:middle]]

    @property
    def over(self) -> bool:
        """Whether every group has been sent."""
        return not self._groups

    def rest(self) -> list[Entry]:
        """What has not been sent yet, or has to be sent in smaller groups."""
        return [entry for group in self._groups for entry in group]
