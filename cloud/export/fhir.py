"""Summaries as HL7 FHIR R4B: one Observation a session, a JSON object on a line of its own (`.ndjson`), so that the
files put together are what FHIR's bulk data calls `Observation.ndjson`.

Its code and those of its components are of a code system of our own, `codesystem.json` beside the data: no LOINC and
no SNOMED code is claimed, for none means this. What was not measured has a `dataAbsentReason` and no value. Persons
and boxes are named by identifiers alone: a pseudonym, and the box's name.

Source: HL7 FHIR R4B (4.3.0), Observation and CodeSystem; Bulk Data Access 2.0; UCUM.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

import numpy as np

from cloud.analysis.quantities import withheld
from cloud.erasing import known
from cloud.export.codes import CONCEPTS, NOTE, SUMMARY, SYSTEM, unmeasured
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.statistics.sums import Sums, of_session
from device.contract.fields import Json
from device.contract.labels import ACTION_UNITS, EMOTIONS, Reason
from device.contract.session import UNNAMED

_VISIT, _PATIENT, _BOX = (f"urn:x-affectbox:{name}" for name in ("session", "pseudonym", "box"))
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
_UCUM = "http://unitsofmeasure.org"
_HIGH = 0.95


def write(table: Table, file: IO[bytes]) -> None:
    """Write a session's Observation as a line."""
    file.write(json.dumps(observation(table), ensure_ascii=False, allow_nan=False).encode() + b"\n")


def observation(table: Table) -> Json:
    """The Observation of a session of at least one record."""
    session, sums = table.sessions[0], of_session(table)
    found: Json = {
        "resourceType": "Observation",
        "identifier": [_named(_VISIT, known.visit(session.device, session.id))],
        "status": "final" if session.why else "preliminary",
        "category": [{"coding": [{"system": _CATEGORIES, "code": "procedure", "display": "Procedure"}]}],
        "code": {"coding": [{"system": SYSTEM, "code": SUMMARY, "display": "Summary of a session"}]},
        "device": {"identifier": _named(_BOX, session.device)},
        "note": [{"text": NOTE}],
        "component": [*_components(sums, withheld(table))],
    }
    if session.patient and session.patient != UNNAMED:
        found["subject"] = {"identifier": _named(_PATIENT, session.patient)}
    return found | _when(table, session)


def _components(sums: Sums, unasked: tuple[str, ...]) -> Iterator[Json]:
    """One for each code; `unasked`: what the consent does not cover."""
    for code, value in _values(sums, unasked).items():
        concept = CONCEPTS[code]
        found: Json = {"code": {"coding": [{"system": SYSTEM, "code": code, "display": concept.display}]}}
        if isinstance(value, str):
            yield found | {"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": value}]}}
        else:
            quantity = {"value": round(value, 4), "unit": concept.unit, "system": _UCUM, "code": concept.unit}
            yield found | {"valueQuantity": quantity}


def _values(sums: Sums, unasked: tuple[str, ...]) -> dict[str, float | str]:
    """Code → value, or why there is none: `not-permitted` without consent, `not-performed` where nothing was seen."""
    lasted_s = sums.lasted_s
    found: dict[str, float | str] = {"duration": lasted_s, "measured": _percent(sums.measured_s, lasted_s)}
    for reason in Reason:
        found[unmeasured(reason.value)] = _percent(sums.unseen_s[reason.value], lasted_s)
    found[unmeasured("no_records")] = _percent(sums.unseen_s[""], lasted_s)
    for name in EMOTIONS:
        share: float | str = _percent(sums.emotions_s[name], lasted_s) if sums.measured_s else "not-performed"
        found[f"emotion-{name}"] = "not-permitted" if "expressions" in unasked else share
    for unit in ACTION_UNITS:
        key, levels = unit.key.lower(), sums.levels.get(unit.key)
        why = "not-permitted" if "units" in unasked else "not-performed"
        mean, high = (levels.mean, levels.percentile(_HIGH)) if levels else (None, None)
        found[f"{key}-mean"] = why if mean is None else mean
        found[f"{key}-p95"] = why if high is None else high
        found[f"{key}-episodes"] = 60 * sums.episodes[unit.key] / levels.measured_s if levels else why
    found["blinks"] = 60 * sums.blinks / sums.eyes_s if sums.eyes_s else "not-performed"
    return found


def _when(table: Table, session: Session) -> Json:
    """When it was, as far as the clock was ever set."""
    known_at = table.wall[~np.isnan(table.wall)]
    if not len(known_at):
        return {"_effectiveDateTime": {"extension": [{"url": _ABSENT_EXTENSION, "valueCode": "unknown"}]}}
    return {"effectivePeriod": {"start": _moment(float(known_at[0])), "end": _moment(float(known_at[-1]))}}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _named(system: str, value: str) -> Json:
    return {"system": system, "value": value}


def _percent(part: float, whole: float) -> float:
    return 100 * min(part / whole, 1.0) if whole else 0.0
