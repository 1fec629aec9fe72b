"""Features: what a session, or a phase of it, comes to in numbers of fixed meaning; what diagnosis support reads.

`device.features` computes them, on the box and in training by the same function. A number that was not measured is
NaN. Another meaning of any of them is another `VERSION`; a bundle names the one that it was trained on.
"""

from dataclasses import dataclass

from device.contract.labels import ACTION_UNITS

VERSION = 1
#: The name of the whole session, in the place of a phase's. No phase may be called so.
SESSION = "whole-session"
#: Scales of the multiscale entropy (Costa, Goldberger & Peng 2002).
SCALES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Feature:
    """One feature: `name`, in records' paths where it is of one field; its unit, and what it means."""

    name: str
    unit: str
    meaning: str


_OF_UNIT = (
    ("mean", "intensity 0–5", "mean"),
    ("sd", "intensity 0–5", "standard deviation"),
    ("p95", "intensity 0–5", "95th percentile"),
    ("episodes", "1/min", "episodes a minute of measured time, of those whose onset was seen"),
    ("duration", "s", "mean duration of the episodes that were seen whole"),
    ("onset", "intensity/s", "mean speed from onset to apex"),
)
FEATURES = (
    *(
        Feature(f"aus.{unit.key}.{name}", measure, f"{unit.name}: {meaning}")
        for unit in ACTION_UNITS
        for name, measure, meaning in _OF_UNIT
    ),
    *(
        Feature(
            f"aus.{unit.key}.asymmetry", "intensity 0–5", f"{unit.name}: mean of |left − right|, the head straight"
        )
        for unit in ACTION_UNITS
        if unit.sided
    ),
    Feature("eyes.blinks", "1/min", "blinks a minute"),
    Feature("eyes.perclos", "share 0–1", "share of the time with eyes at least 80 % closed"),
    Feature("head.speed", "degrees/s", "mean speed at which the head turns"),
    Feature("emotions.entropy", "bits", "mean entropy of the emotions' probabilities"),
    Feature("emotions.transitions", "1/min", "changes of the likeliest emotion a minute"),
    *(
        Feature(f"movement.entropy.{scale}", "nats", f"sample entropy of the facial movement at scale {scale}")
        for scale in SCALES
    ),
)
NAMES = tuple(feature.name for feature in FEATURES)


def qualified(phase: str, name: str) -> str:
    """The name of a feature of one phase: `PHASE/FEATURE`."""
    return f"{phase}/{name}"
