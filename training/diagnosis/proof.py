"""`affectbox-training diagnosis proof`: whether the methods keep what they promise, on simulated cohorts."""

import argparse
from hashlib import sha256
from pathlib import Path
from typing import Any

from training.arguments import add_workers, positive_count

_DESCRIPTION = """\
Tries the methods on simulated cohorts of which the truth is known: without any effect (how often is one found, and
what would a split by frame have claimed of the same people?), with one of d = 0.8 in AU12, with sites that go with
the groups, and with groups of very different sizes. Prints a table, and writes it as proof.json.
"""
_EPILOG = """\
All of it takes some ten minutes of two cores. Stopped, the same command goes on where it was. Simulated people: this
tries the methods, no figure of it is clinical accuracy.
"""


def add_parser(actions: Any) -> None:
    """Register `proof`."""
    parser = actions.add_parser(
        "proof", help="try the methods on simulated cohorts", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the figures go")
    parser.add_argument(
        "--cohorts", type=positive_count, metavar="N", help="of each kind at most (default: 200 null cohorts, …)"
    )
    add_workers(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.diagnosis.proven import summary, text  # noqa: PLC0415
    from training.diagnosis.trials import TRIALS, tried  # noqa: PLC0415
    from training.proofs import Proof, prove  # noqa: PLC0415

    marks = {trial.name: _mark(trial) for trial in TRIALS}
    asked = [(trial.name, seed) for trial in TRIALS for seed in trial.seeds[: arguments.cohorts]]
    proof = Proof(marks, asked, tried, summary, text)
    return prove(proof, arguments.out, arguments.scheduler, arguments.workers)


def _mark(trial: Any) -> str:
    """What a trial's lines were made by: the recipe, and people as they are simulated."""
    from training.cohort.quick import simulate_table  # noqa: PLC0415
    from training.cohort.store import digest  # noqa: PLC0415
    from training.diagnosis.recipe import REFERENCE  # noqa: PLC0415

    return sha256(repr((REFERENCE, digest(simulate_table(trial.plan, 0)))).encode()).hexdigest()[:16]
