"""What other targets than those of features share with them: options, tables and pictures of a comparison."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from device.contract.errors import ConfigError
from training.arguments import count, positive_count

if TYPE_CHECKING:
    from training.targets.matrix import Matrix


def add_options(parser: argparse.ArgumentParser, required: bool) -> None:
    """Options of the comparison, and where it is written."""
    what = parser.add_mutually_exclusive_group(required=required)
    what.add_argument("--groups", nargs=2, metavar=("FIRST", "SECOND"), help="two groups: the second minus the first")
    what.add_argument(
        "--between", nargs=2, metavar=("FIRST", "SECOND"), help="two phases of the same people, likewise"
    )
    parser.add_argument("--permutations", type=positive_count, default=2000, metavar="M", help="(%(default)s)")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of all that is drawn (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")


def require_new(out: Path) -> None:
    """Raises `ConfigError`: there is something already."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out} is there already: name a new folder with --out.")


def compare(folder: Path, matrix: "Matrix", arguments: argparse.Namespace) -> str:
    """Write points-68.csv, or 478, and its pictures; returns what to say of it. Raises `ConfigError`, `DataError`."""
    from training.targets.contrast import Question, contrasted  # noqa: PLC0415
    from training.targets.drawn import draw  # noqa: PLC0415
    from training.targets.folder import write  # noqa: PLC0415
    from training.targets.ranking import rank  # noqa: PLC0415
    from training.targets.rows import rows_of, to_csv  # noqa: PLC0415

    asked = Question("groups" if arguments.groups else "phases", *(arguments.groups or arguments.between))
    contrast = contrasted(matrix, asked, arguments.permutations, arguments.seed)
    rows = rows_of(contrast, rank(contrast, arguments.seed), matrix.simulated)
    write(folder / f"points-{len(matrix.points)}.csv", to_csv(rows))
    draw(folder, rows, len(matrix.points))
    differing = sum(row.is_measured and row.differs for row in rows)
    return f"{differing} of {sum(row.is_measured for row in rows)} points and phases differ beyond chance."
