"""`affectbox-training au`: prepare → train → evaluate → export → predict, for action units and annotated data."""

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from training.action_units.layouts import CAMERAS, LAYOUTS
from training.arguments import add_bundle_options, crop_side, positive_count, positive_number, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.action_units.predict import Look

_DESCRIPTION = """\
Trains a network of action units on faces that FACS coders annotated, for those who hold such data: DISFA, BP4D, HRM,
or a table of their own. The crops are personal data and stay where --out says, readable by their owner only.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `au` with its subcommands."""
    parser = commands.add_parser(
        "au", help="train a network of action units on annotated faces", description=_DESCRIPTION
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for add in (_add_prepare, _add_train, _add_evaluate, _add_export, _add_predict):
        add(steps)


def _add_prepare(steps: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = steps.add_parser(
        "prepare",
        help="make one data file of an annotated data set",
        description="Reads a data set in the form in which it is passed on, crops its faces as the box does, and "
        "writes one data.npz. Repeating it changes nothing; interrupted, it goes on after the last whole recording.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="the data set's folder, or the table")
    parser.add_argument("--layout", choices=LAYOUTS, required=True, help="its form; see training/README.md")
    parser.add_argument("--camera", choices=CAMERAS, default=CAMERAS[0], help="of DISFA (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the data.npz to write")
    parser.add_argument("--size", type=crop_side, default=48, metavar="N", help="side of a crop, pixels (%(default)s)")
    parser.add_argument(
        "--every", type=positive_count, default=1, metavar="N", help="take every Nth picture (%(default)s)"
    )
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=positive_count, default=cores, metavar="N", help="processes (default: %(default)s)"
    )
    parser.set_defaults(run=_prepare)


def _prepare(arguments: argparse.Namespace) -> int:
    from training.action_units.prepare import Source, prepare  # noqa: PLC0415

    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is told of once, in our words
    source = Source(arguments.data, arguments.layout, arguments.size, arguments.every, arguments.camera)
    prepare(source, arguments.out, arguments.jobs, partial(print, flush=True))
    return 0


def _add_train(steps: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = steps.add_parser(
        "train",
        help="train the folds of a data file",
        description="Trains a network for each fold, which never sees the participants of that fold, with a "
        "checkpoint after every epoch.",
    )
    parser.add_argument("--recipe", type=Path, required=True, metavar="FILE", help="training/recipes/au.toml, say")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="what `au prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--fold",
        type=positive_count,
        action="append",
        default=[],
        metavar="K",
        help="only this one, from 1; may be repeated",
    )
    parser.add_argument("--resume", action="store_true", help="continue after the last whole epoch in --out")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change one key of the recipe; may be repeated"
    )
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    from training.action_units.recipe import AuRecipe  # noqa: PLC0415
    from training.machines import find_machines  # noqa: PLC0415
    from training.recipe import load_recipe_of  # noqa: PLC0415

    recipe = load_recipe_of(AuRecipe, arguments.recipe, arguments.set)
    machines = find_machines(recipe.strategy, recipe.batch)  # before the data: TensorFlow wants its cluster first
    from training.action_units.data import load_annotated  # noqa: PLC0415
    from training.action_units.train import train_folds  # noqa: PLC0415

    changes = "".join(f" --set '{text}'" for text in arguments.set)
    command = f"affectbox-training au train --recipe {arguments.recipe.name}{changes} --data data.npz --out RUN"
    data, log = load_annotated(arguments.data), partial(print, flush=True)
    train_folds(recipe, data, arguments.out, machines, arguments.fold, arguments.resume, command, log)
    print(f"wrote {arguments.out}")
    return 0


def _add_evaluate(steps: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = steps.add_parser(
        "evaluate",
        help="measure a run or a bundle",
        description="Figures of each action unit, as in the papers' tables: each fold's network on the participants "
        "whom it never saw, averaged over folds; or a bundle, by the code that runs it on the box.",
    )
    _add_network(parser)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="what `au prepare` wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from training.action_units.data import load_annotated  # noqa: PLC0415
    from training.action_units.evaluate import evaluate_bundle, evaluate_run, text  # noqa: PLC0415

    data = load_annotated(arguments.data)
    by_bundle = arguments.bundle is not None
    result = evaluate_bundle(arguments.bundle, data) if by_bundle else evaluate_run(arguments.run_folder, data)
    print(json.dumps(result) if arguments.json else text(result))
    return 0


def _add_export(steps: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = steps.add_parser(
        "export",
        help="make a bundle of a run",
        description="Quantizes the network of one fold to int8, measures it on the participants whom it never saw, "
        "and writes the bundle NAME-VERSION with its model card.",
    )
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--fold", type=positive_count, default=1, metavar="K", help="whose network (default: %(default)s)"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the data.npz that it was trained on")
    add_bundle_options(parser, "au")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from converter.signing import signer  # noqa: PLC0415
    from training.action_units.data import load_annotated  # noqa: PLC0415
    from training.action_units.export import export  # noqa: PLC0415
    from training.export import Label  # noqa: PLC0415

    sign = signer(arguments.key) if arguments.key else None  # a wrong key fails here, not after the measuring
    label = Label(arguments.name, arguments.version)
    data = load_annotated(arguments.data)
    folder = export(arguments.run_folder, arguments.fold, data, label, arguments.bundles, sign)
    print(written(folder, signed=sign is not None))
    return 0


def _add_predict(steps: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = steps.add_parser(
        "predict",
        help="write the action units of pictures or a video to csv",
        description="Finds the faces as the box does, and writes one row for each picture: the probability that each "
        "action unit is present, and its intensity.",
    )
    _add_network(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--image", type=Path, metavar="FILE", help="one picture")
    source.add_argument("--folder", type=Path, metavar="DIR", help="every picture in a folder and the folders in it")
    source.add_argument("--video", type=Path, metavar="FILE", help="the frames of a video")
    parser.add_argument(
        "--every",
        type=positive_number,
        default=0.04,
        metavar="SECONDS",
        help="between frames of --video (%(default)s)",
    )
    parser.add_argument("--csv", type=Path, required=True, metavar="OUT", help="the file to write")
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from training.action_units.predict import open_estimator, predict  # noqa: PLC0415

    estimator = open_estimator(arguments.bundle, arguments.run_folder)
    count, seen = predict(estimator, _looks(arguments, estimator.side), arguments.csv)
    print(f"wrote {arguments.csv}: {seen} faces in {count} pictures")
    return 0


def _looks(arguments: argparse.Namespace, side: int) -> "Iterator[Look]":
    from training.action_units.predict import images_in, look_at_images, look_at_video  # noqa: PLC0415

    if arguments.video:
        return look_at_video(arguments.video, arguments.every, side)
    if arguments.folder:
        return look_at_images(arguments.folder, images_in(arguments.folder), side)
    return look_at_images(arguments.image.parent, [arguments.image], side)


def _add_network(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", type=Path, metavar="DIR", help="a bundle's folder")
    what.add_argument("--run", dest="run_folder", type=Path, metavar="RUN", help="a run folder of `au train`")
