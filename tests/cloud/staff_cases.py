"""The table of requests, continued: what staff keep of people and of boxes, and what they see while a session goes."""

from typing import Any

from device.contract import audit, box, checkup, live, mark, note, paper, person, remote, telemetry
from device.contract.fields import Json
from tests.cloud.rules_cases import ALLOWED, BOOT, DENIED, SEED, STATE, Case, record

NOW = telemetry.SERVER_TIME
KEY = "k1795817973489-a1b2c3"
NEW = "k1795817990000-zzzzz9"
SEAT = f"box-1~{BOOT}"
MINE, HIS = "people/p-0042", "people/p-0007"
DRAWN = "x-k3m9q2w7aa"


def by(who: str, body: Json, **changes: Any) -> Json:
    """A document of somebody's, of now; None takes a field away."""
    whole = {"v": 1, "at": NOW, "by": who} | body | changes
    return {name: value for name, value in whole.items() if value is not None}


FIRST = by("clara", {"number": 1, "status": "active", "complaint": "Cannot sleep.", "year_of_birth": 1980})
NOTE = by("clara", {"text": "She laughed at once.", "visit": SEAT, "moment": 61.5})
PHASE = by("clara", {"of": "phase", "name": "baseline", "from_s": 0, "to_s": 60})
PAPER = by("clara", {"covers": ["expressions"], "giver": "patient", "given": "2026-11-02", "until": "2027-01-31"})
WITHDRAWN = by("clara", {"withdrawn": KEY, "giver": "patient", "given": "2026-11-20"})
ENTRY = by("clara", {"did": "opened", "patient": "p-0042"})
NAMED = by("enno", {"name": "Room 1", "group": "site-a"})
LIVE = live.live([record(5), record(6)], NOW, ["lamp_left"])
FOUND = {"name": "camera", "state": "fail", "text": "No camera.", "remedy": "Plug it in."}
CHECKUP = {"v": 1, "device": "box-1", "seen": NOW, "id": "c-9", "findings": {"c01": FOUND}}
WATCH = {"v": 1, "until": 60, "by": "cleo"}


def stood(document: Json) -> Json:
    """As it has stood for long."""
    return {name: 1 if value == NOW else value for name, value in document.items()}


for module, document in (
    (person, FIRST),
    (note, NOTE),
    (mark, PHASE),
    (paper, PAPER),
    (paper, WITHDRAWN),
    (audit, ENTRY),
    (box, NAMED),
    (live, LIVE),
    (checkup, CHECKUP),
):
    module.validate(stood(document))

WHOLE = {
    "versions": {"v000001": stood(FIRST)},
    "notes": {KEY: stood(NOTE)},
    "marks": {SEAT: {KEY: stood(PHASE)}},
    "consents": {KEY: stood(PAPER)},
}
WITH_PEOPLE = SEED | {
    "people": {"p-0042": WHOLE, "p-0007": {"notes": {KEY: stood(NOTE) | {"by": "cleo"}}}},
    "audit": {"2026-11": {KEY: stood(ENTRY)}},
    "boxes": {"box-1": stood(NAMED)},
    "live": {"box-1": stood(LIVE), "box-2": stood(LIVE) | {"device": "box-2"}},
    "checkup": {"box-1": stood(CHECKUP)},
    "telemetry": {"box-1": STATE, "box-2": STATE | {"device": "box-2"}},
    "staff": SEED["staff"]
    | {
        "dora": {"role": "clinician", "patients": {"p-0042": True}, "devices": {"box-1": True}},
        "nora": {"name": "Nora", "patients": {"p-0042": True}, "devices": {"box-1": True}},
    },
}
STAFF = {name: {"sub": name} for name in ("dora", "nora")}


def put(who: str, path: str, body: Any, allowed: bool, why: str) -> Case:
    return Case(who, "PUT", path, body, allowed, why)


def clara(path: str, body: Any, allowed: bool, why: str) -> Case:
    return put("clara", path, body, allowed, why)


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


