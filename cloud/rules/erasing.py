"""Who asks a box to erase a person, and who says that it was done."""

from cloud.rules.fields import Rules, children, every, required
from cloud.rules.staff import above
from cloud.rules.who import ADMIN, BOX, TECHNICAL, pseudonym
from device.contract import erasure, keys


def request() -> Rules:
    """`control/DEVICE/erase/PATIENT`: an admin asks, and may take it back; the box takes it away with a whole proof,
    written in the same request."""
    proof = f"{above(4)}.child('{erasure.ROOT}').child($device).child(data.child('id').val())"
    whole = f"{proof}.child('done').val() === now && !{proof}.child('left').exists()"
    taken = every([BOX, "data.exists()", "!newData.exists()", whole])
    return {
        "$patient": {
            ".write": f"({ADMIN}) || ({taken})",
            ".validate": every([required(erasure.REQUEST_FIELDS), pseudonym("$patient")]),
            **children(erasure.REQUEST_FIELDS, (), {"at": "now"}),
        }
    }


def proofs() -> Rules:
    """`erased_on/DEVICE/ID`: the box writes it, anew while something is left; a whole one stays as it is."""
    holds = every([required(erasure.FIELDS), f"$id.matches(/^{keys.PATTERN}$/)"])
    named = children(erasure.FIELDS, ("$id",), {"done": "now"})
    again = "(!data.exists() || data.hasChild('left'))"
    return {
        "$device": {
            ".read": TECHNICAL,
            "$id": {".write": every([BOX, "newData.exists()", again]), ".validate": holds, **named},
        }
    }


def asked() -> Rules:
    """`erasing/DEVICE/ID`: an admin notes it with the request."""
    place = f"$id.matches(/^{keys.PATTERN}$/)"
    return {
        "$device": {
            ".read": TECHNICAL,
            "$id": {".write": ADMIN, ".validate": every([place, "newData.val() === now"])},
        }
    }
