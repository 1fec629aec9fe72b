"""`affectbox-training atypicality`: how unusual a movement of the face looks, as raters would say, and how unlikely it
is among typical people."""

import argparse
from pathlib import Path
from typing import Any

from training.arguments import add_set, add_workers, bundle_name, bundle_version, count, later, positive_count, several

_DESCRIPTION = """\
Atypicality: people rated from 1 to 5 how unusual short stretches of a recording look, and a network learns to rate as
they do; a companion learns, without ratings, how unlikely a movement is among typical people. A study is a folder:
participants.csv (pseudonym, group, age), recordings/, ratings.csv (recording, from_s, to_s, rater, rating). `check`
says in words what is wrong with it, `evaluate` measures in folds of people how near a network comes to the raters, and
what they themselves agree on, `train` learns from all, and `export` makes the bundle of a box, where the evidence
carries it. `simulate` makes a study in which the truth is known. See docs/atypicality.md.
"""
_SIMULATE = """\
Writes simulated children and their raters to a folder: asynchrony, asymmetry and jerk are planted, and truth.csv holds
what somebody who sees exactly right would have rated.
"""
_CHECK = "Reads all recordings and ratings, and says what is wrong. Exit code 22: something makes the study useless."
_EVALUATE = """\
Measures the published recipe, ours, and the mean as baseline, in folds of people, beside the agreement of the raters;
the companion without ratings; and whether entropy is higher or lower in the typical group. Writes evaluation.json.
"""
_TRAIN = (
    "Learns from all people of a study, with the settings that `evaluate` measured, into a run folder for `export`."
)
_EXPORT = """\
Makes the bundle NAME-VERSION of a run, where the evidence carries it. Where it does not, nothing is written and the
reasons are told; with --unsupported it is written all the same, and says so wherever it is used.
"""
_PROOF = """\
Tries all of it on simulated children of whom the truth is known: is it recovered, up to what the raters agree on, and
never above it; and does a network find nothing where nothing is planted? Stopped, the same command goes on where it
was.
"""
#: `device.contract.tasks`, without what it loads.
TASKS = ("atypicality", "typical-movement")


def add_parser(commands: Any) -> None:
    """Register `atypicality` and its actions."""
    parser = commands.add_parser(
        "atypicality", help="rate how unusual movements look, or how unlikely they are", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for add in (_add_simulate, _add_check, _add_evaluate, _add_train, _add_export, _add_proof):
        add(actions)


def _add_simulate(actions: Any) -> None:
    parser = actions.add_parser("simulate", help="make children of whom the truth is known", description=_SIMULATE)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="TOML file, see training/atypicality/plan.py")
    add_set(parser, "one key of the plan")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything (default: %(default)s)")
    parser.set_defaults(run=later("training.atypicality.actions", "simulate"))


def _add_check(actions: Any) -> None:
    parser = actions.add_parser("check", help="say what is wrong with a study", description=_CHECK)
    _add_study(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON, and nothing else")
    parser.set_defaults(run=later("training.atypicality.check", "check"))


def _add_evaluate(actions: Any) -> None:
    parser = actions.add_parser("evaluate", help="measure what can be learnt of a study", description=_EVALUATE)
    _add_study(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the evaluation.json to write")
    parser.add_argument("--page", type=Path, metavar="HTML", help="write the figures as a page, too")
    parser.add_argument("--folds", type=several, default=3, metavar="N", help="of people (%(default)s)")
    parser.add_argument(
        "--typical", default="typical", metavar="GROUP", help="from which the companion learns (%(default)s)"
    )
    parser.add_argument("--no-published", action="store_true", help="leave out the published recipe, which takes long")
    add_set(parser, "a key of our recipe")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything drawn (%(default)s)")
    parser.set_defaults(run=later("training.atypicality.steps", "evaluate"))


def _add_train(actions: Any) -> None:
    parser = actions.add_parser("train", help="learn from all people of a study", description=_TRAIN)
    _add_study(parser)
    parser.add_argument(
        "--evaluation",
        type=Path,
        required=True,
        metavar="FILE",
        help="of DIR, by `evaluate`: says with which settings",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.set_defaults(run=later("training.atypicality.steps", "train"))


def _add_export(actions: Any) -> None:
    parser = actions.add_parser("export", help="make the bundle, where the evidence carries it", description=_EXPORT)
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="of `train`")
    parser.add_argument("--task", choices=TASKS, default=TASKS[0], help="what the bundle says (%(default)s)")
    parser.add_argument(
        "--population", required=True, metavar="TEXT", help="who the people were, in words, for whoever reads it"
    )
    parser.add_argument("--bundles", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument("--name", type=bundle_name, metavar="NAME", help="(default: the task)")
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument(
        "--dtype", choices=("float32", "int8"), help="of the network (default: int8, of typical movement float32)"
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")
    parser.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    parser.add_argument(
        "--unsupported", action="store_true", help="write it although the evidence does not carry it, and say so in it"
    )
    parser.set_defaults(run=later("training.atypicality.steps", "export"))


def _add_proof(actions: Any) -> None:
    parser = actions.add_parser(
        "proof",
        help="try all of it on simulated children",
        description=_PROOF,
        epilog="All of it takes some fifteen minutes of one core. Simulated children: no figure is clinical accuracy.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the figures go")
    parser.add_argument(
        "--cohorts", type=positive_count, metavar="N", help="of each kind at most (default: 15 planted ones, …)"
    )
    add_workers(parser)
    parser.set_defaults(run=later("training.atypicality.steps", "proof"))


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="the study: participants.csv, recordings/, ratings.csv"
    )
    add_workers(parser)
