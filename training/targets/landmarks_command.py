"""`affectbox-training targets landmarks`: how far key points moved from rest, from the landmarks of videos."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from training.targets import compared

_DESCRIPTION = """\
Compares how far the key points of the face moved from each person's own rest, between two groups or two phases, from
files of landmarks: DIR/PSEUDONYM.csv or DIR/PSEUDONYM/….csv, as `affectbox au --video … --landmarks 68 --csv …` writes
them. Phases are rows of stimuli.csv, whose recordings name these files or the videos. Head movement is taken
out. Writes the same tables and pictures of key points as `targets compare`. See docs/diagnosis.md.
"""


def add_parser(actions: Any) -> None:
    """Register `targets landmarks`."""
    parser = actions.add_parser(
        "landmarks", help="compare how far key points moved from rest, in videos", description=_DESCRIPTION
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="files of landmarks")
    parser.add_argument("--participants", type=Path, required=True, metavar="CSV", help="pseudonym, group, site, …")
    parser.add_argument(
        "--stimuli", type=Path, required=True, metavar="CSV", help="phases: recording, label, from, to (seconds)"
    )
    parser.add_argument("--rest", required=True, metavar="LABEL", help="the phase in which people were relaxed")
    compared.add_options(parser, required=True)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    compared.require_new(arguments.out)
    compared.require_enough(arguments.permutations)
    from training.cohort.study import read_study  # noqa: PLC0415
    from training.targets.folder import folder  # noqa: PLC0415
    from training.targets.moved import moved  # noqa: PLC0415

    study = read_study(arguments.participants, arguments.stimuli)
    study.require_sound()
    say = partial(print, flush=True)
    matrix = moved(arguments.folder, study.people, study.stimuli, arguments.rest, say)
    with folder(arguments.out) as new:
        said = compared.compare(new, matrix, arguments)
    say(f"{said}\nWrote {arguments.out}.")
    return 0
