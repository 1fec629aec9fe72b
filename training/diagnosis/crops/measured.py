"""How good networks that read faces are: the figures of the road of features, of participants who were held out.

RUN/people.csv        participant, group, fold, and the log-probability of each group, averaged over their faces
RUN/evaluation.json   the table of metrics; no permutations, for each would be a training of its own
"""

import csv
import io
from pathlib import Path

import numpy as np

from cloud.erasing.known import note
from training.cohort.table import FeatureTable
from training.diagnosis.conformal import sets_of_folds
from training.diagnosis.crops.data import Faces
from training.diagnosis.crops.nested import HeldOut
from training.diagnosis.crops.recipe import CropsRecipe
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.metrics import Predictions
from training.diagnosis.model import site_numbers
from training.diagnosis.protocol import Protocol, about, beside_confounds, figures
from training.diagnosis.recipe import REFERENCE
from training.evaluations import NAME
from training.files import write_there

PEOPLE = "people.csv"
_PHASE = "faces"
_NOTES = (
    "Of networks that read aligned faces, by the recipe in meta.json of the run; of the recipe here only alpha holds.",
    "The sets of a participant are fitted on those of the other folds.",
)


def measured(faces: Faces, found: HeldOut, recipe: CropsRecipe, out: Path) -> Evaluation:
    """Measure and write what networks said of people held out. Raises `StorageError`."""
    protocol = Protocol(
        folds=recipe.folds or 1, repeats=1, seed=recipe.seed, split="" if recipe.folds else "of `faces`"
    )
    table = _as_table(faces, found)
    truth = np.array([faces.groups.index(person.group) for person in found.people], np.intp)
    said = np.exp(found.said)
    folds = found.folds if recipe.folds else np.arange(len(truth))
    predictions = Predictions(truth, said[None], sets_of_folds(said, truth, folds, REFERENCE.alpha)[None])
    confounds = None
    if recipe.folds:
        place = site_numbers(found.people)
        confounds = beside_confounds(table, predictions, truth, place, len(faces.groups), protocol)
    evaluation = Evaluation(
        **about(table, protocol) | {"made_of": faces.digest()},
        **figures(predictions, faces.groups, recipe.seed),
        other_splits=None,
        confounds=confounds,
        notes=_NOTES,
    )
    _write_people(out / PEOPLE, faces.groups, found)
    evaluation.save(out / NAME)
    return evaluation


def _as_table(faces: Faces, found: HeldOut) -> FeatureTable:
    """What is known of the people beside their faces."""
    frames, seen = np.array([faces.looked[person.pseudonym] for person in found.people], float).T
    with np.errstate(invalid="ignore"):
        share = seen / frames
    return FeatureTable(
        people=found.people,
        phases=(_PHASE,),
        values=np.zeros((len(found.people), 1, 0)),
        coverage=share[:, None],
        seconds=np.full((len(found.people), 1), np.nan),
        frames=frames[:, None],
        names=(),
    )


def _write_people(path: Path, groups: tuple[str, ...], found: HeldOut) -> None:
    """For its owner's eyes, noted first, whole or not at all."""
    note(path, [person.pseudonym for person in found.people], [], "what networks said of faces")
    rows = zip(found.people, found.folds.tolist(), found.said.tolist(), strict=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["participant", "group", "fold", *groups])
    writer.writerows(
        [person.pseudonym, person.group, fold, *(f"{value:.5f}" for value in values)] for person, fold, values in rows
    )
    write_there(path, lambda file: file.write(text.getvalue().encode()))
