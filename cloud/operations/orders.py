"""Commands of a clinician to a box: what is written, with its entry in the audit, and what became of it, in words."""

from typing import Any

from device.contract import audit, remote
from device.contract.fields import Json
from device.contract.keys import new_key
from device.contract.telemetry import SERVER_TIME

#: What is not done within so many milliseconds is not done at all.
UNTIL_MS = 30_000
#: A withdrawal stands for as long as the database lets it: who comes back within that time still obeys it.
WITHDRAWN_MS = remote.LONGEST_MS - 10_000
#: For so long after that the page still says what became of it.
_TOLD_MS = 120_000
CALLED = {
    "begin": "Start",
    "pause": "Pause",
    "resume": "Go on",
    "end": "End",
    "revoke": "Withdraw consent",
    "consent": "Record consent",
    "mark": "Mark",
    "phase": "Phase",
    "stimulus": "Stimulus",
    "update": "Update",
    "doctor": "Examination",
}


def command(do: str, by: str, now_ms: int, **about: Any) -> Json:
    """A command, valid for `UNTIL_MS`, a withdrawal for `WITHDRAWN_MS`; `about`: `patient`, `name`, `consent` where
    it has them. Raises `DataError`."""
    said = {name: value for name, value in about.items() if value}
    drawn, until_ms = new_key(now_ms), now_ms + (WITHDRAWN_MS if do == "revoke" else UNTIL_MS)
    made = {"v": remote.VERSION, "id": drawn, "do": do, "until": until_ms, "by": by} | said
    remote.validate(made)
    return made


def entry(did: str, by: str, **about: str) -> Json:
    """An entry in the audit; `about`: `patient`, `visit`, `device`."""
    named = {name: value for name, value in about.items() if value}
    return {"v": audit.VERSION, "at": SERVER_TIME, "by": by, "did": did} | named


def changes(device: str, order: Json, now_ms: int, did: str = "commanded") -> dict[str, Json]:
    """What one request writes: the command, and that somebody commanded (`did`, of the audit)."""
    noted = entry(did, order["by"], device=device, patient=order.get("patient", ""))
    return {remote.key(device): order, audit.key(now_ms, new_key(now_ms)): noted}


def told(order: Any, heard: Any, now_ms: int, uid: str) -> Json | None:
    """What became of the command that stands at a box.

    Args:
        order: what stands at `control/DEVICE/command`.
        heard: `control` of the box's telemetry.
        uid: of who asks.

    Returns:
        `id`, `state` (sent, heard, done, refused, void), `text`, `mine`; None: there is nothing to tell any more.
    """
    if not isinstance(order, dict) or not {"id", "do", "until"} <= set(order):
        return None
    if now_ms > order["until"] + _TOLD_MS:
        return None
    mine = order.get("by") == uid
    called = CALLED.get(order["do"], "Command") + (f" '{order['name']}'" if order.get("name") else "")
    state, text = _became(order, heard if isinstance(heard, dict) else {}, now_ms)
    who = called if mine else f"{called}, by a colleague"
    return {"id": order["id"], "do": order["do"], "state": state, "text": f"{who}: {text}", "mine": mine}


def _became(order: Json, heard: Json, now_ms: int) -> tuple[str, str]:
    if heard.get("id") == order["id"]:
        answer = str(heard.get("answer", ""))
        if heard.get("done") is None:
            return "heard", answer or "heard"
        if heard["done"]:
            return "done", f"done. {answer}".strip()
        return "refused", f"refused. {answer}".strip()
    if now_ms <= order["until"]:
        return "sent", "sent, the box has not answered yet"
    if order["do"] == "revoke":
        return "void", "the box did not answer, and may still be watching. Withdraw it at the box itself, now"
    return "void", "the box did not answer in time. It is void: nothing of it will be done later"
