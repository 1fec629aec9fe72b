"""The database's security rules, generated from the contract: `cloud/database.rules.json` is what this module makes.

Who may do what:

    box        writes below its own id only: documents of known fields, types and ranges, and nothing else. History is
               written once: an identical rewrite passes (a box that lost an answer sends again), any change and any
               deletion is refused. What tells of the box's present state may be overwritten, and the newest second at
               `live/DEVICE` taken away. A box reads nothing but what is said to it at `control/DEVICE`.
    clinician  reads what was recorded of the patients in `staff/UID/patients`, and in which sessions, by the pseudonym
               that the box noted at `patients/DEVICE/SESSION`; and everything of the boxes in `staff/UID/devices`, the
               newest second and the state too. Sessions of nobody who is named are thus found by the box:
               `patients/DEVICE` lists them. Keeps at `people/PATIENT` what stands of these patients: versions of the
               record, notes, marks and consents on paper, each written once, and erases all of it together. Takes on
               a person by a pseudonym that was drawn at random, which nobody has, in the same request as the record.
               Writes commands for these boxes, which name their own patients alone and end within ten minutes, and for
               90 seconds at a time that they watch.
    engineer   reads telemetry, examinations and clocks of every box, and nothing clinical. Names boxes, and has them
               updated or examined.
    admin      reads everything but `support`, writes `staff`, and what an engineer writes; nothing clinical. Has boxes
               erase people, at `control/DEVICE/erase/PATIENT`, which the box alone reads beside them, and takes away
               with its proof at `erased_on/DEVICE`. Engineers see that, and that something waits, and not whom it is
               about.
    all three  read what boxes are called, and say at `audit` what they did, in their own name and of now; nothing is
               ever changed there. A person is erased only with an entry that says so, in the same request.

Who has no role at `staff/UID` may nothing. What diagnosis support said, at `support/PATIENT`, is read by clinicians of
that patient alone: not by those of the room's box, and by an admin only who makes themselves one of these.

A box is known by the claims of its account (see `cloud/provision.py`), staff by `staff/UID/role`, which takes effect
at once where a claim takes an hour. The Admin SDK is above the rules: backup and erasure go through it.

What older boxes wrote at `frames`, `spans` and `sessions` stays readable, and nothing more is written there.

What the rules cannot say, and readers must not rely on: that probabilities add up to 1, that a list names nothing
twice, and what is inside a pack. Of a pack they check that it is text in the alphabet of base64 that begins as
deflated data does, that it is no longer than so many documents need (2 500 characters and 500 for each), and that its
numbers fit each other and its key. Who has a box's account can hide anything in a text of that length; readers refuse
packs that do not unpack to documents of ours (`device/contract/pack.py`). Nor can they say that a day is one of the
calendar, that a note's session is one of the person, that the name of an entry tells its time (`at` does), that the
groups of diagnosis support have names of their own, numbers without a gap and a reason where there is no answer, that
a share lies in its interval, and that a free text holds no name of a person.

Objects cannot be compared in this language either, so 'identical' is spelled field by field, in the `.write` rule,
which is the only one that is evaluated for a deletion below it.

Source: Firebase documentation, "Security rules language", "Security rules API" and "Regular expressions".
"""

import json

from cloud.rules.boxes import newest, recorded
from cloud.rules.erasing import asked, proofs, request
from cloud.rules.fields import Rules
from cloud.rules.people import erased, people
from cloud.rules.staff import boxes, control, journal, staff
from cloud.rules.who import ADMIN
from device.contract import audit, box, erasure, person, remote, support


def rules() -> Rules:
    """The whole rule set, as it is deployed."""
    tree: Rules = {
        "staff": staff(),
        **recorded(),
        **newest(),
        remote.ROOT: control(request()),
        box.ROOT: boxes(),
        person.ROOT: people(),
        audit.ERASED_ROOT: erased(),
        erasure.ROOT: proofs(),
        erasure.ASKED_ROOT: asked(),
        audit.ROOT: journal(),
    }
    for name, node in tree.items():
        if name != support.ROOT:
            node[".read"] = f"({node['.read']}) || ({ADMIN})" if ".read" in node else ADMIN
    return {"rules": {".read": False, ".write": False, **tree}}


def text() -> str:
    """The content of `cloud/database.rules.json`."""
    return json.dumps(rules(), indent=1) + "\n"
