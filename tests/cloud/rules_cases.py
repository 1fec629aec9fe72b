"""The table of requests: who asks for what, and whether the rules may allow it."""

import time
from dataclasses import dataclass
from typing import Any

from device.contract import aggregate, boot, pack, remote, session, support, telemetry
from device.contract.fields import Field, Json
from device.contract.record import FIELDS, GUESSES, VERSION, validate

BOOT = "9f1c446a-0000202347"
OLD = f"records/box-1/{BOOT}/s000000001"
NEW = f"records/box-1/{BOOT}/s000000002"
ALLOWED, DENIED = True, False


def nested(flat: dict[str, Any]) -> Json:
    """Dotted paths as an object."""
    tree: Json = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return tree


def record(seq: int = 2, **changes: Any) -> Json:
    """A measured record with every field that there is; `changes` by dotted path with `__`, None removes."""
    values = {"integer": 1, "number": 0.25, "string": "x", "boolean": True}
    flat: dict[str, Any] = {field.path: values.get(field.kind) for field in FIELDS if field.kind != "names"}
    flat |= {
        "v": VERSION,
        "device": "box-1",
        "boot": BOOT,
        "session": BOOT,
        "seq": seq,
        "status": "measured",
        "codes": ["AD53", "AD61"],
        "atypicality.rating": 2.25,
        "atypicality.low": 1.5,
        "atypicality.high": 3.0,
    }
    flat |= {path.replace("__", "."): value for path, value in changes.items()}
    return nested({path: value for path, value in flat.items() if value is not None})


#: The fields of a record that hold others.
GROUPS = [name for name, value in record().items() if isinstance(value, dict)]


def gated(**changes: Any) -> Json:
    """A gated record without a guess."""
    whole = {name: value for name, value in record().items() if name not in GUESSES}
    return whole | {"status": "gated", "reasons": ["no_face"]} | changes


def filled(fields: tuple[Field, ...], **changes: Any) -> Json:
    """Any other document with every field that there is; `changes` as for `record`."""
    values = {"integer": 1, "number": 0.25, "string": "x", "boolean": True}
    flat = {
        field.path: field.names[0] if field.names else values.get(field.kind)
        for field in fields
        if field.kind != "names"
    } | {
        "device": "box-1",
        "boot": BOOT,
    }
    flat |= {"session": BOOT} if "session" in flat else {}
    return nested(flat | {path.replace("__", "."): value for path, value in changes.items()})


SECOND = filled(aggregate.FIELDS, number=7)
MINUTE = filled(aggregate.FIELDS, number=7, span=60)
CLOCK = filled(boot.FIELDS, offset=1.5e9)
STATE = filled(telemetry.FIELDS, v=telemetry.VERSION, mode="records", wanted="records", state="idle")
STATE["seen"] = telemetry.SERVER_TIME
BEGAN = filled(session.FIELDS, event="began", patient="p-0042", consent__covers=["units"], consent__by="patient")
BEGAN = {
    name: value
    for name, value in BEGAN.items()
    if name not in ("frame", "name", "why", "support", "comparison", "personal")
}
MARK = {name: value for name, value in BEGAN.items() if name not in ("consent", "continues")}
MARK |= {"event": "mark", "number": 2}
VISIT = f"visits/p-0042/box-1~{BOOT}"
CAMERA = {name: value for name, value in MARK.items() if name != "name"} | {"event": "camera"}
CAMERA["frame"] = {"width": 640, "height": 480}
SAID: Json = {"bundle": "simulated-1", "phase": "talk", "supported": True, "simulated": True, "population": "nobody"}
SAID |= {"n": 212, "sites": 3, "alpha": 0.1, "coverage": 0.82, "why": ["uncertain"]}
SAID |= {"answered_right": 0.81, "answered_right_low": 0.7, "answered_right_high": 0.9}
SAID |= {
    group: {"name": f"group-{group}", "n": 40, "held": 0.82, "probability": 0.25, "possible": True}
    for group in support.GROUPS
}
SUPPORT = MARK | {"event": "support", "number": 3, "support": SAID}
COMPARISON = MARK | {
    "event": "comparison",
    "number": 4,
    "comparison": {
        "bundle": "moves-1.0.0",
        "of": "rating",
        "seconds": 5,
        "refused": "age",
        "supported": True,
        "simulated": True,
        "population": "nobody",
        "ages": ["6-12", "13-17"],
        "n": 33,
        "raters": 5,
        "typical": 2.1,
        "typical_people": 21,
    },
}
PERSONAL = MARK | {
    "event": "personal",
    "number": 4,
    "personal": {
        "bundle": "own-1.0.0",
        "seconds": 412,
        "mean": 1.25,
        "low": 1.1,
        "high": 1.4,
        "earlier": 7,
        "unusual": 0.75,
        "unusual_low": 0.4,
        "unusual_high": 0.95,
        "near": 0.5,
        "shares": {"m1": 0.25, "m20": 0.125},
        "shares_low": {"m1": 0.2, "m20": 0.1},
        "shares_high": {"m1": 0.3, "m20": 0.15},
        "supported": True,
        "simulated": False,
        "units": {"m1": ["AU12", "AU6"], "m20": ["AU1", "AU2", "AU4", "AU5", "AU25", "AU26"]},
    },
}
SUPPORTS = f"support/p-0042/box-1~{BOOT}"
PACK = pack.pack([record(5), record(6)])
NEXT = pack.pack([record(7), record(8), record(10)])
AT_NEXT = f"packs/box-1/{BOOT}/s000000007"
SECONDS = pack.pack([SECOND, SECOND | {"number": 8}])
JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkS"  # how every JPEG begins, in base64
OLD_PACK = {name: value for name, value in PACK.items() if name != "session"}