SECOND = FIRST | {"number": 2, "status": "closed"}
V2 = f"{MINE}/versions/v000002"
PERSON = [
    clara(V2, SECOND, ALLOWED, "the next version"),
    put("dora", V2, SECOND | {"by": "dora"}, ALLOWED, "another of her clinicians"),
    put("dora", f"{MINE}/versions/v000001", FIRST | {"by": "dora"}, DENIED, "the second who edits one version"),
    clara(f"{MINE}/versions/v000001", FIRST, DENIED, "changes a version"),
    clara(f"{MINE}/versions/v000001/status", "closed", DENIED, "changes a field of a version"),
    Case("clara", "DELETE", f"{MINE}/versions/v000001", None, DENIED, "deletes a version"),
    Case("clara", "DELETE", f"{MINE}/versions", None, DENIED, "deletes all versions"),
    clara(f"{MINE}/versions/v000003", FIRST | {"number": 3}, DENIED, "a version after one that is not there"),
    clara(V2, FIRST, DENIED, "under another number than its own"),
    clara(f"{MINE}/versions/v2", SECOND, DENIED, "a key that is not padded"),
    clara(f"{V2}/status", "closed", DENIED, "a version of one field"),
    clara(f"{HIS}/versions/v000001", FIRST, DENIED, "another's patient"),
    put("cleo", f"{HIS}/versions/v000001", FIRST | {"by": "cleo"}, ALLOWED, "the first of his patient"),
    put("cleo", V2, SECOND | {"by": "cleo"}, DENIED, "of another's patient"),
    put("enno", V2, SECOND | {"by": "enno"}, DENIED, "an engineer keeps no record"),
    put("ada", V2, SECOND | {"by": "ada"}, DENIED, "nor does an admin"),
    put("nora", V2, SECOND | {"by": "nora"}, DENIED, "without a role"),
    put("box-1", V2, SECOND | {"by": "box-box-1"}, DENIED, "a box"),
    put("nobody", V2, SECOND, DENIED, "not signed in"),
    *(
        clara(V2, body, DENIED, why)
        for body, why in [
            (SECOND | {"by": "dora"}, "in another's name"),
            (SECOND | {"at": 1}, "of long ago"),
            (SECOND | {"v": 2}, "a version of the format that is not known"),
            (without(SECOND, "status"), "without a status"),
            (SECOND | {"status": "gone"}, "a status that is not known"),
            (SECOND | {"name": "Maria"}, "a name"),
            (SECOND | {"year_of_birth": "1980-02-03"}, "a day of birth"),
            (SECOND | {"began": "last week"}, "a day that is none"),
            (SECOND | {"sex": "x" * 300}, "a word that is not known"),
            (SECOND | {"history": "x" * 4001}, "a text too long"),
            (SECOND | {"plan": {"a": 1}}, "an object for a text"),
        ]
    ),
    clara(V2, SECOND | {"history": "x" * 4000, "began": "2026-11-02", "setting": "couple"}, ALLOWED, "a long history"),
    clara(f"{MINE}/photograph", "/9j/4AAQ", DENIED, "what a person has not"),
]
NEW_NOTE, NEW_MARK, NEW_PAPER = f"{MINE}/notes/{NEW}", f"{MINE}/marks/{SEAT}/{NEW}", f"{MINE}/consents/{NEW}"
ENTRIES = [
    *(
        case
        for path, body, what in [
            (NEW_NOTE, NOTE, "note"),
            (NEW_MARK, PHASE, "mark"),
            (NEW_PAPER, PAPER, "consent"),
        ]
        for case in [
            clara(path, body, ALLOWED, f"a {what}"),
            put("dora", path, body | {"by": "dora"}, ALLOWED, f"a {what} of another of her clinicians"),
            put("cleo", path, body | {"by": "cleo"}, DENIED, f"a {what} of another's patient"),
            put("enno", path, body | {"by": "enno"}, DENIED, f"an engineer's {what}"),
            put("ada", path, body | {"by": "ada"}, DENIED, f"an admin's {what}"),
            clara(path, body | {"by": "dora"}, DENIED, f"a {what} in another's name"),
            clara(path, body | {"at": 1}, DENIED, f"a {what} of long ago"),
            clara(path, body | {"image": "x"}, DENIED, f"a {what} with more"),
            clara(path.replace(NEW, "latest"), body, DENIED, f"a {what} under a name that does not sort"),
            clara(path.replace(NEW, KEY), body, DENIED, f"changes a {what}"),
            Case("clara", "DELETE", path.replace(NEW, KEY), None, DENIED, f"deletes a {what}"),
            Case("clara", "PATCH", "", {path: body, path.replace(NEW, KEY): None}, DENIED, f"replaces a {what}"),
        ]
    ),
    Case("cleo", "DELETE", f"{HIS}/notes/{KEY}", None, DENIED, "the only thing that is known of him"),
    clara(NEW_NOTE, by("clara", {"text": "Not she, he.", "corrects": KEY}), ALLOWED, "corrects a note"),
    clara(NEW_NOTE, by("clara", {"text": "Not she, he.", "corrects": NEW}), DENIED, "corrects itself"),
    clara(NEW_NOTE, NOTE | {"text": ""}, DENIED, "says nothing"),
    clara(NEW_NOTE, NOTE | {"text": "x" * 4001}, DENIED, "a note too long"),
    clara(NEW_NOTE, without(NOTE, "visit"), DENIED, "a moment of no session"),
    clara(NEW_NOTE, NOTE | {"visit": "box-1"}, DENIED, "a session that is none"),
    clara(NEW_MARK, without(PHASE, "to_s") | {"of": "stimulus"}, ALLOWED, "a stimulus"),
    clara(NEW_MARK, by("clara", {"of": "removed", "removes": KEY}), ALLOWED, "a mark no longer holds"),
    clara(NEW_MARK, by("clara", {"of": "removed", "removes": NEW}), DENIED, "removes what is not there"),
    clara(NEW_MARK, PHASE | {"removes": KEY}, DENIED, "a phase that removes"),
    clara(NEW_MARK, without(PHASE, "to_s"), DENIED, "a phase without an end"),
    clara(NEW_MARK, PHASE | {"to_s": 0}, DENIED, "a phase that ends before it begins"),
    clara(NEW_MARK, PHASE | {"name": "Maria Müller"}, DENIED, "a name for a phase"),
    clara(NEW_MARK, PHASE | {"of": "mood"}, DENIED, "a kind that is not known"),
    clara(NEW_MARK.replace(SEAT, "today"), PHASE, DENIED, "of no session"),
    clara(NEW_PAPER, WITHDRAWN, ALLOWED, "a consent is withdrawn"),
    clara(NEW_PAPER, WITHDRAWN | {"withdrawn": NEW}, DENIED, "withdraws what is not there"),
    clara(NEW_PAPER, PAPER | {"withdrawn": KEY}, DENIED, "covers and withdraws"),
    clara(NEW_PAPER, without(PAPER, "covers"), DENIED, "covers nothing"),
    clara(NEW_PAPER, PAPER | {"covers": ["everything"]}, DENIED, "covers what is not known"),
    clara(NEW_PAPER, PAPER | {"until": "2026-11-01"}, DENIED, "ends before it was given"),
    clara(NEW_PAPER, PAPER | {"giver": "therapist"}, DENIED, "given by another"),
]
AT = "audit/2026-11"
AUDIT = [
    clara(f"{AT}/{NEW}", ENTRY, ALLOWED, "what she did"),
    put("enno", f"{AT}/{NEW}", by("enno", {"did": "fleet_commanded", "device": "box-1"}), ALLOWED, "an engineer's"),
    put("ada", f"{AT}/{NEW}", by("ada", {"did": "staff"}), ALLOWED, "an admin's"),
    clara(f"{AT}/{NEW}", ENTRY | {"by": "dora"}, DENIED, "as somebody else"),
    clara(f"{AT}/{NEW}", ENTRY | {"at": 1}, DENIED, "an entry of long ago"),
    clara(f"{AT}/{NEW}", ENTRY | {"did": "peeked"}, DENIED, "what nobody does"),
    clara(f"{AT}/{NEW}", ENTRY | {"patient": "Maria"}, DENIED, "a name for a pseudonym"),
    clara(f"{AT}/{NEW}", ENTRY | {"note": "x"}, DENIED, "an entry with more"),
    clara(f"{AT}/entry", ENTRY, DENIED, "an entry under a name that does not sort"),
    clara(f"audit/november/{NEW}", ENTRY, DENIED, "a month that is none"),
    clara(f"{AT}/{KEY}", ENTRY, DENIED, "changes an entry"),
    Case("clara", "DELETE", f"{AT}/{KEY}", None, DENIED, "deletes an entry"),
    Case("ada", "DELETE", f"{AT}/{KEY}", None, DENIED, "not even an admin"),
    Case("ada", "DELETE", "audit", None, DENIED, "nor all of them"),
    Case("clara", "PATCH", "", {V2: SECOND, f"{AT}/{NEW}": ENTRY}, ALLOWED, "an edit and its entry"),
    Case(
        "clara", "PATCH", "", {V2: SECOND, f"{AT}/{NEW}": ENTRY | {"by": "dora"}}, DENIED, "her edit, another's entry"
    ),
    put("nora", f"{AT}/{NEW}", ENTRY | {"by": "nora"}, DENIED, "an entry of who has no role"),
    put("box-1", f"{AT}/{NEW}", ENTRY | {"by": "box-box-1"}, DENIED, "an entry of a box"),
    put("nobody", f"{AT}/{NEW}", ENTRY, DENIED, "an entry of nobody"),
]
GONE = by("clara", {"did": "erased", "patient": "p-0042"})
ERASING = {MINE: None, f"{AT}/{NEW}": GONE, "erased/p-0042": f"2026-11/{NEW}"}


