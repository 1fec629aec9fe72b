"""The database's security rules, generated from the contract: `cloud/database.rules.json` is what this module makes.

Who may do what:

    box        writes below its own id only: documents of known fields, types and ranges, and nothing else. History is
               written once: an identical rewrite passes (a box that lost an answer sends again), any change and any
               deletion is refused. What tells of the box's present state may be overwritten. A box reads nothing but
               what is said to it at `control/DEVICE`.
    clinician  reads what was recorded of the patients in `staff/UID/patients`, and in which sessions, by the pseudonym
               that the box noted at `patients/DEVICE/SESSION`; and everything of the boxes in `staff/UID/devices`.
               Sessions of nobody who is named are thus found by the box: `patients/DEVICE` lists them. Writes commands
               for these boxes, which name their own patients alone and end within ten minutes, and reads what became
               of them.
    engineer   reads telemetry and clocks of every box, and nothing clinical.
    admin      reads everything, and writes `staff`.

A box is known by the claims of its account (see `cloud/provision.py`), staff by `staff/UID/role`, which takes effect
at once where a claim takes an hour. The Admin SDK is above the rules: backup and erasure go through it.

What older boxes wrote at `frames`, `spans` and `sessions` stays readable, and nothing more is written there.

What the rules cannot say, and readers must not rely on: that probabilities add up to 1, that a list names nothing
twice, and what is inside a pack. Of a pack they check that it is text in the alphabet of base64 that begins as
deflated data does, that it is no longer than so many documents need (2 500 characters and 500 for each), and that its
numbers fit each other and its key. Who has a box's account can hide anything in a text of that length; readers refuse
packs that do not unpack to documents of ours (`device/contract/pack.py`).

Objects cannot be compared in this language either, so 'identical' is spelled field by field, in the `.write` rule,
which is the only one that is evaluated for a deletion below it.

Source: Firebase documentation, "Security rules language", "Security rules API" and "Regular expressions".
"""

import argparse
import json
import sys
from dataclasses import dataclass

from cloud.field_rules import MAX_ID, Rules, children, every, one_of, padded, required, same
from device.contract import aggregate, boot, choices, pack, patient, record, remote, session, telemetry
from device.contract.columns import TEXT_BASE, TEXT_EACH
from device.contract.fields import Field
from device.contract.record import GUESSES

_STAFF = "root.child('staff').child(auth.uid)"
_SIGNED_IN = "auth !== null"
_BOX = f"{_SIGNED_IN} && auth.token.role === 'box' && auth.token.device === $device"
_ADMIN = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'admin'"
_ENGINEER = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'engineer'"
_CLINICIAN = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'clinician'"
_OWN_DEVICE = f"{_CLINICIAN} && {_STAFF}.child('devices').child($device).val() === true"
_PATIENT = f"root.child('{patient.ROOT}').child($device).child($session)"
_OWN_PATIENT = (
    f"{_CLINICIAN} && {_PATIENT}.exists() && {_STAFF}.child('patients').child({_PATIENT}.val()).val() === true"
)
#: That a document says who writes it, and when that is.
_BY = "newData.child('by').val() === auth.uid"
_ROLES = ("clinician", "engineer", "admin")
_OLD_ROOTS = ("frames", "spans", "sessions")


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
    writer: str = _BOX

    def rules(self) -> Rules:
        """The rules of the document and of what is below it."""
        once = f"(!data.exists() || ({same(self.fields)}))" if self.history else ""
        return {
            ".write": every([self.writer, "newData.exists()", once]),
            ".validate": every([required(self.fields), self.key, self.condition]),
            **children(self.fields, self.keys),
        }


def rules() -> Rules:
    """The whole rule set, as it is deployed."""
    tree: Rules = {
        ".read": _ADMIN,
        ".write": False,
        "staff": _staff(),
        patient.ROOT: _pseudonyms(),
        session.ROOT: _visits(),
        record.ROOT: _of_sessions(_record()),
        pack.ROOT: _of_sessions(_pack()),
        "$root": _of_sessions(_aggregate(), f"$root.matches(/^({'|'.join((*_AGGREGATES, *_OLD_ROOTS))})$/)"),
        boot.ROOT: {"$device": {".read": f"({_CLINICIAN}) || ({_ENGINEER})", "$boot": _clock().rules()}},
        telemetry.ROOT: {".read": _ENGINEER, "$device": _told(_state().rules())},
        remote.ROOT: {"$device": {".read": f"({_BOX}) || ({_OWN_DEVICE})", "command": _command(), "watch": _watch()}},
    }
    return {"rules": tree}


