"""`affectbox-training diagnosis train`: the network that would go onto a box; or one that reads faces, measured."""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.errors import ConfigError
from training.arguments import add_set

if TYPE_CHECKING:
    from training.diagnosis.run import FeatureRun

_DESCRIPTION = """\
Fits the reference network on all participants of a table of features, with the settings that `evaluate` measured, into
a run folder for `export`. With --faces: a network that reads aligned faces of consented videos (`affectbox-training
faces`), in nested folds of participants, with the same figures; such a run is never exported, for the box keeps no
picture until the end of a session.
"""


def add_parser(actions: Any) -> None:
    """Register `train`."""
    parser = actions.add_parser("train", help="fit the network on all participants", description=_DESCRIPTION)
    parser.add_argument("features", type=Path, nargs="?", metavar="FEATURES", help="what `cohort features` wrote")
    parser.add_argument(
        "--evaluation", type=Path, metavar="FILE", help="of FEATURES, by `evaluate`: says with which settings"
    )
    parser.add_argument("--faces", type=Path, metavar="DIR", help="instead: what `affectbox-training faces` wrote")
    parser.add_argument("--participants", type=Path, metavar="CSV", help="of --faces: participants.csv of the study")
    parser.add_argument(
        "--recipe", type=Path, metavar="FILE", help="of --faces: see training/recipes/diagnosis-*.toml"
    )
    parser.add_argument(
        "--backbone", type=Path, metavar="PTH", help="of --faces: weights of ResNet-18 to begin with, of PyTorch"
    )
    add_set(parser, "a key of the recipe")
    parser.add_argument("--resume", action="store_true", help="of --faces: go on after the last whole epoch in --out")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if (arguments.features is None) == (arguments.faces is None):
        raise ConfigError("Give a table of features, or --faces: one of the two.")
    if arguments.faces:
        return _of_faces(arguments)
    if arguments.evaluation is None:
        raise ConfigError(
            "Give --evaluation: `affectbox-training diagnosis evaluate` measures first what is to be trained."
        )
    given = ("participants", "recipe", "backbone", "set", "resume")
    if named := [f"--{name}" for name in given if getattr(arguments, name)]:
        raise ConfigError(f"Leave out {', '.join(named)}: that is of --faces.")
    from training.diagnosis.run import save_run  # noqa: PLC0415

    run = trained(arguments.features, arguments.evaluation, arguments.out)
    save_run(run)
    used = int((abs(run.model.weights) > 0).any(axis=1).sum())
    print(
        f"{run.evaluation.n} participants, {len(run.model.columns)} features, {used} of them with weight "
        f"(λ = {run.model.strength:g}).\nwrote {arguments.out}"
    )
    return 0


def trained(features: Path, evaluation: Path, out: Path) -> "FeatureRun":
    """The network of a table, with the settings of its evaluation.

    Raises:
        ConfigError: the evaluation is of another table.
        DataError: the table, or the evaluation, cannot be read; groups that no bundle can hold.
    """
    from device.features.support import standardized  # noqa: PLC0415
    from training.cohort.store import digest, load  # noqa: PLC0415
    from training.diagnosis.evaluation import Evaluation  # noqa: PLC0415
    from training.diagnosis.export import require_names  # noqa: PLC0415
    from training.diagnosis.model import fit  # noqa: PLC0415
    from training.diagnosis.run import FeatureRun, support_of, usual  # noqa: PLC0415

    table, found = load(features), Evaluation.load(evaluation)
    if found.made_of != digest(table):
        raise ConfigError(f"{evaluation} is not of {features}: evaluate this table first.")
    require_names(found)
    model = fit(table, found.recipe, found.seed)
    normal = usual(table, model.columns)
    rows = standardized(support_of(model, normal, found.recipe.measured), model.picked(table))
    people = tuple(person.pseudonym for person in table.people)
    return FeatureRun(out, model, found, rows, normal, table.made, people)


def _of_faces(arguments: argparse.Namespace) -> int:
    if arguments.evaluation:
        raise ConfigError("--evaluation is of features: leave it out, --faces measures by itself.")
    if not (arguments.participants and arguments.recipe):
        raise ConfigError("--faces needs --participants, participants.csv of the study, and --recipe.")
    from training.cohort.study import read_study  # noqa: PLC0415
    from training.diagnosis.crops.data import load_faces  # noqa: PLC0415
    from training.diagnosis.crops.measured import measured  # noqa: PLC0415 - loads TensorFlow
    from training.diagnosis.crops.nested import learn  # noqa: PLC0415
    from training.diagnosis.crops.recipe import CropsRecipe  # noqa: PLC0415
    from training.diagnosis.tables import text  # noqa: PLC0415
    from training.machines import find_machines  # noqa: PLC0415
    from training.recipe import load_recipe_of  # noqa: PLC0415

    study = read_study(arguments.participants)
    study.require_sound()
    weights = [f"weights={json.dumps(str(arguments.backbone))}"] if arguments.backbone else []
    recipe = load_recipe_of(CropsRecipe, arguments.recipe, [*arguments.set, *weights])
    machines = find_machines(recipe.strategy, recipe.batch)
    faces = load_faces(arguments.faces, study.people, recipe.frames)
    found = learn(recipe, faces, arguments.out, machines, arguments.resume, partial(print, flush=True))
    evaluation = measured(faces, found, recipe, arguments.out)
    print("\n".join([text(evaluation), "", *evaluation.notes]))
    print(f"wrote {arguments.out}: such a network is measured, and never exported")
    return 0
