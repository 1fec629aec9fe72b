"""A session: from its beginning to its end one person is watched, with their consent. Everything recorded names one.

A session's id has the form of a start's (`boot`): the kernel's boot id, `-`, monotonic milliseconds when it began. One
start of the daemon may hold several sessions, one after another. Boxes of before knew none: what bears no `session` is
of the session that has its `boot` for an id (`session_of`).

What happens in a session are events, documents of their own, numbered from 1, written once and never changed:

    event       fields                 meaning
    began       consent.*, continues   the first; `consent` is absent where nobody recorded one; `continues` names the
                                       session that this one goes on from, after a pause or a failure
    camera      frame.*                the size of the frames from here on
    phase       name                   a part of the session begins and the one before ends; no name: it ends
    stimulus    name                   something was shown or asked
    mark        name                   somebody marked this moment
    consent     consent.*              the consent was changed
    support     support.*              what a network for diagnosis support said of the session or of a phase
                                       (`device/contract/support.py`); only where the consent covers `diagnosis`
    comparison  comparison.*           what would compare the person with other people, or why it does not
                                       (`device/contract/atypicality.py`); only where the consent covers `atypicality`
    personal    personal.*             how far the person's movement was from their own usual, or why that is not said
                                       (`device/contract/personal.py`); only where the consent covers `personal`
    ended       why                    the last; but a consent that is withdrawn after it is told by one more `ended`,
                                       of the number `REVOKED_LATER`

They stand at `visits/PATIENT/DEVICE~SESSION/eNNNNNN`, so that the sessions of a person are found without knowing where
they were held, `support` at `support/PATIENT/DEVICE~SESSION/eNNNNNN`, which fewer may read, and all of them in a file
of records (JSON lines) among the records, told from them by their field `event`. PATIENT is the pseudonym, or
`unnamed`. With `began` goes `patients/DEVICE/SESSION`, which says whom the session watched: by it
the security rules decide who may read the session's records.
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from device.contract import atypicality, patient, personal, support
from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.errors import DataError
from device.contract.fields import LATEST_S, Field, Json, check, encode, schema

VERSION = 1
ROOT = "visits"
#: In the place of a pseudonym, which holds a digit.
UNNAMED = "unnamed"
_LAST = 999_999  # as many digits as the key has
#: For how long at most what follows a stimulus counts as its response, seconds; our own choice.
RESPONSE_S = 60.0
#: Number of the `ended` that says that the consent of a session which had ended was revoked: the same however often.
REVOKED_LATER = _LAST


class Event(str, Enum):
    """See the table above."""

    BEGAN = "began"
    CAMERA = "camera"
    PHASE = "phase"
    STIMULUS = "stimulus"
    MARK = "mark"
    CONSENT = "consent"
    SUPPORT = "support"
    COMPARISON = "comparison"
    PERSONAL = "personal"
    ENDED = "ended"


class Why(str, Enum):
    """Why a session ended."""

    FINISHED = "finished"  # the source had no more frames, or as many were seen as were asked for
    STOPPED = "stopped"  # somebody stopped it
    EXPIRED = "expired"  # the consent ended
    FAILED = "failed"  # the box could not go on
    PAUSED = "paused"  # somebody paused it; what is recorded after the pause is a session that `continues` this one
    REVOKED = "revoked"  # the consent was withdrawn: what was unsent is purged, what was sent is not to be used
    LIMIT = "limit"  # it lasted as long as sessions may
    INTERRUPTED = "interrupted"  # a power cut, or the daemon was killed: told at its next start


@dataclass(frozen=True)
class Consent:
    """What a person agreed to: `covers`, of `COVERS`; `by`, of `GIVERS`; `given` and `until` in seconds since 1970,
    `until` None for no end; `age`, of `AGES`, where they may be compared with other people, else ''."""

    covers: tuple[str, ...]
    by: str
    given: float
    until: float | None = None
    age: str = ""


@dataclass(frozen=True)
class Beginning:
    """What a session begins with: whom it watches, by a pseudonym or `UNNAMED`, the consent, None where nobody
    recorded one, and the session that it goes on from, after a pause or a failure."""

    patient: str = UNNAMED
    consent: Consent | None = None
    continues: str = ""


FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("boot", "string", "the start of the daemon that tells this", required=True, key=True),
    Field("session", "string", "the session", required=True, key=True),
    Field("number", "integer", "number of the event within the session, from 1", 1, _LAST, required=True),
    Field("event", "string", f"what happened: {', '.join(Event)}", required=True),
    Field("patient", "string", "pseudonym of whom the session watches, or `unnamed`", required=True),
    Field("time.mono", "number", "monotonic time, seconds", 0, LATEST_S, required=True),
    Field("time.wall", "number", "wall time, seconds since 1970", 0, LATEST_S, required=True),
    Field("time.trusted", "boolean", "whether the wall clock was synchronized", required=True),
    Field("consent.covers", "names", "what the consent covers", names=COVERS),
    Field("consent.by", "string", f"who gave it: {', '.join(GIVERS)}"),
    Field("consent.given", "number", "when it was given, seconds since 1970", 0, LATEST_S),
    Field("consent.until", "number", "when it ends, seconds since 1970; absent: not by itself", 0, LATEST_S),
    Field("consent.age", "string", "how old the person is, years; absent: not told", names=AGES),
    Field("frame.width", "integer", "width of the frames, pixels", 1),
    Field("frame.height", "integer", "height of the frames, pixels", 1),
    Field("name", "string", "name of the phase, stimulus or mark, of lower-case letters, digits and hyphens"),
    Field("why", "string", f"why the session ended: {', '.join(Why)}"),
    Field("continues", "string", "the session that this one goes on from", key=True),
    *support.FIELDS,
    *atypicality.FIELDS,
    *personal.FIELDS,
)
#: Event → what it must have, and what it may have beside that, of the groups that belong to events.
HOLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Event.BEGAN: ((), ("consent", "continues")),
    Event.CAMERA: (("frame",), ()),
    Event.PHASE: ((), ("name",)),
    Event.STIMULUS: (("name",), ()),
    Event.MARK: ((), ("name",)),
    Event.CONSENT: (("consent",), ()),
    Event.SUPPORT: (("support",), ()),
    Event.COMPARISON: (("comparison",), ()),
    Event.PERSONAL: (("personal",), ()),
    Event.ENDED: (("why",), ()),
}
_GROUPS = ("consent", "frame", "name", "why", "continues", "support", "comparison", "personal")


def session_id(boot: str, mono_s: float) -> str:
    """The id of a session that begins `mono_s` seconds after the machine started, in the start `boot`."""
    return f"{boot.partition('-')[0]}-{int(mono_s * 1000):010x}"


def session_of(document: Json) -> str:
    """The session of a record, a pack, an aggregate or an event."""
    return str(document.get("session", document["boot"]))


def is_event(document: Any) -> bool:
    """Whether a line of a file is an event; else it is a record."""
    return isinstance(document, dict) and "event" in document


def consent_json(consent: Consent) -> Json:
    """A consent as events hold it."""
    held: Json = {"covers": list(consent.covers), "by": consent.by, "given": consent.given}
    held |= {} if consent.until is None else {"until": consent.until}
    return held | ({"age": consent.age} if consent.age else {})


def key(event: Json) -> str:
    """The event's place in the database."""
    root = support.ROOT if event["event"] == Event.SUPPORT else ROOT
    return f"{root}/{event['patient']}/{event['device']}~{event['session']}/e{event['number']:06d}"


