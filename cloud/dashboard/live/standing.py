"""What a box is doing and with whom, in words, from its telemetry, and how old that is."""

from dataclasses import dataclass
from typing import Any

from cloud.dashboard.live.words import NOT_AT_REST, SLOWER
from device.contract import telemetry
from device.contract.fields import Json
from device.contract.session import UNNAMED

#: A box tells of itself each minute; after so long without a word it is called silent, milliseconds.
SILENT_MS = 200_000
#: The box's wall clock may be off by so much before that is said, seconds.
_CLOCK_S = 30.0
_IDLE, _WATCHING, _PAUSED = (
    ("begin",),
    ("pause", "end", "revoke", "mark", "phase", "stimulus"),
    (
        "resume",
        "end",
        "revoke",
    ),
)
#: State → what it is called, and what may be asked of the box then.
_STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "watching": ("Watching", _WATCHING),
    "paused": ("Paused", _PAUSED),
    "idle": ("Idle", _IDLE),
    "framing": ("The camera is being set up", ("begin", "end")),
    "starting": ("The camera opens", ("end",)),
    "stopping": ("The camera closes", ()),
    "checking": ("The box examines itself", ()),
    "revoking": ("A consent is being withdrawn", ()),
    "updating": ("A new version is being installed", ()),
    "ended": ("Switched off", ()),
}
#: Those in which a session is open.
OPEN = ("watching", "paused", "starting")


@dataclass(frozen=True)
class Whose:
    """Whom a session watches.

    Attributes:
        patient: the pseudonym; `UNNAMED`; "" while that is not known.
        mine: whether they are a patient of who asks.
    """

    patient: str = ""
    mine: bool = False

    @property
    def shown(self) -> bool:
        """Whether anything of the session is shown to who asks."""
        return self.mine or self.patient == UNNAMED


def session_of(told: Any, before: str) -> str:
    """The session that a box holds, "" none: the one that it tells of; while it is paused it tells of none, and holds
    the one of `before`."""
    if not isinstance(told, dict):
        return ""
    waits = told.get("desk", {}).get("state") in ("paused", "starting")
    return str(told.get("session") or (before if waits else ""))


def standing(told: Any, now_ms: int, whose: Whose, session: str = "") -> Json:
    """What the page says of a box.

    Args:
        told: what stands at `telemetry/DEVICE`.
        now_ms: by the database.
        whose: of the session.
        session: the one that it holds.

    Returns:
        `state`, `words`, `may` (commands); and, where there is any, `silent_ms` (when it was last heard), `session`,
        `patient`, `with` (in words), `shown`, and `notes`: pairs of "trouble", "warning" or "note", and a sentence.
    """
    if not isinstance(told, dict) or "seen" not in told:
        return _bare("never", "Never heard of: is the box switched on, enrolled and connected?")
    if told.get("v") != telemetry.VERSION:
        return _bare("unknown", f"The box speaks version {told.get('v')!s:.20}, which this dashboard does not know")
    state = _state(told)
    silent = now_ms - told["seen"] > SILENT_MS and state != "ended"
    words, may = _STATES[state]
    found: Json = {"state": "silent" if silent else state, "words": words, "may": list(may)}
    if silent:
        found |= {"words": "Silent", "silent_ms": told["seen"], "may": []}
    elif "desk" not in told:
        found["may"] = []
    if session and state in OPEN:
        found |= {"session": session, "patient": whose.patient, "with": _with(whose), "shown": whose.shown}
        if not whose.shown and whose.patient:
            found["may"] = [do for do in found["may"] if do in ("pause", "end")]
    if not whose.mine:
        found["may"] = [do for do in found["may"] if do != "revoke"]
    found["notes"] = _notes(told, found)
    return found


def _state(told: Json) -> str:
    said = told.get("desk", {}).get("state", "")
    if told.get("state") == telemetry.State.ENDED:
        return "ended"
    if said in _STATES:
        return str(said)
    return "watching" if told.get("state") == telemetry.State.SESSION else "idle"


def _with(whose: Whose) -> str:
    if not whose.patient:
        return ""
    if whose.patient == UNNAMED:
        return "nobody who is named"
    return whose.patient if whose.mine else "somebody who is not your patient"


def _bare(state: str, words: str) -> Json:
    return {"state": state, "words": words, "may": [], "notes": []}


def _notes(told: Json, found: Json) -> list[list[str]]:
    desk, pace = told.get("desk", {}), told.get("pace", {})
    notes = []
    if desk.get("trouble"):
        notes.append(["trouble", str(desk["trouble"])])
    if found["state"] == "silent":
        notes.append(["trouble", "Nothing is heard of the box: is it switched on, and is the network there?"])
    elif "desk" not in told and found["state"] != "ended":
        notes.append(["note", "This box runs without its host process: it cannot be commanded from here"])
    if refused := told.get("live", {}).get("refused"):
        notes.append(["warning", f"Nothing is sent live: {refused}"])
    if off := _clock(told):
        notes.append(["warning", off])
    if pace.get("why"):
        why = " and ".join(SLOWER.get(reason, reason) for reason in pace["why"])
        notes.append(["note", f"{pace.get('rate', 0):g} pictures a second, as {why}"])
    if desk.get("notice") and found["state"] not in OPEN:
        notes.append(["note", str(desk["notice"])])
    return notes


def _clock(told: Json) -> str:
    off = told["time"]["wall"] - told["seen"] / 1000
    if not told["time"]["trusted"]:
        return "The box's clock is not set: the delay may be longer than shown"
    if abs(off) > _CLOCK_S:
        return f"The box's clock is {_length(abs(off))} {'ahead' if off > 0 else 'behind'}: the delay is not known"
    return ""


def _length(seconds: float) -> str:
    for most, each, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < most:
            return f"{seconds / each:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


def at_rest(neutral: str | None) -> list[str]:
    """Whether a face at rest is in use, as the newest measured record says it."""
    if neutral is None:
        return []
    if neutral.startswith("calibrated:"):
        return ["good", "Face at rest in use"]
    return ["warning", NOT_AT_REST]
