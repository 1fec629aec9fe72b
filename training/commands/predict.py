"""`affectbox-training predict`: action units of pictures or a video as csv."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.arguments import positive_number
from training.commands.evaluate import add_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.action_units.predict import Look

_DESCRIPTION = """\
Finds the faces as the box does, and writes one row for each picture: the probability that each action unit is present,
and its intensity.
"""


def add_parser(commands: Any) -> None:
    """Register `predict`."""
    parser = commands.add_parser(
        "predict", help="write the action units of pictures or a video to csv", description=_DESCRIPTION
    )
    add_network(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--image", type=Path, metavar="FILE", help="one picture")
    source.add_argument("--folder", type=Path, metavar="DIR", help="every picture in a folder and the folders in it")
    source.add_argument("--video", type=Path, metavar="FILE", help="the frames of a video")
    parser.add_argument(
        "--every",
        type=positive_number,
        default=0.04,
        metavar="SECONDS",
        help="between frames of --video (%(default)s)",
    )
    parser.add_argument("--csv", type=Path, required=True, metavar="OUT", help="the file to write")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.action_units.predict import open_estimator, predict  # noqa: PLC0415

    estimator = open_estimator(arguments.bundle, arguments.run_folder)
    count, seen = predict(estimator, _looks(arguments, estimator.side), arguments.csv)
    print(f"wrote {arguments.csv}: {seen} faces in {count} pictures")
    return 0


def _looks(arguments: argparse.Namespace, side: int) -> "Iterator[Look]":
    from training.action_units.predict import images_in, look_at_images, look_at_video  # noqa: PLC0415

    if arguments.video:
        return look_at_video(arguments.video, arguments.every, side)
    if arguments.folder:
        return look_at_images(arguments.folder, images_in(arguments.folder), side)
    return look_at_images(arguments.image.parent, [arguments.image], side)
