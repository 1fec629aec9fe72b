"""Comparison with other people: how atypical a face moves, window by window; see `device/contract/movement.py`.

What was said of a window stands in the first measured record after it, before the next window ends:

    atypicality.rating       how atypical the expressions look, 1 (typical) to 5, as the raters of the evidence would
                             have said in the mean; `.low` to `.high`: its conformal interval, absent: not known
    atypicality.unlikely     share of the windows of typical people whose movement was less unlikely
    models.atypicality       the bundles that said it

It is said only of who agreed to it, and whose age is that of people of the evidence. Whether that is so, and what the
evidence is, tells one event of the session, `comparison`, for each bundle, before any such record and with every
change of the consent: whoever shows what was said shows that beside it. It is nobody's diagnosis.

    comparison.bundle, .of   what would say it, NAME-VERSION, and which of both (`OF`)
    comparison.seconds       length of its windows
    comparison.refused       why it says nothing of this person (`Refused`); absent: it does
    comparison.supported     whether the evidence of the bundle carries it; where not, whoever shows this says so
    comparison.simulated     whether the people of the evidence were simulated; absent: they were not
    comparison.population, .ages, .n, .raters     of the evidence
    comparison.typical       what 95 % of the windows of typical people do not exceed: a rating, or a share; absent:
                             not known
    comparison.typical_people     whose windows these are; absent: not known
"""

from collections.abc import Collection
from enum import Enum
from typing import Any

from device.contract.choices import AGES
from device.contract.errors import DataError
from device.contract.fields import Field

#: Of a rating.
LOWEST, HIGHEST = 1.0, 5.0
#: What a consent has to cover, and what beside that where emotions are read.
NEEDS, EMOTIONS_NEED = frozenset(("atypicality", "units")), frozenset(("expressions",))
#: What is said by which: fields of a record.
RATING, UNLIKELY = OF = ("rating", "unlikely")
#: The share of `UNLIKELY` above which a window is so.
RARE = 0.95


class Refused(str, Enum):
    """Why nothing is said of a person."""

    CONSENT = "consent"  # the consent does not cover it, or what it is read from
    NO_AGE = "no-age"  # the consent says no age
    AGE = "age"  # nobody of this age is in the evidence
    SOURCES = "sources"  # the people of the evidence were measured with other networks


RECORD_FIELDS = (
    Field("atypicality.rating", "number", "how atypical the expressions of the window before look", LOWEST, HIGHEST),
    Field("atypicality.low", "number", "lower end of its conformal interval", LOWEST, HIGHEST),
    Field("atypicality.high", "number", "upper end of its conformal interval", LOWEST, HIGHEST),
    Field("atypicality.unlikely", "number", "share of typical people's windows that were less unlikely", 0, 1),
)
MODELS_FIELD = Field("models.atypicality", "string", "bundles that compared the window before with other people")
FIELDS = (
    Field(
        "comparison.bundle",
        "string",
        "the bundle that compares with other people, NAME-VERSION",
        pattern="[A-Za-z0-9][A-Za-z0-9._+-]{0,199}",
    ),
    Field("comparison.of", "string", "what it says of a window", names=OF),
    Field("comparison.seconds", "number", "length of a window", 0),
    Field(
        "comparison.refused",
        "string",
        "why it says nothing of this person; absent: it does",
        names=tuple(why.value for why in Refused),
    ),
    Field("comparison.supported", "boolean", "whether the bundle's evidence carries it"),
    Field(
        "comparison.simulated", "boolean", "whether the people of the evidence were simulated; absent: they were not"
    ),
    Field("comparison.population", "string", "who the people of the evidence were", longest=400),
    Field("comparison.ages", "names", "how old they were, years", names=AGES),
    Field("comparison.n", "integer", "people in the evidence", 0),
    Field("comparison.raters", "integer", "raters of a window at most; absent: nobody rated", 1),
    Field("comparison.typical", "number", "what 95 of 100 windows of typical people do not exceed", 0, HIGHEST),
    Field("comparison.typical_people", "integer", "the typical people in the evidence; absent: not known", 1),
)
#: What every `comparison` holds.
NEEDED = ("bundle", "of", "seconds", "supported", "population", "ages", "n")


def refused(covers: Collection[str], age: str, ages: Collection[str], reads_emotions: bool) -> Refused | None:
    """Why nothing is said of a person whose consent `covers` this and says this `age` ('': none), by a bundle with
    evidence of people of these `ages`; None: it may."""
    if not (NEEDS | EMOTIONS_NEED if reads_emotions else NEEDS) <= {*covers}:
        return Refused.CONSENT
    if not age:
        return Refused.NO_AGE
    return None if age in ages else Refused.AGE


def validate(comparison: Any) -> None:
    """Check what `FIELDS` cannot say. Raises `DataError`."""
    if isinstance(comparison, dict) and (missing := [name for name in NEEDED if name not in comparison]):
        raise DataError(f"Field 'comparison.{missing[0]}' of an event is missing.")
