"""`evaluate`, `train`, `export` and `proof` of `affectbox-training atypicality`."""

import argparse
import sys
from functools import partial
from pathlib import Path

from device.contract.errors import ConfigError
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from device.contract.toml import assigned, parse
from device.runtime.quiet import native_chatter_silenced
from training.atypicality.recipe import OURS, Recipe
from training.diagnosis.evaluation import check_place
from training.diagnosis.export import NOT_SUPPORTED, population, refuse
from training.progress import bar

_EXAMPLE = "epochs=20"
_tell = partial(print, file=sys.stderr, flush=True)


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure a study. Raises `ConfigError`, `DataError`, `StorageError`."""
    check_place(arguments.out)
    recipe = parse(Recipe, [assigned(text, _EXAMPLE) for text in arguments.set]) if arguments.set else OURS
    awake()
    from training.atypicality.protocol import Protocol, evaluated  # noqa: PLC0415
    from training.atypicality.sound import study_of  # noqa: PLC0415
    from training.atypicality.tables import text  # noqa: PLC0415

    study = study_of(arguments)
    protocol = Protocol(
        ours=recipe,
        published=not arguments.no_published,
        typical=arguments.typical,
        folds=arguments.folds,
        seed=arguments.seed,
    )
    with bar(None, "networks", _fits(protocol.folds, recipe.inner, protocol.published)) as shown:
        found = evaluated(study, protocol, _tell, shown.update)
    found.save(arguments.out)
    if arguments.page:
        from training.atypicality.page import write_page  # noqa: PLC0415

        write_page(found, arguments.page)
    print(text(found))
    return 0


def proof(arguments: argparse.Namespace) -> int:
    """Try all of it on simulated children. Raises `ConfigError`, `StorageError`."""
    awake()
    from training.atypicality import proof as proofs  # noqa: PLC0415

    return proofs.proof(arguments)


def awake() -> None:
    """Load TensorFlow, without what it says of itself."""
    with native_chatter_silenced():
        from training.atypicality import learning  # noqa: PLC0415

        learning.awake()


def _fits(folds: int, inner: int, published: bool) -> int:
    return folds * (1 + inner) + folds * published + folds


def train(arguments: argparse.Namespace) -> int:
    """Learn from everybody. Raises `ConfigError`, `DataError`, `StorageError`."""
    from training.atypicality.evaluation import Evaluation  # noqa: PLC0415
    from training.atypicality.sound import study_of  # noqa: PLC0415

    found = Evaluation.load(arguments.evaluation)
    study = study_of(arguments)
    awake()
    from training.atypicality.run import save_run  # noqa: PLC0415
    from training.atypicality.train import trained  # noqa: PLC0415

    run = trained(study, found, arguments.out, _tell)
    save_run(run)
    for name, part in (("rating", run.rating), ("companion", run.companion)):
        if part:
            count = sum(weights.size for weights in part.weights)
            print(f"{name}: {count} weights, {part.epochs} epochs")
    print(f"wrote {arguments.out}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Make a bundle. Raises `ConfigError`, `EvidenceError`, `StorageError` and what `made_of` raises."""
    from converter.bundle import made, require_new, write_bundle  # noqa: PLC0415
    from converter.signing import signer  # noqa: PLC0415
    from training.atypicality import refusal  # noqa: PLC0415
    from training.atypicality.run import open_run  # noqa: PLC0415

    sign = signer(arguments.key) if arguments.key else None  # what is wrong with the options is told at once
    who, name = population(arguments.population), arguments.name or arguments.task
    require_new(arguments.bundles, f"{name}-{arguments.version}", replace=arguments.replace)
    run = open_run(arguments.run_folder)
    learnt = run.rating if arguments.task == ATYPICALITY else run.companion
    if learnt is None:
        raise ConfigError(f"{arguments.run_folder} holds no network for {arguments.task}: its study lacked the data.")
    against = {ATYPICALITY: refusal.of_ratings, TYPICAL_MOVEMENT: refusal.of_companion}[arguments.task](run.evaluation)
    refuse(against, unsupported=arguments.unsupported)
    with native_chatter_silenced():
        from training.atypicality.bundle import Asked, made_of  # noqa: PLC0415

        dtype = arguments.dtype or ("int8" if arguments.task == ATYPICALITY else "float32")
        asked = Asked(name, arguments.version, arguments.task, who, tuple(against), dtype)
        parts = made_of(run, learnt, asked)
    folder = write_bundle(arguments.bundles, *parts, sign, replace=arguments.replace)
    written, *_ = made(folder, signed=sign is not None).splitlines()
    whose = refusal.ages(run.evaluation, rates=arguments.task == ATYPICALITY)
    left_out = whose.left_out() if whose.enough else []
    print("\n".join([written, *left_out, _told(folder, arguments.task, supported=not against)]))
    return 0


def _told(folder: Path, task: str, *, supported: bool) -> str:
    key = "bundle" if task == ATYPICALITY else "typical"
    warning = "" if supported else f"It is {NOT_SUPPORTED}, and says so wherever it is used.\n"
    return (
        f"{warning}A box uses it where atypicality.{key} names {folder.name} and models.folders names "
        f"{folder.parent}, for people whose consent covers comparison with other people."
    )
