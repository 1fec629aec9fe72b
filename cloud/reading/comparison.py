"""What compared a session with other people, as readers see it: of whom its evidence is, or why nothing was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from device.contract.atypicality import Refused
from device.contract.fields import Json
from device.contract.session import Event


@dataclass(frozen=True)
class Comparison:
    """One bundle, as the box told of it.

    Attributes:
        bundle: NAME-VERSION.
        of: what it says of a window, a field of `atypicality` in records.
        seconds: length of a window.
        refused: why it said nothing of the person; None: it did.
        supported: whether its evidence carries it.
        simulated: whether the people of the evidence were simulated.
        population, ages, people, raters: of the evidence; no raters: nobody rated.
        typical: what 95 % of the windows of typical people do not exceed; None: not known.
    """

    bundle: str
    of: str
    seconds: float
    refused: Refused | None
    supported: bool
    simulated: bool
    population: str
    ages: tuple[str, ...]
    people: int
    raters: int
    typical: float | None

    @classmethod
    def told(cls, held: Json) -> Self:
        """From the `comparison` of an event that the contract takes."""
        return cls(
            held["bundle"],
            held["of"],
            held["seconds"],
            Refused(held["refused"]) if "refused" in held else None,
            held["supported"],
            held.get("simulated", False),
            held["population"],
            tuple(held["ages"]),
            held["n"],
            held.get("raters", 0),
            held.get("typical"),
        )


def comparisons(events: Iterable[Json]) -> tuple[Comparison, ...]:
    """Of each thing that could be said the newest that was, or why it was not, from a session's events. A consent that
    says another age later on takes away what was said under the one before: that was of nobody of the evidence."""
    found: dict[str, Comparison] = {}
    for event in events:
        if event["event"] == Event.COMPARISON:
            told = Comparison.told(event["comparison"])
            before = found.get(told.of)
            if before is None or before.refused is not None or told.refused in (None, Refused.AGE):
                found[told.of] = told
    return tuple(found.values())
