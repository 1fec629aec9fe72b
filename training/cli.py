"""The command `affectbox-training`: prepare → train → evaluate → export, the same for every kind of network. Each
imports its heavy packages only when it runs."""

import argparse
import os
import sys
from collections.abc import Sequence

from device.contract.command import INTERRUPTED, concluded
from device.contract.errors import StorageError
from device.contract.version import ShowVersion
from training.action_units import command as au
from training.annotation import coding_command as coding
from training.annotation import command as annotate
from training.atypicality import command as atypicality
from training.cohort import command as cohort
from training.commands import evaluate, export, predict, prepare, train
from training.diagnosis import command as diagnosis
from training.face import command as face
from training.face import rest
from training.personal import command as personal
from training.sample_clip import clip
from training.targets import command as targets
from training.videos import command as faces


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
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (
        *(prepare, train, evaluate, export, predict, au),
        *(clip, rest, face, faces, annotate, coding),
        *(cohort, diagnosis, targets, atypicality, personal),
    ):
        module.add_parser(commands)
    return parser
