"""What clinicians keep of a person: record, notes, marks, consents on paper; and how all of it is erased."""

from cloud.rules.fields import Rules, every, one_of, padded
from cloud.rules.staff import above, once
from cloud.rules.who import CLINICIAN, OWN_PERSON, pseudonym
from device.contract import audit, keys, mark, note, paper, person


def people() -> Rules:
    """`people/PATIENT`: written once, entry by entry; erased whole, and only with an entry that says so."""
    gone = every([OWN_PERSON, "!newData.exists()", _told(above(2))])
    return {
        "$patient": {
            ".read": OWN_PERSON,
            ".write": gone,
            ".validate": pseudonym("$patient"),
            "versions": {"$version": _version()},
            "notes": {"$note": _note()},
            "marks": {"$visit": {"$mark": _mark()}},
            "consents": {"$consent": _consent()},
            "$other": {".validate": False},
        }
    }


def erased() -> Rules:
    """`erased/PATIENT`: where the entry stands that says it; written with that entry, when nothing is left."""
    gone = f"!{above(2)}.child('{person.ROOT}').child($patient).exists()"
    place = f"newData.isString() && newData.val().matches(/^{keys.MONTH}\\/{keys.PATTERN}$/)"
    return {
        "$patient": {
            ".read": OWN_PERSON,
            ".write": every([OWN_PERSON, "newData.exists()", gone, _told(above(2))]),
            ".validate": place,
        }
    }


def _told(database: str) -> str:
    """That the audit holds, as of this very request, that the person was erased."""
    place = f"{database}.child('{audit.ERASED_ROOT}').child($patient).val()"
    entry = f"{database}.child('{audit.ROOT}').child({place})"
    said = {"did": f"'{audit.ERASED}'", "patient": "$patient", "at": "now", "by": "auth.uid"}
    return every(f"{entry}.child('{name}').val() === {value}" for name, value in said.items())


def _version() -> Rules:
    """The number tells the place, and follows one that stands. A person who is taken on in the same request is
    theirs."""
    number = "newData.child('number').val()"
    before = f"{above(1)}.child('v' + {padded(f'({number} - 1)', 6)})"
    order = (f"$version === 'v' + {padded(number, 6)}", f"({number} === 1 || {before}.exists())")
    theirs = f"{above(4)}.child('staff').child(auth.uid).child('patients').child($patient).val() === true"
    return once(person.FIELDS, f"{CLINICIAN} && {theirs}", order)


def _note() -> Rules:
    said = "newData.child('text').val().length > 0"
    where = "(!newData.hasChild('moment') || newData.hasChild('visit'))"
    return once(note.FIELDS, OWN_PERSON, (_named("$note"), said, where, _of_before("corrects")))


def _mark() -> Rules:
    place = f"$visit.matches(/^{keys.VISIT}$/)"
    ends = "(!newData.hasChild('to_s') || newData.child('to_s').val() > newData.child('from_s').val())"
    kinds = " || ".join(_kind(of) for of in mark.KINDS)
    return once(mark.FIELDS, OWN_PERSON, (_named("$mark"), place, f"({kinds})", ends, _of_before("removes")))


def _kind(of: str) -> str:
    """That a mark is of a kind, and holds what that must and may hold."""
    must, may = mark.HOLDS[of]
    groups = {name for held in mark.HOLDS.values() for part in held for name in part}
    none = (f"!newData.hasChild('{name}')" for name in sorted(groups.difference(must, may)))
    has = f"newData.hasChildren([{', '.join(repr(name) for name in must)}])"
    return f"({every([one_of('of', of), has, *none])})"


def _consent() -> Rules:
    """It covers something or withdraws another, and does not end before it begins."""
    either = "newData.hasChild('covers') !== newData.hasChild('withdrawn')"
    day = "newData.child('until').val() >= newData.child('given').val()"
    ends = f"(!newData.hasChild('until') || (newData.hasChild('covers') && {day}))"
    return once(paper.FIELDS, OWN_PERSON, (_named("$consent"), either, ends, _of_before("withdrawn")))


def _named(key: str) -> str:
    return f"{key}.matches(/^{keys.PATTERN}$/)"


def _of_before(field: str) -> str:
    """That a field, where it is, names an entry that stood beside this one before."""
    return f"(!newData.hasChild('{field}') || data.parent().child(newData.child('{field}').val()).exists())"
