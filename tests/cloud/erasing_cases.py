"""The table of requests, continued: who asks a box to erase a person, and who says that it was done."""

from typing import Any

from device.contract import erasure, telemetry
from device.contract.fields import Json
from tests.cloud.rules_cases import ALLOWED, DENIED, Case

NOW = telemetry.SERVER_TIME
ASKED, OTHER = "k1795817973489-e1e2e3", "k1795817973490-e1e2e3"
AT, PROOF, MARK = "control/box-2/erase/p-0042", f"erased_on/box-2/{ASKED}", f"erasing/box-2/{ASKED}"
REQUEST: Json = {"v": 1, "id": ASKED, "at": NOW}
DONE: Json = {"v": 1, "id": ASKED, "done": NOW, "face": True, "consent": False, "outbox": 12, "lines": 0}
LEFT = DONE | {"left": "A file is being written."}
erasure.validate_request(REQUEST | {"at": 1})
for proof in (DONE, LEFT):
    erasure.validate(proof | {"done": 1})

#: What stands when they ask.
STANDS = {
    "control": {"box-2": {"erase": {"p-0042": REQUEST | {"at": 1}}}},
    "erasing": {"box-2": {ASKED: 1}},
    "erased_on": {"box-1": {OTHER: DONE | {"id": OTHER, "done": 1}}, "box-2": {ASKED: LEFT | {"done": 1}}},
}


def put(who: str, path: str, body: Any, allowed: bool, why: str) -> Case:
    return Case(who, "PUT", path, body, allowed, why)


def patch(who: str, body: Json, allowed: bool, why: str) -> Case:
    return Case(who, "PATCH", "", body, allowed, why)


NEW, THERE = "control/box-1/erase/p-0007", {"control/box-1/erase/p-0007": REQUEST, f"erasing/box-1/{ASKED}": NOW}
ERASING_CASES = [
    patch("ada", THERE, ALLOWED, "an admin asks a box to erase a person, and notes it"),
    *(
        put(who, NEW, REQUEST, DENIED, f"{who} asks a box to erase a person")
        for who in ("clara", "cleo", "enno", "nora", "box-1", "nobody")
    ),
    *(
        put("ada", path, body, DENIED, why)
        for path, body, why in (
            (NEW, REQUEST | {"at": 1}, "of long ago"),
            (NEW, REQUEST | {"id": "p-0007"}, "by a name that says who it is"),
            (NEW, REQUEST | {"patient": "p-0007"}, "with more than it holds"),
            (NEW, {"v": 1, "at": NOW}, "without a name"),
            ("control/box-1/erase/anna", REQUEST, "of no pseudonym"),
            (f"erasing/box-1/{ASKED}", 1, "that it was asked long ago"),
            (f"erasing/box-1/{ASKED}", "p-0007", "whom it was asked of"),
            ("erasing/box-1/p-0007", NOW, "by a pseudonym"),
            (PROOF, DONE, "that a box did it"),
        )
    ),
    Case("ada", "DELETE", AT, None, ALLOWED, "an admin takes a request back"),
    patch("box-2", {PROOF: DONE, AT: None}, ALLOWED, "the box did it, and says so"),
    put("box-2", PROOF, LEFT, ALLOWED, "the box says what is left"),
    patch("box-2", {PROOF: LEFT, AT: None}, DENIED, "the box takes it away with something left"),
    Case("box-2", "DELETE", AT, None, DENIED, "the box takes it away without a proof"),
    patch("box-2", {f"erased_on/box-2/{OTHER}": DONE | {"id": OTHER}, AT: None}, DENIED, "with the proof of another"),
    patch("box-2", {PROOF: DONE | {"done": 1}, AT: None}, DENIED, "with a proof of long ago"),
    put("box-2", AT, REQUEST, DENIED, "the box asks itself"),
    put("box-2", PROOF, DONE | {"id": OTHER}, DENIED, "a proof under another name"),
    put("box-2", PROOF, DONE | {"patient": "p-0042"}, DENIED, "a proof that says of whom"),
    put("box-2", f"erased_on/box-1/{ASKED}", DONE, DENIED, "the proof of another box"),
    put("box-1", f"erased_on/box-1/{OTHER}", LEFT | {"id": OTHER}, DENIED, "the box changes a whole proof"),
    Case("box-1", "DELETE", f"erased_on/box-1/{OTHER}", None, DENIED, "the box takes its proof away"),
    *(
        Case(who, "GET", path, None, allowed, f"{who} reads {path}")
        for who, path, allowed in (
            ("box-2", "control/box-2", ALLOWED),
            ("ada", "control/box-2/erase", ALLOWED),
            ("cleo", "control/box-2/command", ALLOWED),
            ("cleo", "control/box-2", DENIED),
            ("cleo", "control/box-2/erase", DENIED),
            ("clara", AT, DENIED),
            ("enno", "control/box-2/erase", DENIED),
            ("enno", "erasing/box-2", ALLOWED),
            ("enno", "erased_on/box-1", ALLOWED),
            ("clara", "erasing/box-2", DENIED),
            ("cleo", "erased_on/box-1", DENIED),
            ("box-2", "erasing/box-2", DENIED),
        )
    ),
]
