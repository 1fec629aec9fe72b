"""`affectbox-training annotate`: the page on which faces are coded."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from device.contract.errors import ConfigError
from training.annotation.coding import Scale
from training.arguments import count, port, positive_number

if TYPE_CHECKING:
    from training.annotation.project import Project

_DESCRIPTION = """\
Opens a page in the browser on which a coder codes faces for action units by keyboard: frames and episodes of pictures
and videos, each key saved at once. PROJECT is a folder of its own; it is made the first time, with --source, and what
is coded then stays: scale and actions are fixed with it. The same command goes on where the coder stopped.
Actions by the name of a list: 22, 17, 12 and 5 are those of published tables, 15 is 17 without AU16 and AU26,
units those of the face network.
"""
_EPILOG = """\
Only this machine's own browser can see the page, by the link that is printed. Coders do not see what others coded,
nor to which group a person belongs. Pictures of people are personal data; they stay where they are, and PROJECT holds
what was coded of them.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `annotate`."""
    parser = commands.add_parser(
        "annotate",
        help="code faces for action units by keyboard, in the browser",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project's folder")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--coder", metavar="NAME", help="who codes: a name or number, the same each time")
    who.add_argument("--review", nargs=2, metavar=("A", "B"), help="go through the disagreements of two coders")
    new = parser.add_argument_group("a new project")
    new.add_argument(
        "--source", type=Path, metavar="PATH", help="a folder of pictures or videos, a video, a fer2013.csv"
    )
    new.add_argument("--scale", choices=[scale.value for scale in Scale], help="what is coded (default: presence)")
    new.add_argument(
        "--actions", metavar="LIST", help="22, 17, 15, 12, 5, units, all, or keys with commas (default: 22)"
    )
    new.add_argument(
        "--participants",
        type=Path,
        metavar="CSV",
        help="a table video,participant, or image,participant with pictures or folders: coders read no other names",
    )
    new.add_argument("--neutral", type=Path, metavar="FOLDER", help="a neutral picture of each participant")
    new.add_argument("--frame-rate", type=positive_number, metavar="N", help="of folders of pictures that are frames")
    new.add_argument("--seed", type=count, metavar="N", help="of the order of single pictures (default: 0)")
    parser.add_argument("--more", action="store_true", help="first add videos and folders that are new in the source")
    parser.add_argument("--port", type=port, metavar="N", help="of the page (default: the same each time)")
    parser.add_argument("--no-browser", action="store_true", help="print the link only")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        ConfigError: no project, or one that is there already and options for a new one; coders to review that it does
            not have.
        AffectboxError: as `project.create`, `project.open_project` and `serve` raise.
    """
    from training.annotation.coding import AGREED  # noqa: PLC0415 - these load Starlette, PyAV and OpenCV
    from training.annotation.page.desk import Desk  # noqa: PLC0415
    from training.annotation.page.serving import serve  # noqa: PLC0415
    from training.annotation.review import two_of  # noqa: PLC0415

    with _project(arguments) as project:
        project.prepare()
        review = two_of(project.coders(), arguments.review) if arguments.review else None
        others = [name for name in project.coders() if name != AGREED]
        coder = project.add(AGREED if review else arguments.coder)
        if others and not review and coder not in others:
            print(f"{coder} is new here, beside {', '.join(others)}.")  # perhaps it was mistyped
        return serve(Desk(project, coder, review), arguments.port, browse=not arguments.no_browser)


def _project(arguments: argparse.Namespace) -> "Project":
    from training.annotation.coding import parse_actions  # noqa: PLC0415
    from training.annotation.project import create, is_project, open_project, take_up  # noqa: PLC0415

    folder = arguments.project
    if is_project(folder):
        _refuse_settings(arguments)
        if arguments.more:
            _say_added(*take_up(folder))
        return open_project(folder)
    if arguments.source is None:
        raise ConfigError(f"{folder} is no project yet: give --source, a folder of pictures or videos, to make one.")
    print(f"Making the project {folder} from {arguments.source}, once; large sources take a minute.", file=sys.stderr)
    return create(
        folder,
        arguments.source,
        scale=Scale(arguments.scale or Scale.PRESENCE.value),
        actions=parse_actions(arguments.actions or "22"),
        participants=arguments.participants,
        neutral=arguments.neutral,
        seed=arguments.seed or 0,
        frame_rate=arguments.frame_rate,
    )


def _say_added(names: list[str], beside: int) -> None:
    listed = f": {', '.join(names[:10])}{', …' if len(names) > 10 else ''}" if names else ""
    print(f"{len(names) or 'no'} new {'sequence' if len(names) == 1 else 'sequences'}{listed}")
    if beside:
        print(
            f"{beside} new {'picture lies' if beside == 1 else 'pictures lie'} in sequences that coders have already; "
            "those stay as they are: put new pictures into a folder of their own."
        )


def _refuse_settings(arguments: argparse.Namespace) -> None:
    """What is fixed with a project cannot be given again, lest somebody think that it were changed."""
    names = ("source", "scale", "actions", "participants", "neutral", "frame_rate", "seed")
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(arguments, name) is not None]
    if given:
        raise ConfigError(f"{arguments.project} is a project already: leave {' and '.join(given)} out.")
