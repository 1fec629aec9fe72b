"""The records of a simulated box: made by the contract, of real size, and the same whenever they are asked for.

A record is a function of `(device, boot, seq)` alone. So nothing has to be remembered to compare, after the load,
what the database holds with what was sent, byte for byte.
"""

from device.contract.labels import ACTION_UNITS, EMOTIONS
from device.contract.record import VERSION, Json, encode, key

_EPOCH_S = 1.8e9
_UNITS = tuple(unit.key for unit in ACTION_UNITS[:15])  # as many as the shipped estimators give
_MS = {"detect": 2.1, "align": 0.3, "read": 0.5, "interpret": 0.4, "total": 3.4}


def simulated(device: str, boot: str, seq: int, per_second: int) -> Json:
    """A measured record with every group of fields that the box fills today, about 1 kB of JSON."""
    seconds = seq / per_second
    wobble = seq * 7919 % 100 / 100  # some number in [0, 1) that changes from record to record
    return {
        "v": VERSION,
        "device": device,
        "boot": boot,
        "seq": seq,
        "status": "measured",
        "time": {"mono": round(seconds, 4), "wall": round(_EPOCH_S + seconds, 3), "trusted": True},
        "frame": {"index": seq - 1},
        "faces": 1,
        "face": {"x": 0.43, "y": 0.26, "w": 0.25, "h": round(0.3 + wobble / 10, 4)},
        "track": {"id": 1, "age": round(seconds, 1)},
        "pose": {"yaw": round(30 * wobble - 15, 1), "pitch": -10.1, "roll": 2.9},
        "quality": {"presence": 1, "width": 158.2, "sharpness": 0.41, "brightness": 0.56},
        "emotions": {name: round((wobble + at / 8) % 1 / 4, 3) for at, name in enumerate(EMOTIONS)},
        "aus": {name: round((5 * wobble + at) % 5, 2) for at, name in enumerate(_UNITS)},
        "models": {"aus": "face-1.0.0", "emotions": "face-1.0.0"},
        "ms": _MS,
        "host": {"cpu": 98.2, "memory": 4.6, "rss": 130.4},
    }


def batch(device: str, boot: str, first_seq: int, count: int) -> bytes:
    """The body of one multi-path PATCH: `count` records from `first_seq` on, by their keys."""
    records = [simulated(device, boot, seq, count) for seq in range(first_seq, first_seq + count)]
    return b"{" + b",".join(b'"%s":%s' % (key(record).encode(), encode(record)) for record in records) + b"}"
