"""`affectbox-training train`: a network by a recipe."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from training.arguments import add_set, positive_count

_DESCRIPTION = """\
Trains the network of a recipe on a data.npz, with a checkpoint after every epoch. The averaged weights of the last
epoch stay in the run folder, with meta.json. Where the recipe has folds, a network is trained for each, which never
sees the participants of that fold. An epoch of face.toml takes minutes on a processor; progress is shown.
"""


def add_parser(commands: Any) -> None:
    """Register `train`."""
    parser = commands.add_parser("train", help="train a network by a recipe", description=_DESCRIPTION)
    parser.add_argument("--recipe", type=Path, required=True, metavar="FILE", help="TOML file, see training/recipes")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="what `prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--fold",
        type=positive_count,
        action="append",
        default=[],
        metavar="K",
        help="only this fold, from 1; may be repeated",
    )
    parser.add_argument("--resume", action="store_true", help="continue after the last whole epoch in --out")
    add_set(parser, "one key of the recipe, such as seed=1 or network.dropout=0.2")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.kinds import load_recipe  # noqa: PLC0415

    kind, recipe = load_recipe(arguments.recipe, arguments.set)
    changes = "".join(f" --set '{text}'" for text in arguments.set)
    command = f"affectbox-training train --recipe {arguments.recipe.name}{changes} --data data.npz --out RUN"
    from training.machines import find_machines  # noqa: PLC0415
    from training.train import train  # noqa: PLC0415

    machines = find_machines(recipe.strategy, recipe.batch)  # before the data: TensorFlow wants its cluster first
    data, say = kind.load(arguments.data), partial(print, flush=True)
    folds, resume = arguments.fold, arguments.resume
    print(f"wrote {train(kind, recipe, data, arguments.out, machines, folds, resume, command, say)}")
    return 0
