"""Eyes: how far they are open, blinks, and PERCLOS.

*Opening.* The eye aspect ratio (Soukupová & Čech 2016, *Real-Time Eye Blink Detection using Facial Landmarks*), mean
of both eyes, and how little the picture shows of AU43 (1 at intensity 0, 0 from 4 on): their geometric mean. Where
something hides the eyes, nothing is known. The opening is given as a share of the person's usual one, the .8 quantile
of about the last ten minutes of the track, which blinks, squints and drowsy minutes hardly move. Eyes that are shut
from the start do not become usual, for below a least usual opening nothing is taken for open.

*Blink* (AU45): a closure of at most half a second, reported when the eyes have opened again. Its duration is the time
for which the opening is below one half, between frames by interpolation (the half-amplitude duration of Caffier et al.
2003). A longer closure is no blink but AU43 (FACS: eyes that stay closed).

*PERCLOS* P80: the share of the last minute in which the eyes are at least 80 % closed (Wierwille et al. 1994); blinks
are in it, and make about 1 to 3 %.

Time without a measured face is a gap: it counts neither as open nor as closed, and a closure that a gap interrupts is
not reported.

*Rate.* Of made-up blinks with a half-amplitude duration of .15 s, all are found at 8 frames a second and more, 95 to
98 % at 7, 70 % at 5; of those of .1 s 78 % at 10 and 40 % at 5. So blinks are told only where frames are at most
`BLINK_STEP_S` apart: a closure that a longer step cuts through is not reported, and time in such steps is none in
which blinks were counted. The opening and PERCLOS, a share of time, hold at every rate above 2 frames a second.

Limits: a deep look down is taken for half-closed eyes; eyes of which one does not close (palsy) never count as shut;
at 10 frames a second some blinks of 0.1 s and less are missed.
"""

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import BLINK_STEP_S
from device.stages.landmarks import Face
from device.stages.quantile import RunningQuantile

MAX_BLINK_S = 0.5
_MIN_BLINK_S = 0.04
#: outer corner, two points of the upper lid, inner corner, two of the lower lid below them: the paper's p1 to p6
_RIGHT_EYE, _LEFT_EYE = (33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373)
_POINTS = np.array([_RIGHT_EYE, _LEFT_EYE], np.intp)
_SHUT = 4.0  # intensity of AU43 at which the picture shows shut eyes
_SHUT_SHARE = 0.25  # of the usual opening that landmarks still show when the lids touch
_LEAST_USUAL = 0.4
_USUAL_SHARE, _USUAL_TAU_S, _USUAL_AFTER_S = 0.8, 600.0, 1.0
_HALF, _OPEN_AGAIN, _DEEP = 0.5, 0.6, 0.35  # a closure begins below a half, must become deep, and ends above 'again'
_P80 = 0.2
_GAP_S = 0.5
_WINDOW_S, _MIN_MEASURED_S = 60.0, 20.0


@dataclass(frozen=True)
class Eyes:
    """The eyes in one frame; None is not (yet) known.

    Attributes:
        open: share of the usual opening, 0 to 2.
        closed_s: how long they have been closed by now, seconds; over `MAX_BLINK_S` this is AU43.
        blink_s: duration of the blink that ended with this frame, seconds.
        blinks: a minute, over what of the last minute had enough frames to tell.
        perclos: share of the last minute with eyes at least 80 % closed, 0 to 1.
    """

    open: float | None = None
    closed_s: float = 0.0
    blink_s: float | None = None
    blinks: float | None = None
    perclos: float | None = None


def aspect_ratio(points: FloatArray) -> float:
    """Eye aspect ratio of landmarks (468 or more, 3), mean of both eyes."""
    ratios = [
        (math.dist(p2, p6) + math.dist(p3, p5)) / (2 * max(math.dist(p1, p4), 1e-6))
        for p1, p2, p3, p4, p5, p6 in points[_POINTS, :2].tolist()
    ]
    return sum(ratios) / len(ratios)


