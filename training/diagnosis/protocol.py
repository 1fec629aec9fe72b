"""How a table of features is evaluated, from the first fold to the last permutation."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from device.contract.evidence import Interval
from training.cohort.people import Participant, groups, labels
from training.cohort.store import digest
from training.cohort.table import FeatureTable
from training.diagnosis import holdout, metrics, sites
from training.diagnosis.confounds import confounds, varying
from training.diagnosis.evaluation import Confounds, Evaluation, GroupFigures
from training.diagnosis.folds import Ints, check_groups
from training.diagnosis.metrics import Predictions, drawn, interval, of_so_few
from training.diagnosis.model import site_numbers, usable
from training.diagnosis.permutation import Task, permute
from training.diagnosis.preparation import Floats
from training.diagnosis.recipe import REFERENCE, Recipe

#: Splits of other seeds, of which a single split shows how far they scatter.
OTHER_SPLITS = 20


@dataclass(frozen=True)
class Protocol:
    """How it is done.

    Attributes:
        recipe: of the network.
        folds, repeats: of the outer folds.
        permutations: of the labels; 0: none.
        seed: of folds, permutations and intervals.
        split: `7:2`: instead of folds, one split by participant.
        scheduler, workers: for the permutations, as of `training.cluster.done`.
    """

    recipe: Recipe = REFERENCE
    folds: int = 10
    repeats: int = 5
    permutations: int = 1000
    seed: int = 0
    split: str = ""
    scheduler: str | None = None
    workers: int | None = None


def evaluated(
    table: FeatureTable,
    protocol: Protocol,
    say: Callable[[str], None] = lambda _: None,
    step: Callable[[int], object] = lambda _: None,
) -> Evaluation:
    """Evaluate a table; `say` is told in sentences what comes next, `step` how many permutations are done.

    Raises:
        ConfigError: a split that is none, a scheduler that does not answer.
        DataError: fewer than two groups, or too few people in one.
    """
    names, truth, place = groups(table.people), labels(table.people), site_numbers(table.people)
    check_groups(truth, names)
    matrix, recipe, seed = usable(table.matrix), protocol.recipe, protocol.seed
    if protocol.split:
        said = holdout.split_once(matrix, truth, place, names, recipe, protocol.split, seed)
        return Evaluation(
            **about(table, protocol),
            **figures(said, names, seed),
            other_splits=_other_splits(matrix, truth, place, names, protocol),
        )
    say(f"{protocol.repeats} × {protocol.folds} folds of {len(truth)} participants, {len(table.columns)} features.")
    said = _nested(matrix, truth, place, len(names), protocol)
    say("The confounds alone, in the same folds; then every site left out once.")
    found: dict[str, Any] = {
        "confounds": beside_confounds(table, said, truth, place, len(names), protocol),
        "left_out": _left_out(table, matrix, truth, place, names, protocol),
    }
    if protocol.permutations:
        say(f"{protocol.permutations} permutations of the groups within sites.")
        task = Task(matrix, truth, place, len(names), recipe, seed)
        found["permutation"] = permute(task, protocol.permutations, protocol.scheduler, protocol.workers, step)
    return Evaluation(**about(table, protocol), **figures(said, names, seed), **found, other_splits=None)


def about(table: FeatureTable, protocol: Protocol) -> dict[str, Any]:
    """What an evaluation says of its table and of how it was done."""
    people = table.people
    ages = [person.age for person in people if isfinite(person.age)]
    return {
        "made_of": digest(table),
        "feature_version": table.version,
        "simulated": table.simulated,
        "phases": table.phases,
        "sessions": table.sessions,
        "off_box": table.off_box,
        **whose(people),
        "age": (min(ages), max(ages)) if ages else None,
        "recipe": protocol.recipe,
        "seed": protocol.seed,
        "folds": 1 if protocol.split else protocol.folds,
        "repeats": 1 if protocol.split else protocol.repeats,
        "split": protocol.split,
    }


def whose(people: tuple[Participant, ...]) -> dict[str, Any]:
    """How many people, of which groups, at which sites."""
    known = groups(people)
    return {
        "n": len(people),
        "groups": {name: sum(person.group == name for person in people) for name in known},
        "sites": {
            sites.named(site): {
                name: sum(person.site == site and person.group == name for person in people) for name in known
            }
            for site in sorted({person.site for person in people})
        },
    }


def figures(said: Predictions, names: tuple[str, ...], seed: int) -> dict[str, Any]:
    """The table of metrics, of predictions about people who were held out."""
    counts = drawn(said.truth, seed)
    covered, answered = metrics.covered(said), metrics.answered(said)
    return {
        "balanced_accuracy": interval(metrics.balanced_accuracy(said, counts)),
        "auc": interval(metrics.mean_area(said, counts)),
        "brier": interval(metrics.brier(said, counts)),
        "ece": interval(metrics.calibration_error(said, counts)),
        "ece_of_chance": metrics.calibration_error_of_chance(said, seed),
        "confusion": tuple(tuple(row) for row in metrics.confusion(said).tolist()),
        "by_group": {name: _of_group(said, group, covered, counts) for group, name in enumerate(names)},
        "coverage": of_so_few(interval(metrics.mean(covered, counts)), len(said.truth)),
        "answered": of_so_few(interval(metrics.mean(answered, counts)), len(said.truth)),
        "answered_right": of_so_few(interval(metrics.answered_right(said, counts)), float(answered.sum())),
    }


def _of_group(said: Predictions, group: int, covered: Floats, counts: Floats) -> GroupFigures:
    n = int((said.truth == group).sum())
    return GroupFigures(
        n=n,
        sensitivity=of_so_few(interval(metrics.sensitivity(said, group, counts)), n),
        specificity=of_so_few(interval(metrics.specificity(said, group, counts)), len(said.truth) - n),
        auc=interval(metrics.area(said, group, counts)),
        coverage=of_so_few(interval(metrics.mean(covered, counts, said.truth == group)), n),
    )


def _nested(matrix: Floats, truth: Ints, place: Ints, count: int, protocol: Protocol) -> Predictions:
    how = (protocol.recipe, protocol.folds, protocol.repeats, protocol.seed)
    return holdout.nested(matrix, truth, place, count, *how)


def beside_confounds(
    table: FeatureTable, said: Predictions, truth: Ints, place: Ints, count: int, protocol: Protocol
) -> Confounds:
    """What `said` of the people of a table is worth beside what a network of their confounds says of them."""
    columns, matrix = confounds(table)
    other = _nested(matrix, truth, place, count, protocol)
    counts = drawn(truth, protocol.seed)
    of_features, of_confounds = (metrics.balanced_accuracy(one, counts) for one in (said, other))
    return Confounds(interval(of_confounds), interval(of_features - of_confounds), *varying(columns, matrix))


def _left_out(
    table: FeatureTable, matrix: Floats, truth: Ints, place: Ints, names: tuple[str, ...], protocol: Protocol
) -> sites.LeftOut:
    known = tuple(sorted({person.site for person in table.people}))
    kept = set(sites.notes(truth, place, known, names))
    said = holdout.sites_left_out(matrix, truth, place, len(names), protocol.recipe, kept, protocol.seed)
    return sites.figures(said, truth, place, known, names, protocol.seed)


def _other_splits(matrix: Floats, truth: Ints, place: Ints, names: tuple[str, ...], protocol: Protocol) -> Interval:
    """Median, lowest and highest balanced accuracy of splits that differ in their seed alone."""
    found = []
    for seed in range(protocol.seed + 1, protocol.seed + 1 + OTHER_SPLITS):
        said = holdout.split_once(matrix, truth, place, names, protocol.recipe, protocol.split, seed)
        found.append(metrics.balanced_accuracy(said, np.ones((1, len(said.truth))))[0])
    return Interval(float(np.median(found)), float(min(found)), float(max(found)))
