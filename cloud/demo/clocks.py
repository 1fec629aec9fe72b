"""When things happen in a simulated session: rows, and the box's two clocks."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from cloud.demo.course import Flags, Floats, cut_s, untrusted_s
from cloud.demo.people import Kind, Plan
from device.contract.boot import moment
from device.contract.fields import Json
from device.contract.session import Why, session_id

_BREAK_S = {"power_cut": 240.0, "paused": 185.0}
_BEHIND_S = 277_342.0  # of a clock that was never set: three days and some


@dataclass(frozen=True)
class Part:
    """A stretch of rows that is a session of its own.

    Attributes:
        first, last: rows; `last` is the first one that is not of it.
        shift_s: how much later than its row a frame was, for the break before.
        boot: the start of the daemon.
        start_mono_s: monotonic seconds at row 0, without the break.
        session: its id.
        continues: the session before, if it goes on from one.
        why: how it ended.
    """

    plan: Plan
    first: int
    last: int
    shift_s: float
    boot: str
    start_mono_s: float
    session: str
    continues: str
    why: Why

    def times(self, hz: int) -> tuple[Floats, Floats, Flags]:
        """Monotonic and wall seconds, and whether the clock was trusted, of each row."""
        since_s = np.arange(self.first, self.last) / hz
        trusted = since_s >= untrusted_s(self.plan)
        wall_s = self.plan.begins_s + since_s + self.shift_s - np.where(trusted, 0.0, _BEHIND_S)
        return np.round(self.start_mono_s + since_s + self.shift_s, 3), np.round(wall_s, 3), trusted

    def at(self, since_s: float) -> Json:
        """The `time` of a moment, seconds from row 0."""
        trusted = since_s >= untrusted_s(self.plan)
        wall_s = self.plan.begins_s + since_s + self.shift_s - (0.0 if trusted else _BEHIND_S)
        return moment(self.start_mono_s + since_s + self.shift_s, wall_s, trusted)

    @property
    def offset_s(self) -> float:
        """The true wall clock minus the monotonic one."""
        return self.plan.begins_s - self.start_mono_s


def parts(plan: Plan, rows: int) -> list[Part]:
    """The sessions that a plan comes to: one, or two where it was cut."""
    digest = sha256(plan.chance.encode()).hexdigest()
    start_s = 400.0 + int(digest[16:20], 16) / 2
    boot = session_id(digest[:8], start_s - 200.0)
    first_id = session_id(digest[:8], start_s - 1.5)
    cut = cut_s(plan)
    if cut is None:
        return [Part(plan, 0, rows, 0.0, boot, start_s, first_id, "", _why(plan.kind))]
    row, pause_s = int(cut * plan.hz), _BREAK_S[plan.kind]
    why = Why.INTERRUPTED if plan.kind == "power_cut" else Why.PAUSED
    before = Part(plan, 0, row, 0.0, boot, start_s, first_id, "", why)
    again_s = start_s
    if plan.kind == "power_cut":  # the machine's monotonic clock began anew
        boot, again_s = session_id(digest[8:16], 21.0), 60.0 - cut - pause_s
    again_id = session_id(boot.partition("-")[0], again_s + cut + pause_s - 1.5)
    return [before, Part(plan, row, rows, pause_s, boot, again_s, again_id, first_id, Why.STOPPED)]


def _why(kind: Kind) -> Why:
    return Why.LIMIT if kind == "hot" else Why.STOPPED
