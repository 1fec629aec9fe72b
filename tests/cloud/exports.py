"""Sessions that exports are tested with: as boxes write them into files, and send them into databases."""

import json
from pathlib import Path
from typing import Any

import httpx

from device.contract import session
from device.contract.fields import Json
from device.contract.pack import key as pack_key
from device.contract.pack import pack
from device.contract.record import encode

BOOT = "0123abcd-0000000001"
FIRST, SECOND, THIRD = "0123abcd-00000003e8", "0123abcd-0000001388", "0123abcd-0000002710"
WALL = 1_795_000_000.0  # in November 2026
_OWNER = {"Authorization": "Bearer owner"}
CONSENT = {"covers": ["expressions", "units"], "by": "patient", "given": 1.6e9}


def record(seq: int, session_id: str = FIRST, **changes: Any) -> Json:
    """A measured record at 10 a second."""
    start = int(session_id[9:], 16) / 1000
    time = {"mono": start + seq / 10, "wall": WALL + start + seq / 10, "trusted": True}
    own = {"v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "seq": seq, "status": "measured"}
    return own | {"time": time, "frame": {"index": seq - 1}, "aus": {"AU12": 2.5}} | changes


def event(number: int, kind: str, session_id: str, after_s: float, whom: str = "p-0042", **changes: Any) -> Json:
    start = int(session_id[9:], 16) / 1000 + after_s
    time = {"mono": start, "wall": WALL + start, "trusted": True}
    own = {"v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "number": number, "event": kind}
    found = own | {"patient": whom, "time": time} | changes
    session.validate(found)
    return found


def held(session_id: str, whom: str = "p-0042", why: str = "stopped", count: int = 20) -> list[Json]:
    """A session of two seconds with a phase and a stimulus."""
    return [
        event(1, "began", session_id, 0.1, whom, consent=CONSENT),
        event(2, "phase", session_id, 0.5, whom, name="rest"),
        event(3, "stimulus", session_id, 1.0, whom, name="photograph"),
        *(record(seq, session_id) for seq in range(1, count + 1)),
        *([event(4, "ended", session_id, 2.1, whom, why=why)] if why else []),
    ]


def written(path: Path, *documents: Json) -> Path:
    path.write_bytes(b"\n".join(map(encode, documents)))
    return path


def keep(url: str, *documents: Json) -> None:
    """Put what boxes would have sent into a database."""
    found: dict[str, Any] = {}
    for session_id in {one["session"] for one in documents}:
        rows = [one for one in documents if one["session"] == session_id and "event" not in one]
        found |= {pack_key(one): one for one in (pack(some) for some in (rows[:15], rows[15:]) if some)}
    for one in (one for one in documents if "event" in one):
        found |= {path: json.loads(body) for path, body in session.documents(one)}
    httpx.patch(url.replace("/?", "/.json?"), json=found, headers=_OWNER).raise_for_status()
