"""`affectbox-training au`: from annotated faces to the published tables in one go."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.errors import ConfigError, DataError
from training.arguments import add_set
from training.commands.prepare import add_annotated, layout_options

if TYPE_CHECKING:
    from training.action_units.story import Asked

_DESCRIPTION = """\
Crops the faces, trains a network of each recipe for each fold of participants, measures it on those held out, and
writes accuracy and F1 of each action, networks side by side (table.txt, table.csv, table.md), and all other figures
(details.txt, evaluation.json). The same command goes on where it was interrupted, and repeats nothing that is done.
"""


def add_parser(commands: Any) -> None:
    """Register `au`."""
    parser = commands.add_parser(
        "au", help="learn action units from annotated faces, and judge it", description=_DESCRIPTION
    )
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="annotated faces: a project, a folder, a table, or data.npz"
    )
    add_annotated(parser)
    parser.add_argument(
        "--recipe",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="TOML file, see training/recipes; may be repeated, to compare networks",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the folder of everything that is made")
    add_set(parser, "one key of every recipe, such as labels=17 or epochs=5")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    asked = _asked(arguments)
    from training.action_units.story import judge  # noqa: PLC0415

    print(judge(asked, partial(print, flush=True)))
    return 0


def _asked(arguments: argparse.Namespace) -> "Asked":
    from training.annotation.project import is_project  # noqa: PLC0415

    if not arguments.data.exists():
        raise DataError(f"There is no {arguments.data}: give a project, a folder, a table, or data.npz.")
    prepared = arguments.data.suffix == ".npz"
    layout = arguments.layout or ("project" if is_project(arguments.data) else "")
    if prepared == bool(layout):
        raise ConfigError(
            f"{arguments.data} is prepared already: leave --layout out."
            if prepared
            else "Say in which form the annotated faces are with --layout; see training/README.md."
        )
    if prepared and arguments.every:
        raise ConfigError(f"{arguments.data} is prepared already: leave --every out.")
    names = [path.stem for path in arguments.recipe]
    if len(set(names)) < len(names):
        raise ConfigError("Two recipes have the same file name, by which networks are told apart: rename one.")
    recipes = dict(zip(names, arguments.recipe, strict=True))
    from training.action_units.story import Asked  # noqa: PLC0415 - loads TensorFlow

    options, every = layout_options(arguments, layout), arguments.every or 1
    return Asked(arguments.data, layout, options, every, recipes, arguments.set, arguments.out, arguments.jobs)
