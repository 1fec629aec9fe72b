"""`affectbox calibrate`: some seconds of a relaxed face become a person's face at rest.

The frames must be calm (see `device.stages.calm`) but not in one piece, for everybody blinks; the median of what is
read in them is kept. Emotions are not asked, for the network sees happiness or sadness in many faces at rest.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import TextIO

import numpy as np
from msgspec.structs import replace

from device.clock import SystemClock
from device.commands.watch import Watch
from device.contract.errors import ConfigError, DataError
from device.neutrals import NeutralStore
from device.observation import Observation
from device.settings import SessionSettings, Settings
from device.stages.calm import CalmMeter, Measured, Unrest
from device.stages.neutral import named
from device.stages.reader import Actions

INSTRUCTION = "Look at the camera with a relaxed face: mouth closed, no smile, hold still."
_MAX_S = 60.0
_PATIENCE_S = 30.0  # or six times what is asked for, if that is longer
_GAP_S = 0.5
_ADVICE_S = 1.0
_NOBODY = "no face can be measured"
_TOO_FEW = "there are too few frames"
_OF_NOBODY = (_NOBODY, _TOO_FEW, Unrest.PICTURE.value)
_GOOD = "good, hold still"
_HINTS = {
    Unrest.PICTURE: "more light, please",
    Unrest.HIDDEN: "uncover the face",
    Unrest.TURNED: "look at the camera",
    Unrest.SMILE: "let go of the smile",
    Unrest.EYES: "keep the eyes open",
    Unrest.MOUTH: "close the mouth, do not talk",
    Unrest.EXPRESSION: "relax brows and mouth",
    Unrest.MOVEMENT: "hold still",
    Unrest.SETTLING: "hold still",
    None: _GOOD,
}


class RelaxedFace:
    """Collects calm frames of one track until there are enough seconds of them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calm = CalmMeter()
        self._faces: list[Actions] = []
        self._why: Counter[str] = Counter()
        self._began_s: float | None = None
        self._time_s = 0.0
        self._track = 0
        self.calm_s = 0.0

    def watch(self, observation: Observation) -> str:
        """Take one frame; returns what to say to the person."""
        before_s, self._time_s = self._time_s, observation.frame.time_s
        if self._began_s is None:
            self._began_s = before_s = self._time_s
        if observation.measured is None:
            self._calm.reset()
            self._why[_NOBODY] += 1
            return "sit where the camera sees the face well"
        unrest = self._judged(observation.measured)
        if unrest is None:
            self._faces.append(observation.measured.actions)
            self.calm_s += min(self._time_s - before_s, _GAP_S)
        elif unrest is not Unrest.SETTLING:
            self._why[unrest.value] += 1
        return _HINTS[unrest]

    def _judged(self, seen: Measured) -> Unrest | None:
        if seen.track != self._track:
            self._track, self.calm_s = seen.track, 0.0
            self._faces.clear()
        return self._calm(seen)

    @property
    def enough(self) -> bool:
        """Whether there is as much as was asked for."""
        return self.calm_s >= self._seconds

    @property
    def hopeless(self) -> bool:
        """Whether it has taken too long."""
        took_s = self._time_s - self._began_s if self._began_s is not None else 0.0
        return took_s >= max(_PATIENCE_S, 6 * self._seconds)

    def actions(self, private: bool = True) -> Actions:
        """The face at rest. Raises `DataError` saying why there is none, of the person only if that is `private`."""
        if not self.enough:
            why = self._why.most_common(1)[0][0] if self._why.total() > len(self._faces) else _TOO_FEW
            if not private and why not in _OF_NOBODY:
                why = "it was not at rest for long enough (in a terminal you are told why)"
            raise DataError(
                f"Not calibrated, nothing was stored: {self.calm_s:.1f} s of a relaxed face instead of "
                f"{self._seconds:g} s, because {why}."
            )
        views = ("both", "left", "right")
        return Actions(*(np.median([getattr(seen, view) for seen in self._faces], axis=0) for view in views))


def calibrate(settings: Settings, seconds: float, out: TextIO) -> None:
    """Calibrate the configured person from the configured source, telling them on `out` what to do.

    Args:
        settings: with `session.patient` and `run.source`; of files every frame is used.
        seconds: how much of a relaxed face is asked for.
        out: a terminal or a file.

    Raises:
        ConfigError: nobody is named, or `seconds` is impossible.
        DataError: not enough of a relaxed face was seen; nothing was stored.
        SourceError, ModelError: as when running.
        StorageError: it cannot be stored.
    """
    person, estimator, store = settings.session.patient, settings.models.estimators, NeutralStore(settings.neutral)
    if not person:
        raise ConfigError("Nobody is named: give --patient with a pseudonym, or set session.patient.")
    if not 0 < seconds <= _MAX_S:
        raise ConfigError(f"--seconds {seconds:g} is not more than 0 and at most {_MAX_S:g}.")
    store.ready(person)  # before the person sits still
    unaided = replace(settings, session=SessionSettings())
    with Watch(settings.run.source, unaided) as seen:
        face = guide(seen, seconds, out)
    neutral = named(face.actions(out.isatty()), estimator)
    store.add(person, neutral, estimator, SystemClock().wall())
    whom = f" '{person}'" if out.isatty() else ""
    out.write(f"Calibrated{whom}: {neutral.version}, from {face.calm_s:.1f} s of a relaxed face.\n")


def guide(seen: Iterable[Observation], seconds: float, out: TextIO) -> RelaxedFace:
    """Watch until there is enough of a relaxed face, or no hope of it."""
    face, line, advice = RelaxedFace(seconds), _Line(out), Advice()
    line.say(INSTRUCTION)
    for observation in seen:
        hint = advice(face.watch(observation), observation.frame.time_s)
        line.show(f"{min(face.calm_s, seconds):.1f} of {seconds:g} s", hint)
        if face.enough or face.hopeless:
            break
    line.end()
    return face


class Advice:
    """What is said to the person: what held for two thirds of the last second, and that for a second at least, so that
    it can be followed; a blink is no reason to say anything."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, str]] = deque()
        self._said = ""
        self._since_s = 0.0

    def __call__(self, hint: str, time_s: float) -> str:
        """The advice at `time_s`, when `hint` is what this frame asks for."""
        self._recent.append((time_s, hint))
        while time_s - self._recent[0][0] > _ADVICE_S:
            self._recent.popleft()
        if not self._said or time_s - self._since_s >= _ADVICE_S:
            most, frames = Counter(hint for _, hint in self._recent).most_common(1)[0]
            if most != self._said and (not self._said or frames > 2 / 3 * len(self._recent)):
                self._said, self._since_s = most, time_s
        return self._said


class _Line:
    """One line that is rewritten in a terminal; elsewhere, where it is kept, a line whenever it goes well or no
    longer, which tells nothing of the person."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._hint = ""

    def say(self, sentence: str) -> None:
        self._out.write(f"{sentence}\n")
        self._out.flush()

    def show(self, amount: str, hint: str) -> None:
        if self._live:
            self._out.write(f"\r\x1b[K{amount}  {hint}")
            self._out.flush()
        elif not self._hint or (hint == _GOOD) != (self._hint == _GOOD):
            self.say(f"{amount}  {'good' if hint == _GOOD else 'not yet'}")
        self._hint = hint

    def end(self) -> None:
        if self._live and self._hint:
            self._out.write("\n")
