"""A person's own movement: how far from their usual ones, and which of their movements; see
`device/contract/personal_file.py`.

What a record says of its frame, where a bundle of this person's own is on the box, `personal.use` is set, and the
consent covers `NEEDS`:

    personal.distance        how far the movement is from this person's usual ones; 1: as far as usual
    personal.movement        number of the nearest of their known movements; absent: none is near
    models.personal          the bundle that said it

What an event `personal` tells of the whole session, when it ends. It is compared with this person's own earlier
sessions that the same bundle watched, and with nobody else; it says of nobody that they are well or ill.

    personal.bundle          what watched, NAME-VERSION
    personal.refused         why it said nothing (`Refused`); absent: it did
    personal.supported       whether the evidence of the bundle carries it; absent: not told
    personal.simulated       whether the person whom it learnt from was simulated; absent: they were not
    personal.seconds         in which it was measured
    personal.mean, .low, .high    mean distance, and its 95 % interval
    personal.earlier         earlier sessions that it is compared with
    personal.unusual, .unusual_low, .unusual_high    the share of them whose mean was smaller, and its 95 % interval;
                             absent: there are too few of them
    personal.near            share of the time in which one of the known movements was near
    personal.shares.mN       share of the time in which movement N was the nearest, 0 where it never was; its 95 %
                             interval from personal.shares_low.mN to personal.shares_high.mN, absent: not known
    personal.units.mN        action units that belong to it, the strongest first and of many the strongest
"""

from enum import Enum
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field
from device.contract.labels import ACTION_UNIT_KEYS

#: What a consent has to cover.
NEEDS = frozenset(("personal", "units"))
#: Movements of a bundle at most, units that are told of one, and earlier sessions without which none is unusual.
MOST_MOVEMENTS, MOST_UNITS, FEWEST_EARLIER = 20, 6, 5
#: What is farther is said to be as far as that.
FARTHEST = 1000
_NUMBERS = range(1, MOST_MOVEMENTS + 1)


class Refused(str, Enum):
    """Why nothing is said of a person for whom a bundle is there."""

    CONSENT = "consent"  # the consent does not cover it
    PERSON = "person"  # the bundle is of somebody else
    BUNDLE = "bundle"  # it cannot be used
    LITTLE = "little"  # too little of the session was measured


RECORD_FIELDS = (
    Field("personal.distance", "number", "how far the movement is from this person's usual; 1: as usual", 0, FARTHEST),
    Field(
        "personal.movement", "integer", "the nearest of their known movements; absent: none is near", 1, MOST_MOVEMENTS
    ),
)
MODELS_FIELD = Field("models.personal", "string", "bundle that watched the person's own movement")
FIELDS = (
    Field(
        "personal.bundle",
        "string",
        "what watched the person's own movement, NAME-VERSION",
        pattern="[A-Za-z0-9][A-Za-z0-9._+-]{0,199}",
    ),
    Field(
        "personal.refused",
        "string",
        "why it said nothing of this person; absent: it did",
        names=tuple(why.value for why in Refused),
    ),
    Field("personal.supported", "boolean", "whether the bundle's evidence carries it; absent: not told"),
    Field("personal.simulated", "boolean", "whether the person of the bundle was simulated; absent: they were not"),
    Field("personal.seconds", "number", "in which it was measured", 0),
    Field("personal.mean", "number", "mean distance from this person's usual movements", 0, FARTHEST),
    Field("personal.low", "number", "lower end of its 95 % interval", 0, FARTHEST),
    Field("personal.high", "number", "upper end of its 95 % interval", 0, FARTHEST),
    Field("personal.earlier", "integer", "earlier sessions of theirs that it is compared with", 0),
    Field("personal.unusual", "number", "share of these whose mean was smaller", 0, 1),
    Field("personal.unusual_low", "number", "lower end of its 95 % interval", 0, 1),
    Field("personal.unusual_high", "number", "upper end of its 95 % interval", 0, 1),
    Field("personal.near", "number", "share of the time in which a known movement was near", 0, 1),
    *(Field(f"personal.shares.m{n}", "number", f"share of the time of movement {n}", 0, 1) for n in _NUMBERS),
    *(Field(f"personal.shares_low.m{n}", "number", "lower end of its 95 % interval", 0, 1) for n in _NUMBERS),
    *(Field(f"personal.shares_high.m{n}", "number", "upper end of its 95 % interval", 0, 1) for n in _NUMBERS),
    *(
        Field(
            f"personal.units.m{n}", "names", f"action units of movement {n}", names=ACTION_UNIT_KEYS, most=MOST_UNITS
        )
        for n in _NUMBERS
    ),
)
#: What every `personal` holds.
NEEDED = ("bundle", "seconds", "earlier")


def validate(personal: Any) -> None:
    """Check what `FIELDS` cannot say. Raises `DataError`."""
    if isinstance(personal, dict) and (missing := [name for name in NEEDED if name not in personal]):
        raise DataError(f"Field 'personal.{missing[0]}' of an event is missing.")
