"""Diagnosis support: what a bundle of the task `diagnosis-support` said, once, of a session or of one of its phases.

It is one event of the session, `support` (`device/contract/session.py`), told just before the session's end, and holds
a *conformal set*: the groups that the measurements do not rule out, at the error rate `alpha` that was aimed at. Only
a set of exactly one group, without any reason to abstain, is an answer; everything else is 'no answer'. It is nobody's
diagnosis.

It alone of all events stands below a root of its own, `support/PATIENT/DEVICE~SESSION/eNNNNNN`: the clinicians of the
person may read it, and nobody else; of the others those of the room's box and administrators read as well.

    support.bundle, .phase     what said it, and of which phase; no phase: of the whole session
    support.supported          whether the evidence of the bundle carries it; where not, whoever shows this says so
    support.simulated          whether the people of the evidence were simulated; where so, whoever shows this says so
    support.population, .n, .sites, .alpha     of the evidence
    support.answered_right     of the people of the evidence for whom one group was left, the share of that group;
                               `_low` to `_high`: its 95 % interval; absent: not measured
    support.coverage           share of the time that could be measured; absent: the box could not compute it (`fault`)
    support.why                reasons to abstain (`Abstained`)
    support.g1 … g6            the groups: name, their people in the evidence, the share of these whose set held the
                               group (`held`; absent: not measured), probability, whether it is in the set

Where nothing could be computed, the groups bear neither probability nor `possible`.
"""

from enum import Enum
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Field, Json

ROOT = "support"
#: What a group of a study may be called.
GROUP = "[a-z][a-z0-9-]{0,39}"
#: What a consent has to cover.
NEEDS = frozenset(("diagnosis", "expressions", "units"))
#: Groups that a bundle can tell apart, at most.
GROUPS = tuple(f"g{number}" for number in range(1, 7))


class Abstained(str, Enum):
    """Why there is no answer."""

    UNCERTAIN = "uncertain"  # the set holds several groups, or none
    COVERAGE = "coverage"  # too little of the time could be measured
    SHORT = "short"  # too little time in all
    PHASE = "phase"  # a phase that the bundle needs was not held
    UNMEASURED = "unmeasured"  # too many of the features were not measured
    OUTSIDE = "outside"  # the features are unlike those of everybody in the evidence, or measured with other networks
    FAULT = "fault"  # the box could not compute it, or not in time


FIELDS = (
    Field(
        "support.bundle",
        "string",
        "the bundle that said this, NAME-VERSION",
        pattern="[A-Za-z0-9][A-Za-z0-9._+-]{0,199}",
    ),
    Field("support.phase", "string", "the phase that it is of; absent: the whole session", longest=40, pattern=GROUP),
    Field("support.supported", "boolean", "whether the bundle's evidence carries it"),
    Field("support.simulated", "boolean", "whether the people of the evidence were simulated; absent: they were not"),
    Field("support.population", "string", "who the people of the evidence were", longest=400),
    Field("support.n", "integer", "people in the evidence", 0),
    Field("support.sites", "integer", "sites of the evidence", 0),
    Field("support.alpha", "number", "share of sets that may miss the right group, as aimed at", 0, 1),
    Field(
        "support.answered_right", "number", "share of the evidence's sets of one group that held the right one", 0, 1
    ),
    Field("support.answered_right_low", "number", "lower end of its 95 % interval", 0, 1),
    Field("support.answered_right_high", "number", "upper end of its 95 % interval", 0, 1),
    Field("support.coverage", "number", "share of the time in which the face was measured", 0, 1),
    Field("support.why", "names", "why there is no answer", names=tuple(why.value for why in Abstained)),
    *(
        field
        for group in GROUPS
        for field in (
            Field(f"support.{group}.name", "string", "name of a group of the evidence", longest=40, pattern=GROUP),
            Field(f"support.{group}.n", "integer", "people of this group in the evidence", 0),
            Field(f"support.{group}.held", "number", "share of its people whose set held it, as measured", 0, 1),
            Field(f"support.{group}.probability", "number", "probability of the group, as the network has it", 0, 1),
            Field(f"support.{group}.possible", "boolean", "whether the group is in the set"),
        )
    ),
)
#: What every `support` holds, beside `coverage`, which one of a fault may lack.
NEEDED = ("bundle", "supported", "population", "n", "sites", "alpha", "g1", "g2")


def groups(support: Json) -> list[Json]:
    """The groups of a `support`, in their order."""
    return [support[group] for group in GROUPS if group in support]


def answer(support: Json) -> str | None:
    """The one group that is not ruled out; None: no answer."""
    possible = [group["name"] for group in groups(support) if group.get("possible")]
    return str(possible[0]) if len(possible) == 1 and not support.get("why") else None


def validate(support: Any) -> None:
    """Check what `FIELDS` cannot say. Raises `DataError`."""
    if not isinstance(support, dict):
        return  # the event says that it is missing
    needed = NEEDED if support.get("why") == [Abstained.FAULT] else (*NEEDED, "coverage")
    if missing := [name for name in needed if name not in support]:
        raise DataError(f"Field 'support.{missing[0]}' of an event is missing.")
    if any(
        not isinstance(support[group], dict) or not {"name", "n"} <= support[group].keys()
        for group in GROUPS
        if group in support
    ):
        raise DataError("Every group of 'support' of an event has a name and a number of people.")
    named = [group["name"] for group in groups(support)]
    if not {*GROUPS[: len(named)]} <= support.keys():
        raise DataError("The groups of 'support' of an event are numbered from 1, and one is missing.")
    if len(set(named)) < len(named):
        raise DataError("Two groups of 'support' of an event have one name.")
    if not _is_interval(support):
        raise DataError("Field 'support.answered_right' of an event lies in its interval, which has both of its ends.")
    if answer(support) is None and not support.get("why"):
        raise DataError("Field 'support.why' of an event is missing: where there is no answer, it says why.")


def _is_interval(support: Json) -> bool:
    """Whether the share of right answers is there alone, with an interval about it, or not at all."""
    low, share, high = (support.get(f"answered_right{end}") for end in ("_low", "", "_high"))
    if low is None and high is None:
        return True
    return low is not None and share is not None and high is not None and bool(low <= share <= high)