def documents(event: Json) -> list[tuple[str, bytes]]:
    """What the database gets of an event, path and body: before `began`, whom the session watches."""
    found = [(key(event), encode(event))]
    if event["event"] == Event.BEGAN:
        whom = patient.key(event["device"], event["session"])
        found.insert(0, (whom, json.dumps(event["patient"]).encode()))
    return found


def validate(event: Any) -> None:
    """Check an event against `FIELDS`, and that it holds what its kind must and may. Raises `DataError`."""
    check(event, FIELDS, "event")
    if event["event"] not in HOLDS:
        raise DataError(f"Field 'event' of an event is {event['event']!r}: it is one of {', '.join(Event)}.")
    must, may = HOLDS[event["event"]]
    if event["event"] == Event.SUPPORT:
        support.validate(event.get("support"))
    if event["event"] == Event.COMPARISON:
        atypicality.validate(event.get("comparison"))
    if event["event"] == Event.PERSONAL:
        personal.validate(event.get("personal"))
    for group in _GROUPS:
        if group in must and group not in event:
            raise DataError(f"An event '{event['event']}' has '{group}', and this one has not.")
        if group in event and group not in (*must, *may):
            raise DataError(f"An event '{event['event']}' has no '{group}', and this one has.")
    if event["patient"] != UNNAMED and not patient.PSEUDONYM.fullmatch(event["patient"]):
        raise DataError("Field 'patient' of an event is no pseudonym.")
    if not patient.PSEUDONYM.fullmatch(event.get("name", "a")):
        raise DataError("Field 'name' of an event is 1 to 40 lower-case letters, digits and hyphens.")


def json_schema() -> Json:
    """The JSON Schema (2020-12) of an event."""
    return schema(FIELDS, f"Affectbox session event, version {VERSION}")