for sample in (record(), gated()):
    validate(sample)
for span in (SECOND, MINUTE):
    aggregate.validate(span)
boot.validate(CLOCK)
for event in (BEGAN, MARK, CAMERA, SUPPORT, COMPARISON, PERSONAL):
    session.validate(event)

SEED = {
    "records": {"box-1": {BOOT: {"s000000001": record(1)}}, "box-2": {BOOT: {"s000000001": record(1)}}},
    "seconds": {"box-1": {BOOT: {"t000000007": SECOND}}},
    "packs": {"box-1": {BOOT: {"s000000005": PACK}}},
    "boots": {"box-1": {BOOT: CLOCK}},
    "frames": {"box-1": {BOOT: {"s000000005": OLD_PACK}}},
    "visits": {
        "p-0042": {f"box-1~{BOOT}": {"e000001": BEGAN}},
        "unnamed": {f"box-2~{BOOT}": {"e000001": BEGAN | {"patient": "unnamed", "device": "box-2"}}},
    },
    "support": {"p-0042": {f"box-1~{BOOT}": {"e000003": SUPPORT}}},
    "telemetry": {"box-1": STATE},
    "patients": {"box-1": {BOOT: "p-0042"}},
    "staff": {
        "clara": {"role": "clinician", "patients": {"p-0042": True}},
        "cleo": {"role": "clinician", "patients": {"p-0007": True}, "devices": {"box-2": True}},
        "dina": {"role": "clinician", "patients": {"p-0007": True}, "devices": {"box-1": True}},
        "enno": {"role": "engineer", "patients": {"p-0042": True}, "devices": {"box-1": True}},
        "ada": {"role": "admin"},
    },
}
PEOPLE: dict[str, Json | None] = {
    "nobody": None,
    "box-1": {"sub": "box-box-1", "role": "box", "device": "box-1"},
    "box-2": {"sub": "box-box-2", "role": "box", "device": "box-2"},
    "box without claims": {"sub": "box-box-1"},
    "clara": {"sub": "clara"},
    "cleo": {"sub": "cleo"},
    "dina": {"sub": "dina"},
    "enno": {"sub": "enno"},
    "ada": {"sub": "ada"},
    "stranger": {"sub": "stranger"},
    "claimant": {"sub": "claimant", "role": "admin", "device": "box-1"},
}


@dataclass(frozen=True)
class Case:
    """One request. `body` is what a write sends."""

    who: str
    method: str
    path: str
    body: Any
    allowed: bool
    why: str

    def sent(self) -> Any:
        """The body, with times of now."""
        if isinstance(self.body, dict) and isinstance(self.body.get("until"), int):
            return self.body | {"until": int(1000 * (time.time() + self.body["until"]))}
        return self.body

    def __str__(self) -> str:
        return f"{'may' if self.allowed else 'may not'}: {self.who} {self.method} {self.path or '/'}, {self.why}"


def box(path: str, body: Any, allowed: bool, why: str, method: str = "PUT") -> Case:
    """A request of box-1."""
    return Case("box-1", method, path, body, allowed, why)


def _said(number: int = 3, **changes: Any) -> Json:
    """The event of diagnosis support with other content; None removes."""
    said = {name: value for name, value in (SAID | changes).items() if value is not None}
    return SUPPORT | {"number": number, "support": said}


def _own(**changes: Any) -> Json:
    """The event `personal` with other content; None removes."""
    content = {name: value for name, value in (PERSONAL["personal"] | changes).items() if value is not None}
    return PERSONAL | {"personal": content}


def _compared(**changes: Any) -> Json:
    """The event `comparison` with other content; None removes."""
    content = {name: value for name, value in (COMPARISON["comparison"] | changes).items() if value is not None}
    return COMPARISON | {"comparison": content}


