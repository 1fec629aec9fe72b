"""One processor, the GPUs of one machine, or several machines: `tf.distribute` behind the recipe's `strategy`.

Several machines each get the same command and a TF_CONFIG, as TensorFlow documents it, here for two on one machine:

    TF_CONFIG='{"cluster": {"worker": ["127.0.0.1:5001", "127.0.0.1:5002"]}, "task": {"type": "worker", "index": 0}}'

Every machine keeps the whole state in its own --out (the first in the folder itself, the others in `worker-N` within),
so that no shared disk is needed, neither to train nor to resume.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from device.contract.errors import ConfigError


@dataclass(frozen=True)
class Machines:
    """Where a training runs: the strategy, and which of how many workers this process is."""

    strategy: Any
    worker: int = 0
    workers: int = 1

    @property
    def replicas(self) -> int:
        """Devices of all machines together."""
        return int(self.strategy.num_replicas_in_sync)

    def folder(self, out: Path) -> Path:
        """Where this worker keeps its state."""
        return out / f"worker-{self.worker}" if self.worker else out


def find_machines(kind: str, batch: int) -> Machines:
    """Get ready the machines for a recipe's `strategy`; call it before anything else of TensorFlow.

    Raises:
        ConfigError: no cluster in TF_CONFIG, or the batch cannot be divided.
    """
    if kind == "multiworker":
        machines = _cluster()
    else:
        machines = Machines(tf.distribute.MirroredStrategy() if kind == "mirrored" else tf.distribute.get_strategy())
    if batch % machines.replicas:
        raise ConfigError(
            f"A batch of {batch} cannot be divided between {machines.replicas} devices: set batch to a multiple."
        )
    return machines


def _cluster() -> Machines:
    try:
        config = json.loads(os.environ.get("TF_CONFIG", ""))
        workers, worker = len(config["cluster"]["worker"]), int(config["task"]["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            "strategy is multiworker, but TF_CONFIG names no cluster of workers and no task: see training/machines.py."
        ) from error
    return Machines(tf.distribute.MultiWorkerMirroredStrategy(), worker, workers)