def text() -> str:
    """The content of `cloud/database.rules.json`."""
    return json.dumps(rules(), indent=1) + "\n"


def _of_sessions(document: Document, where: str = "") -> Rules:
    """ROOT/DEVICE/SESSION/KEY: for clinicians of the box, and of the person whom the session watched."""
    node = {".read": every([where, _OWN_PATIENT]), "$key": document.rules()}
    return {"$device": {".read": every([where, _OWN_DEVICE]), "$session": node}}


def _record() -> Document:
    none = " && ".join(f"!newData.hasChild('{name}')" for name in GUESSES)
    measured = f"{one_of('status', 'measured')} && !newData.hasChild('reasons')"
    gated = f"{one_of('status', 'gated')} && newData.hasChild('reasons') && {none}"
    return Document(record.FIELDS, _numbered("'s'", "seq"), f"(({measured}) || ({gated}))")


def _pack() -> Document:
    columns, count = (f"newData.child('{name}').val()" for name in ("columns", "count"))
    fits = "newData.child('last').val() - newData.child('first').val() >= newData.child('count').val() - 1"
    whole = f"{columns}.matches(/^eN[o-r][A-Za-z0-9+\\/]*=?=?$/) && {columns}.length % 4 === 0"
    size = f"{columns}.length <= {TEXT_BASE} + {TEXT_EACH} * {count}"
    letter = "(newData.child('of').val() === 'records' ? 's' : 't')"
    return Document(pack.FIELDS, _numbered(letter, "first"), every([one_of("of", *pack.KINDS), fits, size, whole]))


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
    writer = every([f"$root.matches(/^({'|'.join(_AGGREGATES)})$/)", _BOX])
    return Document(aggregate.FIELDS, f"({' || '.join(kinds)}) && {_OF_SESSION}", writer=writer)


def _clock() -> Document:
    place = f"$boot.length <= {MAX_ID}"
    return Document(boot.FIELDS, place, "newData.child('trusted').val() === true", ("$device", "$boot"))


def _state() -> Document:
    now = "newData.child('seen').val() === now"
    words = (one_of("mode", *choices.MODES), one_of("wanted", *choices.MODES), one_of("state", *telemetry.State))
    return Document(telemetry.FIELDS, "", every([now, *words]), ("$device",), history=False)


def _told(rules: Rules) -> Rules:
    """What became of a command is for whoever may command, too."""
    return {**rules, "control": {".read": _OWN_DEVICE, **rules["control"]}}


def _command() -> Rules:
    """`control/DEVICE/command`: a command of a clinician of that box, or of an engineer, who may take it back."""
    whom = "newData.child('patient').val()"
    theirs = f"{_STAFF}.child('patients').child({whom}).val() === true"
    of_patient = f"{one_of('do', *remote.OF_PATIENT)} && {_pseudonym(whom)} && {theirs}"
    alone = f"(newData.hasChild('patient') ? ({of_patient}) : !{one_of('do', *remote.OF_PATIENT)})"
    named = f"(!newData.hasChild('name') || {one_of('do', *remote.NAMED)})"
    name = f"(newData.hasChild('name') || !{one_of('do', *remote.MUST_NAME)})"
    agreed = f"(newData.hasChild('consent') === {one_of('do', 'consent')})"
    engineers = one_of("do", *remote.OF_ENGINEERS)
    whose = f"({engineers}) === ({_STAFF}.child('role').val() !== 'clinician')"
    own = f"(newData.exists() || {engineers.replace('newData', 'data')})"
    holds = (one_of("do", *remote.DO), alone, named, name, agreed)
    return {
        ".write": f"({_OWN_DEVICE}) || ((({_ENGINEER}) || ({_ADMIN})) && {own})",
        ".validate": every([required(remote.FIELDS), *holds, _soon(remote.LONGEST_MS), whose, _BY]),
        **children(remote.FIELDS, ()),
    }


def _watch() -> Rules:
    """`control/DEVICE/watch`: that a clinician of that box watches."""
    holds = every([required(remote.WATCH_FIELDS), _soon(remote.WATCH_MS), _BY])
    return {".write": _OWN_DEVICE, ".validate": holds, **children(remote.WATCH_FIELDS, ())}