WRITES = [
    box(NEW, record(), ALLOWED, "a new record with every field"),
    box(NEW, gated(), ALLOWED, "a gated record"),
    box("", {NEW: record(), NEW[:-1] + "3": record(3)}, ALLOWED, "a batch of new records", "PATCH"),
    box(f"records/box-1/{BOOT}", {"s000000002": record()}, ALLOWED, "a batch below the boot", "PATCH"),
    box(OLD, record(1), ALLOWED, "the same record again"),
    box("", {OLD: record(1), NEW: record()}, ALLOWED, "a batch of which a part arrived before", "PATCH"),
    box(
        "records/box-1/other-boot/s000000001", record(1, session="other-boot"), ALLOWED, "the first of another session"
    ),
    Case("box-2", "PUT", NEW, record(), DENIED, "another box's record"),
    Case("box-2", "PUT", NEW.replace("box-1", "box-2"), record(device="box-2"), ALLOWED, "its own"),
    Case("nobody", "PUT", NEW, record(), DENIED, "not signed in"),
    Case("box without claims", "PUT", NEW, record(), DENIED, "an account is no box by its name"),
    Case("claimant", "PUT", NEW, record(), DENIED, "the right device, the wrong role"),
    Case("clara", "PUT", NEW, record(), DENIED, "staff write no records"),
    Case("ada", "PUT", NEW, record(), DENIED, "not even admins"),
    Case("ada", "DELETE", OLD, None, DENIED, "nor do they delete any"),
    box(NEW.replace("box-1", "box-2"), record(device="box-2"), DENIED, "into another box's tree"),
    box("", {NEW: record(), NEW.replace("box-1", "box-2"): record(device="box-2")}, DENIED, "half its own", "PATCH"),
    box(OLD, record(1, emotions__happiness=0.5), DENIED, "changes a number"),
    box(OLD, record(1, pain=None), DENIED, "leaves out a field"),
    box(OLD, record(1, pose__yaw=None), DENIED, "leaves out a field inside"),
    box(OLD, record(1, codes=["AD53"]), DENIED, "shortens a list"),
    box(OLD, record(1, host__throttled=False), DENIED, "changes a truth"),
    box(OLD, record(1, neutral="y"), DENIED, "changes a text"),
    box(OLD, None, DENIED, "deletes a record", "DELETE"),
    box(f"{OLD}/pain", None, DENIED, "deletes a field", "DELETE"),
    box(f"{OLD}/pain", 3, DENIED, "changes a field alone"),
    box(f"{OLD}/pain", 0.25, ALLOWED, "writes a field as it is"),
    box("", {OLD: None}, DENIED, "deletes in a batch", "PATCH"),
    box("", {NEW: record(), OLD: None}, DENIED, "deletes beside a new record", "PATCH"),
    box(f"records/box-1/{BOOT}", {"s000000002": record()}, DENIED, "replaces the boot"),
    box(f"records/box-1/{BOOT}", None, DENIED, "deletes the boot", "DELETE"),
    box("records/box-1", None, DENIED, "deletes its history", "DELETE"),
    box("", None, DENIED, "deletes everything", "DELETE"),
    box("", {"records": {}}, DENIED, "replaces everything"),
    box(NEW, record() | {"pace": {"rate": 5, "why": ["heat", "budget"], "sparing": True}}, ALLOWED, "of a hot box"),
    box(NEW, record() | {"pace": {"rate": 5, "why": ["bored"]}}, DENIED, "of a box that is slow for no reason"),
    box(NEW, record() | {"pace": {"rate": 500}}, DENIED, "at a rate that no box has"),
    box(f"records/box-1/{BOOT}", record(), DENIED, "under a key that it did not choose", "POST"),
    box(f"records/box-1/{BOOT}/2", record(), DENIED, "a key without letter"),
    box(f"records/box-1/{BOOT}/s2", record(), DENIED, "a key that is not padded"),
    box(f"records/box-1/{BOOT}/s0000000021", record(), DENIED, "a key too long"),
    box(f"records/box-1/{'b' * 41}/s000000002", record(session="b" * 41), DENIED, "a session too long"),
    box(NEW, record(session=None), ALLOWED, "a record of an older box"),
    box("records/box-1/other/s000000002", record(session=None), DENIED, "the same, of another start"),
    box("somewhere/box-1", 1, DENIED, "outside of what there is"),
    box(f"{NEW}/v", VERSION, DENIED, "a record of one field"),
    *(
        box(NEW, body, DENIED, why)
        for body, why in [
            (record(v=VERSION + 1), "a version that is not known"),
            (record(v=None), "no version"),
            (record(device="box-2"), "says that it is another box's"),
            (record(session="other"), "says that it is another session's"),
            *(
                (record() | {group: body}, f"{what} for its {group}")
                for group in GROUPS
                for what, body in (("a number", 7), ("a long text", "x" * 100_000), ("a truth", True))
            ),
            (record(1), "under another number than its own"),
            (record(seq=12), "the same digits, and more"),
            (record(seq=10**9), "a number that no key holds"),
            (record(time__wall=1e11), "a time after all calendars"),
            (record(quality__width=1e300), "a number that is none"),
            (record(codes={"0": "AD53", "99": "AD61"}), "a list with an end far away"),
            (record(seq=None), "no number"),
            (record(seq=0), "numbers begin at 1"),
            (record(seq=1.5), "numbers are whole"),
            (record(seq="2"), "a number in words"),
            (record(time__trusted=None), "no word about the clock"),
            (record(time__trusted=1), "a number for a truth"),
            (record(time__wall=-1), "before 1970"),
            (record(status="perhaps"), "a status that is not known"),
            (record(emotions__happiness=1.01), "a probability over 1"),
            (record(emotions__happiness=-0.01), "a probability below 0"),
            (record(emotions__joy=0.5), "an emotion that is not known"),
            (record(aus__AU12=5.5), "an intensity over 5"),
            (record(aus__AU99=1), "an action unit that is not known"),
            (record(pose__yaw=181), "an angle that is none"),
            (record(name="x"), "a field that is not known"),
            (record(image="/9j/4AAQSkZJRg"), "a picture"),
            (record(neutral="x" * 201), "a text too long to be honest"),
            (record(faces={"a": 1}), "an object for a number"),
            (record(codes=["AD53", "AD99"]), "a code that is not known"),
            (record(codes="AD53"), "a code that is no list"),
            (gated(reasons=["bored"]), "a reason that is not known"),
            (gated(reasons=[]), "gated without a reason"),
            (gated(emotions={"happiness": 1}), "gated with a guess"),
            (gated(pain=1), "gated with pain"),
            (record() | {"reasons": ["no_face"]}, "measured with a reason"),
            ("text", "no record at all"),
        ]
    ),
    box(f"seconds/box-1/{BOOT}/t000000008", SECOND | {"number": 8}, ALLOWED, "a second"),
    box(f"seconds/box-1/{BOOT}/t000000007", SECOND, ALLOWED, "the same second again"),
    box(f"seconds/box-1/{BOOT}/t000000007", SECOND | {"frames": 2}, DENIED, "changes a second"),
    box(f"seconds/box-1/{BOOT}/t000000008", MINUTE, DENIED, "a minute for a second"),
    box(f"seconds/box-1/{BOOT}/s000000008", SECOND, DENIED, "a second under a record's key"),
    box(f"minutes/box-1/{BOOT}/n000007", MINUTE, ALLOWED, "a minute"),
    box(f"minutes/box-1/{BOOT}/n000007", MINUTE | {"share": 1.5}, DENIED, "more than everything"),
    box(f"minutes/box-1/{BOOT}/n000007", MINUTE | {"note": "x"}, DENIED, "a minute with words"),
    box(AT_NEXT, NEXT, ALLOWED, "a pack"),
    box(AT_NEXT, {name: value for name, value in NEXT.items() if name != "session"}, ALLOWED, "an older box's pack"),
    box(f"packs/box-1/{BOOT}/s000000005", PACK, ALLOWED, "the same pack again"),
    box(f"packs/box-1/{BOOT}/s000000005", PACK | {"columns": NEXT["columns"]}, DENIED, "changes a pack"),
    box(f"packs/box-1/{BOOT}/s000000005", {**PACK, "time": PACK["time"] | {"wall": 1}}, DENIED, "changes its time"),
    box(f"packs/box-1/{BOOT}/t000000007", SECONDS, ALLOWED, "a pack of seconds"),
    box(f"packs/box-1/{BOOT}/t000000007", NEXT, DENIED, "records for seconds"),
    box(AT_NEXT, SECONDS, DENIED, "seconds for records"),
    box(AT_NEXT.replace("7", "8"), NEXT, DENIED, "under another number than that of its first"),
    box(AT_NEXT.replace("7", "70"), NEXT, DENIED, "a key too long"),
    *(
        box(AT_NEXT, NEXT | changes, DENIED, why)
        for changes, why in [
            ({"columns": JPEG}, "a picture for columns"),
            ({"columns": "Ada Lovelace, born 1815"}, "words for columns"),
            ({"columns": NEXT["columns"][:-1]}, "base64 that is cut"),
            ({"columns": NEXT["columns"][:8] + "!" * 4}, "what base64 does not have"),
            ({"columns": NEXT["columns"][:40] + "\n" * 4}, "line breaks"),
            ({"columns": {"0": NEXT["columns"]}}, "an object for columns"),
            ({"columns": NEXT["columns"][:4] + "A" * 4000}, "more text than so many records need"),
            ({"columns": NEXT["columns"][:4] + "A" * 1_000_000}, "a megabyte"),
            ({"count": 5}, "more records than its numbers say"),
            ({"count": 0}, "no record"),
            ({"last": 6}, "a last one before its first"),
            ({"last": 10**9}, "a number that no key holds"),
            ({"count": 10_001, "last": 20_000}, "more records than a pack holds"),
            ({"time": 7}, "a number for its time"),
            ({"time": NEXT["time"] | {"wall": 1e11}}, "a time after all calendars"),
            ({"session": "other"}, "says that it is another session's"),
        ]
    ),
    *(
        box(f"{root}/box-1/{BOOT}/{key}", body, DENIED, "what older boxes wrote is not written any more")
        for root, key, body in [
            ("frames", "s000000007", NEXT),
            ("spans", "t000000007", SECONDS),
            ("sessions", "n000007", MINUTE),
        ]
    ),
    box(f"minutes/box-1/{BOOT}/n000008", MINUTE, DENIED, "under another number"),
    box(f"minutes/box-1/{BOOT}/t000000007", MINUTE, DENIED, "a minute under a second's key"),
    box(f"minutes/box-1/{BOOT}/n000007", SECOND, DENIED, "a second for a minute"),
    box(f"seconds/box-1/{BOOT}/t000000009", SECOND | {"number": 9, "mean": 7}, DENIED, "a number for its means"),
    box(f"seconds/box-1/{BOOT}/t000000009", SECOND | {"number": 9, "peak": {"aus": "x"}}, DENIED, "text for peaks"),
    box(f"boots/box-1/{BOOT}", CLOCK, ALLOWED, "the same offset again"),
    box(f"boots/box-1/{BOOT}", CLOCK | {"offset": 0}, DENIED, "changes its clock"),
    box("boots/box-1/other", CLOCK | {"boot": "other"}, ALLOWED, "the clock of another boot"),
    box("boots/box-1/other", CLOCK | {"boot": "other", "trusted": False}, DENIED, "a clock that is not trusted"),
    box("boots/box-2/other", CLOCK | {"boot": "other"}, DENIED, "another box's clock"),
    box("telemetry/box-1", STATE | {"sent": 99}, ALLOWED, "its newest state"),
    box("telemetry/box-1", STATE | {"pace": {"rate": 5, "why": ["heat"]}}, ALLOWED, "that it is hot"),
    box("telemetry/box-1", STATE | {"pace": {"rate": 5, "why": ["bored"]}}, DENIED, "a reason that is not known"),
    box("telemetry/box-1", STATE | {"boot": "other"}, ALLOWED, "its state after a start"),
    box("telemetry/box-1", STATE | {"mode": "video"}, DENIED, "a mode that is not known"),
    box("telemetry/box-1", STATE | {"state": "asleep"}, DENIED, "a state that is not known"),
    box("telemetry/box-1", STATE | {"seen": 1_700_000_000_000}, DENIED, "a time of seeing that it chose itself"),
    box("telemetry/box-1", STATE | {"trouble": "x" * 201}, DENIED, "a story"),
    box("telemetry/box-1", STATE | {"pain": 1}, DENIED, "clinical data for engineers"),
    box("telemetry/box-1", None, DENIED, "no state at all", "DELETE"),
    box("telemetry/box-2", STATE, DENIED, "another box's state"),
    box(f"patients/box-1/{BOOT}", "p-0042", ALLOWED, "the same pseudonym again"),
    box(f"patients/box-1/{BOOT}", "p-0007", DENIED, "another patient for a session that has one"),
    box("patients/box-1/other", "p-0007", ALLOWED, "the pseudonym of a new session"),
    box("patients/box-1/other", "unnamed", ALLOWED, "a session of nobody who is named"),
    box("patients/box-1/other", "Ada Lovelace", DENIED, "a name"),
    box("patients/box-1/other", "ada", DENIED, "a pseudonym without a digit"),
    box("patients/box-1/other", "a1@example.org", DENIED, "an address"),
    box("patients/box-2/other", "p-0007", DENIED, "the pseudonym of another box's session"),
    box(f"{VISIT}/e000002", MARK, ALLOWED, "an event"),
    box(f"{VISIT}/e000001", BEGAN, ALLOWED, "the same event again"),
    box(f"{VISIT}/e000002", MARK | {"continues": "a"}, DENIED, "a mark that goes on from a session"),
    box(f"{VISIT}/e000001", BEGAN | {"consent": {"by": "guardian"}}, DENIED, "changes a consent"),
    box(f"{VISIT}/e000001", None, DENIED, "deletes an event", "DELETE"),
    box(f"{VISIT}/e000002", CAMERA, ALLOWED, "the size of the frames"),
    box(f"{VISIT}/e000002", MARK | {"event": "party"}, DENIED, "an event that is not known"),
    box(f"{VISIT}/e000002", MARK | {"event": "camera"}, DENIED, "frames without a size"),
    box(f"{VISIT}/e000002", CAMERA | {"event": "mark"}, DENIED, "a mark with frames"),
    box(f"{VISIT}/e000002", MARK | {"event": "consent"}, DENIED, "a consent without what it covers"),
    box(f"{VISIT}/e000002", MARK | {"consent": 7}, DENIED, "a number for a consent"),
    box(f"{VISIT}/e000002", MARK | {"name": "Ada Lovelace"}, DENIED, "a mark with a person's name"),
    box(f"{VISIT}/e000002", MARK | {"event": "ended", "why": "bored"}, DENIED, "an end without a reason of ours"),
    box(f"{VISIT}/e000002", MARK | {"event": "ended", "why": "stopped"}, ALLOWED, "an end"),
    box(
        f"{VISIT}/e{session.REVOKED_LATER}",
        MARK | {"event": "ended", "why": "revoked", "number": session.REVOKED_LATER},
        ALLOWED,
        "that the consent was revoked after the end",
    ),
    box(f"{VISIT}/e000003", MARK, DENIED, "an event under another number"),
    box(f"visits/ada/box-1~{BOOT}/e000002", MARK | {"patient": "ada"}, DENIED, "an event of a name"),
    box(f"visits/unnamed/box-1~{BOOT}/e000002", MARK | {"patient": "unnamed"}, ALLOWED, "an event of nobody named"),
    box(f"{VISIT}/e000002", MARK | {"patient": "p-0007"}, DENIED, "an event of another person"),
    box(f"{VISIT}/e000002", MARK | {"session": "other"}, DENIED, "an event of another session"),
    box(f"{VISIT.replace('box-1', 'box-2')}/e000002", MARK | {"device": "box-2"}, DENIED, "another box's event"),
    Case("box-2", "PUT", f"{VISIT}/e000002", MARK, DENIED, "another box's event"),
    box(f"{SUPPORTS}/e000004", SUPPORT | {"number": 4}, ALLOWED, "what diagnosis support said, with every field"),
    box(
        f"{SUPPORTS}/e000004",
        _said(number=4, phase=None, g3=None, g4=None, g5=None, g6=None),
        ALLOWED,
        "of two groups",
    ),
    box(f"{SUPPORTS}/e000004", _said(number=4, coverage=None, why=["fault"]), ALLOWED, "what it could not compute"),
    box(f"{SUPPORTS}/e000003", SUPPORT, ALLOWED, "the same again"),
    box(f"{SUPPORTS}/e000003", _said(why=None), DENIED, "takes back why it abstained"),
    box(f"{SUPPORTS}/e000003", _said(g6=None), DENIED, "leaves out a group"),
    box(f"{SUPPORTS}/e000003", _said(g2=SAID["g2"] | {"possible": False}), DENIED, "rules out a group afterwards"),
    box(f"{SUPPORTS}/e000003", None, DENIED, "deletes it", "DELETE"),
    box(f"{SUPPORTS}/e000003/support/g1/possible", None, DENIED, "deletes a part", "DELETE"),
    box(f"{VISIT}/e000003", SUPPORT, DENIED, "among what more people may read"),
    box(f"{VISIT}/e000004", COMPARISON, ALLOWED, "what compares with other people, with every field"),
    box(f"{VISIT}/e000004", _compared(refused=None, raters=None, typical=None), ALLOWED, "with what it must have"),
    box(f"{VISIT}/e000004", _compared(population=None), DENIED, "of nobody knows whom"),
    box(f"{VISIT}/e000004", _compared(refused="tired"), DENIED, "refused for what is no reason"),
    box(f"{VISIT}/e000004", _compared(ages=["6-12", "40"]), DENIED, "of an age that is none"),
    box(f"{VISIT}/e000004", _compared(rating=2.5), DENIED, "with what was said of a window"),
    box(f"{VISIT}/e000004", COMPARISON | {"event": "mark"}, DENIED, "in an event of another kind"),
    box(f"{SUPPORTS}/e000004", COMPARISON, DENIED, "where diagnosis support stands"),
    box(f"{VISIT}/e000004", PERSONAL, ALLOWED, "of the person's own movement, with every field"),
    box(
        f"{VISIT}/e000004",
        _own(mean=None, low=None, high=None, unusual=None, shares=None, units=None, refused="little"),
        ALLOWED,
        "of whom too little was measured",
    ),
    box(f"{VISIT}/e000004", _own(bundle=None), DENIED, "watched by nobody knows what"),
    box(f"{VISIT}/e000004", _own(refused="tired"), DENIED, "nothing said for what is no reason"),
    box(f"{VISIT}/e000004", _own(shares={"m21": 0.5}), DENIED, "of a movement more than there are"),
    box(f"{VISIT}/e000004", _own(units={"m1": ["AU99"]}), DENIED, "of a unit that is none"),
    box(
        f"{VISIT}/e000004", _own(units={"m1": [f"AU{n}" for n in (1, 2, 4, 5, 6, 7, 9)]}), DENIED, "of too many units"
    ),
    box(f"{VISIT}/e000004", _own(shares_high={"m1": 1.5}), DENIED, "of an interval beyond all of the time"),
    box(f"{VISIT}/e000004", _own(unusual=1.5), DENIED, "more unusual than all of them"),
    box(f"{VISIT}/e000004", PERSONAL | {"event": "mark"}, DENIED, "their own movement in an event of another kind"),
    box(f"{SUPPORTS}/e000004", PERSONAL, DENIED, "their own movement where diagnosis support stands"),
    box(NEW, gated(personal={"distance": 1}), DENIED, "a gated record that tells of the person's own movement"),
    box(NEW, record(personal__distance=-1), DENIED, "nearer than their usual"),
    box(NEW, record(personal__movement=21), DENIED, "a movement more than there are"),
    box(NEW, record(personal__embedding=0.5), DENIED, "what the network made of the face"),
    box(NEW, gated(atypicality={"rating": 2}), DENIED, "a gated record that compares with other people"),
    box(NEW, record(atypicality__rating=5.5), DENIED, "a rating beyond the scale"),
    box(NEW, record(atypicality__unlikely=1.5), DENIED, "a share above one"),
    box(f"{VISIT}/e000003", MARK | {"number": 3, "support": SAID}, DENIED, "in a mark"),
    box(f"{SUPPORTS}/e000002", MARK, DENIED, "a mark among what diagnosis support said"),
    box(f"{SUPPORTS}/e000004", MARK | {"event": "support", "number": 4}, DENIED, "an event that says nothing"),
    box(f"{SUPPORTS}/e000004", SUPPORT | {"number": 4, "name": "talk"}, DENIED, "with a name beside"),
    box(f"{SUPPORTS}/e000004", SUPPORT | {"number": 4, "consent": {"by": "patient"}}, DENIED, "with a consent beside"),
    *(
        box(f"{SUPPORTS}/e000004", _said(number=4, **{name: None}), DENIED, f"without {name}")
        for name in (*support.NEEDED, "coverage")
    ),
    *(
        box(f"{SUPPORTS}/e000004", _said(number=4, **changes), DENIED, why)
        for changes, why in [
            ({"why": ["bored"]}, "a reason that is not known"),
            ({"alpha": 2}, "an error rate over 1"),
            ({"answered_right": "often"}, "a share in words"),
            ({"population": "x" * 401}, "a story"),
            ({"diagnosis": "depressed"}, "a field that is not known"),
            ({"g7": SAID["g6"]}, "a seventh group"),
            ({"g1": "depressed"}, "a word for a group"),
            ({"g1": {"name": "depressed"}}, "a group without its people"),
            ({"g1": SAID["g1"] | {"name": "Ada Lovelace"}}, "a person's name for a group"),
            ({"g1": SAID["g1"] | {"probability": 1.5}}, "a probability over 1"),
            ({"g1": SAID["g1"] | {"held": 82}}, "a share of people over 1"),
            ({"g1": SAID["g1"] | {"diagnosis": True}}, "a field that no group has"),
        ]
    ),
    Case("box-2", "PUT", f"{SUPPORTS}/e000004", SUPPORT | {"number": 4}, DENIED, "another box's session"),
    Case("clara", "PUT", f"{SUPPORTS}/e000004", SUPPORT | {"number": 4}, DENIED, "staff write none"),
    Case("ada", "DELETE", SUPPORTS, None, DENIED, "nor do admins delete any"),
    box("staff/box-box-1", {"role": "admin"}, DENIED, "makes itself an admin"),
    Case("clara", "PUT", "staff/clara/patients/p-0007", True, DENIED, "takes another patient"),
    Case("ada", "PUT", "staff/clara/patients/p-0007", True, ALLOWED, "an admin gives a patient"),
    Case("ada", "PUT", "staff/new", {"role": "clinician"}, ALLOWED, "an admin gives a role"),
    Case("ada", "PUT", "staff/new", {"role": "root"}, DENIED, "a role that there is not"),
    Case("ada", "DELETE", "staff/clara", None, ALLOWED, "an admin takes a role away"),
    Case("claimant", "PUT", "staff/claimant", {"role": "admin"}, DENIED, "a claim is no role"),
]
READS = [
    *(
        Case(who, "GET", path, None, allowed, why)
        for who, path, allowed, why in [
            ("nobody", OLD, DENIED, "not signed in"),
            ("nobody", "", DENIED, "not signed in"),
            ("stranger", OLD, DENIED, "an account without a role"),
            ("claimant", OLD, DENIED, "a role only in the token"),
            ("box-1", OLD, DENIED, "a box reads nothing"),
            ("box-1", "staff", DENIED, "a box reads nothing"),
            ("clara", f"records/box-1/{BOOT}", ALLOWED, "her patient"),
            ("clara", OLD, ALLOWED, "her patient"),
            ("clara", f"patients/box-1/{BOOT}", ALLOWED, "her patient"),
            ("clara", "records/box-1", DENIED, "others sit there too"),
            ("clara", f"records/box-2/{BOOT}", DENIED, "a session without a pseudonym"),
            ("clara", "patients", DENIED, "everybody's pseudonyms"),
            ("clara", "staff/clara", ALLOWED, "herself"),
            ("clara", "staff/cleo", DENIED, "a colleague"),
            ("cleo", f"records/box-1/{BOOT}", DENIED, "a colleague's patient"),
            ("cleo", "records/box-2", ALLOWED, "his own box"),
            ("clara", "visits/p-0042", ALLOWED, "the sessions of her patient, wherever they were held"),
            ("clara", "visits/p-0007", DENIED, "a colleague's patient"),
            ("cleo", VISIT, DENIED, "a colleague's patient"),
            ("cleo", "patients/box-2", ALLOWED, "whom the sessions of his box watched"),
            ("cleo", f"visits/unnamed/box-2~{BOOT}", ALLOWED, "a session of his box, of nobody named"),
            ("clara", f"visits/unnamed/box-2~{BOOT}", DENIED, "a session of another's box"),
            ("cleo", "visits/unnamed", DENIED, "sessions of all boxes"),
            ("cleo", "visits", DENIED, "everybody's sessions"),
            ("box-1", VISIT, DENIED, "a box reads nothing"),
            ("clara", f"frames/box-1/{BOOT}", ALLOWED, "her patient, written by an older box"),
            ("enno", f"frames/box-1/{BOOT}", DENIED, "clinical data of an older box"),
            ("clara", "frames/box-1", DENIED, "others sit there too, written by older boxes"),
            ("cleo", "minutes/box-2", ALLOWED, "his own box"),
            ("enno", "telemetry", ALLOWED, "the state of all boxes"),
            ("clara", "telemetry", DENIED, "the state of all boxes"),
            ("box-1", "telemetry", DENIED, "the state of all boxes"),
            ("enno", VISIT, DENIED, "clinical data"),
            ("enno", f"records/box-1/{BOOT}", DENIED, "clinical data, whatever is noted beside the role"),
            ("enno", "patients/box-1", DENIED, "clinical data"),
            ("enno", f"seconds/box-1/{BOOT}", DENIED, "clinical data"),
            ("enno", f"packs/box-1/{BOOT}", DENIED, "clinical data"),
            ("enno", f"boots/box-1/{BOOT}", ALLOWED, "a clock"),
            ("enno", "telemetry/box-1", ALLOWED, "the state of a box"),
            ("clara", f"seconds/box-1/{BOOT}", ALLOWED, "her patient"),
            ("clara", f"packs/box-1/{BOOT}", ALLOWED, "her patient"),
            ("clara", f"boots/box-1/{BOOT}", ALLOWED, "what corrects her patient's times"),
            ("clara", "telemetry/box-1", DENIED, "the state of a box"),
            ("box-1", "telemetry/box-1", DENIED, "not even its own state"),
            ("clara", "support/p-0042", ALLOWED, "her patient"),
            ("clara", SUPPORTS, ALLOWED, "her patient"),
            ("clara", "support", DENIED, "everybody's"),
            ("dina", VISIT, ALLOWED, "a session of her box"),
            ("dina", "support/p-0042", DENIED, "of her box, and not her patient"),
            ("dina", SUPPORTS, DENIED, "of her box, and not her patient"),
            ("dina", f"{SUPPORTS}/e000003", DENIED, "of her box, and not her patient"),
            ("cleo", SUPPORTS, DENIED, "a colleague's patient"),
            ("enno", SUPPORTS, DENIED, "clinical data"),
            ("enno", "support", DENIED, "clinical data"),
            ("ada", "support", DENIED, "not even an admin"),
            ("ada", SUPPORTS, DENIED, "not even an admin"),
            ("ada", f"{SUPPORTS}/e000003/support/g1", DENIED, "not even an admin"),
            ("ada", VISIT, ALLOWED, "an admin"),
            ("box-1", SUPPORTS, DENIED, "a box reads nothing"),
            ("nobody", SUPPORTS, DENIED, "not signed in"),
            ("enno", "", DENIED, "everything"),
            ("ada", "", DENIED, "everything at once: what diagnosis support said is part of it"),
            ("ada", "staff", ALLOWED, "an admin"),
        ]
    ),
]
#: Seconds from when the request is made; `Case.sent` has them as milliseconds since 1970.
SOON = 300
BEGIN = {"v": remote.VERSION, "id": "c-1", "do": "begin", "patient": "p-0007", "until": SOON, "by": "cleo"}
END = {name: value for name, value in BEGIN.items() if name != "patient"} | {"do": "end"}
AT = "control/box-2/command"
UPDATE = END | {"do": "update", "by": "enno"}
for command in (BEGIN, END, UPDATE):
    remote.validate(command)
