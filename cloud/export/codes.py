"""Codes of our own for summaries in FHIR, with what each means: `codesystem.json` beside an export.

No LOINC and no SNOMED code is claimed, for none means this. Source: HL7 FHIR R4B (4.3.0), CodeSystem; UCUM.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.export.columns import NUMBER, Column, ColumnSet, empty
from cloud.export.units import tier_of
from device.contract.fields import Json
from device.contract.labels import ACTION_UNITS, EMOTIONS, ActionUnit, Reason

SYSTEM = "urn:x-affectbox:measures"
SUMMARY = "session-summary"
NOTE = (
    "Estimates by a research device of what annotators and FACS coders would say of pictures of a face: no medical "
    "device, no finding, no diagnosis, and no feelings. Every code's definition says how far it can be relied on."
)
_UNITS = {"1": "FACS intensity, A–E = 1–5", "/min": "a minute"}
_HIGHEST = {"%": 100.0, "1": 5.0}


@dataclass(frozen=True)
class Concept:
    """One code: what it is called, what it means, the UCUM unit of its value, and how far it can be relied on ('' for
    what is no estimate)."""

    code: str
    display: str
    definition: str
    unit: str
    tier: str = ""


def _concepts() -> Iterator[Concept]:
    yield Concept("duration", "Duration", "From the session's first record to its last.", "s")
    yield Concept("measured", "Share measured", "Share of the session in which the face was measured.", "%")
    for name in (*(reason.value for reason in Reason), "no_records"):
        said = name.replace("_", " ")
        yield Concept(unmeasured(name), f"Not measured: {said}", f"Share of the session: {said}.", "%")
    for name in EMOTIONS:
        tier = tier_of(f"emotions.{name}")
        text = f"Share of the session in which annotators would clearly (at least .5) say {name} ({tier})."
        yield Concept(f"emotion-{name}", f"{name.capitalize()}, share", text, "%", tier)
    for unit in ACTION_UNITS:
        yield from _of_unit(unit)
    text = "Blinks a minute of the time in which eyes were seen often enough to tell."
    yield Concept("blinks", "Blinks", text, "/min")


def _of_unit(unit: ActionUnit) -> Iterator[Concept]:
    tier, key = unit.tier.value, unit.key.lower()
    for code, called, told, measure in (
        ("mean", "mean", "mean intensity over time, 0 to 5", "1"),
        ("p95", "95th percentile", "intensity not exceeded in 95 % of the time", "1"),
        ("episodes", "episodes", "episodes a minute of measured time", "/min"),
    ):
        yield Concept(f"{key}-{code}", f"{unit.key}, {called}", f"{unit.name} ({tier}): {told}.", measure, tier)


def unmeasured(reason: str) -> str:
    """The code of the share that was not measured for a reason, `no_records` for time without any."""
    return f"unmeasured-{reason.replace('_', '-')}"


CONCEPTS = {one.code: one for one in _concepts()}
SET = ColumnSet(
    "fhir",
    tuple(
        Column(
            one.code,
            NUMBER,
            one.definition,
            empty,
            _UNITS.get(one.unit, one.unit),
            0,
            _HIGHEST.get(one.unit),
            one.tier,
        )
        for one in CONCEPTS.values()
    ),
    (
        "Each session is one FHIR R4B Observation, on a line of a file of its own; the columns of this dictionary are "
        "the codes of its components. `codesystem.json` is the same for programs.",
        "What was not measured has a `dataAbsentReason`: `not-permitted` where the consent does not cover it, "
        "`not-performed` where nothing could be seen.",
    ),
    "ndjson",
)


def files() -> dict[str, str]:
    """What goes beside the data: name → text."""
    return {"codesystem.json": json.dumps(code_system(), indent=1, ensure_ascii=False) + "\n"}


def code_system() -> Json:
    """The CodeSystem that explains the codes."""
    concepts = [{"code": one.code, "display": one.display, "definition": one.definition} for one in CONCEPTS.values()]
    whole = {"code": SUMMARY, "display": "Summary of a session", "definition": "What a session came to."}
    return {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "name": "AffectboxMeasures",
        "title": "Affectbox measures",
        "status": "draft",
        "experimental": True,
        "caseSensitive": True,
        "content": "complete",
        "description": NOTE,
        "count": len(concepts) + 1,
        "concept": [whole, *concepts],
    }
