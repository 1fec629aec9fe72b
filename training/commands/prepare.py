"""`affectbox-training prepare`: one data file of a data set."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError
from training.action_units.layouts import CAMERAS, LAYOUTS, Options
from training.arguments import crop_side, positive_count
from training.data import kaggle

_DESCRIPTION = """\
Reads FER2013 (with FER+ votes), folders of images, or a data set of action units in the form in which it is passed on
(--data with --layout), and writes one data.npz for the other commands. Repeating it changes nothing; interrupted, it
goes on where it was.
"""
_OF_FACES, _OF_ANNOTATED = ("ferplus", "codes", "recrop"), ("size", "every", "camera", "rows_of", "coder")
#: Option → the layout that leaves it open.
_OF_LAYOUT = {"camera": "disfa", "rows_of": "codes", "coder": "project"}


def add_parser(commands: Any) -> None:
    """Register `prepare`."""
    parser = commands.add_parser("prepare", help="make one data file of a data set", description=_DESCRIPTION)
    source = parser.add_mutually_exclusive_group(required=True)
    add_source(parser, source)
    source.add_argument(
        "--kaggle",
        nargs="?",
        const=kaggle.DATASET,
        metavar="DATASET",
        help="download fer2013.csv from Kaggle, beside --out (data set: %(const)s)",
    )
    source.add_argument("--data", type=Path, metavar="PATH", help="folder or table of annotated faces, with --layout")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the data.npz to write")
    parser.add_argument(
        "--codes",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a table of action units, of rows of --csv or of pictures beside it; may be repeated",
    )
    parser.add_argument(
        "--recrop", action="store_true", help="add every face as the box's own aligner crops it (some 20 minutes)"
    )
    parser.add_argument("--size", type=crop_side, metavar="N", help="side of the crops of --data, pixels (48)")
    add_annotated(parser)
    parser.set_defaults(run=_run)


def add_annotated(parser: argparse.ArgumentParser) -> None:
    """How annotated faces are passed on, and what of them is taken."""
    parser.add_argument("--layout", choices=LAYOUTS, help="the form of annotated faces; see training/README.md")
    parser.add_argument("--camera", choices=CAMERAS, help=f"of DISFA (default: {CAMERAS[0]})")
    parser.add_argument(
        "--rows-of", type=Path, metavar="FILE", help="fer2013.csv, plain or .gz, where a table of codes names its rows"
    )
    parser.add_argument(
        "--coder",
        action="append",
        default=[],
        metavar="NAME",
        help="whose codes of a project are taken; may be repeated (default: everybody's)",
    )
    parser.add_argument("--every", type=positive_count, metavar="N", help="take every Nth annotated picture (1)")
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=positive_count, default=cores, metavar="N", help="processes (default: %(default)s)"
    )


def layout_options(arguments: argparse.Namespace, layout: str) -> Options:
    """What `add_annotated` asks of a layout. Raises `ConfigError`: something that another layout leaves open."""
    for name, of in _OF_LAYOUT.items():
        if getattr(arguments, name) and layout != of:
            raise ConfigError(f"--{name.replace('_', '-')} is for --layout {of}: leave it out.")
    return Options(arguments.camera or CAMERAS[0], arguments.rows_of, tuple(arguments.coder))


def add_source(parser: argparse.ArgumentParser, group: Any) -> None:
    """Where faces with expressions come from."""
    group.add_argument("--csv", type=Path, metavar="FILE", help="fer2013.csv, plain or .gz")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="images, a folder for each class")
    parser.add_argument("--ferplus", type=Path, metavar="FILE", help="fer2013new.csv, the FER+ votes for --csv")


def check_ferplus(arguments: argparse.Namespace) -> None:
    """Raises `ConfigError` for votes without the file that they are for."""
    if arguments.ferplus and not (arguments.csv or getattr(arguments, "kaggle", None)):
        raise ConfigError("--ferplus holds the votes for fer2013.csv: give that with --csv.")


def _run(arguments: argparse.Namespace) -> int:
    if bool(arguments.data) != bool(arguments.layout):
        raise ConfigError("--data and --layout go together: the annotated faces, and in which form they are.")
    needless = _OF_FACES if arguments.data else _OF_ANNOTATED
    if given := [name for name in needless if getattr(arguments, name)]:
        raise ConfigError(
            f"--{given[0].replace('_', '-')} is {'not ' if arguments.data else ''}for --data: leave it out."
        )
    (_prepare_annotated if arguments.data else _prepare_faces)(arguments)
    return 0


def _prepare_faces(arguments: argparse.Namespace) -> None:
    from training.prepare import Source, prepare  # noqa: PLC0415

    check_ferplus(arguments)
    csv = arguments.csv
    if arguments.kaggle:
        csv = kaggle.download(arguments.out.parent, arguments.kaggle)
    source = Source(csv, arguments.ferplus, arguments.images, tuple(arguments.codes))
    prepare(source, arguments.out, arguments.recrop, arguments.jobs, partial(print, flush=True))


def _prepare_annotated(arguments: argparse.Namespace) -> None:
    from training.action_units.prepare import Source, prepare  # noqa: PLC0415

    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is told of once, in our words
    size, every = arguments.size or 48, arguments.every or 1
    source = Source(arguments.data, arguments.layout, size, every, layout_options(arguments, arguments.layout))
    prepare(source, arguments.out, arguments.jobs, partial(print, flush=True))