COMMANDS = [
    Case("cleo", "PUT", AT, BEGIN, ALLOWED, "his box, his patient"),
    Case("cleo", "PUT", AT, BEGIN | {"do": "revoke"}, ALLOWED, "his box, his patient's consent withdrawn"),
    Case("cleo", "PUT", AT, END, ALLOWED, "his box, whoever is watched"),
    Case("cleo", "DELETE", AT, None, ALLOWED, "he takes it back"),
    Case("cleo", "PUT", AT, BEGIN | {"patient": "p-0042"}, DENIED, "another's patient"),
    Case("cleo", "PUT", AT, BEGIN | {"patient": "maria"}, DENIED, "a name"),
    Case("cleo", "PUT", AT, END | {"do": "begin"}, DENIED, "a session of nobody"),
    Case("cleo", "PUT", AT, BEGIN | {"do": "pause"}, DENIED, "a pause needs no patient"),
    Case("cleo", "PUT", AT, END | {"do": "frame"}, DENIED, "a view for setting up is no command from afar"),
    Case("cleo", "PUT", AT, END | {"by": "clara"}, DENIED, "in another's name"),
    Case("cleo", "PUT", AT, END | {"until": -SOON}, DENIED, "it is over already"),
    Case("cleo", "PUT", AT, END | {"until": 3600}, DENIED, "it would hold for an hour"),
    Case("cleo", "PUT", AT, END | {"note": "please"}, DENIED, "an unknown field"),
    Case("cleo", "PUT", "control/box-1/command", BEGIN, DENIED, "another's box"),
    Case(
        "clara",
        "PUT",
        "control/box-1/command",
        BEGIN | {"patient": "p-0042", "by": "clara"},
        DENIED,
        "her patient, no box",
    ),
    Case(
        "enno", "PUT", "control/box-1/command", END | {"by": "enno"}, DENIED, "an engineer begins and ends no session"
    ),
    Case("enno", "PUT", AT, UPDATE, ALLOWED, "an engineer has a box updated"),
    Case("ada", "PUT", AT, UPDATE | {"by": "ada"}, ALLOWED, "an admin, too"),
    Case("ada", "PUT", AT, END | {"by": "ada"}, DENIED, "an admin ends no session"),
    Case("cleo", "PUT", AT, UPDATE | {"by": "cleo"}, DENIED, "a clinician updates no box"),
    Case("box-2", "PUT", AT, END | {"by": "box-2"}, DENIED, "a box commands nobody"),
    Case("nobody", "PUT", AT, END, DENIED, "not signed in"),
    Case("box-2", "GET", AT, None, ALLOWED, "its own command"),
    Case("box-1", "GET", AT, None, DENIED, "another box's command"),
    Case("cleo", "GET", AT, None, ALLOWED, "what he commanded"),
    Case("enno", "GET", AT, None, DENIED, "it names a patient"),
    Case("cleo", "GET", "telemetry/box-2/control", None, ALLOWED, "what became of it"),
    Case("cleo", "GET", "telemetry/box-1/control", None, DENIED, "what became of another's"),
]
CASES = WRITES + READS + COMMANDS
