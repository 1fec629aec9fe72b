"""`affectbox-training diagnosis evaluate`: whether the groups of a cohort can be told apart."""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from training.arguments import add_workers, count, positive_count, several, share
from training.diagnosis.recipe import REFERENCE

_DESCRIPTION = """\
Nested, repeated folds of participants; everything that learns, learns inside them. Prints the metrics with intervals
over participants, the confounds alone, every site left out once, how often conformal sets hold the right group, and
the p-value by permutation of the participants' groups within their sites; writes them as evaluation.json.
"""
_EPILOG = """\
With 1000 permutations, 200 participants take some minutes on two cores. --split is for comparison with papers: no
bundle is exported on the figures of a single split.
"""


def add_parser(actions: Any) -> None:
    """Register `evaluate`."""
    parser = actions.add_parser(
        "evaluate",
        help="measure whether the groups of a cohort can be told apart",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("features", type=Path, metavar="FEATURES", help="what `cohort features` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the evaluation.json to write")
    parser.add_argument("--folds", type=several, default=10, metavar="N", help="outer folds (%(default)s)")
    parser.add_argument("--repeats", type=positive_count, default=5, metavar="N", help="of them (%(default)s)")
    parser.add_argument("--permutations", type=positive_count, default=1000, metavar="M", help="(%(default)s)")
    parser.add_argument("--split", default="", metavar="7:2", help="one split by participant, instead of folds")
    parser.add_argument(
        "--alpha",
        type=share,
        default=REFERENCE.alpha,
        metavar="SHARE",
        help="of conformal sets that may miss the right group (%(default)s)",
    )
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything drawn (%(default)s)")
    add_workers(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.cohort.store import load  # noqa: PLC0415
    from training.diagnosis.evaluation import check_place  # noqa: PLC0415
    from training.diagnosis.protocol import Protocol, evaluated  # noqa: PLC0415
    from training.diagnosis.tables import text  # noqa: PLC0415
    from training.progress import bar  # noqa: PLC0415

    check_place(arguments.out)
    protocol = Protocol(
        recipe=replace(REFERENCE, alpha=arguments.alpha),
        folds=arguments.folds,
        repeats=arguments.repeats,
        permutations=arguments.permutations,
        seed=arguments.seed,
        split=arguments.split,
        scheduler=arguments.scheduler,
        workers=arguments.workers,
    )
    say, table = partial(print, file=sys.stderr, flush=True), load(arguments.features)
    with bar(None, "permutations", protocol.permutations) as shown:
        found = evaluated(table, protocol, say, lambda done: shown.update(done - shown.n))
    found.save(arguments.out)
    print(text(found))
    return 0
