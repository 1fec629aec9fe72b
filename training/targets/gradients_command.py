"""`affectbox-training targets gradients`: what a network looks at, at the key points, by person and phase."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from cloud.erasing.known import note
from device.contract.command import tell
from device.contract.landmarks import COUNTS
from training.arguments import positive_count
from training.targets import compared

_DESCRIPTION = """\
How much an answer of a network depends on each key point of the face: the gradient of its last convolution there, mean
over a person's faces in a phase, and over the networks of a run's folds. Writes gradients.csv, and with two groups or
phases the same tables and pictures as `targets compare`. It says what a network looks at, not what differs in people;
a network that has learnt nothing looks somewhere too. See docs/diagnosis.md.
"""
_TABLE = "gradients.csv"
_METHODS = ("gradient", "gradient-x-activation", "integrated")
_PLACES = ("standard", "found")
#: Below this spread between points, a gradient says nothing of places.
_EVEN = 0.25


def add_parser(actions: Any) -> None:
    """Register `targets gradients`."""
    parser = actions.add_parser(
        "gradients", help="what a network looks at, at the key points of faces", description=_DESCRIPTION
    )
    parser.add_argument("--network", type=Path, required=True, metavar="RUN", help="the folder of a training")
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="what `faces` wrote")
    parser.add_argument("--participants", type=Path, required=True, metavar="CSV", help="pseudonym, group, site, …")
    parser.add_argument("--stimuli", type=Path, metavar="CSV", help="phases: recording (a video), label, from, to")
    parser.add_argument("--head", default="", metavar="NAME", help="of several, the one that answers")
    parser.add_argument("--answer", required=True, metavar="NAME", help="a group, an expression, a unit: its gradient")
    parser.add_argument("--method", choices=_METHODS, default=_METHODS[0], help="(%(default)s)")
    parser.add_argument("--points", type=int, choices=COUNTS, default=68, help="(%(default)s)")
    parser.add_argument(
        "--places",
        choices=_PLACES,
        default=_PLACES[0],
        help="where points lie in a crop: as in the standard face, "
        "aligned as crops are, or where the landmark network finds them, face by face (%(default)s)",
    )
    parser.add_argument(
        "--most", type=positive_count, default=100, metavar="N", help="faces of a person and phase (%(default)s)"
    )
    compared.add_options(parser, required=False)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    compared.require_new(arguments.out)
    compared.require_enough(arguments.permutations)
    from training.cohort.study import read_study  # noqa: PLC0415
    from training.targets.attended import Asked, attended, networks_of, output_of  # noqa: PLC0415
    from training.targets.folder import folder, write  # noqa: PLC0415

    study = read_study(arguments.participants, arguments.stimuli)
    study.require_sound()
    networks, white, heads = networks_of(arguments.network)
    head, output = output_of(heads, arguments.head, arguments.answer)
    asked = Asked(head, output, arguments.method, arguments.points, arguments.places, arguments.most)
    say = partial(print, flush=True)
    found = attended(networks, white, arguments.faces, study.people, study.stimuli, asked, say)
    if found.spread < _EVEN:
        tell(
            "affectbox-training",
            f"The {arguments.method} differs between points by {100 * found.spread:.0f} % of its mean: a network that "
            "averages over the face looks everywhere alike by it. Take another --method.",
        )
    note(arguments.out / _TABLE, [person.pseudonym for person in found.people], [], "gradients of faces")
    with folder(arguments.out) as new:
        write(new / _TABLE, found.table())
        if arguments.groups or arguments.between:
            say(compared.compare(new, found.matrix(), arguments))
        else:
            _picture(new, found, arguments)
    say(f"Wrote {arguments.out}.")
    return 0


def _picture(new: Path, found: Any, arguments: argparse.Namespace) -> None:
    import numpy as np  # noqa: PLC0415

    from training.targets.gradients import shares  # noqa: PLC0415
    from training.targets.pictures import draw_heat, draw_ranking  # noqa: PLC0415
    from training.targets.points import point_set  # noqa: PLC0415

    points, every = point_set(arguments.points), shares(found.values).reshape(-1, arguments.points)
    known = (~np.isnan(every)).any(0)
    mean = np.full(points.count, np.nan)
    mean[known] = np.nanmean(every[:, known], 0)
    title, unit = f"What the network looks at: {arguments.answer}", f"share of the {arguments.method}"
    note = (
        "Mean over people and phases. It says what this network looks at, not what differs in people.\n"
        f"If it looked everywhere alike, each point would have {1 / max(known.sum(), 1):.2g}."
    )
    draw_ranking(new / "ranking.png", points, mean, None, title, note, unit)
    draw_heat(new / "heat.png", points, mean, title, note, unit)