def patch(who: str, changes: Json, allowed: bool, why: str) -> Case:
    return Case(who, "PATCH", "", changes, allowed, why)


ERASED = [
    patch("clara", ERASING, ALLOWED, "erases a person"),
    patch("dora", ERASING | {f"{AT}/{NEW}": GONE | {"by": "dora"}}, ALLOWED, "so may another of her clinicians"),
    Case("clara", "DELETE", MINE, None, DENIED, "erases in silence"),
    patch("clara", {MINE: None, f"{AT}/{NEW}": GONE}, DENIED, "erases and does not say where the entry is"),
    patch("clara", {MINE: None, "erased/p-0042": f"2026-11/{NEW}"}, DENIED, "erases without an entry"),
    patch("clara", ERASING | {"erased/p-0042": f"2026-11/{KEY}"}, DENIED, "names an entry of something else"),
    patch("clara", ERASING | {f"{AT}/{NEW}": GONE | {"did": "edited"}}, DENIED, "calls it something else"),
    patch("clara", ERASING | {f"{AT}/{NEW}": GONE | {"patient": "p-0007"}}, DENIED, "says that it was another"),
    patch("clara", ERASING | {f"{AT}/{NEW}": GONE | {"by": "dora"}}, DENIED, "says that another did it"),
    patch("cleo", ERASING | {f"{AT}/{NEW}": GONE | {"by": "cleo"}}, DENIED, "another's patient, erased"),
    patch("enno", ERASING | {f"{AT}/{NEW}": GONE | {"by": "enno"}}, DENIED, "an engineer erases"),
    patch("ada", ERASING | {f"{AT}/{NEW}": GONE | {"by": "ada"}}, DENIED, "an admin erases"),
    patch("clara", without(ERASING, MINE), DENIED, "says that a person is erased who is not"),
    patch(
        "clara",
        without(ERASING, MINE) | {f"{MINE}/notes": None},
        DENIED,
        "erases the notes alone",
    ),
    patch(
        "cleo",
        {
            f"{HIS}/notes/{KEY}": None,
            f"{AT}/{NEW}": GONE | {"by": "cleo", "patient": "p-0007"},
            "erased/p-0007": f"2026-11/{NEW}",
        },
        ALLOWED,
        "all that is known of a person, and says so",
    ),
]
TAKING = {
    f"staff/clara/patients/{DRAWN}": True,
    f"people/{DRAWN}/versions/v000001": FIRST,
    f"{AT}/{NEW}": ENTRY | {"did": "edited", "patient": DRAWN},
}
CLAIMS = [
    patch("clara", TAKING, ALLOWED, "takes on a person under a drawn pseudonym"),
    patch("clara", without(TAKING, f"staff/clara/patients/{DRAWN}"), DENIED, "a record of nobody's patient"),
    patch("clara", {f"staff/clara/patients/{DRAWN}": True}, DENIED, "claims a pseudonym without a record"),
    patch("clara", {**TAKING, "staff/clara/devices/box-1": True}, DENIED, "and a box beside"),
    patch(
        "enno",
        {f"staff/enno/patients/{DRAWN}": True, f"people/{DRAWN}/versions/v000001": FIRST | {"by": "enno"}},
        DENIED,
        "an engineer takes on nobody",
    ),
    patch(
        "clara",
        {f"staff/dora/patients/{DRAWN}": True, f"people/{DRAWN}/versions/v000001": FIRST},
        DENIED,
        "gives another a person",
    ),
    patch(
        "clara",
        {"staff/clara/patients/p-0099": True, "people/p-0099/versions/v000001": FIRST},
        DENIED,
        "takes on a person under a pseudonym that can be guessed",
    ),
    patch(
        "clara",
        {"staff/clara/patients/p-0007": True, f"{HIS}/versions/v000001": FIRST},
        DENIED,
        "takes another's patient",
    ),
    clara("staff/clara/devices/box-2", True, DENIED, "gives herself a box"),
    clara("staff/clara/role", "admin", DENIED, "gives herself a role"),
    clara("staff/clara/name", "Dr. Clara", DENIED, "gives herself a name"),
    clara("staff/clara/patients/p-0007", True, DENIED, "gives herself a patient"),
    clara("staff/clara/patients", {"p-0042": True, DRAWN: True}, DENIED, "replaces her patients"),
    Case("clara", "DELETE", "staff/clara/patients/p-0042", None, DENIED, "takes a patient away from herself"),
    put("ada", "staff/clara/name", "Dr. Clara", ALLOWED, "an admin names her"),
    put("ada", "staff/clara/name", "x" * 61, DENIED, "a name too long"),
    put("ada", "staff/clara/patients/p-0099", True, ALLOWED, "an admin gives her a patient"),
    put("ada", "staff/clara/patients/maria", True, DENIED, "a patient by name"),
    put("ada", "staff/clara/devices/box-2", True, ALLOWED, "an admin gives her a box"),
    Case("ada", "DELETE", "staff/clara", None, ALLOWED, "an admin ends it"),
]
BOXES = [
    put("enno", "boxes/box-2", NAMED, ALLOWED, "an engineer names a box"),
    put("ada", "boxes/box-1", NAMED | {"by": "ada", "name": "Attic"}, ALLOWED, "an admin names it anew"),
    Case("enno", "DELETE", "boxes/box-1", None, ALLOWED, "a box that is gone"),
    put("cleo", "boxes/box-2", NAMED | {"by": "cleo"}, DENIED, "a clinician names no box"),
    put("box-1", "boxes/box-1", NAMED | {"by": "box-box-1"}, DENIED, "nor does the box"),
    put("enno", "boxes/box-2", NAMED | {"by": "ada"}, DENIED, "a box named in another's name"),
    put("enno", "boxes/box-2", NAMED | {"at": 1}, DENIED, "a box named long ago"),
    put("enno", "boxes/box-1/name", "Cellar", DENIED, "a name alone, with another's time"),
    put("enno", "boxes/box-2", NAMED | {"name": "x" * 61}, DENIED, "a box with a long name"),
    put("enno", "boxes/box-2", NAMED | {"name": ""}, DENIED, "a box without a name"),
    put("enno", "boxes/box-2", NAMED | {"group": "x" * 41}, DENIED, "a group with a long name"),
    put("enno", "boxes/Box 2", NAMED, DENIED, "a box that no box can be"),
    put("box-1", "live/box-1", LIVE, ALLOWED, "its newest second"),
    put("box-1", "live/box-1", without(LIVE, "hints"), ALLOWED, "nothing would help"),
    Case("box-1", "DELETE", "live/box-1", None, ALLOWED, "nobody watches any more"),
    put("box-1", "live/box-2", LIVE | {"device": "box-2"}, DENIED, "another box's newest second"),
    Case("box-1", "DELETE", "live/box-2", None, DENIED, "takes another's away"),
    put("clara", "live/box-1", LIVE, DENIED, "her patient, by herself"),
    put("box-1", "live/box-1", LIVE | {"seen": 1}, DENIED, "a second of long ago"),
    put("box-1", "live/box-1", LIVE | {"of": "seconds"}, DENIED, "aggregates for records"),
    put("box-1", "live/box-1", without(LIVE, "session"), DENIED, "of nobody knows which session"),
    put("box-1", "live/box-1", LIVE | {"count": 241, "last": 400}, DENIED, "more than a second"),
    put("box-1", "live/box-1", LIVE | {"columns": "/9j/4AAQ"}, DENIED, "a picture for its columns"),
    put("box-1", "live/box-1", LIVE | {"hints": ["smile"]}, DENIED, "a hint that is not known"),
    put("box-1", "checkup/box-1", CHECKUP, ALLOWED, "what the doctor found"),
    put("box-1", "checkup/box-1", without(CHECKUP, "findings"), DENIED, "an examination without findings"),
    put("box-1", "checkup/box-1", CHECKUP | {"findings": {"x": FOUND}}, DENIED, "a finding without a number"),
    put("box-1", "checkup/box-1", CHECKUP | {"findings": {"c01": FOUND | {"state": "so so"}}}, DENIED, "neither nor"),
    put("box-1", "checkup/box-1", CHECKUP | {"findings": {"c01": "fine"}}, DENIED, "a word for a finding"),
    put("box-1", "checkup/box-2", CHECKUP | {"device": "box-2"}, DENIED, "another's examination"),
    put("enno", "checkup/box-1", CHECKUP, DENIED, "an engineer finds nothing by himself"),
    put("box-1", "telemetry/box-1", STATE | {"desk": {"state": "dancing"}}, DENIED, "what no host process does"),
]
WATCHES = [
    put("cleo", "control/box-2/watch", WATCH, ALLOWED, "he watches"),
    put("cleo", "control/box-2/watch", WATCH | {"until": 120}, DENIED, "for longer than he says again"),
    put("cleo", "control/box-2/watch", WATCH | {"until": -1}, DENIED, "until a moment ago"),
    put("cleo", "control/box-2/watch", WATCH | {"by": "clara"}, DENIED, "she watches, says he"),
    put("cleo", "control/box-2/watch", without(WATCH, "until"), DENIED, "for ever"),
    put("cleo", "control/box-2/watch", WATCH | {"patient": "p-0042"}, DENIED, "says whom"),
    Case("cleo", "DELETE", "control/box-2/watch", None, ALLOWED, "he watches no more"),
    put("cleo", "control/box-1/watch", WATCH, DENIED, "another's box, watched"),
    put("clara", "control/box-1/watch", WATCH | {"by": "clara"}, DENIED, "her patient, not her box"),
    put("enno", "control/box-1/watch", WATCH | {"by": "enno"}, DENIED, "an engineer watches nobody"),
    put("ada", "control/box-1/watch", WATCH | {"by": "ada"}, DENIED, "an admin neither"),
    put("box-2", "control/box-2/watch", WATCH | {"by": "box-box-2"}, DENIED, "a box watches nobody"),
    put("cleo", "control/box-2/note", "x", DENIED, "what a box does not hear"),
    Case("box-2", "GET", "control/box-2", None, ALLOWED, "all that is said to it"),
    Case("box-1", "GET", "control/box-2", None, DENIED, "what is said to another"),
    Case("cleo", "GET", "control/box-2/watch", None, ALLOWED, "whether somebody watches"),
    Case("enno", "GET", "control/box-2/watch", None, DENIED, "an engineer does not see who watches"),
]