class EyeMeter:
    """Follows the eyes of one track after the other."""

    def __init__(self) -> None:
        self._begin(0)

    def reset(self) -> None:
        """A frame was not measured: what was usual stays, a closure under way is given up."""
        self._time_s = math.inf
        self._closure = _Closure()

    def __call__(self, face: Face, closed: float, track: int, time_s: float) -> Eyes:
        """The eyes of a measured frame at `time_s`; `closed` is the intensity of AU43, NaN where they are hidden."""
        if math.isnan(closed):
            self.reset()
            return Eyes()
        if track != self._track:
            self._begin(track)
        lapse_s = time_s - self._time_s
        if not 0 < lapse_s <= _GAP_S:
            self.reset()
            lapse_s = 0.0
        self._time_s = time_s
        raw = math.sqrt(aspect_ratio(face.points) * max(1 - closed / _SHUT, 0.0))
        self._usual.add(raw, lapse_s)
        if self._usual.seconds < _USUAL_AFTER_S:
            return Eyes()
        share = raw / max(self._usual(), _LEAST_USUAL)
        opening = min(max((share - _SHUT_SHARE) / (1 - _SHUT_SHARE), 0.0), 2.0)
        blink_s = self._closure.update(opening, time_s, lapse_s <= BLINK_STEP_S)
        self._minute.add(time_s, lapse_s, opening <= _P80, blink_s is not None)
        return replace(self._minute.rates(), open=opening, closed_s=self._closure.lasting_s(time_s), blink_s=blink_s)

    def _begin(self, track: int) -> None:
        self._track = track
        self._usual = RunningQuantile(_USUAL_SHARE, 0.0, 1.0, 200, _USUAL_TAU_S)
        self._minute = _Minute()
        self.reset()


class _Closure:
    """From openings to the durations of blinks, with hysteresis."""

    def __init__(self) -> None:
        self._before: tuple[float, float] | None = None  # time and opening of the frame before
        self._down_s: float | None = None
        self._up_s = 0.0
        self._deep = self._fine = False

    def update(self, opening: float, time_s: float, fine: bool) -> float | None:
        """Duration of the blink that has just ended, if one has; `fine`: the step to this frame is a short one."""
        before, self._before = self._before, (time_s, opening)
        if before is None:
            return None
        if before[1] >= _HALF > opening and self._down_s is None:
            self._down_s, self._deep, self._fine = _crossing(*before, time_s, opening), False, True
        elif before[1] < _HALF <= opening:
            self._up_s = _crossing(*before, time_s, opening)
        if self._down_s is None:
            return None
        self._deep |= opening < _DEEP
        self._fine &= fine
        if opening < _OPEN_AGAIN:
            return None
        lasted_s, self._down_s = self._up_s - self._down_s, None
        return lasted_s if self._deep and self._fine and _MIN_BLINK_S <= lasted_s <= MAX_BLINK_S else None

    def lasting_s(self, time_s: float) -> float:
        """How long the eyes have been closed, seconds; 0 while they are open or only half shut."""
        return time_s - self._down_s if self._down_s is not None and self._deep else 0.0


class _Minute:
    """What was measured in the last minute: seconds, seconds shut, seconds in which blinks could be told, blinks."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float, float, bool]] = deque()
        self._measured_s = self._shut_s = self._fine_s = 0.0
        self._blinks = 0

    def add(self, time_s: float, lapse_s: float, shut: bool, blinked: bool) -> None:
        """One frame, which stands for the time since the frame before."""
        self._frames.append((time_s, lapse_s, lapse_s * shut, blinked))
        self._count(lapse_s, lapse_s * shut, blinked)
        while self._frames[0][0] <= time_s - _WINDOW_S:
            _, measured_s, shut_s, was_blink = self._frames.popleft()
            self._count(-measured_s, -shut_s, -was_blink)

    def _count(self, measured_s: float, shut_s: float, blinks: int) -> None:
        self._measured_s += measured_s
        self._fine_s += measured_s if abs(measured_s) <= BLINK_STEP_S else 0.0
        self._shut_s += shut_s
        self._blinks += blinks

    def rates(self) -> Eyes:
        """Blinks a minute and PERCLOS, each once enough was measured."""
        if self._measured_s < _MIN_MEASURED_S:
            return Eyes()
        perclos = min(max(self._shut_s / self._measured_s, 0.0), 1.0)
        blinks = self._blinks * 60 / self._fine_s if self._fine_s >= _MIN_MEASURED_S else None
        return Eyes(blinks=blinks, perclos=perclos)


def _crossing(before_s: float, before: float, now_s: float, now: float) -> float:
    """When the line between two openings meets one half."""
    return before_s + (now_s - before_s) * (_HALF - before) / (now - before)
