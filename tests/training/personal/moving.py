"""A made-up person whose face moves in three ways of its own, as units and as an embedding that nobody learnt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS
from training.personal.blocks import Parts

#: What is planted: the second and third are combinations that no known expression has.
PLANTED = ({"AU6": 2.0, "AU12": 3.0}, {"AU2": 3.0, "AU18": 2.5}, {"AU9": 2.0, "AU28": 2.5, "AU5": 2.0})
FPS, BLOCK_S = 5.0, 20.0


@dataclass(frozen=True)
class Moving:
    """embeddings: (N, 8); units: (N, 22); movements, blocks: (N,)."""

    embeddings: NDArray[np.float32]
    units: NDArray[np.float32]
    movements: NDArray[np.intp]
    blocks: NDArray[np.intp]
    parts: Parts


def moving(seed: int, seconds: float = 300.0, drift: float = 0.3, noise: float = 0.05) -> Moving:
    """Somebody at rest, who now and then makes one of `PLANTED`, in light that drifts from block to block."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * FPS)) / FPS
    units, movements = np.zeros((len(times), len(ACTION_UNIT_KEYS))), np.zeros(len(times), np.intp)
    begun = 1.0
    while begun < seconds - 5:
        number = int(rng.integers(len(PLANTED)))
        course = np.interp(times, begun + np.array([0.0, 0.4, 1.8, 2.4]), [0, 1, 1, 0]) * rng.uniform(0.8, 1.1)
        for unit, intensity in PLANTED[number].items():
            units[:, ACTION_UNIT_KEYS.index(unit)] += course * intensity
        movements[course > 0] = number + 1
        begun += 2.4 + rng.exponential(2.0) + 0.6
    mixed = rng.normal(0, 0.15, (len(ACTION_UNIT_KEYS), 8))
    blocks = (times // BLOCK_S).astype(np.intp)
    light = rng.normal(0, drift, (int(blocks.max()) + 1, 8))[blocks]
    embeddings = np.tanh(units @ mixed + light + rng.normal(0, noise, (len(times), 8)))
    parts = Parts(blocks % 4 != 2, blocks % 4 == 2)
    return Moving(embeddings.astype(np.float32), units.astype(np.float32), movements, blocks, parts)
