"""People held out, so that everything that learns, learns from others: nested repeated folds, one split, sites."""

import re

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from training.diagnosis.conformal import sets
from training.diagnosis.folds import FEWEST, Ints, assigned, parts
from training.diagnosis.logistic import learn
from training.diagnosis.metrics import Predictions
from training.diagnosis.model import calibrated, probabilities
from training.diagnosis.preparation import Floats
from training.diagnosis.recipe import Recipe
from training.videos.split import allot

Said = tuple[Floats, NDArray[np.bool_]]


def of_others(
    matrix: Floats, truth: Ints, sites: Ints, groups: int, recipe: Recipe, known: Ints, unknown: Ints, seed: int
) -> Said:
    """Probabilities and sets (unknown, C) of some rows, by a network that has learnt from others, and was calibrated
    on them."""
    learnt = learn(matrix[known], truth[known], sites[known], groups, recipe, seed)
    found = calibrated(learnt, truth[known], recipe.alpha)
    said = probabilities(learnt.logits(matrix[unknown]), found.temperature)
    return said, sets(said, found.quantiles)


def nested(
    matrix: Floats,
    truth: Ints,
    sites: Ints,
    groups: int,
    recipe: Recipe,
    folds: int,
    repeats: int,
    seed: int,
) -> Predictions:
    """Everybody, held out once in each repeat of the folds."""
    shape = (repeats, len(truth), groups)
    said, possible = np.empty(shape), np.empty(shape, bool)
    for repeat in range(repeats):
        draw = seed + repeat
        for known, unknown in parts(assigned(truth, sites, folds, draw)):
            said[repeat, unknown], possible[repeat, unknown] = of_others(
                matrix, truth, sites, groups, recipe, known, unknown, draw
            )
    return Predictions(truth, said, possible)


def parse_split(text: str) -> tuple[int, int]:
    """`7:2` as numbers: people to learn from, and to test on. Raises `ConfigError`."""
    if not re.fullmatch(r"[1-9]\d{0,2}:[1-9]\d{0,2}", text):
        raise ConfigError(f"--split {text!r}: give two whole numbers TRAIN:TEST, such as 7:2.")
    train, test = text.split(":")
    return int(train), int(test)


def one_split(truth: Ints, weights: tuple[int, int], names: tuple[str, ...], seed: int) -> tuple[Ints, Ints]:
    """Rows to learn from and to test on, of each group its share. Raises `DataError` where a group is too small."""
    order = np.random.default_rng(seed).permutation(len(truth))
    known, unknown = [], []
    shares = allot({(name,): int((truth == group).sum()) for group, name in enumerate(names)}, weights, seed)
    for group, name in enumerate(names):
        learnt, tested = shares[(name,)]
        if learnt < FEWEST - 1 or not tested:
            raise DataError(
                f"A split {weights[0]}:{weights[1]} leaves {learnt} participants of group '{name}' to learn from and "
                f"{tested} to test on: too few. Leave --split out."
            )
        members = order[truth[order] == group]
        known.append(members[:learnt])
        unknown.append(members[learnt:])
    return np.sort(np.concatenate(known)), np.sort(np.concatenate(unknown))


def split_once(
    matrix: Floats, truth: Ints, sites: Ints, names: tuple[str, ...], recipe: Recipe, text: str, seed: int
) -> Predictions:
    """The people of the test part of one split, by a network of the others. Raises as `parse_split`, `one_split`."""
    known, unknown = one_split(truth, parse_split(text), names, seed)
    said, possible = of_others(matrix, truth, sites, len(names), recipe, known, unknown, seed)
    return Predictions(truth[unknown], said[None], possible[None])


def sites_left_out(
    matrix: Floats, truth: Ints, sites: Ints, groups: int, recipe: Recipe, kept: set[int], seed: int
) -> Floats:
    """(P, C) probabilities of the people of each site, by a network of all others; NaN for the sites `kept`."""
    said = np.full((len(truth), groups), np.nan)
    for site in sorted(set(sites.tolist()) - kept):
        known, unknown = np.flatnonzero(sites != site), np.flatnonzero(sites == site)
        said[unknown], _ = of_others(matrix, truth, sites, groups, recipe, known, unknown, seed)
    return said
