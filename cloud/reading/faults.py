"""What readers passed over: counted, each with a reason, and never in the way of the rest."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_MOST = 5  # reasons that are told one by one


@dataclass
class Faults:
    """What was passed over.

    Attributes:
        torn: lines that end before their end, as a power cut leaves them.
        foreign: lines that are no JSON.
        repeated: records and events that came more than once; each counts once.
        conflicting: records and events of a number that came before with other content; the first counts.
        versions: records, packs and events of versions that this program does not know, by what they are.
        quarantined: what is none of ours, by the reason.
    """

    torn: int = 0
    foreign: int = 0
    repeated: int = 0
    conflicting: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Faults") -> None:
        """Count those of another reading, too."""
        for name in ("torn", "foreign", "repeated", "conflicting"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.versions.update(other.versions)
        self.quarantined.update(other.quarantined)

    def sentences(self) -> Iterator[str]:
        """One for each kind that there is."""
        if self.torn:
            yield f"{self.torn} {_plural(self.torn, 'line is', 'lines are')} cut off, as a power cut leaves them"
        if self.foreign:
            yield f"{self.foreign} {_plural(self.foreign, 'line is', 'lines are')} no JSON: no box wrote them"
        if self.repeated:
            yield f"{self.repeated} came more than once, and {_plural(self.repeated, 'counts', 'count')} once"
        if self.conflicting:
            yield f"{self.conflicting} came again with other content under the same number: the first that came counts"
        for what, count in self.versions.most_common():
            yield f"{count} × {what}, which this program does not know: install a newer one"
        for reason, count in self.quarantined.most_common(_MOST):
            yield f"{count} × {reason.rstrip('.')}"
        if rest := sum(self.quarantined.values()) - sum(dict(self.quarantined.most_common(_MOST)).values()):
            yield f"{rest} more for other reasons"


def _plural(count: int, one: str, more: str) -> str:
    return one if count == 1 else more
