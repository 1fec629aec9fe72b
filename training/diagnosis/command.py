"""`affectbox-training diagnosis`: whether groups can be told apart by their features, and a bundle where they can."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.arguments import bundle_name, bundle_version
from training.diagnosis import evaluate, proof

_DESCRIPTION = """\
Diagnosis support: `evaluate` measures whether the groups of a cohort can be told apart at all, by participants whom
nothing has learnt from; `train` fits the network that would go onto a box; `export` makes its bundle, where the
evidence carries one, and says why not where it does not. `proof` tries the methods on simulated cohorts, with and
without an effect. See docs/diagnosis.md.
"""
_TRAIN = """\
Fits the network on all participants of a table of features, with the settings that the folds would choose, into a run
folder. With --faces: a network on aligned faces of consented videos (`affectbox-training faces`), evaluated by
participants; such a run is never exported, for on the box no picture is kept until the end of a session.
"""
_EXPORT = """\
Makes the bundle NAME-VERSION of a run and of its evaluation, where the evidence carries it. Where it does not, nothing
is written and the reasons are told; with --unsupported it is written all the same, with 'not supported by its
evidence' in its manifest and card, which the box and the report repeat.
"""


def add_parser(commands: Any) -> None:
    """Register `diagnosis` and its actions."""
    parser = commands.add_parser(
        "diagnosis", help="measure whether groups can be told apart; a bundle where they can", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    evaluate.add_parser(actions)
    _add_train(actions)
    _add_export(actions)
    proof.add_parser(actions)


def _add_train(actions: Any) -> None:
    parser = actions.add_parser("train", help="fit the network on all participants", description=_TRAIN)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--features", type=Path, metavar="TABLE", help="what `cohort features` wrote")
    what.add_argument("--faces", type=Path, metavar="DIR", help="what `affectbox-training faces` wrote")
    parser.add_argument("--participants", type=Path, metavar="CSV", help="of --faces: participants.csv of the cohort")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="TOML file, see training/recipes (diagnosis.toml)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change one key of the recipe; may be repeated"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.set_defaults(run=_later("training.diagnosis.train", "train"))


def _add_export(actions: Any) -> None:
    parser = actions.add_parser("export", help="make the bundle, where the evidence carries it", description=_EXPORT)
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="of `train`")
    parser.add_argument(
        "--evaluation", type=Path, required=True, metavar="FILE", help="evaluation.json of `evaluate`, same features"
    )
    parser.add_argument(
        "--population", required=True, metavar="TEXT", help="who the people were, in words, for whoever reads a set"
    )
    parser.add_argument("--bundles", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument("--name", type=bundle_name, default="support", metavar="NAME", help="(%(default)s)")
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument("--dtype", choices=("float32", "int8"), default="float32", help="of the network (%(default)s)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")
    parser.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    parser.add_argument(
        "--unsupported", action="store_true", help="write it although the evidence does not carry it, and say so in it"
    )
    parser.set_defaults(run=_later("training.diagnosis.export", "export"))


def _later(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """What runs a module's function, and loads the module only then."""

    def run(arguments: argparse.Namespace) -> int:
        return int(getattr(importlib.import_module(module), function)(arguments))

    return run
