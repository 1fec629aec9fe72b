"""A person's face at rest, which is subtracted before action units are estimated.

It corrects for anatomy: faces differ at rest as much as weak expressions do. The danger is that it swallows the very
expression that matters, a depressed person's flat face or a smile that lasts. Hence:

- *Calibrated* is better than automatic: somebody asked the person to relax, and it is valid until it expires.
- *Automatic*, where nothing was calibrated: the median of `stretches` calm stretches (see `device.stages.calm`) of
  `stretch_s` each, which begin at least `apart_s` apart. Smiles, sad, angry and other expressive faces, blinks and
  speech are not calm, however long they last: who smiles throughout has no baseline, and records say `none`.
- *Refused*: a median of which a blendshape is beyond what faces at rest show (`REST_LIMITS`) is not used, records say
  `refused`, and collecting begins anew. Calibrations are refused likewise.
- *Bounded*: of what an automatic baseline would change about an intensity only three quarters are changed, and never
  more than 1.0, one step of FACS (`bounded`): a brow that was lowered throughout stays visible.
- *Frozen*: it does not follow the person afterwards. A face that grows flatter during a session is a finding, not a
  new baseline.
- *Nobody inherits*: an automatic baseline belongs to one track, is never stored, and ends with it. A calibrated one
  belongs to the person whom the configuration names, and to one estimator.

What remains impossible: a picture cannot tell a lowered brow from a low brow. Who frowns or smiles so faintly that no
limit is met, all through warm-up or calibration, has that much of it subtracted: up to the bound when automatic, in
full when calibrated. Compare within one baseline (`neutral` in records), never across two.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import BLENDSHAPES, Tier
from device.stages.action_units import Actions
from device.stages.calm import CalmMeter, Measured, blendshapes_of

NONE, REFUSED = "none", "refused"
AUTOMATIC, CALIBRATED = "automatic", "calibrated"
_LIMITS = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 2.0}
_MAX_EMOTION = 0.5
_SAMPLE_S = 0.2
_SHARE, _STEP = 0.75, 1.0
#: First part of a blendshape's name → most that a face at rest shows: the 99 % point of 500 frontal FER2013 faces that
#: nine of ten FER+ raters called neutral, at least .3. Gaze and `mouthPucker` (up to .9 in them) say nothing. Of 500
#: other neutral faces 86 % meet all limits; where eight raters agreed, 1 % of 88 happy, 13 % of 99 surprised, 16 % of
#: 56 angry and 30 % of 66 sad ones do.
REST_LIMITS = {
    "_": math.inf,
    "browDown": 0.75,
    "brow": 0.85,
    "eyeBlink": 0.6,
    "eyeLook": math.inf,
    "eyeSquint": 0.7,
    "mouthPress": 0.4,
    "mouthPucker": math.inf,
    "mouthRoll": 0.5,
    "mouthShrug": 0.7,
    "": 0.3,  # all others
}
_REST = np.array([next(most for start, most in REST_LIMITS.items() if name.startswith(start)) for name in BLENDSHAPES])


@dataclass(frozen=True)
class NeutralSettings:
    """See `config.toml` for each."""

    automatic: bool = True
    stretches: int = 6
    stretch_s: float = 2.0
    apart_s: float = 10.0
    folder: str = ""
    expiry_days: float = 30.0


@dataclass(frozen=True, eq=False)
class Neutral:
    """A face at rest.

    Attributes:
        features: (F,), what `device.stages.features` gives for it.
        version: how records name it: `automatic:` or `calibrated:` and eight hexadecimal digits of its hash.
    """

    features: FloatArray
    version: str

    @property
    def automatic(self) -> bool:
        """Whether nobody asked for it."""
        return self.version.startswith(AUTOMATIC)


def named(features: FloatArray, origin: str, estimator: str) -> Neutral:
    """A face at rest with its version; `estimator` is the name of what estimates action units from it."""
    features = np.ascontiguousarray(features, np.float32)
    digest = hashlib.sha256(estimator.encode() + features.tobytes()).hexdigest()
    return Neutral(features, f"{origin}:{digest[:8]}")


def at_rest(features: FloatArray) -> bool:
    """Whether a face (F,) could be one at rest."""
    return bool((blendshapes_of(features) <= _REST).all())


def bounded(raw: Actions, relative: Actions) -> Actions:
    """What an automatic baseline may make of action units.

    Args:
        raw: estimated without it.
        relative: the same frame's, estimated with it.
    """
    return Actions(*(_bounded(getattr(raw, view), getattr(relative, view)) for view in ("both", "left", "right")))


def _bounded(raw: dict[str, float], relative: dict[str, float]) -> dict[str, float]:
    changes = {unit: min(max(_SHARE * (relative[unit] - value), -_STEP), _STEP) for unit, value in raw.items()}
    return {unit: value + changes[unit] for unit, value in raw.items()}


class Baseline:
    """The face at rest that is subtracted for a track; see the module's docstring."""

    def __init__(self, settings: NeutralSettings, estimator: str, calibrated: Neutral | None = None) -> None:
        """`estimator` names what estimates the action units; `calibrated` is the named person's, if there is one."""
        self._settings = settings
        self._estimator = estimator
        self._calibrated = calibrated
        self._calm = CalmMeter(_LIMITS, _MAX_EMOTION)
        self._begin(0)

    def of(self, track: int) -> Neutral | None:
        """What to subtract for this track's next frame."""
        return self._calibrated or (self._adopted if track == self._track else None)

    def label(self, track: int) -> str:
        """How records name what `of` gives."""
        neutral = self.of(track)
        if neutral is not None:
            return neutral.version
        return REFUSED if self._refused and track == self._track else NONE

    def watch(self, seen: Measured) -> None:
        """Collect from a measured frame; its `actions` must be estimated without a baseline."""
        if self._calibrated or not self._settings.automatic:
            return
        if seen.track != self._track:
            self._begin(seen.track)
        if self._adopted is not None:
            return
        if self._calm(seen) is not None:
            self._samples.clear()
        elif seen.time_s >= self._next_s:
            self._sample(seen)

    def reset(self) -> None:
        """A frame was not measured: a calm stretch under way does not count."""
        self._calm.reset()
        self._samples.clear()

    def _begin(self, track: int) -> None:
        self._track = track
        self._adopted: Neutral | None = None
        self._refused = False
        self._samples: list[tuple[float, FloatArray]] = []
        self._stretches: list[FloatArray] = []
        self._next_s = -math.inf

    def _sample(self, seen: Measured) -> None:
        if self._samples and seen.time_s - self._samples[-1][0] < _SAMPLE_S:
            return
        self._samples.append((seen.time_s, seen.features))
        began_s = self._samples[0][0]
        if seen.time_s - began_s < self._settings.stretch_s:
            return
        self._stretches.append(_median([features for _, features in self._samples]))
        self._samples.clear()
        self._next_s = began_s + self._settings.apart_s
        if len(self._stretches) >= self._settings.stretches:
            self._decide(_median(self._stretches))

    def _decide(self, features: FloatArray) -> None:
        self._stretches.clear()
        self._refused = not at_rest(features)
        if not self._refused:
            self._adopted = named(features, AUTOMATIC, self._estimator)


def _median(faces: list[FloatArray]) -> FloatArray:
    return np.asarray(np.median(np.stack(faces), axis=0), np.float32)
