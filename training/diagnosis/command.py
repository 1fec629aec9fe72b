"""`affectbox-training diagnosis`: whether groups can be told apart by their features, and a bundle where they can."""

from typing import Any

from training.diagnosis import evaluate, export, proof, train

_DESCRIPTION = """\
Diagnosis support: `evaluate` measures whether the groups of a cohort can be told apart at all, by participants from
whom nothing was learnt; `train` fits the network that would go onto a box; `export` makes its bundle, where the
evidence carries one, and says why not where it does not. See docs/diagnosis.md.
"""


def add_parser(commands: Any) -> None:
    """Register `diagnosis` and its actions."""
    parser = commands.add_parser(
        "diagnosis", help="measure whether groups can be told apart; a bundle where they can", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for module in (evaluate, train, export, proof):
        module.add_parser(actions)
