"""What boxes write: recordings, which are written once, and their newest state."""

from dataclasses import dataclass

from cloud.rules.fields import MAX_ID, Rules, children, every, one_of, padded, required, same
from cloud.rules.who import BOX, CLINICIAN, ENGINEER, OWN_DEVICE, OWN_PERSON, SIGNED_IN, STAFF, own_patient, pseudonym
from device.contract import (
    aggregate,
    atypicality,
    boot,
    checkup,
    choices,
    live,
    pack,
    patient,
    personal,
    record,
    session,
    support,
    telemetry,
)
from device.contract.columns import TEXT_BASE, TEXT_EACH
from device.contract.fields import Field
from device.contract.record import GUESSES

_OWN_PATIENT = own_patient("$session")
_OLD_ROOTS = ("frames", "spans", "sessions")
_SEEN_NOW = "newData.child('seen').val() === now"


@dataclass(frozen=True)
class Document:
    """One kind of document that boxes write.

    Attributes:
        fields: what it may hold.
        key: what its key must be, in the rules' language.
        condition: what else must hold of `newData`.
        keys: the wildcards above it that its fields repeat.
        history: written once; else the newest state, which overwrites the one before.
        writer: who may write it.
    """

    fields: tuple[Field, ...]
    key: str
    condition: str = ""
    keys: tuple[str, ...] = ("$device", "$session")
    history: bool = True
    writer: str = BOX

    def rules(self) -> Rules:
        """The rules of the document and of what is below it."""
        once = f"(!data.exists() || ({same(self.fields)}))" if self.history else ""
        return {
            ".write": every([self.writer, "newData.exists()", once]),
            ".validate": every([required(self.fields), self.key, self.condition]),
            **children(self.fields, self.keys),
        }


def recorded() -> Rules:
    """All that is recorded of sessions, by root."""
    return {
        patient.ROOT: _pseudonyms(),
        session.ROOT: _visits(),
        support.ROOT: _supports(),
        record.ROOT: _of_sessions(_record()),
        pack.ROOT: _of_sessions(_pack()),
        "$root": _of_sessions(_aggregate(), f"$root.matches(/^({'|'.join((*_AGGREGATES, *_OLD_ROOTS))})$/)"),
        boot.ROOT: {"$device": {".read": f"({CLINICIAN}) || ({ENGINEER})", "$boot": _clock().rules()}},
    }


def newest() -> Rules:
    """What is overwritten: the state of a box, its last examination, the newest second of its session."""
    return {
        telemetry.ROOT: {".read": ENGINEER, "$device": {".read": OWN_DEVICE, **_state().rules()}},
        checkup.ROOT: {".read": ENGINEER, "$device": {".read": OWN_DEVICE, **_checkup()}},
        live.ROOT: {"$device": _live()},
    }


def _of_sessions(document: Document, where: str = "") -> Rules:
    """ROOT/DEVICE/SESSION/KEY: for clinicians of the box, and of the person whom the session watched."""
    node = {".read": every([where, _OWN_PATIENT]), "$key": document.rules()}
    return {"$device": {".read": every([where, OWN_DEVICE]), "$session": node}}


def _record() -> Document:
    none = " && ".join(f"!newData.hasChild('{name}')" for name in GUESSES)
    measured = f"{one_of('status', 'measured')} && !newData.hasChild('reasons')"
    gated = f"{one_of('status', 'gated')} && newData.hasChild('reasons') && {none}"
    return Document(record.FIELDS, _numbered("'s'", "seq"), f"(({measured}) || ({gated}))")


def _columns() -> str:
    """That the numbers of a pack fit each other, and that its text can be columns, and no longer than they are."""
    columns, count = (f"newData.child('{name}').val()" for name in ("columns", "count"))
    fits = "newData.child('last').val() - newData.child('first').val() >= newData.child('count').val() - 1"
    whole = f"{columns}.matches(/^eN[o-r][A-Za-z0-9+\\/]*=?=?$/) && {columns}.length % 4 === 0"
    return every([fits, f"{columns}.length <= {TEXT_BASE} + {TEXT_EACH} * {count}", whole])


def _pack() -> Document:
    letter = "(newData.child('of').val() === 'records' ? 's' : 't')"
    return Document(pack.FIELDS, _numbered(letter, "first"), every([one_of("of", *pack.KINDS), _columns()]))


#: Where aggregates of a span stand → how long it is, its key's letter and digits.
_AGGREGATES = {
    aggregate.SECONDS_ROOT: (aggregate.SECOND_S, "'t'", 9),
    aggregate.MINUTES_ROOT: (aggregate.MINUTE_S, "'n'", 6),
}


def _aggregate() -> Document:
    """Seconds and minutes have the same fields: one rule, so that it is there once."""
    kinds = (
        f"($root === '{root}' && newData.child('span').val() === {span} && {_key(letter, 'number', digits)})"
        for root, (span, letter, digits) in _AGGREGATES.items()
    )
    writer = every([f"$root.matches(/^({'|'.join(_AGGREGATES)})$/)", BOX])
    return Document(aggregate.FIELDS, f"({' || '.join(kinds)}) && {_OF_SESSION}", writer=writer)


def _clock() -> Document:
    place = f"$boot.length <= {MAX_ID}"
    return Document(boot.FIELDS, place, "newData.child('trusted').val() === true", ("$device", "$boot"))


def _state() -> Document:
    words = (one_of("mode", *choices.MODES), one_of("wanted", *choices.MODES), one_of("state", *telemetry.State))
    return Document(telemetry.FIELDS, "", every([_SEEN_NOW, *words]), ("$device",), history=False)


