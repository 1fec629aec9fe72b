"""The command `affectbox-training au-synthetic`."""

import argparse
from functools import partial
from pathlib import Path

from training.synthetic import SHIPPED_RECIPE


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "au-synthetic",
        help="make the action-unit estimator from synthetic faces",
        description="Draws faces with known action units from USC ICT-FaceKit, fits the estimator, calibrates it on "
        "real neutral faces, measures it and writes its bundle. The same files and seed give the same estimator.",
    )
    parser.add_argument("--ict", type=Path, required=True, metavar="PATH", help="FaceXModel as a folder or .tar.xz")
    parser.add_argument(
        "--faces",
        type=Path,
        required=True,
        metavar="FILE",
        help="data.npz of `prepare` with FER+ votes, to calibrate on",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument("--recipe", type=Path, default=SHIPPED_RECIPE, metavar="FILE", help="default: the shipped one")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.data.faces import load_faces  # noqa: PLC0415
    from training.synthetic.build import Sources, build  # noqa: PLC0415
    from training.synthetic.facekit import load_facekit  # noqa: PLC0415
    from training.synthetic.recipe import load_recipe  # noqa: PLC0415

    recipe = load_recipe(arguments.recipe)
    kit, faces = load_facekit(arguments.ict), load_faces(arguments.faces)
    sources = Sources(arguments.ict.name, arguments.faces.name, arguments.seed)
    print(f"wrote {build(kit, faces, recipe, sources, arguments.out, partial(print, flush=True))}")
    return 0
