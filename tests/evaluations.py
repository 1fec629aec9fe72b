"""Evaluations as `diagnosis evaluate` would write them, of people who never were."""

from dataclasses import replace

import numpy as np

from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table
from training.diagnosis.evaluation import Confounds, Evaluation
from training.diagnosis.metrics import Interval, Predictions
from training.diagnosis.permutation import Permutation
from training.diagnosis.protocol import Protocol, about, figures
from training.diagnosis.sites import LeftOut


def table(each=40, d=2.0, seed=1):
    """Features of two groups that differ in AU12, at two sites."""
    effects = (Effect(group="case", unit="AU12", d=d),)
    return simulate_table(Plan(people={"control": each, "case": each}, effects=effects), seed)


def sound(of=None, **changes):
    """An evaluation that carries a bundle: 90 % are told apart, and the sets hold the right group for 90 %."""
    of = of or table()
    truth = np.array([int(person.group == "control") for person in of.people])
    own = np.zeros(len(truth))
    for group in (0, 1):
        members = np.flatnonzero(truth == group)
        own[members] = np.linspace(0.3, 0.95, len(members))
    probabilities = np.where(np.eye(2, dtype=bool)[truth], own[:, None], 1 - own[:, None])
    possible = probabilities > 0.36
    found = Evaluation(
        **about(of, Protocol()),
        **figures(Predictions(truth, probabilities[None], possible[None]), ("case", "control"), 0),
        other_splits=None,
        confounds=Confounds(Interval(0.5, 0.4, 0.6), Interval(0.3, 0.15, 0.45), ("age",), ()),
        left_out=LeftOut(Interval(0.7, 0.6, 0.8), (), ()),
        permutation=Permutation(1 / 1001, 1000, 0, 0.8, 0.5),
    )
    return replace(found, **changes)
