"""A person's face at rest, which is subtracted before action units are estimated.

It corrects for anatomy: faces differ at rest as much as weak expressions do. The danger is that it swallows the very
expression that matters, a depressed person's flat face or a smile that lasts. Hence:

- *Calibrated* is better than automatic: somebody asked the person to relax, and it is valid until it expires.
- *Automatic*, where nothing was calibrated: the median of `stretches` calm stretches (see `device.stages.calm`) of
  `stretch_s` each, which begin at least `apart_s` apart. Smiles, sad, angry and other expressive faces, blinks and
  speech are not calm, however long they last: who smiles throughout has no baseline, and records say `none`.
- *Refused*: if a blendshape of the median differs from the population's face at rest by more than .3 (.5 where anatomy
  alone does that: brows, narrow eyes, pressed or thin lips), it is not used,
  records say `refused`, and collecting begins anew. Calibrations are refused likewise.
- *Bounded*: only three quarters of the way from the population's face at rest to the person's is taken, and less where
  that would take more than 1.0 of intensity off an action unit: a brow that was lowered throughout stays visible.
- *Frozen*: it does not follow the person afterwards. A face that grows flatter during a session is a finding, not a
  new baseline.
- *Nobody inherits*: an automatic baseline belongs to one track, is never stored, and ends with it. A calibrated one
  belongs to the person whom the configuration names, and to one estimator.

What remains impossible: one picture cannot tell a lowered brow from a low brow. Who frowns or smiles so faintly that
no limit is met, all through warm-up or calibration, has that much of it subtracted, up to the bound when automatic.
Compare within one baseline (`neutral` in records), never across two.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import BLENDSHAPES, Tier
from device.stages.calm import CalmMeter, Measured, blendshapes_of, intensities

NONE, REFUSED = "none", "refused"
AUTOMATIC, CALIBRATED = "automatic", "calibrated"
_LIMITS = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 2.0}
_MAX_EMOTION = 0.5
_SAMPLE_S = 0.2
_WEIGHT, _MAX_TAKEN = 0.75, 1.0
_ANATOMIC = ("brow", "eyeSquint", "mouthPress", "mouthRoll", "mouthShrug")
_MAX_SHIFT = np.array(
    [
        math.inf if name.startswith(("_", "eyeLook")) else 0.5 if name.startswith(_ANATOMIC) else 0.3
        for name in BLENDSHAPES
    ],
    np.float32,
)


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


def named(features: FloatArray, origin: str, estimator: str) -> Neutral:
    """A face at rest with its version; `estimator` is the name of what estimates action units from it."""
    features = np.ascontiguousarray(features, np.float32)
    digest = hashlib.sha256(estimator.encode() + features.tobytes()).hexdigest()
    return Neutral(features, f"{origin}:{digest[:8]}")


def at_rest(features: FloatArray, population: FloatArray) -> bool:
    """Whether a face (F,) is near enough to the mean face at rest of many people (F,) to be one at rest."""
    return bool((np.abs(blendshapes_of(features - population)) <= _MAX_SHIFT).all())


class Baseline:
    """The face at rest that is subtracted for a track; see the module's docstring."""

    def __init__(
        self,
        settings: NeutralSettings,
        population: FloatArray,
        estimator: str,
        calibrated: Neutral | None = None,
    ) -> None:
        """`population`: (F,), the mean face at rest of many people; `calibrated`: the named person's, if there is."""
        self._settings = settings
        self._population = population
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
        self._samples: list[tuple[float, FloatArray, FloatArray]] = []
        self._stretches: list[tuple[FloatArray, FloatArray]] = []
        self._next_s = -math.inf

    def _sample(self, seen: Measured) -> None:
        if self._samples and seen.time_s - self._samples[-1][0] < _SAMPLE_S:
            return
        self._samples.append((seen.time_s, seen.features, intensities(seen.actions)))
        began_s = self._samples[0][0]
        if seen.time_s - began_s < self._settings.stretch_s:
            return
        self._stretches.append(_medians([sample[1:] for sample in self._samples]))
        self._samples.clear()
        self._next_s = began_s + self._settings.apart_s
        if len(self._stretches) >= self._settings.stretches:
            self._decide(*_medians(self._stretches))

    def _decide(self, features: FloatArray, strengths: FloatArray) -> None:
        self._refused = not at_rest(features, self._population)
        self._stretches.clear()
        if not self._refused:
            weight = min(_WEIGHT, _MAX_TAKEN / max(float(strengths.max()), 1e-6))
            bounded = self._population + weight * (features - self._population)
            self._adopted = named(bounded, AUTOMATIC, self._estimator)


def _medians(pairs: Sequence[tuple[FloatArray, ...]]) -> tuple[FloatArray, FloatArray]:
    features, strengths = (
        np.median(np.stack(column), axis=0).astype(np.float32) for column in zip(*pairs, strict=True)
    )
    return features, strengths