def _checkup() -> Rules:
    whole = Document(checkup.FIELDS, "newData.hasChild('findings')", _SEEN_NOW, ("$device",), history=False).rules()
    of_finding = every([f"$check.matches(/^{checkup.FINDING}$/)", required(checkup.FINDING_FIELDS)])
    one = {".validate": of_finding, **children(checkup.FINDING_FIELDS, ())}
    return {**whole, "findings": {".validate": "newData.hasChildren()", "$check": one}}


def _live() -> Rules:
    """`live/DEVICE`: overwritten, and taken away, by the box; read as the records of its session."""
    whom = own_patient("data.child('session').val()")
    few = f"newData.child('count').val() <= {live.MOST}"
    holds = every([one_of("of", "records"), "newData.hasChild('session')", few, _SEEN_NOW, _columns()])
    document = Document(live.FIELDS, "", holds, ("$device",), history=False)
    read = f"({OWN_DEVICE}) || (data.exists() && {whom})"
    return {**document.rules(), ".read": read, ".write": BOX}


#: That a document is of the session under which it stands; in those of older boxes that is the start of the daemon.
_OF_SESSION = (
    f"$session.length <= {MAX_ID} && (newData.hasChild('session') || newData.child('boot').val() === $session)"
)


def _key(letter: str, number: str, digits: int) -> str:
    value = f"newData.child('{number}').val()"
    return f"$key === {letter} + {padded(value, digits)}"


def _numbered(letter: str, number: str) -> str:
    return every([_key(letter, number, 9), _OF_SESSION])


def _pseudonym(value: str) -> str:
    """That a text can be a pseudonym, or says that there is none."""
    return f"({value} === '{session.UNNAMED}' || ({pseudonym(value)}))"


def _pseudonyms() -> Rules:
    """`patients/DEVICE/SESSION`: whom the session watched. Written once by the box."""
    return {
        "$device": {
            ".read": OWN_DEVICE,
            "$session": {
                ".read": _OWN_PATIENT,
                ".write": every([BOX, "newData.exists()", "(!data.exists() || data.val() === newData.val())"]),
                ".validate": every(
                    [f"$session.length <= {MAX_ID}", "newData.isString()", _pseudonym("newData.val()")]
                ),
            },
        }
    }


def _visits() -> Rules:
    """`visits/PATIENT/DEVICE~SESSION/eNNNNNN`: what happened in a session. Written once, by the box that held it."""
    told = [kind for kind in session.Event if kind != session.Event.SUPPORT]
    groups = ("comparison", "consent", "continues", "frame", "name", "personal", "why")
    holds = every([one_of("event", *told), *map(_held, groups), _WORDS, _COMPARISON, _PERSONAL])
    fields = tuple(field for field in session.FIELDS if field not in support.FIELDS)
    device = "data.child('e000001').child('device').val()"
    own_device = f"{CLINICIAN} && data.exists() && {STAFF}.child('devices').child({device}).val() === true"
    return {"$patient": {".read": OWN_PERSON, "$visit": {".read": own_device, "$key": _event(fields, holds)}}}


def _supports() -> Rules:
    """`support/PATIENT/DEVICE~SESSION/eNNNNNN`: what diagnosis support said; an event like the others, but that the
    clinicians of the person alone read it."""
    fields = tuple(field for field in session.FIELDS if field.required or field in support.FIELDS)
    told = ", ".join(f"'support/{name}'" for name in support.NEEDED)
    at_fault = f"newData.child('support/why/0').val() === '{support.Abstained.FAULT.value}'"
    covered = f"(newData.hasChild('support/coverage') || {at_fault})"
    event = _event(fields, every([one_of("event", session.Event.SUPPORT), f"newData.hasChildren([{told}])", covered]))
    groups = event["support"]["$field"]
    groups[".validate"] = every([groups[".validate"], "newData.hasChildren(['name', 'n'])"])
    return {"$patient": {".read": OWN_PERSON, "$visit": {"$key": event}}}


def _event(fields: tuple[Field, ...], holds: str) -> Rules:
    own = f"{SIGNED_IN} && auth.token.role === 'box' && $visit.beginsWith(auth.token.device + '~')"
    identity = "newData.child('device').val() + '~' + newData.child('session').val()"
    place = every([f"$visit === {identity}", _pseudonym("$patient"), _key("'e'", "number", 6)])
    return Document(fields, place, holds, ("$patient",), writer=own).rules()


def _held(group: str) -> str:
    """That an event has a group exactly where its kind must or may have it."""
    must = [kind for kind, (needed, _) in session.HOLDS.items() if group in needed]
    may = [kind for kind, held in session.HOLDS.items() if group in (*held[0], *held[1])]
    without = f"!{one_of('event', *must)}" if must else "true"
    return f"(newData.hasChild('{group}') ? {one_of('event', *may)} : {without})"


def _holds(event: session.Event, needed: tuple[str, ...]) -> str:
    """That an event of this kind holds what each of them does."""
    paths = ", ".join(f"'{event.value}/{name}'" for name in needed)
    return f"(!{one_of('event', event)} || newData.hasChildren([{paths}]))"


_COMPARISON = _holds(session.Event.COMPARISON, atypicality.NEEDED)
_PERSONAL = _holds(session.Event.PERSONAL, personal.NEEDED)
_WORDS = every(
    f"(!newData.hasChild('{path}') || {condition})"
    for path, condition in (
        ("name", f"newData.child('name').val().matches(/^{patient.PSEUDONYM.pattern.replace('(?:', '(')}$/)"),
        ("why", one_of("why", *session.Why)),
        ("consent/by", one_of("consent/by", *choices.GIVERS)),
    )
)
