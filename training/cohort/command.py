"""`affectbox-training cohort`: a study's people and recordings become a table of features."""

import argparse
from pathlib import Path
from typing import Any

from training.arguments import add_set, count, later, names

_ACTIONS = "training.cohort.actions"
_DESCRIPTION = """\
A cohort: who takes part, in which group (participants.csv: pseudonym, group, site, age, sex, medication), and the
recordings of each (JSON lines, an export in Parquet, or a database), with phases, or with parts that stand in
stimuli.csv (recording, label, from, to). `check` says in words what is wrong with it, `features` makes the table that
`diagnosis` and `targets` learn from, and `simulate` makes a cohort in which the truth is known. See docs/diagnosis.md.
"""
_SIMULATE = """\
Writes a simulated cohort to a folder: participants.csv, recordings as JSON lines, and truth.json, which holds what is
planted. Without a plan nothing is planted: a null cohort of 30 + 30 people at two sites.
"""
_CHECK = """\
Reads all recordings, and says what is wrong with the study. Exit code 22: something makes it useless.
"""
_FEATURES = """\
Writes the features of each participant in each phase, by the function that the box uses, with coverage, and empty
where nothing was measured. One session at a time is in memory; what a session comes to is kept, so that the same
command goes on where it was stopped, and reads only what is new. That and the table are personal data: files for
their owner alone, from which `affectbox-cloud erase PSEUDONYM --files` takes whoever withdraws.
"""


def add_parser(commands: Any) -> None:
    """Register `cohort` and its actions."""
    parser = commands.add_parser(
        "cohort", help="people and recordings of a study become features", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_simulate(actions)
    check = actions.add_parser("check", help="say what is wrong with a study", description=_CHECK)
    _add_study(check)
    check.add_argument("--json", action="store_true", help="print the findings as JSON, and nothing else")
    check.set_defaults(run=later(_ACTIONS, "check"))
    features = actions.add_parser("features", help="write the features of a study", description=_FEATURES)
    _add_study(features)
    features.add_argument("--out", type=Path, required=True, metavar="FILE", help="a table, .npz or .parquet")
    features.add_argument(
        "--first",
        action="store_true",
        help="of several sessions of somebody only the first, as a box judges one (default: their mean)",
    )
    features.set_defaults(run=later(_ACTIONS, "features"))


def _add_simulate(actions: Any) -> None:
    parser = actions.add_parser("simulate", help="make a cohort in which the truth is known", description=_SIMULATE)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="TOML file, see training/cohort/plan.py")
    add_set(parser, "one key of the plan")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything (default: %(default)s)")
    parser.set_defaults(run=later(_ACTIONS, "simulate"))


def _add_study(parser: argparse.ArgumentParser) -> None:
    """What says which people and which recordings."""
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help="the study: participants.csv, stimuli.csv where wanted, recordings/"
    )
    parser.add_argument("--participants", type=Path, metavar="CSV", help="another table than DIR/participants.csv")
    parser.add_argument("--stimuli", type=Path, metavar="CSV", help="another table than DIR/stimuli.csv")
    parser.add_argument(
        "--recordings",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="files of records (.jsonl, .parquet) or folders of them, such as an export (default: DIR/recordings)",
    )
    parser.add_argument("--database", metavar="URL[,URL…]", help="the sessions of the participants, from there")
    parser.add_argument(
        "--phases",
        type=names,
        default=(),
        metavar="NAME[,NAME…]",
        help="these, or whole-session (default: those that at least half of the participants held)",
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="where what each session comes to is kept (default: DIR/sessions)"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster, such as tcp://10.0.0.5:8786")
    parser.add_argument(
        "--workers", type=count, metavar="N", help="processes here (default: one a core; 0: in this process)"
    )
    who = parser.add_argument_group("signing in", "Databases show nothing to strangers. Say who you are:")
    who.add_argument(
        "--token-file", metavar="FILE", type=Path, help="holds an ID token, which may stand in $AFFECTBOX_TOKEN"
    )
    who.add_argument("--service-account", metavar="FILE", type=Path, help="for admins: the service account's key")
    who.add_argument("--owner", action="store_true", help="above the rules of a local database on this machine")
