"""The database's security rules, generated from the contract: `cloud/database.rules.json` is what this module makes.

Who may do what:

    box        writes below its own id only: documents of known fields, types and ranges, and nothing else. History is
               written once: an identical rewrite passes (a box that lost an answer sends again), any change and any
               deletion is refused. What tells of the box's present state may be overwritten. A box reads nothing.
    clinician  reads what was recorded of the patients in `staff/UID/patients`, by the pseudonym that the box noted at
               `patients/DEVICE/BOOT`, and everything of the boxes in `staff/UID/devices`.
    engineer   reads telemetry and clocks of every box, and nothing clinical.
    admin      reads everything, and writes `staff`.

A box is known by the claims of its account (see `cloud/provision.py`), staff by `staff/UID/role`, which takes effect
at once where a claim takes an hour. The Admin SDK is above the rules: backup and erasure go through it.

What this language cannot say, and readers must not rely on: that `seq` equals the number in the key, and that
probabilities add up to 1. Objects cannot be compared in it either, so 'identical' is spelled field by field, in the
`.write` rule, which is the only one that is evaluated for a deletion below it.

Source: Firebase documentation, "Security rules language" and "Security rules API".
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from device.contract import aggregate, boot, pack, patient, record, session, telemetry
from device.contract.fields import Field
from device.contract.record import GUESSES

Rules = dict[str, Any]

MAX_STRING = 200
MAX_PACK = 1_000_000  # a pack of ten minutes is a tenth of it
MAX_BOOT = 40
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
_ROLES = ("clinician", "engineer", "admin")


@dataclass(frozen=True)
class Document:
    """One kind of document that boxes write.

    Attributes:
        root: first key of its path; the id of the box follows, then `keys`.
        fields: what it may hold.
        keys: the wildcards below the box's id, such as `$session` and `$key`.
        key: pattern of the last key, where it has one.
        readers: roles that may read it, of `clinician` (own patients and boxes), `any clinician` and `engineer`.
        history: written once; else the newest state, which overwrites the one before.
        condition: what else must hold of `newData`, in the rules' language.
    """

    root: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ("$session", "$key")
    key: str = ""
    readers: tuple[str, ...] = ("clinician",)
    history: bool = True
    condition: str = ""


def _gated_without_guesses() -> str:
    none = " && ".join(f"!newData.hasChild('{name}')" for name in GUESSES)
    status = "newData.child('status').val()"
    return (
        f"(({status} === 'measured' && !newData.hasChild('reasons')) || "
        f"({status} === 'gated' && newData.hasChild('reasons') && {none}))"
    )


def _one_of(name: str, *values: str | int) -> str:
    value = f"newData.child('{name}').val()"
    return "(" + " || ".join(f"{value} === {_literal(text)}" for text in values) + ")"


def _literal(value: str | int) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


_LONG = {"columns": MAX_PACK}
DOCUMENTS = (
    Document(record.ROOT, record.FIELDS, key="^s[0-9]{9}$", condition=_gated_without_guesses()),
    Document(
        pack.ROOT,
        pack.FIELDS,
        key="^[st][0-9]{9}$",
        condition="newData.child('of').val() === ($key.beginsWith('s') ? 'records' : 'seconds')",
    ),
    Document(
        aggregate.SECONDS_ROOT, aggregate.FIELDS, key="^t[0-9]{9}$", condition=_one_of("span", aggregate.SECOND_S)
    ),
    Document(
        aggregate.MINUTES_ROOT, aggregate.FIELDS, key="^n[0-9]{6}$", condition=_one_of("span", aggregate.MINUTE_S)
    ),
    Document(
        boot.ROOT,
        boot.FIELDS,
        ("$boot",),
        readers=("any clinician", "engineer"),
        condition="newData.child('trusted').val() === true",
    ),
    Document(
        telemetry.ROOT,
        telemetry.FIELDS,
        (),
        readers=("engineer",),
        history=False,
        condition=_one_of("mode", *telemetry.MODES),
    ),
)


def rules() -> Rules:
    """The whole rule set, as it is deployed."""
    tree: Rules = {".read": _ADMIN, ".write": False, "staff": _staff(), patient.ROOT: _pseudonyms()}
    tree[session.ROOT] = _visits()
    return {"rules": tree | {document.root: _document(document) for document in DOCUMENTS}}


def text() -> str:
    """The content of `cloud/database.rules.json`."""
    return json.dumps(rules(), indent=1) + "\n"


def _document(document: Document) -> Rules:
    place = _place(document.keys)
    pattern = f"{document.keys[-1]}.matches(/{document.key}/)" if document.key else ""
    node: Rules = {
        ".write": _write(document),
        ".validate": _all(place, pattern, _required(document.fields), document.condition),
        **_children(document),
    }
    for key in reversed(document.keys):
        if key == "$session" and "clinician" in document.readers:
            node[".read"] = _OWN_PATIENT
        node = {key: node}
    roles = {"clinician": _OWN_DEVICE, "any clinician": _CLINICIAN, "engineer": _ENGINEER}
    return {"$device": {".read": " || ".join(f"({roles[role]})" for role in document.readers), **node}}


def _place(keys: tuple[str, ...]) -> str:
    """That ids are no longer than ours, and that a document is of the session under which it stands; in those of older
    boxes the session is the start of the daemon."""
    if "$session" not in keys:
        return f"$boot.length <= {MAX_BOOT}" if "$boot" in keys else ""
    boot = "!newData.hasChild('session') && newData.child('boot').val() === $session"
    return f"$session.length <= {MAX_BOOT} && (newData.hasChild('session') || ({boot}))"


def _write(document: Document) -> str:
    """Who may write it, and when: the box itself, and history only once or as it is."""
    if not document.history:
        return _all(_BOX, "newData.exists()")
    return _all(_BOX, "newData.exists()", f"(!data.exists() || ({_same(document.fields)}))")


def _leaf_paths(fields: Iterable[Field]) -> list[str]:
    """Every place below the document that can hold a value; a list's entries are numbered from 0."""
    paths = []
    for field in fields:
        path = field.path.replace(".", "/")
        paths += [f"{path}/{n}" for n in range(len(field.names))] if field.kind == "names" else [path]
    return paths


