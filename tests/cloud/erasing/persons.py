"""Two databases that hold three persons on three boxes, everything that boxes and staff write, by the contract."""

from contextlib import closing
from pathlib import Path
from typing import Any

from cloud.local import tree
from cloud.local.store import Store
from device.contract import aggregate, audit, live, mark, note, paper, patient, person, record, remote, session
from device.contract import pack as packs
from device.contract.fields import Json
from device.contract.patient import key as whom_key
from device.contract.telemetry import ROOT as TELEMETRY
from tests.cloud import rules_cases

WHOM, OTHER = "p-017", "p-0170"  # one begins as the other does
NOTE_KEY, ENTRY_KEY = "k1795817973489-a1b2c3", "k1795817973489-d4e5f6"
MONTH, DAY, DAY_S = "2026-11", "2026-11-02", 86_400.0


def session_id(number: int) -> str:
    """As boxes make them."""
    return f"9f1c446a-{number:010x}"


def documents(device: str, number: int, whom: str) -> dict[str, Any]:
    """Path → value of what a box wrote of a session: events, pseudonym, records, packs, seconds, minutes."""
    name = session_id(number)
    own = {"device": device, "session": name}
    began = {**rules_cases.BEGAN, **own, "patient": whom}
    said = {**rules_cases.SUPPORT, **own, "patient": whom}
    one = {**rules_cases.record(1), **own}
    second, minute = {**rules_cases.SECOND, **own}, {**rules_cases.MINUTE, **own}
    packed = packs.pack([{**rules_cases.record(seq), **own} for seq in (5, 6)])
    spans = packs.pack([second, {**second, "number": 8}])
    return {
        session.key(began): began,
        session.key(said): said,
        whom_key(device, name): whom,
        record.key(one): one,
        packs.key(packed): packed,
        packs.key(spans): spans,
        aggregate.key(second): second,
        aggregate.key(minute): minute,
        f"frames/{device}/{name}/s000000005": {name: value for name, value in packed.items() if name != "session"},
    }


def entry(did: str, **more: str) -> Json:
    """An entry of the audit."""
    return {"v": 1, "at": 1795817973489, "by": "clara", "did": did, **more}


def staff_wrote(whom: str, visit: str) -> dict[str, Any]:
    """What staff keep of a person."""
    signed = {"v": 1, "at": 1795817973489, "by": "clara"}
    return {
        person.key(whom, 1): {**signed, "number": 1, "status": "active"},
        f"people/{whom}/notes/{NOTE_KEY}": {**signed, "text": "She laughed.", "visit": visit},
        f"people/{whom}/marks/{visit}/{NOTE_KEY}": {**signed, "of": "stimulus", "name": "talk", "from_s": 3},
        f"people/{whom}/consents/{NOTE_KEY}": {
            **signed,
            "covers": ["units"],
            "giver": "patient",
            "given": "2026-11-02",
        },
    }


def first() -> dict[str, Any]:
    """The database of the clinic: persons, audit, boxes 1 and 2."""
    seat = f"box-1~{session_id(1)}"
    told: dict[str, Any] = {}
    for device, number, whom in (("box-1", 1, WHOM), ("box-1", 2, OTHER), ("box-1", 3, WHOM), ("box-2", 4, "unnamed")):
        told |= documents(device, number, whom)
    told |= staff_wrote(WHOM, seat) | staff_wrote(OTHER, f"box-1~{session_id(2)}")
    told |= {
        f"audit/{MONTH}/{ENTRY_KEY}": entry("opened", patient=WHOM),
        f"audit/{MONTH}/{NOTE_KEY}": entry("session", patient=WHOM, visit=seat),
        f"audit/{MONTH}/k1795817973490-d4e5f6": entry("commanded", visit=seat, device="box-1"),
        f"audit/{MONTH}/k1795817973491-d4e5f6": entry("opened", patient=OTHER),
        "staff/clara": {"role": "clinician", "name": "Clara", "patients": {WHOM: True, OTHER: True}},
        "live/box-1": live.live([{**rules_cases.record(5), "device": "box-1", "session": session_id(3)}], 7, []),
        remote.key("box-1"): {"v": 1, "id": "c-1", "do": "begin", "patient": WHOM, "until": 1, "by": "clara"},
        remote.key("box-2"): {"v": 1, "id": "c-1", "do": "begin", "patient": OTHER, "until": 1, "by": "clara"},
        f"{TELEMETRY}/box-1": {
            **rules_cases.STATE,
            "device": "box-1",
            "seen": 1795817973489,
            "session": session_id(3),
        },
    }
    return told


def second() -> dict[str, Any]:
    """Another database: box 3, and what box 1 wrote before it moved."""
    return documents("box-3", 5, WHOM) | documents("box-1", 6, WHOM) | documents("box-3", 7, OTHER)


def fill(folder: Path, **namespaces: dict[str, Any]) -> None:
    """Write databases straight into the file, each path as a box would have."""
    with closing(Store(folder)) as store:
        for name, told in namespaces.items():
            for path, value in told.items():
                store.stage(name, tree.normalize_patch({path: value}, (), 1_795_817_973_489, store.head(name)))
        store.flush()


def everything(folder: Path) -> dict[str, Any]:
    """Namespace → what stands there."""
    with closing(Store(folder)) as store:
        return {name: tree.export(store.root(name)) for name in store.namespaces()}


THEIRS = {session_id(number) for number in (1, 3, 5, 6)}
OTHERS = {session_id(number) for number in (2, 4, 7)}
for module, document in (
    (person, staff_wrote(WHOM, "box-1~a")[person.key(WHOM, 1)]),
    (note, staff_wrote(WHOM, "box-1~a")[f"people/{WHOM}/notes/{NOTE_KEY}"]),
    (mark, staff_wrote(WHOM, "box-1~a")[f"people/{WHOM}/marks/box-1~a/{NOTE_KEY}"]),
    (paper, staff_wrote(WHOM, "box-1~a")[f"people/{WHOM}/consents/{NOTE_KEY}"]),
    (audit, entry("session", patient=WHOM, visit="box-1~a")),
    (remote, first()[remote.key("box-1")]),
):
    module.validate(document)  # type: ignore[attr-defined]
patient.check_pseudonym(WHOM)
