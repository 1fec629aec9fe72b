"""The network that would go onto a box: learnt from all people, calibrated by cross-fitting."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.cohort.people import Participant, groups, labels
from training.cohort.table import FeatureTable
from training.diagnosis.conformal import quantiles, sets
from training.diagnosis.folds import Ints, check_groups
from training.diagnosis.logistic import Learnt, learn
from training.diagnosis.preparation import Floats, Preparation
from training.diagnosis.recipe import REFERENCE, Recipe
from training.metrics import fit_temperature, softmax


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What the cross-fitted logits of the people learnt from say of a network.

    Attributes:
        temperature: logits are divided by it.
        quantiles: (C,) a group is possible if 1 − p is at most its own.
        limit: the largest distance of anybody from the people of the other inner folds. Of n people and one more who
            is like them, it is that one who is beyond it once in n + 1 times.
    """

    temperature: float
    quantiles: Floats
    limit: float


@dataclass(frozen=True, eq=False)
class Model:
    """The network, in the terms of a bundle.

    Attributes:
        groups: (C,) names, in the order of the alphabet.
        columns: (K,) PHASE/FEATURE.
        fill, centre, scale, clip: as in `Preparation`.
        weights, bias: (K, C), (C,): logits = x @ weights + bias, probabilities = softmax(logits / temperature).
        strength: λ that was chosen.
        quantiles: of each group: it is possible if 1 − p is at most this.
        limit: a `distance` beyond it is unlike everybody's whom the network has learnt from.
    """

    groups: tuple[str, ...]
    columns: tuple[str, ...]
    fill: Floats
    centre: Floats
    scale: Floats
    clip: float
    weights: Floats
    bias: Floats
    temperature: float
    strength: float
    quantiles: dict[str, float]
    limit: float

    @property
    def _preparation(self) -> Preparation:
        return Preparation(np.arange(len(self.columns)), self.fill, self.centre, self.scale, self.clip)

    def probabilities(self, values: Floats) -> Floats:
        """(P, C) of values (P, K), NaN where not measured; as if the groups were equally frequent."""
        return probabilities(self._preparation(values) @ self.weights + self.bias, self.temperature)

    def sets(self, values: Floats) -> NDArray[np.bool_]:
        """(P, C) whether each group is possible."""
        return sets(self.probabilities(values), np.array([self.quantiles[name] for name in self.groups]))

    def distance(self, values: Floats) -> Floats:
        """(P,) see `Preparation.distance`."""
        return self._preparation.distance(values)

    def picked(self, table: FeatureTable) -> Floats:
        """(P, K) the columns of a table. Raises `DataError` where it lacks one."""
        known = {name: place for place, name in enumerate(table.columns)}
        if missing := [name for name in self.columns if name not in known]:
            raise DataError(f"The table of features lacks {missing[0]}: make it with the phases of the study.")
        return table.matrix[:, [known[name] for name in self.columns]]

    def as_json(self) -> dict[str, Any]:
        """For a run folder: what `of_json` reads."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(self).items()}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> "Model":
        """What `as_json` gave. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        arrays = {name: np.array(found[name], float) for name in ("fill", "centre", "scale", "weights", "bias")}
        names = {name: tuple(found[name]) for name in ("groups", "columns")}
        return cls(**{**found, **arrays, **names})


def fit(table: FeatureTable, recipe: Recipe = REFERENCE, seed: int = 0) -> Model:
    """Learn from all people of a table. Raises `DataError` where that cannot be."""
    truth, names = labels(table.people), groups(table.people)
    check_groups(truth, names)
    learnt = learn(usable(table.matrix), truth, site_numbers(table.people), len(names), recipe, seed)
    seen, found = learnt.preparation, calibrated(learnt, truth, recipe.alpha)
    if not len(seen.columns):
        raise DataError(
            f"No feature varies and is known of {recipe.measured:.0%} of the participants: there is nothing to learn "
            "from. `affectbox-training cohort check` says what is missing."
        )
    return Model(
        groups=names,
        columns=tuple(table.columns[place] for place in seen.columns),
        fill=seen.fill,
        centre=seen.centre,
        scale=seen.scale,
        clip=seen.clip,
        weights=learnt.weights,
        bias=learnt.bias,
        temperature=found.temperature,
        strength=learnt.strength,
        quantiles=dict(zip(names, found.quantiles.tolist(), strict=True)),
        limit=found.limit,
    )


def calibrated(learnt: Learnt, truth: Ints, alpha: float) -> Calibrated:
    """Temperature, quantiles and limit of a network that has learnt from people of these groups (P,)."""
    temperature = fit_temperature(learnt.crossed.astype(np.float32), truth, 1 / np.bincount(truth)[truth])
    found = quantiles(probabilities(learnt.crossed, temperature), truth, alpha)
    return Calibrated(temperature, found, float(learnt.distances.max()))


def probabilities(logits: Floats, temperature: float) -> Floats:
    """(P, C) of logits (P, C)."""
    return np.asarray(softmax(logits.astype(np.float32), temperature), np.float64)


def usable(matrix: Floats) -> Floats:
    """A matrix in which what is not finite is not measured."""
    return np.where(np.isfinite(matrix), matrix, np.nan)


def site_numbers(people: tuple[Participant, ...]) -> Ints:
    """(P,) the number of each person's site, in the order of the alphabet."""
    known = sorted({person.site for person in people})
    return np.array([known.index(person.site) for person in people], np.intp)