def _required(fields: Iterable[Field]) -> str:
    names = ", ".join(f"'{field.path.replace('.', '/')}'" for field in fields if field.required)
    return f"newData.hasChildren([{names}])"


def _children(document: Document) -> Rules:
    """The fields as a tree of rules, in which whatever is not known is refused."""
    tree: Rules = {}
    for field in document.fields:
        *parents, name = field.path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {"$other": {".validate": False}})
        node[name] = _names(field) if field.kind == "names" else {".validate": _value(field, document.keys)}
    return {**tree, "$other": {".validate": False}}


def _names(field: Field) -> Rules:
    one = {".validate": f"newData.isString() && newData.val().matches(/^({'|'.join(field.names)})$/)"}
    entries = {str(n): one for n in range(len(field.names))}
    return {".validate": "newData.hasChild('0')", **entries, "$other": {".validate": False}}


def _value(field: Field, keys: tuple[str, ...]) -> str:
    """What a leaf may be. A document says itself whose it is; that must be where it stands."""
    if field.path == "device" or f"${field.path}" in keys:
        return f"newData.val() === ${field.path}"
    match field.kind:
        case "boolean":
            return "newData.isBoolean()"
        case "string":
            return f"newData.isString() && newData.val().length <= {_LONG.get(field.path, MAX_STRING)}"
    low = "" if field.low is None else f"newData.val() >= {field.low:g}"
    high = "" if field.high is None else f"newData.val() <= {field.high:g}"
    whole = "newData.val() % 1 === 0" if field.kind == "integer" else ""
    return _all("newData.isNumber()", whole, low, high)


def _pseudonyms() -> Rules:
    """`patients/DEVICE/SESSION`: whom the session watched. Written once by the box."""
    pattern = patient.PSEUDONYM.pattern.replace("(?:", "(")
    named = f"newData.val().matches(/^{pattern}$/) && newData.val().matches(/[0-9]/)"
    pseudonym = f"newData.isString() && (newData.val() === '{session.UNNAMED}' || ({named}))"
    return {
        "$device": {
            ".read": _OWN_DEVICE,
            "$session": {
                ".read": _OWN_PATIENT,
                ".write": _all(_BOX, "newData.exists()", "(!data.exists() || data.val() === newData.val())"),
                ".validate": _all(f"$session.length <= {MAX_BOOT}", pseudonym),
            },
        }
    }


def _visits() -> Rules:
    """`visits/PATIENT/DEVICE~SESSION/eNNNNNN`: what happened in a session. Written once, by the box that held it."""
    own = f"{_SIGNED_IN} && auth.token.role === 'box' && $visit.beginsWith(auth.token.device + '~')"
    document = Document(session.ROOT, session.FIELDS, ("$patient", "$visit", "$key"))
    node = {
        ".write": _all(own, "newData.exists()", f"(!data.exists() || ({_same(session.FIELDS)}))"),
        ".validate": _all("$key.matches(/^e[0-9]{6}$/)", _required(session.FIELDS), _kinds_of_events()),
        **_children(document),
    }
    node["device"] = {".validate": "newData.val() === auth.token.device"}
    node["session"] = {".validate": "$visit === auth.token.device + '~' + newData.val()"}
    device = "data.child('e000001').child('device').val()"
    own_device = f"{_CLINICIAN} && data.exists() && {_STAFF}.child('devices').child({device}).val() === true"
    own_patient = f"{_CLINICIAN} && {_STAFF}.child('patients').child($patient).val() === true"
    return {"$patient": {".read": own_patient, "$visit": {".read": own_device, "$key": node}}}


def _kinds_of_events() -> str:
    kinds = "|".join(event.value for event in session.Event)
    return f"newData.child('event').val().matches(/^({kinds})$/)"


def _same(fields: Iterable[Field]) -> str:
    return " && ".join(f"data.child('{path}').val() === newData.child('{path}').val()" for path in _leaf_paths(fields))


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


def _all(*conditions: str) -> str:
    return " && ".join(condition for condition in conditions if condition)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `affectbox-cloud rules`."""
    parser = commands.add_parser("rules", help="print the database's security rules, generated from the contract")
    parser.set_defaults(run=_print)


def _print(args: argparse.Namespace) -> int:
    sys.stdout.write(text())
    return 0
