"""The command `affectbox-training`. Each subcommand imports its heavy packages only when it runs."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from device.contract.errors import AffectboxError, StorageError
from training.sample_clip.clip import add_parser as add_clip_parser
from training.videos.command import add_parser as add_faces_parser

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; expected failures are one sentence on standard error."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except AffectboxError as error:
        print(f"affectbox-training: {error}", file=sys.stderr)
        return error.exit_code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-training", description="Trains the networks of Affectbox.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_fer(commands)
    add_clip_parser(commands)
    add_faces_parser(commands)
    return parser


def _add_fer(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "fer",
        help="train the facial expression network and write its bundle",
        description="Trains the facial expression network on FER2013 with FER+ votes, quantizes it to int8, measures "
        "it on PublicTest and writes the bundle fer-0.1.0. About half an hour on two idle cores.",
    )
    parser.add_argument("--csv", type=Path, required=True, metavar="FILE", help="fer2013.csv, plain or .gz")
    parser.add_argument("--ferplus", type=Path, required=True, metavar="FILE", help="fer2013new.csv, the FER+ votes")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where checkpoints go")
    parser.add_argument("--bundles", type=Path, metavar="DIR", help="where fer-0.1.0/ goes (default: --out)")
    parser.add_argument("--epochs", type=_positive, default=26, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="default: %(default)s")
    parser.add_argument("--resume", action="store_true", help="continue after the last whole epoch in --out")
    parser.set_defaults(run=_fer)


def _fer(arguments: argparse.Namespace) -> int:
    from training.datasets import read_fer  # noqa: PLC0415

    data = read_fer(arguments.csv, arguments.ferplus)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes would bury the progress
    from training.bundle import export  # noqa: PLC0415
    from training.fer import Recipe, train  # noqa: PLC0415

    recipe = Recipe(epochs=arguments.epochs, seed=arguments.seed)
    bundles = arguments.bundles or arguments.out
    try:
        network, run = train(recipe, data, arguments.out, arguments.resume, partial(print, flush=True))
        folder = export(network, recipe, data, run, _command(arguments), bundles)
    except KeyboardInterrupt:
        print("Stopped. The same command with --resume continues after the last whole epoch.", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        raise StorageError(f"Cannot keep the run in {arguments.out} and {bundles} ({error}).") from error
    print(f"wrote {folder}")
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """What to type to repeat the run, without the folders of this machine."""
    return (
        f"affectbox-training fer --csv {arguments.csv.name} --ferplus {arguments.ferplus.name} "
        f"--out {arguments.out.name} --epochs {arguments.epochs} --seed {arguments.seed}"
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
