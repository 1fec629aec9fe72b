"""`affectbox-cloud demo`: everything at once, on this machine, and simulated: a database, people and their sessions, a
fleet, one real box, and the dashboard on all of it."""

import argparse
from pathlib import Path

_DESCRIPTION = """Show the dashboard with everything in it, until Ctrl-C.

Starts a local database with security rules in a folder, writes weeks of simulated sessions of simulated people into
it, lets a simulated fleet tell its state once a second, starts one real box that watches a clip (--clip), and opens
the dashboard on it. Whoever starts it is told who may sign in, with passwords that are made anew each time; everything
that an earlier demo left in the folder is made anew, too."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `affectbox-cloud demo`."""
    demo = commands.add_parser("demo", help="show the dashboard with simulated patients, sessions and boxes")
    demo.description, demo.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    demo.add_argument("--boxes", type=_count, default=100, help="simulated boxes (default: %(default)s)")
    demo.add_argument("--weeks", type=_count, default=8, help="weeks of sessions (default: %(default)s)")
    demo.add_argument("--minutes", type=_count, default=45, help="length of a session (default: about %(default)s)")
    demo.add_argument(
        "--data", type=Path, metavar="DIR", default=Path("run/demo"), help="folder (default: %(default)s)"
    )
    demo.add_argument("--port", type=int, default=8050, help="of the dashboard, 0 for any (default: %(default)s)")
    demo.add_argument("--clip", type=Path, metavar="FILE", help="what the real box sees; without it there is none")
    recorded = "show what a box has recorded in this folder of a local database (namespace demo), and nothing else"
    demo.add_argument("--recorded", type=Path, metavar="DIR", help=recorded)
    demo.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from cloud.demo.showing import show, show_recorded  # noqa: PLC0415  the other commands need none of it

    return show_recorded(args) if args.recorded else show(args)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("1 to 1000")
    return number