def command(do: str, who: str = "cleo", **more: Any) -> Json:
    whole = {"v": remote.VERSION, "id": "c-2", "do": do, "until": 300, "by": who} | more
    remote.validate(whole)
    return whole


TOLD = "control/box-2/command"
AGREED = {"covers": ["expressions", "live"], "by": "guardian", "until": 1_900_000_000}
MORE_COMMANDS = [
    put("cleo", TOLD, command("mark"), ALLOWED, "this moment"),
    put("cleo", TOLD, command("mark", name="laughs"), ALLOWED, "this moment, by a name"),
    put("cleo", TOLD, command("phase", name="talk"), ALLOWED, "a part begins"),
    put("cleo", TOLD, command("phase"), ALLOWED, "a part ends"),
    put("cleo", TOLD, command("stimulus", name="picture-3"), ALLOWED, "something is shown"),
    put("cleo", TOLD, command("mark") | {"do": "stimulus"}, DENIED, "something without a name"),
    put("cleo", TOLD, command("mark", name="x") | {"do": "end"}, DENIED, "an end with a name"),
    put("cleo", TOLD, command("mark", name="x") | {"name": "Maria Müller"}, DENIED, "a mark with a name of somebody"),
    put("cleo", TOLD, command("consent", patient="p-0007", consent=AGREED), ALLOWED, "his patient consents"),
    put("cleo", TOLD, command("consent", patient="p-0042", consent=AGREED), DENIED, "another's patient consents"),
    *(
        put("cleo", TOLD, command("consent", patient="p-0007", consent=AGREED) | changes, DENIED, why)
        for changes, why in [
            ({"consent": without(AGREED, "covers")}, "consents to nothing"),
            ({"consent": without(AGREED, "by")}, "nobody consents"),
            ({"consent": AGREED | {"covers": ["all"]}}, "consents to what is not known"),
            ({"consent": AGREED | {"by": "therapist"}}, "somebody else consents"),
            ({"consent": AGREED | {"signature": "x"}}, "a consent with more"),
            ({"do": "begin"}, "begins and consents at once"),
        ]
    ),
    put("cleo", TOLD, without(command("consent", patient="p-0007", consent=AGREED), "consent"), DENIED, "no consent"),
    put("cleo", TOLD, without(command("consent", patient="p-0007", consent=AGREED), "patient"), DENIED, "of nobody"),
    put("enno", TOLD, command("doctor", "enno"), ALLOWED, "an engineer has a box examined"),
    put("ada", TOLD, command("doctor", "ada"), ALLOWED, "so may an admin"),
    put("cleo", TOLD, command("doctor"), DENIED, "a clinician may not"),
    put("enno", TOLD, command("mark", "enno"), DENIED, "an engineer marks nothing"),
    put("nora", "control/box-1/command", command("mark", "nora"), DENIED, "who has no role commands nothing"),
]
CLINICAL = (MINE, f"{MINE}/notes", "people", "erased/p-0042", f"visits/p-0042/{SEAT}", "live/box-1")
SEEN = [
    *(
        Case(who, "GET", path, None, allowed, why)
        for who, path, allowed, why in [
            ("clara", MINE, ALLOWED, "all of her patient"),
            ("clara", f"{MINE}/notes", ALLOWED, "notes on her patient"),
            ("clara", "erased/p-0042", ALLOWED, "whether her patient was erased"),
            ("cleo", MINE, DENIED, "another's patient"),
            ("clara", "people", DENIED, "everybody"),
            ("clara", "erased", DENIED, "everybody who was erased"),
            ("ada", MINE, ALLOWED, "an admin reads a person"),
            ("ada", "audit", ALLOWED, "an admin reads the audit"),
            ("clara", AT, DENIED, "a clinician reads no audit"),
            ("clara", f"{AT}/{KEY}", DENIED, "not even her own entry"),
            ("enno", AT, DENIED, "nor does an engineer"),
            *(("enno", path, DENIED, "an engineer reads nothing clinical") for path in CLINICAL),
            *(("nora", path, DENIED, "who has no role reads nothing") for path in (*CLINICAL, "telemetry/box-1")),
            *(("stranger", path, DENIED, "who is not of the staff reads nothing") for path in (*CLINICAL, "boxes")),
            *(("box-1", path, DENIED, "a box reads nothing of the kind") for path in (*CLINICAL, "boxes", AT)),
            ("clara", "live/box-1", ALLOWED, "her patient, while the session goes"),
            ("dora", "live/box-1", ALLOWED, "her box, while a session goes"),
            ("cleo", "live/box-1", DENIED, "neither his box nor his patient"),
            ("cleo", "live/box-2", ALLOWED, "his box, whoever is watched"),
            ("clara", "live/box-2", DENIED, "a session of somebody else"),
            ("clara", "live/box-3", DENIED, "a box that shows nothing"),
            ("dora", "live", DENIED, "all boxes, live"),
            ("ada", "live", ALLOWED, "an admin, too, all boxes live"),
            ("dora", "telemetry/box-1", ALLOWED, "the state of her box"),
            ("cleo", "telemetry/box-1", DENIED, "the state of another's box"),
            ("dora", "telemetry", DENIED, "the state of all boxes"),
            ("enno", "checkup", ALLOWED, "what the doctor found, everywhere"),
            ("dora", "checkup/box-1", ALLOWED, "what the doctor found in her box"),
            ("cleo", "checkup/box-1", DENIED, "what the doctor found in another's"),
            ("dora", "boxes", ALLOWED, "what boxes are called"),
            ("enno", "boxes", ALLOWED, "what boxes are called"),
            ("nora", "boxes", DENIED, "what boxes are called, without a role"),
            ("clara", "staff/clara", ALLOWED, "what she may"),
            ("clara", "staff/dora", DENIED, "what another may"),
            ("enno", "staff", DENIED, "what everybody may"),
        ]
    )
]
STAFF_CASES = [*PERSON, *ENTRIES, *AUDIT, *ERASED, *CLAIMS, *BOXES, *WATCHES, *MORE_COMMANDS, *SEEN]
