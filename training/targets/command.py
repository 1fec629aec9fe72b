"""`affectbox-training targets`: which points of the face, and which action units, differ."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError
from device.contract.landmarks import COUNTS
from training.arguments import names, positive_count, positive_number
from training.files import write_there
from training.targets import compared, gradients_command, landmarks_command, picture_commands

_DESCRIPTION = """\
Digital targets: which action units and key points of the face differ between two groups of people, or between two
phases of the same people, how surely, and in which phase. See docs/diagnosis.md.
"""
_COMPARE = """\
Labels are dealt anew within sites (of two phases, signs are flipped), p is adjusted for everything that is looked at,
and ranks and effects have intervals. Writes tables, pictures and targets.json into a folder.
"""
_MAP = """\
The teaching map of targets: one page of HTML with the face in each phase, what differs, how surely, and what that does
not mean. It holds everything within itself, is read on any screen, and prints on one page of A4.
"""


def add_parser(commands: Any) -> None:
    """Register `targets` and its actions."""
    parser = commands.add_parser(
        "targets", help="find what differs in the face between groups or phases", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_compare(actions)
    _add_map(actions)
    landmarks_command.add_parser(actions)
    gradients_command.add_parser(actions)
    picture_commands.add_parsers(actions)


def _add_compare(actions: Any) -> None:
    parser = actions.add_parser("compare", help="compare two groups, or two phases", description=_COMPARE)
    parser.add_argument("--features", type=Path, required=True, metavar="TABLE", help="what `cohort features` wrote")
    compared.add_options(parser, required=True)
    parser.add_argument("--group", default="", metavar="NAME", help="of --between: only the people of a group")
    parser.add_argument(
        "--phases", type=names, default=(), metavar="NAME[,NAME…]", help="of --groups: only these (default: all)"
    )
    parser.add_argument(
        "--points", type=int, choices=COUNTS, default=68, help="key points of the face beside the units (%(default)s)"
    )
    parser.add_argument(
        "--study", type=Path, metavar="DIR", help="also over time: the study's folder, with recordings"
    )
    cut = parser.add_mutually_exclusive_group()
    cut.add_argument("--bins", type=positive_count, metavar="N", help="of --study: shares of each phase (20)")
    cut.add_argument("--seconds", type=positive_number, metavar="S", help="of --study: bins of this length instead")
    parser.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    compared.require_enough(arguments.permutations)
    if needless := arguments.phases and "--phases" if arguments.between else arguments.group and "--group":
        raise ConfigError(f"{needless} does not go with this comparison: leave it out.")
    if (arguments.bins or arguments.seconds) and not arguments.study:
        raise ConfigError("--bins and --seconds cut the phases of a study: name it with --study.")
    from training.targets.contrast import Question  # noqa: PLC0415
    from training.targets.courses import Axis  # noqa: PLC0415
    from training.targets.finding import Wanted, find  # noqa: PLC0415

    asked = Question("groups" if arguments.groups else "phases", *(arguments.groups or arguments.between))
    drawn = (arguments.permutations, arguments.seed)
    over_time = (arguments.study, Axis(arguments.bins or Axis.bins, arguments.seconds or 0.0))
    wanted = Wanted(asked, arguments.phases, arguments.group, arguments.points, *drawn, *over_time)
    find(arguments.features, wanted, arguments.out, partial(print, flush=True))
    return 0


def _add_map(actions: Any) -> None:
    parser = actions.add_parser("map", help="one page of the face, for people who teach", description=_MAP)
    parser.add_argument("folder", type=Path, metavar="DIR", help="what `targets compare` wrote")
    parser.add_argument("--out", dest="page", type=Path, metavar="FILE", help="(default: map.html in DIR)")
    parser.set_defaults(run=_map)


def _map(arguments: argparse.Namespace) -> int:
    from training.targets.folder import read  # noqa: PLC0415
    from training.targets.teaching import page  # noqa: PLC0415

    out = arguments.page or arguments.folder / "map.html"
    content = page(read(arguments.folder)).encode()
    write_there(out, lambda file: file.write(content))
    print(f"Wrote {out}: open it in a browser, or print it on one page of A4.")
    return 0
