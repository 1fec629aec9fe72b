"""Nested folds of a network that reads faces. Inner folds, of the people from whom an outer fold learns, choose how
many epochs are learnt; then the network of the outer fold learns that long from all of them, and is asked about the
rest.

    RUN/fold-1/…             the network of the first outer fold; RUN/ itself where the study's own split is used
    RUN/inner/fold-1/fold-1  that of its first inner fold
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from training.cohort.people import Participant
from training.diagnosis.crops.answers import answers
from training.diagnosis.crops.data import Faces
from training.diagnosis.crops.kind import GroupsOfFaces, held_out
from training.diagnosis.crops.recipe import CropsRecipe
from training.kind import Say
from training.machines import Machines
from training.run_folder import fold_folder, load_run_of
from training.train import train


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What the networks say of people from whom they did not learn.

    Attributes:
        people: P, in the order of the folds.
        folds: (P,) the outer fold of each; 0 where the study's own split is used.
        said: (P, C) log-probabilities, averaged over the person's faces.
        epochs: outer fold → epochs that were learnt.
    """

    people: tuple[Participant, ...]
    folds: NDArray[np.intp]
    said: NDArray[np.float64]
    epochs: dict[int, int]


def learn(recipe: CropsRecipe, faces: Faces, out: Path, machines: Machines, resume: bool, say: Say) -> HeldOut:
    """Train all outer folds into `out` and ask each about those whom it left out.

    Raises:
        ConfigError, DataError: as `training.train.train` does.
    """
    kind = GroupsOfFaces()
    kind.require(recipe, faces)
    people: list[Participant] = []
    said, places, epochs = [], [], {}
    for fold in kind.folds(recipe, ()):
        left = held_out(recipe, faces, fold)
        learnt = faces.of(set(faces.people) - set(left))
        epochs[fold] = _epochs(recipe, learnt, fold_folder(out / "inner", fold), machines, resume, say)
        chosen = replace(recipe, epochs=epochs[fold])
        train(kind, chosen, faces, out, machines, (fold,) if fold else (), resume, "", say)
        run = load_run_of(CropsRecipe, fold_folder(out, fold))
        asked = faces.of(left)
        said.append(answers(run.network, chosen.network.white, asked))
        people += asked.people
        places += [fold] * len(asked.people)
    return HeldOut(tuple(people), np.array(places, np.intp), np.concatenate(said), epochs)


def _epochs(recipe: CropsRecipe, learnt: Faces, folder: Path, machines: Machines, resume: bool, say: Say) -> int:
    """How many epochs to learn: the number after which the mean log loss of the people of the inner folds, each asked
    of a network that had not learnt from them, was least."""
    if not recipe.inner:
        return recipe.epochs
    inner = replace(recipe, folds=recipe.inner, inner=0)
    kind = GroupsOfFaces()
    say(f"inner folds choose the epochs, with {len(learnt.people)} participants")
    train(kind, inner, learnt, folder, machines, (), resume, "", say)
    losses = [
        [epoch["log_loss"] for epoch in load_run_of(CropsRecipe, fold_folder(folder, fold)).meta["history"]]
        for fold in kind.folds(inner, ())
    ]
    chosen = int(np.mean(losses, axis=0).argmin()) + 1
    say(f"{chosen} of {recipe.epochs} epochs are learnt")
    return chosen
