"""`affectbox-training personal fer2013`: how much of the expressions of strangers a general model holds.

A linear probe (multinomial logistic regression on standardised embeddings) learns from FER2013's training pictures and
is measured on its private test, or, where that is kept apart, on its public one. Published, of a model of VoxCeleb's
people: 48.8 % (FaceCycle; 256 values, 64² in colours). Beside it: the same network before its first epoch, and as many
principal components of the pixels.
"""

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from device.contract.errors import DataError
from device.contract.evidence import Interval
from training import evaluations
from training.data.faces import TEST, TRAINING, VALIDATION, Faces, load_faces
from training.diagnosis.metrics import of_so_few
from training.diagnosis.tables import shown, table
from training.personal.baselines import pixels

HEAD, PUBLISHED = "fer2013", 0.488
FORMAT = 1
_PASSES = 300


@dataclass(frozen=True)
class Accuracy:
    """Of one kind of features: how many values, and the share of the tested faces that are told rightly."""

    name: str
    values: int
    accuracy: Interval


@dataclass(frozen=True)
class Expressions:
    """split: what was tested; learnt, tested: faces; most: share of the most frequent expression among the tested;
    rows: what was probed."""

    split: str
    learnt: int
    tested: int
    most: float
    rows: tuple[Accuracy, ...]
    published: float = PUBLISHED


def fer2013(arguments: argparse.Namespace) -> int:
    """The command. Raises `ConfigError`, `DataError`, `StorageError`."""
    faces = load_faces(arguments.data)
    found = measured(faces, [*_features(arguments.runs, faces)])
    print(text(found))
    if arguments.json:
        evaluations.save(found, FORMAT, arguments.json)
    return 0


def measured(faces: Faces, features: list[tuple[str, NDArray[np.floating]]]) -> Expressions:
    """Probe features (N, D), each with its name, of all faces. Raises `DataError`: these are not FER2013's faces."""
    there = set(faces.splits.tolist())
    split = TEST if TEST in there else VALIDATION
    if HEAD not in faces.answers or not {TRAINING, split} <= there:
        raise DataError(
            f"This is no data.npz of FER2013 with its splits {TRAINING} and {TEST} or {VALIDATION}: make it with "
            "`affectbox-training prepare --csv`."
        )
    truth = faces.answers[HEAD].truth
    learnt, tested = ((faces.splits == part) & (truth >= 0) for part in (TRAINING, split))
    rows = [Accuracy(name, values.shape[1], _accuracy(values, truth, learnt, tested)) for name, values in features]
    most = float(np.bincount(truth[tested]).max() / tested.sum())
    return Expressions(split, int(learnt.sum()), int(tested.sum()), most, tuple(rows))


def text(found: Expressions) -> str:
    """For a terminal."""
    rows = [(one.name, str(one.values), shown(one.accuracy)) for one in found.rows]
    ends = [("the most frequent one", "–", f"{found.most:.3f}"), ("published (FaceCycle)", "256", f"{PUBLISHED:.3f}")]
    said = f"Linear probes of FER2013's seven expressions: {found.learnt} faces learnt from, "
    said += f"{found.tested} of {found.split} tested."
    return "\n".join([said, *table([("", "values", "accuracy"), *rows, *ends])])


def _features(runs: list[Path], faces: Faces) -> Iterator[tuple[str, NDArray[np.floating]]]:
    from training.personal.embedding import embed, kept  # noqa: PLC0415  loads TensorFlow

    for run in runs:
        yield f"{run.parent.name}/{run.name}", embed(run, faces.images)
    if begun := [run for run in runs if 0 in kept(run)]:
        yield "untrained network", embed(begun[0], faces.images, 0)
    yield "pixels", pixels(faces.images, faces.splits == TRAINING, 0)


def _accuracy(
    features: NDArray[np.floating], truth: NDArray[np.int64], learnt: NDArray[np.bool_], tested: NDArray[np.bool_]
) -> Interval:
    centre, scale = features[learnt].mean(axis=0), features[learnt].std(axis=0)
    seen = (features - centre) / np.where(scale > 1e-9, scale, 1.0)
    network = LogisticRegression(max_iter=_PASSES, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(seen[learnt], truth[learnt])
    share = float((network.predict(seen[tested]) == truth[tested]).mean())
    return of_so_few(Interval(share, share, share), int(tested.sum()))
