"""What a simulated box makes of commands: updates that take some steps and sometimes do not prove themselves,
examinations, and that it is to erase somebody."""

from collections.abc import Callable
from dataclasses import replace

from cloud.demo.boxes import Box
from device.contract import checkup, erasure, remote, telemetry
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.finding import Finding, Level

COMING = "0.5.0"
_STEPS = ("asked", "fetching", "checking", "unpacking", "trying")
_ONE_IN = 10
_SESSIONS = "A simulated box holds no sessions."
_REMEDIES = {
    "under_voltage": ("power", "The machine is under voltage.", "Use the supply that came with the board."),
    "hot": ("heat", "The processor has 81 degrees and is throttled.", "Give it air, or a heat sink."),
    "disk": ("disk", "310 MB are free.", "Let it deliver, or use a larger card."),
    "camera": ("camera", "No camera answers.", "Look whether its cable is in."),
    "clock": ("clock", "The clock was never set.", "Give the box a way to a time server."),
    "old": ("version", "There is a newer release.", "Update this box."),
}


class Obeying:
    """One box. `box` is as it is now: after an update, of another version."""

    def __init__(self, box: Box, wall: Callable[[], float], step_s: float) -> None:
        self.box, self._wall, self._step_s = box, wall, step_s
        self._id, self._answer, self._done = "", "", False
        self._update_since_s: float | None = None
        self._update: Json = {}
        self._doctor_due_s: float | None = None
        self._to_erase: dict[str, str] = {}

    def hear(self, command: Json) -> bool:
        """A command; returns whether it is a new one that still holds."""
        try:
            remote.validate(command)
        except DataError:
            return False
        if command["id"] == self._id or command["until"] <= self._wall() * 1000:
            return False
        self._id, self._done, self._answer = command["id"], True, ""
        if command["do"] == "update":
            self._update_since_s = self._wall()
            self._answer = f"The update to {COMING} begins."
        elif command["do"] == "doctor":
            self._doctor_due_s = self._wall() + self._step_s
        else:
            self._done, self._answer = False, _SESSIONS
        return True

    def hear_erase(self, standing: Json) -> None:
        """Whom it is to erase: what stands at `control/DEVICE/erase`."""
        self._to_erase |= erasure.requests(standing)

    def erased(self) -> dict[str, Json | None]:
        """That it did, once: it holds nothing of anybody."""
        found: dict[str, Json | None] = {}
        for person, request in self._to_erase.items():
            proof: Json = {"v": erasure.VERSION, "id": request, "done": telemetry.SERVER_TIME, "face": False}
            found[erasure.key(self.box.device, request)] = proof | {"consent": False, "outbox": 0, "lines": 0}
            found[erasure.request_key(self.box.device, person)] = None
        self._to_erase = {}
        return found

    def told(self) -> Json:
        """What telemetry says of commands and updates now."""
        self._go_on()
        told: Json = {"update": self._update} if self._update else {}
        if self._id and self._answer:
            told["control"] = {"id": self._id, "answer": self._answer, "done": self._done}
        return told

    def checkup(self) -> Json | None:
        """What the examination found, once, when it is over."""
        if self._doctor_due_s is None or self._wall() < self._doctor_due_s:
            return None
        self._doctor_due_s = None
        found = [Finding(Level.OK, what, "All is well.") for what in ("models", "disk", "network", "account")]
        document: Json = {"v": checkup.VERSION, "device": self.box.device, "seen": telemetry.SERVER_TIME}
        document |= {"id": self._id, "findings": checkup.findings(found)}
        if trouble := _REMEDIES.get(self.box.trouble):
            what, text, remedy = trouble
            wrong = {"name": what, "state": Level.FAIL.value, "text": text, "remedy": remedy}
            document["findings"] |= {f"c{len(found) + 1:02d}": wrong}
        wrong_count = len(document["findings"]) - len(found)
        self._answer = (
            f"{wrong_count} of {len(document['findings'])} need attention." if wrong_count else "All is well."
        )
        return document

    def _go_on(self) -> None:
        if self._update_since_s is None:
            return
        step = int((self._wall() - self._update_since_s) / self._step_s)
        if step < len(_STEPS):
            self._update = {
                "version": COMING,
                "state": _STEPS[step],
                "text": f"The update to {COMING}: {_STEPS[step]}.",
            }
            return
        self._update_since_s = None
        if self.box.number % _ONE_IN == 0:
            text = f"{COMING} did not prove itself: {self.box.version} runs again."
            self._update = {"version": COMING, "state": "back", "text": text}
        else:
            self.box = replace(self.box, version=COMING)
            self._update = {"version": COMING, "state": "done", "text": f"{COMING} runs, and has proved itself."}
        self._answer = self._update["text"]
        self._done = self._update["state"] == "done"
