"""What `affectbox-training atypicality` does beside learning."""

import argparse
from contextlib import closing

from device.contract.toml import assigned, parse, read_toml
from training.atypicality import simulate as simulating
from training.atypicality.plan import Plan
from training.progress import bar

_EXAMPLE = "minutes=2"


def simulate(arguments: argparse.Namespace) -> int:
    """Write simulated children. Raises `ConfigError`, `StorageError`."""
    file = [(read_toml(arguments.plan, "--plan"), str(arguments.plan))] if arguments.plan else []
    plan = parse(Plan, [*file, *(assigned(text, _EXAMPLE) for text in arguments.set)])
    come = simulating.simulate(plan, arguments.seed, arguments.out)
    with closing(bar(come, "children", sum(plan.people.values()), "files")) as written:
        made = sum(1 for _ in written)
    groups = ", ".join(f"{number} {group}" for group, number in plan.people.items())
    print(
        f"wrote {arguments.out}: recordings of {made} simulated children ({groups}), rated by {plan.raters.number}, "
        f"seed {arguments.seed}"
    )
    return 0
