"""The command `affectbox-training`: prepare → train → evaluate → export. Each imports its heavy packages only when it
runs."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from device.contract.command import INTERRUPTED, concluded
from device.contract.errors import ConfigError, StorageError
from device.contract.version import version
from training.appearance.command import add_parser as add_au_parser
from training.arguments import add_bundle_options, positive_count, written
from training.data import kaggle
from training.face.rest import add_parser as add_rest_parser
from training.sample_clip.clip import add_parser as add_clip_parser
from training.videos.command import add_parser as add_faces_parser

if TYPE_CHECKING:
    from training.data.faces import Faces


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; expected failures are one sentence on standard error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes would bury the progress

    def run() -> int:
        arguments = _parser().parse_args(argv)
        try:
            return int(arguments.run(arguments))
        except KeyboardInterrupt:
            print("Stopped. The same command goes on where it was; `train` wants --resume for that.", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StorageError(
                f"A file cannot be read or written ({error}): check the paths and the free space."
            ) from error

    return concluded("affectbox-training", run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-training", description="Trains the networks of Affectbox.")
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_prepare(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_export(commands)
    add_clip_parser(commands)
    add_rest_parser(commands)
    add_faces_parser(commands)
    add_au_parser(commands)
    return parser


def _add_source(parser: argparse.ArgumentParser, group: "argparse._MutuallyExclusiveGroup") -> None:
    group.add_argument("--csv", type=Path, metavar="FILE", help="fer2013.csv, plain or .gz")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="images, a folder for each class")
    parser.add_argument("--ferplus", type=Path, metavar="FILE", help="fer2013new.csv, the FER+ votes for --csv")


def _add_prepare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "prepare",
        help="make one data file from a data set",
        description="Reads FER2013 (with FER+ votes) or folders of images and writes one data.npz for the other "
        "commands. Repeating it changes nothing; interrupted, it goes on where it was.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    _add_source(parser, source)
    source.add_argument(
        "--kaggle",
        nargs="?",
        const=kaggle.DATASET,
        metavar="DATASET",
        help="download fer2013.csv from Kaggle, beside --out (data set: %(const)s)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the data.npz to write")
    parser.add_argument(
        "--codes",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a table of action units, of rows of --csv or of pictures beside it; may be repeated",
    )
    parser.add_argument("--recrop", action="store_true", help="add every face as the box's own aligner crops it")
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=positive_count, default=cores, metavar="N", help="processes (default: %(default)s)"
    )
    parser.set_defaults(run=_prepare)


def _prepare(arguments: argparse.Namespace) -> int:
    from training.prepare import Source, prepare  # noqa: PLC0415

    _check_ferplus(arguments)
    csv = arguments.csv
    if arguments.kaggle:
        csv = kaggle.download(arguments.out.parent, arguments.kaggle)
    source = Source(csv, arguments.ferplus, arguments.images, tuple(arguments.codes))
    prepare(source, arguments.out, arguments.recrop, arguments.jobs, partial(print, flush=True))
    return 0


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "train",
        help="train a network by a recipe",
        description="Trains a network on a data.npz, with a checkpoint after every epoch. The averaged weights "
        "of the last epoch stay in the run folder, with meta.json.",
    )
    parser.add_argument("--recipe", type=Path, required=True, metavar="FILE", help="TOML file, see training/recipes")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="what `prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument("--resume", action="store_true", help="continue after the last whole epoch in --out")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the recipe, such as seed=1 or network.dropout=0.2; may be repeated",
    )
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    from training.face.recipe import FaceRecipe, load_any_recipe  # noqa: PLC0415

    recipe = load_any_recipe(arguments.recipe, arguments.set)
    changes = "".join(f" --set '{text}'" for text in arguments.set)
    command = f"affectbox-training train --recipe {arguments.recipe.name}{changes} --data data.npz --out RUN"
    from training.machines import find_machines  # noqa: PLC0415
    from training.train import train  # noqa: PLC0415

    machines = find_machines(recipe.strategy, recipe.batch)  # before the data: TensorFlow wants its cluster first
    from training.data.faces import load_faces  # noqa: PLC0415

    data, say = load_faces(arguments.data), partial(print, flush=True)
    if isinstance(recipe, FaceRecipe):
        from training.face.train import train_face  # noqa: PLC0415

        folder = train_face(recipe, data, arguments.out, machines, arguments.resume, command, say)
    else:
        folder = train(recipe, data, arguments.out, machines, arguments.resume, command, say)
    print(f"wrote {folder}")
    return 0


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a bundle or a run",
        description="Measures a bundle (by the code that runs it on the box) or a run on one split: accuracy, "
        "balanced accuracy, precision, recall and F1 of each class, calibration, groups of people, box crops; and, of "
        "a face network on coded faces, AUC, F1, ICC and error of each action unit, and what is hidden.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", type=Path, metavar="DIR", help="a bundle's folder, or the .tflite file in it")
    what.add_argument("--run", dest="run_folder", type=Path, metavar="RUN", help="a run folder of `train`")
    data = parser.add_mutually_exclusive_group(required=True)
    _add_source(parser, data)
    data.add_argument("--data", type=Path, metavar="FILE", help="what `prepare` wrote")
    parser.add_argument("--split", default="PublicTest", metavar="NAME", help="default: %(default)s")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw confusion and calibration there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from training.evaluate import bundle_candidate, evaluate, run_candidate, text  # noqa: PLC0415

    faces = _faces(arguments)
    candidate = bundle_candidate(arguments.bundle) if arguments.bundle else run_candidate(arguments.run_folder, faces)
    result, found = evaluate(candidate, faces, arguments.split)
    if arguments.pictures:
        from training.pictures import draw_all  # noqa: PLC0415

        draw_all(result, found, faces.split(arguments.split), arguments.pictures)
    print(json.dumps(result) if arguments.json else text(result))
    return 0


def _faces(arguments: argparse.Namespace) -> "Faces":
    from training.data.faces import load_faces  # noqa: PLC0415
    from training.prepare import Source  # noqa: PLC0415

    _check_ferplus(arguments)
    if arguments.data:
        return load_faces(arguments.data)
    return Source(arguments.csv, arguments.ferplus, arguments.images).read()


def _check_ferplus(arguments: argparse.Namespace) -> None:
    if arguments.ferplus and not (arguments.csv or getattr(arguments, "kaggle", None)):
        raise ConfigError("--ferplus holds the votes for fer2013.csv: give that with --csv.")


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "export",
        help="make a bundle of a run",
        description="Quantizes the weights of a run to int8, fits temperatures and measures on PublicTest, and "
        "writes the bundle NAME-VERSION with its model card.",
    )
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the data.npz that it was trained on")
    add_bundle_options(parser, "")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from converter.signing import signer  # noqa: PLC0415
    from training.data.faces import load_faces  # noqa: PLC0415
    from training.export import Label, export  # noqa: PLC0415
    from training.face.export import export_face  # noqa: PLC0415
    from training.run_folder import reads_faces  # noqa: PLC0415

    sign = signer(arguments.key) if arguments.key else None  # a wrong key fails here, not after the measuring
    face = reads_faces(arguments.run_folder)
    label = Label(arguments.name or ("face" if face else "fer"), arguments.version)
    make = export_face if face else export
    folder = make(arguments.run_folder, load_faces(arguments.data), label, arguments.bundles, sign)
    print(written(folder, signed=sign is not None))
    return 0
