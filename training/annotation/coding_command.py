"""`affectbox-training coding`: what was coded goes to files and comes from them; how far coders agree."""

import argparse
from pathlib import Path
from typing import Any

from training.annotation.files.layouts import BY_NAME, LAYOUTS
from training.arguments import later, names, positive_number

_ACTIONS = "training.annotation.coding_actions"
_DESCRIPTION = """\
What coders coded with `affectbox-training annotate`: written to files in several layouts, read from them, and compared
between coders. PROJECT is the folder of the coding.
"""
_EXPORT = "Writes what was coded to files. What a layout cannot hold is said, and left out. Layouts: " + "; ".join(
    f"{name} ({layout.words})" for name, layout in BY_NAME.items()
)
_IMPORT = """\
Reads files of a layout into the project, as codes of a coder. All is read before anything is changed; what is coded
already, and otherwise, is refused without --overwrite, and remains in the project's journal with it: the coder can
undo the import on the page.
"""
_AGREEMENT = """\
Compares coders, frame by frame and episode by episode: Cohen's kappa, PABAK, Krippendorff's alpha, ICC of intensities,
onsets and offsets within a window, each with a 95 % interval by bootstrap, and lists what they disagree on. To go
through that together: affectbox-training annotate PROJECT --review A B.
"""
_PERSONAL = "These files are about people: `affectbox-cloud erase PARTICIPANT --files` finds them."


def add_parser(commands: Any) -> None:
    """Register `coding` and its actions."""
    parser = commands.add_parser(
        "coding", help="codes of faces as files, and the agreement of coders", description=_DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_export(actions)
    _add_import(actions)
    _add_agreement(actions)


def _add_export(actions: Any) -> None:
    parser = _added(actions, "export", "write what was coded to files", f"{_EXPORT}.")
    parser.add_argument("--layout", choices=LAYOUTS, required=True, help="of the files")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder, or a csv file of codes")
    parser.add_argument("--coder", type=names, metavar="NAME[,NAME…]", help="of these only (default: of all)")
    parser.add_argument(
        "--participants",
        type=Path,
        metavar="CSV",
        help="published: a table participant,ASD (1 or 0) for the last column, which is empty without",
    )
    parser.add_argument("--overwrite", action="store_true", help="write into a folder that holds files already")
    parser.set_defaults(run=later(_ACTIONS, "export"))


def _add_import(actions: Any) -> None:
    parser = _added(actions, "import", "read files into a project", _IMPORT)
    parser.add_argument("path", type=Path, metavar="PATH", help="a file of the layout, or a folder of them")
    parser.add_argument("--layout", choices=LAYOUTS, help="of the files (default: as they say themselves)")
    parser.add_argument("--coder", metavar="NAME", help="who coded (default: as the files say)")
    parser.add_argument("--overwrite", action="store_true", help="instead of what this coder coded otherwise")
    parser.set_defaults(run=later(_ACTIONS, "import_"))


def _add_agreement(actions: Any) -> None:
    parser = _added(actions, "agreement", "say how far coders agree, and on what they do not", _AGREEMENT)
    parser.add_argument("--coders", type=names, metavar="A,B[,…]", help="these (default: all but what was agreed)")
    parser.add_argument(
        "--window", type=positive_number, default=0.5, metavar="S", help="of onsets, seconds (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where tables (CSV) and a page (HTML) go")
    parser.set_defaults(run=later(_ACTIONS, "agreement"))


def _added(actions: Any, name: str, help_: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_, description=description, epilog=_PERSONAL)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project's folder")
    return parser
