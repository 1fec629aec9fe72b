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

from device.contract import patient, record
from device.contract.record import FIELDS, GUESSES, Field

Rules = dict[str, Any]

MAX_STRING = 200
MAX_BOOT = 40
_STAFF = "root.child('staff').child(auth.uid)"
_SIGNED_IN = "auth !== null"
_BOX = f"{_SIGNED_IN} && auth.token.role === 'box' && auth.token.device === $device"
_ADMIN = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'admin'"
_ENGINEER = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'engineer'"
_CLINICIAN = f"{_SIGNED_IN} && {_STAFF}.child('role').val() === 'clinician'"
_OWN_DEVICE = f"{_CLINICIAN} && {_STAFF}.child('devices').child($device).val() === true"
_PATIENT = f"root.child('{patient.ROOT}').child($device).child($boot)"
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
        keys: the wildcards below the box's id, such as `$boot` and `$key`.
        key: pattern of the last key, where it has one.
        clinical: whether clinicians read it, rather than engineers.
        history: written once; else the newest state, which overwrites the one before.
        condition: what else must hold of `newData`, in the rules' language.
    """

    root: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ("$boot", "$key")
    key: str = ""
    clinical: bool = True
    history: bool = True
    condition: str = ""


def _gated_without_guesses() -> str:
    none = " && ".join(f"!newData.hasChild('{name}')" for name in GUESSES)
    status = "newData.child('status').val()"
    return (
        f"(({status} === 'measured' && !newData.hasChild('reasons')) || "
        f"({status} === 'gated' && newData.hasChild('reasons') && {none}))"
    )


DOCUMENTS = (Document(record.ROOT, FIELDS, key="^s[0-9]{9}$", condition=_gated_without_guesses()),)


def rules() -> Rules:
    """The whole rule set, as it is deployed."""
    tree: Rules = {".read": _ADMIN, ".write": False, "staff": _staff(), patient.ROOT: _pseudonyms()}
    return {"rules": tree | {document.root: _document(document) for document in DOCUMENTS}}


def text() -> str:
    """The content of `cloud/database.rules.json`."""
    return json.dumps(rules(), indent=2) + "\n"


def _document(document: Document) -> Rules:
    place = f"$boot.length <= {MAX_BOOT}" if "$boot" in document.keys else ""
    pattern = f"{document.keys[-1]}.matches(/{document.key}/)" if document.key else ""
    node: Rules = {
        ".write": _write(document),
        ".validate": _all(place, pattern, _required(document.fields), document.condition),
        **_children(document.fields),
    }
    for key in reversed(document.keys):
        if key == "$boot" and document.clinical:
            node[".read"] = _OWN_PATIENT
        node = {key: node}
    return {"$device": {".read": _OWN_DEVICE if document.clinical else _ENGINEER, **node}}


def _write(document: Document) -> str:
    """Who may write it, and when: the box itself, and history only once or as it is."""
    if not document.history:
        return _all(_BOX, "newData.exists()")
    same = " && ".join(
        f"data.child('{path}').val() === newData.child('{path}').val()" for path in _leaf_paths(document.fields)
    )
    return _all(_BOX, "newData.exists()", f"(!data.exists() || ({same}))")


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


def _children(fields: Iterable[Field]) -> Rules:
    """The fields as a tree of rules, in which whatever is not known is refused."""
    tree: Rules = {}
    for field in fields:
        *parents, name = field.path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {"$other": {".validate": False}})
        node[name] = _field(field)
    return {**tree, "$other": {".validate": False}}


def _field(field: Field) -> Rules:
    if field.kind == "names":
        one = {".validate": f"newData.isString() && newData.val().matches(/^({'|'.join(field.names)})$/)"}
        entries = {str(n): one for n in range(len(field.names))}
        return {".validate": "newData.hasChild('0')", **entries, "$other": {".validate": False}}
    return {".validate": _all(_type(field), _identity(field.path))}


def _type(field: Field) -> str:
    match field.kind:
        case "boolean":
            return "newData.isBoolean()"
        case "string":
            return f"newData.isString() && newData.val().length <= {MAX_STRING}"
    low = "" if field.low is None else f"newData.val() >= {field.low:g}"
    high = "" if field.high is None else f"newData.val() <= {field.high:g}"
    whole = "newData.val() % 1 === 0" if field.kind == "integer" else ""
    return _all("newData.isNumber()", whole, low, high)


def _identity(path: str) -> str:
    """A document says itself whose it is; that must be where it stands."""
    return {"device": "newData.val() === $device", "boot": "newData.val() === $boot"}.get(path, "")


def _pseudonyms() -> Rules:
    """`patients/DEVICE/BOOT`: whom this start of the box watched. Written once by the box."""
    pattern = patient.PSEUDONYM.pattern.replace("(?:", "(")
    pseudonym = f"newData.isString() && newData.val().matches(/^{pattern}$/) && newData.val().matches(/[0-9]/)"
    return {
        "$device": {
            ".read": _OWN_DEVICE,
            "$boot": {
                ".read": _OWN_PATIENT,
                ".write": _all(_BOX, "newData.exists()", "(!data.exists() || data.val() === newData.val())"),
                ".validate": _all(f"$boot.length <= {MAX_BOOT}", pseudonym),
            },
        }
    }


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
