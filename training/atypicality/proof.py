"""`affectbox-training atypicality proof`: whether the truth is recovered, up to the ceiling and never above it."""

import argparse
from hashlib import sha256

from training.atypicality import quick
from training.atypicality.protocol import digest
from training.atypicality.recipe import COMPANION, OURS
from training.atypicality.simulate import Children
from training.atypicality.trials import TRIALS, Trial, summary, text, tried
from training.proofs import Proof, prove


def proof(arguments: argparse.Namespace) -> int:
    """Try what is not tried yet. Raises `ConfigError`, `StorageError`."""
    marks = {trial.name: _mark(trial) for trial in TRIALS}
    asked = [(trial.name, seed) for trial in TRIALS for seed in trial.seeds[: arguments.cohorts]]
    return prove(Proof(marks, asked, tried, summary, text), arguments.out, arguments.scheduler, arguments.workers)


def _mark(trial: Trial) -> str:
    """What a trial's lines were made by: the recipes, and children as they are simulated."""
    few = Children(trial.plan, 0)
    told = repr((OURS, COMPANION, trial.plan, trial.exchanged, digest(quick.study_of(few))))
    return sha256(told.encode()).hexdigest()[:16]
