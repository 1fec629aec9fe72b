"""`affectbox-training personal export`: the bundle of a box, of one person and for nobody else."""

import argparse
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from cloud.erasing.known import note_all
from converter.bundle import Sign, require_new, write_bundle
from converter.signing import signer
from device.contract.errors import ConfigError, DataError
from device.contract.manifest import CARD, MANIFEST, MODEL
from device.contract.patient import PSEUDONYM
from device.contract.signature import SIGNATURE
from device.runtime.quiet import native_chatter_silenced
from training.diagnosis.export import NOT_SUPPORTED, refuse
from training.evaluations import NAME
from training.personal.evaluation import Evaluation, Measured, PersonFound
from training.personal.people import Person, load_people
from training.personal.trained import GENERAL, WEIGHTS

_WHAT = "model of a person"


def export(arguments: argparse.Namespace) -> int:
    """The command.

    Raises:
        ConfigError: the run is not of one person, or the evaluation not of this run.
        DataError: faces or evaluation are broken. EvidenceError: the evidence does not carry a bundle.
        ModelError, ConversionError, ParityError, StorageError: as `made_of` and `write_bundle`.
    """
    sign = signer(arguments.key) if arguments.key else None  # what is wrong with the options is told at once
    path = arguments.evaluation / NAME if arguments.evaluation.is_dir() else arguments.evaluation
    evaluation = Evaluation.load(path)
    weights = _weights(arguments.run_folder)
    found, arm = _measured(evaluation, weights, arguments.run_folder)
    (person,) = load_people(arguments.faces, [found.name])
    _require(person, found, arm)
    name = arguments.name or _nameless(weights)
    require_new(arguments.bundles, f"{name}-{arguments.version}", replace=arguments.replace)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with native_chatter_silenced():
        from training.personal.bundle import Training, made_of  # noqa: PLC0415 - loads TensorFlow
        from training.personal.embedding import open_run  # noqa: PLC0415

        run = open_run(arguments.run_folder)
        if (run.recipe.network.side, run.recipe.network.coloured) != (48, False):  # type: ignore[union-attr]
            raise ConfigError(
                f"{arguments.run_folder} reads faces that no box gives it: only networks of 48×48 grey faces are "
                "exported; train with a recipe whose name does not begin with 'original'."
            )
        training = Training(run, person, found, arm, evaluation.seed, evaluation.simulated)
        made = made_of(training, name, arguments.version)
    refuse(list(made.evidence.unsupported), unsupported=arguments.unsupported)
    folder = arguments.bundles / made.manifest.id
    if not evaluation.simulated:
        _note(folder, made.extras, (person.name, *training.others), sign)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # it was made of a face
    write_bundle(arguments.bundles, made.manifest, made.model, made.card, made.extras, sign, replace=arguments.replace)
    print(_told(folder, made.evidence.movements, signed=sign is not None, supported=made.evidence.supported))
    return 0


def _weights(folder: Path) -> str:
    """SHA-256 of the weights of a run. Raises `ConfigError`."""
    if folder.resolve().name == GENERAL:
        raise ConfigError(f"{folder} was learnt from many people: give the run of one person.")
    try:
        return sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(
            f"{folder} holds no finished training ({error.strerror}): give RUNS/PERSON of `affectbox-training "
            "personal train`."
        ) from error


def _measured(evaluation: Evaluation, weights: str, folder: Path) -> tuple[PersonFound, Measured]:
    """What the evaluation says of the run of these weights. Raises `ConfigError`."""
    for person in evaluation.people:
        for arm in person.arms:
            if arm.run == weights:
                return person, arm
    raise ConfigError(
        f"The evaluation is not of {folder}: measure it with `affectbox-training personal evaluate`, and give that."
    )


def _require(person: Person, found: PersonFound, arm: Measured) -> None:
    if arm.general:
        raise ConfigError("This run was learnt from many people: give the run of one person.")
    if person.digest() != found.data:
        raise ConfigError(f"The faces of {person.name} are not those that were evaluated: give the --faces of it.")
    if not PSEUDONYM.fullmatch(person.name):
        raise DataError(
            f"'{person.name[:40]}' is no pseudonym of a box (up to 40 lower-case letters, digits and hyphens): name "
            "the folder of their videos so, and make the faces, the training and the evaluation anew."
        )


def _nameless(weights: str) -> str:
    """A name that names nobody, and is no other person's."""
    return f"own-{weights[:8]}"


def _note(folder: Path, extras: Iterable[str], people: Sequence[str], sign: Sign | None) -> None:
    """Note each file of the bundle, so that it goes with any of the people. Raises `StorageError`."""
    names = [MANIFEST, MODEL, CARD, *extras, *[SIGNATURE] * (sign is not None)]
    note_all([(folder / name, people, []) for name in names], _WHAT)


def _told(folder: Path, movements: int, *, signed: bool, supported: bool) -> str:
    trust = "signed" if signed else "unsigned, so a box refuses it until it is signed (`affectbox-converter sign`)"
    warning = "" if supported else f"\nIt is {NOT_SUPPORTED}, and says so wherever it is used."
    return (
        f"{folder}: written, {trust}; {movements} movements.{warning}\nA box keeps it with `affectbox personal add "
        f"{folder}`, and watches nobody else with it."
    )
