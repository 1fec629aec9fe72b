"""The arguments of `affectbox personal` and its actions."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[argparse.Namespace], int]

_DESCRIPTION = """\
A model of one person: how far their movement is from their own usual. Bundles are made on a workstation, from that
person's own recordings (`affectbox-training personal export`), and each is for one pseudonym and for nobody else. With
personal.use they watch the sessions of that person whose consent covers `personal` and `units`. See docs/personal.md.
"""
_ADD = """\
Looks at signature and content of bundles, and keeps a copy of each below the pseudonym that it is for. The newest
version is used, from the next session on. On an installed box root adds as the box's own account, which has to be able
to read the folder.
"""
_WATCH = """\
Prints a line of JSON for each frame, as a record would say it, and at the end one with what all of it came to; that
also in words, on standard error. Nothing is kept, and nothing compared with earlier sessions. The numbers are of this
person against themselves: they say of nobody that they are well or ill.
"""
_REMOVE = """\
Erases the bundles of a person from this box, with what earlier sessions came to, which are then compared with nothing.
Everything else of theirs stays; `affectbox forget` erases that, too.
"""


def add_personal(commands: Any, command: Callable[..., argparse.ArgumentParser], run: Run) -> None:
    """`personal` and its actions; `command` adds what all commands take, and `run` runs each."""
    parser = commands.add_parser("personal", help="a model of one person on this box", description=_DESCRIPTION)
    actions: Any = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    add = command(actions, "add", "keep bundles on this box", run)
    add.description = _ADD
    add.add_argument("folder", metavar="FOLDER", type=Path, nargs="+", help="a bundle, as `personal export` made it")

    watch = command(actions, "watch", "say of a video how far the person's movement is from their own usual", run)
    watch.description = _WATCH
    watch.add_argument("video", metavar="VIDEO", help="a video of this person")
    watch.add_argument("--patient", metavar="ID", required=True, help="the person's pseudonym")
    watch.add_argument(
        "--bundle", metavar="FOLDER", type=Path, help="the bundle; else the newest that is kept of this person"
    )

    told = command(actions, "list", "say which bundles of whom are on this box, and what is wrong with them", run)
    told.add_argument("--json", action="store_true", help="print one JSON object")

    remove = command(actions, "remove", "erase bundles of a person from this box", run)
    remove.description = _REMOVE
    remove.add_argument("person", metavar="ID", help="the person's pseudonym")
    remove.add_argument("--bundle", metavar="NAME-VERSION", default="", help="only this one")
