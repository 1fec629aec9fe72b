"""A person's record, as a psychotherapist keeps one, under a pseudonym; never a name, address or telephone number.

    people/PATIENT/versions/vNNNNNN    the whole record as somebody left it; the greatest number is what holds

A version is written once and never changed: editing writes the next one, whole. Number N can be written only where
N - 1 stands and N does not, so of two people who edit the same version the second is refused, and sees the other's.

Everything but the first five fields may be missing. What clinicians decided stands here in their words; Affectbox
gives no diagnosis and fills in nothing.
"""

from device.contract.fields import Field, Json, check, schema
from device.contract.keys import DAY, UID

VERSION = 1
ROOT = "people"
LAST = 999_999  # as many digits as the key has
STATUSES = ("active", "waiting", "closed")
SEXES = ("female", "male", "other", "unknown")
SETTINGS = ("individual", "couple", "family", "group")
#: Characters of a text at most.
LONGEST = 4000


def _text(name: str, meaning: str) -> Field:
    return Field(name, "string", meaning, longest=LONGEST)


#: Those of free text, in the order in which a record shows them.
TEXTS = (
    _text("complaint", "what they came with, in their own words"),
    _text("history", "history: of the complaint, of illnesses and treatments, of life and family"),
    _text("diagnoses", "diagnoses as clinicians gave them, with codes where there are any; never one of a program's"),
    _text("medication", "medication and doses, and since when"),
    _text("risks", "risks: of harm to themself or others, and what was agreed on"),
    _text("goals", "what the treatment is to reach, as agreed on with the person"),
    _text("plan", "how: method, frequency, next steps"),
    _text("summary", "summary of the course so far, or at the end"),
)
FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("at", "integer", "when the database took this version, milliseconds since 1970", 0, required=True),
    Field("by", "string", "who wrote it: the id of their account", required=True, pattern=UID),
    Field("number", "integer", "number of the version, from 1", 1, LAST, required=True),
    Field("status", "string", f"whether they are in treatment: {', '.join(STATUSES)}", required=True, names=STATUSES),
    Field("year_of_birth", "integer", "year of birth; never the day", 1900, 2100),
    Field("sex", "string", f"sex: {', '.join(SEXES)}", names=SEXES),
    Field("language", "string", "language of the sessions, as BCP 47 names it, such as `de` or `en-GB`", longest=35),
    Field("setting", "string", f"setting of the sessions: {', '.join(SETTINGS)}", names=SETTINGS),
    Field("began", "string", "first day of the treatment, YYYY-MM-DD", pattern=DAY),
    Field("ended", "string", "last day of the treatment, YYYY-MM-DD", pattern=DAY),
    Field("therapist", "string", "who treats them"),
    Field("referral", "string", "who sent them, and why", longest=LONGEST),
    *TEXTS,
)


def key(patient: str, number: int) -> str:
    """The place of a version in the database."""
    return f"{ROOT}/{patient}/versions/v{number:06d}"


def validate(version: Json) -> None:
    """Check a version of a record. Raises `DataError` naming the field."""
    check(version, FIELDS, "record of a person")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a version of a person's record."""
    return schema(FIELDS, f"Affectbox record of a person, version {VERSION}")
