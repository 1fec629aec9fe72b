"""A person's record: its versions, what changed from one to the next, and two who edit at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from device.contract import person
from device.contract.errors import DataError
from device.contract.fields import Field, Json

_BOOKKEEPING = ("v", "at", "by", "number")
#: What a clinician fills in, in the order of the form.
FILLED = tuple(field for field in person.FIELDS if field.path not in _BOOKKEEPING)
LABELS = {
    "status": "Status",
    "year_of_birth": "Year of birth",
    "sex": "Sex",
    "language": "Language of the sessions",
    "setting": "Setting",
    "began": "Treatment began",
    "ended": "Treatment ended",
    "therapist": "Therapist",
    "referral": "Referral",
    "complaint": "Complaint, in their own words",
    "history": "History",
    "diagnoses": "Diagnoses, as clinicians gave them",
    "medication": "Medication",
    "risks": "Risks, and what was agreed on",
    "goals": "Goals",
    "plan": "Plan",
    "summary": "Summary of the course",
}
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
Said = tuple[str, str]


@dataclass(frozen=True)
class Version:
    """One version of a record.

    Attributes:
        number: from 1.
        at_ms: when the database took it.
        by: the account.
        content: field → value, without bookkeeping.
    """

    number: int
    at_ms: int
    by: str
    content: Json


@dataclass(frozen=True)
class Merged:
    """An edit on top of a version that somebody else wrote meanwhile.

    Attributes:
        content: theirs, with my changes.
        clashes: fields that both changed, differently: what they wrote. `content` has mine.
    """

    content: Json
    clashes: Json


def versions(stored: Mapping[str, Any]) -> tuple[list[Version], int]:
    """The versions of a record, the newest first, and how many could not be read: a newer dashboard wrote them."""
    found, unread = [], 0
    for name in sorted(stored, reverse=True):
        document = stored[name]
        try:
            person.validate(document)
        except DataError:
            unread += 1
            continue
        content = {field.path: document[field.path] for field in FILLED if field.path in document}
        found.append(Version(document["number"], document["at"], document["by"], content))
    return found, unread


def filled(values: Mapping[str, Any]) -> Json:
    """The content of a form: empty ones are absent; texts without space at their ends.

    Raises:
        DataError: a value is not what its field takes, in words of the form.
    """
    content: Json = {}
    for field in FILLED:
        value = values.get(field.path)
        value = value.strip() if isinstance(value, str) else value
        if value not in (None, ""):
            content[field.path] = _checked(field, value)
    if content.get("ended", "9999") < content.get("began", ""):
        raise DataError("The treatment cannot end before it began.")
    return content


def changed(before: Json, after: Json) -> list[str]:
    """The fields that differ, in the order of the form."""
    return [field.path for field in FILLED if before.get(field.path) != after.get(field.path)]


def merged(base: Json, mine: Json, theirs: Json) -> Merged:
    """Both edits of `base` together."""
    content, clashes = dict(theirs), {}
    for path in changed(base, mine):
        if path in changed(base, theirs) and mine.get(path) != theirs.get(path):
            clashes[path] = theirs.get(path, "")
        content.pop(path, None)
        if path in mine:
            content[path] = mine[path]
    return Merged(content, clashes)


def difference(before: str, after: str) -> list[Said]:
    """The words of both texts in order, each run `same`, `gone` or `new`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found: list[Said] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(old[a:b])))
        else:
            found += [("gone", "".join(old[a:b]))] * (b > a) + [("new", "".join(new[c:d]))] * (d > c)
    return found


def _checked(field: Field, value: Any) -> Any:
    label = LABELS[field.path]
    if field.kind == "integer":
        try:
            value = int(value)
        except (TypeError, ValueError):
            raise DataError(f"{label}: that is no year.") from None
        if not field.bounds[0] <= value <= field.bounds[1]:
            raise DataError(f"{label}: it lies between {field.low:.0f} and {field.high:.0f}.")
        return value
    if len(value) > field.longest:
        raise DataError(f"{label}: the text has {len(value)} characters, and may have {field.longest}.")
    if field.names and value not in field.names:
        raise DataError(f"{label}: choose one of the list.")
    if field.pattern and not re.fullmatch(field.pattern, value):
        raise DataError(f"{label}: write a day as YYYY-MM-DD.")
    return value
