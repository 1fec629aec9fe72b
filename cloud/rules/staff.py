"""What people of the staff write: commands, names of boxes, what they may do themselves, and what they did."""

from collections.abc import Iterable

from cloud.rules.fields import Rules, children, every, one_of, required
from cloud.rules.who import ADMIN, ANYBODY, BOX, CLINICIAN, OWN_DEVICE, SIGNED_IN, STAFF, TECHNICAL, pseudonym
from device.contract import audit, box, erasure, keys, person, remote, session
from device.contract.choices import DEVICE_ID
from device.contract.fields import Field

_ROLES = ("clinician", "engineer", "admin")
_NOW = "newData.child('at').val() === now"
_BY = "newData.child('by').val() === auth.uid"
_LONGEST_NAME = 60


def once(fields: Iterable[Field], writer: str, holds: Iterable[str]) -> Rules:
    """A document that somebody writes once, in their own name, and that is never changed."""
    fields = tuple(fields)
    return {
        ".write": every([writer, "newData.exists()", "!data.exists()"]),
        ".validate": every([required(fields), *holds]),
        **children(fields, (), {"at": "now", "by": "auth.uid"}),
    }


def above(levels: int, what: str = "newData") -> str:
    """The database as it will be, seen from so many levels below it."""
    return what + ".parent()" * levels


def control(erase: Rules) -> Rules:
    """`control/DEVICE`: what the box hears. Whoever may say it reads it, but for whom the box is to `erase`."""
    heard = {name: {".read": OWN_DEVICE, **rule} for name, rule in (("command", _command()), ("watch", _watch()))}
    return {"$device": {".read": BOX, **heard, erasure.ERASE: erase}}


def boxes() -> Rules:
    """`boxes/DEVICE`: what a box is called."""
    place = f"$device.matches(/^{DEVICE_ID.pattern.replace('(?:', '(')}$/)"
    holds = every([required(box.FIELDS), place, "newData.child('name').val().length > 0", _NOW, _BY])
    return {".read": ANYBODY, "$device": {".write": TECHNICAL, ".validate": holds, **children(box.FIELDS, ())}}


def journal() -> Rules:
    """`audit/YYYY-MM/KEY`: what somebody did."""
    place = (f"$month.matches(/^{keys.MONTH}$/)", f"$key.matches(/^{keys.PATTERN}$/)")
    return {"$month": {"$key": once(audit.FIELDS, ANYBODY, place)}}


def staff() -> Rules:
    """`staff/UID`: role, name, patients and boxes of a person; each reads their own, admins write."""
    short = f"newData.isString() && newData.val().length > 0 && newData.val().length <= {_LONGEST_NAME}"
    whom = f"newData.val() === true && ($id === '{session.UNNAMED}' || ({pseudonym('$id')}))"
    return {
        "$uid": {
            ".read": f"{SIGNED_IN} && auth.uid === $uid",
            ".write": ADMIN,
            ".validate": "newData.hasChild('role')",
            "role": {".validate": f"newData.isString() && newData.val().matches(/^({'|'.join(_ROLES)})$/)"},
            "name": {".validate": short},
            "patients": {"$id": {".write": _claim(), ".validate": whom}},
            "devices": {"$id": {".validate": "newData.val() === true"}},
            "$other": {".validate": False},
        }
    }


def _claim() -> str:
    """That a clinician takes on a pseudonym that they drew: nobody has it yet, and their record of that person begins
    in the same request."""
    nobody = (f"!root.child('{root}').child($id).exists()" for root in (person.ROOT, session.ROOT, audit.ERASED_ROOT))
    first = f"{above(4)}.child('{person.key('', 1)}')".replace("//", "/' + $id + '/")
    began = f"{first}.child('by').val() === auth.uid"
    own = f"auth.uid === $uid && $id.matches(/^{keys.DRAWN}$/) && newData.exists() && !data.exists()"
    return every([CLINICIAN, own, *nobody, began])


def _command() -> Rules:
    """`control/DEVICE/command`: of a clinician of that box, or of an engineer, who may take it back."""
    whom = "newData.child('patient').val()"
    theirs = f"{STAFF}.child('patients').child({whom}).val() === true"
    of_patient = f"{one_of('do', *remote.OF_PATIENT)} && {pseudonym(whom)} && {theirs}"
    alone = f"(newData.hasChild('patient') ? ({of_patient}) : !{one_of('do', *remote.OF_PATIENT)})"
    named = f"(!newData.hasChild('name') || {one_of('do', *remote.NAMED)})"
    name = f"(newData.hasChild('name') || !{one_of('do', *remote.MUST_NAME)})"
    agreed = f"(newData.hasChildren(['consent/covers', 'consent/by']) === {one_of('do', 'consent')})"
    none = "(newData.hasChild('consent') === newData.hasChild('consent/covers'))"
    engineers = one_of("do", *remote.OF_ENGINEERS)
    whose = f"({engineers}) === ({STAFF}.child('role').val() !== 'clinician')"
    own = f"(newData.exists() || {engineers.replace('newData', 'data')})"
    holds = (one_of("do", *remote.DO), alone, named, name, agreed, none)
    return {
        ".write": f"({OWN_DEVICE}) || ({TECHNICAL} && {own})",
        ".validate": every([required(remote.FIELDS), *holds, _soon(remote.LONGEST_MS), whose, _BY]),
        **children(remote.FIELDS, ()),
    }


def _watch() -> Rules:
    """`control/DEVICE/watch`: that a clinician of that box watches."""
    holds = every([required(remote.WATCH_FIELDS), _soon(remote.WATCH_MS), _BY])
    return {".write": OWN_DEVICE, ".validate": holds, **children(remote.WATCH_FIELDS, ())}


def _soon(most_ms: int) -> str:
    until = "newData.child('until').val()"
    return f"{until} > now && {until} <= now + {most_ms}"
