"""Made-up people who smile, talk, blink and frown, as vectors: three geometric features and the blendshapes.

A stand-in estimates action units from them, by differences from the person's face at rest, or from most people's.
"""

import numpy as np
from device.stages.action_units import Actions

from device.contract.labels import BLENDSHAPES
from device.stages.calm import Measured
from device.stages.pose import Pose
from device.stages.quality import Quality

FPS = 10
POPULATION = np.concatenate([np.zeros(3), np.full(len(BLENDSHAPES), 0.05)]).astype(np.float32)
ANATOMY = np.array([0.4, -0.3, 0.2], np.float32)
SHAPES = {
    "AU1": "browInnerUp",
    "AU4": "browDownLeft",
    "AU12": "mouthSmileLeft",
    "AU15": "mouthFrownLeft",
    "AU26": "jawOpen",
    "AU43": "eyeBlinkLeft",
}
STRAIGHT = Pose(0.0, 0.0, 0.0)
GOOD = Quality(0.99, 120.0, 0.4, 0.5, ())
RELAXED = {"neutral": 0.8, "sadness": 0.1}


def place(shape):
    return 3 + BLENDSHAPES.index(shape)


def estimate(features, neutral):
    """Action units of a vector: 5 × the difference of the blendshape."""
    rest = POPULATION if neutral is None else neutral.features
    both = {unit: 5 * float(features[place(shape)] - rest[place(shape)]) for unit, shape in SHAPES.items()}
    return Actions({unit: min(max(intensity, 0.0), 5.0) for unit, intensity in both.items()})


def measured(time_s, shapes=None, emotions=RELAXED, pose=STRAIGHT, quality=GOOD, track=1, seed=0):
    """One frame: `shapes` are above the population's, with a little noise."""
    features = POPULATION.copy()
    features[:3] += ANATOMY
    for shape, more in (shapes or {}).items():
        features[place(shape)] += more
    features += np.random.default_rng([seed, round(time_s * 1000)]).normal(0, 0.005, features.size).astype(np.float32)
    return Measured(time_s, track, features, estimate(features, None), emotions, pose, quality)


def relaxed(time_s):
    return measured(time_s)


def doing(**shapes):
    return lambda time_s: measured(time_s, shapes)


def talking(time_s):
    """Syllables, four a second, with a pause of half a second in every four."""
    voice = 0.12 * np.sin(2 * np.pi * 2 * time_s) ** 2 if time_s % 4 < 3.5 else 0.0
    return measured(time_s, {"jawOpen": voice})


def blinking(period_s):
    return lambda time_s: measured(
        time_s, {"eyeBlinkLeft": 0.6, "eyeBlinkRight": 0.6} if time_s % period_s < 0.3 else {}
    )
