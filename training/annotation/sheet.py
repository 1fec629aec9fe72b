"""Which pictures come onto a contact sheet, and in which order."""

from collections.abc import Iterable, Mapping
from enum import Enum

from training.annotation.coding import ACTIONS, Coded

_NOTHING = Coded()


class Showing(str, Enum):
    """What is shown: what is not coded yet; everything; or what is coded, the strongest first."""

    OPEN = "open"
    ALL = "all"
    STRONGEST = "strongest"


def is_done(coded: Coded, action: str | None) -> bool:
    """Whether a picture needs nothing more: of one action, or (None) of all of them."""
    if coded.submitted or not coded.codable:
        return True
    return action is not None and (action in coded.judged or ACTIONS[action].part in coded.hidden)


def choose(order: Iterable[int], coded: Mapping[int, Coded], action: str | None, showing: Showing) -> list[int]:
    """Places of the pictures to show.

    Args:
        order: places in the order in which to code.
        coded: place → how it is coded; others are not.
        action: the one that is coded; None: all of a picture.
        showing: `STRONGEST` orders by the action's value, or, of whole pictures, by how many actions are present.
    """
    places = [int(place) for place in order]
    if showing is Showing.ALL:
        return places
    if showing is Showing.OPEN:
        return [place for place in places if not is_done(coded.get(place, _NOTHING), action)]
    strength = {place: value for place in coded if (value := _strength(coded[place], action)) is not None}
    return sorted((place for place in places if place in strength), key=lambda place: -strength[place])


def _strength(coded: Coded, action: str | None) -> int | None:
    final = coded.final
    if action is None:
        return sum(mark.value > 0 for mark in final.values()) if coded.submitted else None
    return final[action].value if action in final else None