def _soon(most_ms: int) -> str:
    until = "newData.child('until').val()"
    return f"{until} > now && {until} <= now + {most_ms}"


#: That a document is of the session under which it stands; in those of older boxes that is the start of the daemon.
_OF_SESSION = (
    f"$session.length <= {MAX_ID} && (newData.hasChild('session') || newData.child('boot').val() === $session)"
)


def _key(letter: str, number: str, digits: int) -> str:
    return f"$key === {letter} + {padded(number, digits)}"


def _numbered(letter: str, number: str) -> str:
    return every([_key(letter, number, 9), _OF_SESSION])


def _pseudonym(value: str) -> str:
    """That a text can be a pseudonym, or says that there is none."""
    pattern = patient.PSEUDONYM.pattern.replace("(?:", "(")
    return f"({value} === '{session.UNNAMED}' || ({value}.matches(/^{pattern}$/) && {value}.matches(/[0-9]/)))"


def _pseudonyms() -> Rules:
    """`patients/DEVICE/SESSION`: whom the session watched. Written once by the box."""
    return {
        "$device": {
            ".read": _OWN_DEVICE,
            "$session": {
                ".read": _OWN_PATIENT,
                ".write": every([_BOX, "newData.exists()", "(!data.exists() || data.val() === newData.val())"]),
                ".validate": every(
                    [f"$session.length <= {MAX_ID}", "newData.isString()", _pseudonym("newData.val()")]
                ),
            },
        }
    }


def _visits() -> Rules:
    """`visits/PATIENT/DEVICE~SESSION/eNNNNNN`: what happened in a session. Written once, by the box that held it."""
    own = f"{_SIGNED_IN} && auth.token.role === 'box' && $visit.beginsWith(auth.token.device + '~')"
    identity = "newData.child('device').val() + '~' + newData.child('session').val()"
    place = every([f"$visit === {identity}", _pseudonym("$patient"), _key("'e'", "number", 6)])
    holds = every(
        [one_of("event", *session.Event), *map(_held, ("consent", "continues", "frame", "name", "why")), _WORDS]
    )
    document = Document(session.FIELDS, place, holds, ("$patient",), writer=own)
    device = "data.child('e000001').child('device').val()"
    own_device = f"{_CLINICIAN} && data.exists() && {_STAFF}.child('devices').child({device}).val() === true"
    own_patient = f"{_CLINICIAN} && {_STAFF}.child('patients').child($patient).val() === true"
    return {"$patient": {".read": own_patient, "$visit": {".read": own_device, "$key": document.rules()}}}


def _held(group: str) -> str:
    """That an event has a group exactly where its kind must or may have it."""
    must = [kind for kind, (needed, _) in session.HOLDS.items() if group in needed]
    may = [kind for kind, held in session.HOLDS.items() if group in (*held[0], *held[1])]
    without = f"!{one_of('event', *must)}" if must else "true"
    return f"(newData.hasChild('{group}') ? {one_of('event', *may)} : {without})"


_WORDS = every(
    f"(!newData.hasChild('{path}') || {condition})"
    for path, condition in (
        ("name", f"newData.child('name').val().matches(/^{patient.PSEUDONYM.pattern.replace('(?:', '(')}$/)"),
        ("why", one_of("why", *session.Why)),
        ("consent/by", one_of("consent/by", *choices.GIVERS)),
    )
)


def _staff() -> Rules:
    """`staff/UID`: role, patients and boxes of a person; each reads their own, admins write."""
    marks = {"$id": {".validate": "newData.val() === true"}}
    return {
        "$uid": {
            ".read": f"{_SIGNED_IN} && auth.uid === $uid",
            ".write": _ADMIN,
            ".validate": "newData.hasChild('role')",
            "role": {".validate": f"newData.isString() && newData.val().matches(/^({'|'.join(_ROLES)})$/)"},
            "patients": marks,
            "devices": marks,
            "$other": {".validate": False},
        }
    }


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `affectbox-cloud rules`."""
    parser = commands.add_parser("rules", help="print the database's security rules, generated from the contract")
    parser.set_defaults(run=_print)


def _print(args: argparse.Namespace) -> int:
    sys.stdout.write(text())
    return 0
