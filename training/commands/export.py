"""`affectbox-training export`: a bundle of a run."""

import argparse
from pathlib import Path
from typing import Any

from training.arguments import bundle_name, bundle_version, positive_count

_DESCRIPTION = """\
Quantizes the weights of a run to int8, calibrates and measures the network on what it has not learnt from, and writes
the bundle NAME-VERSION with its model card.
"""


def add_parser(commands: Any) -> None:
    """Register `export`."""
    parser = commands.add_parser("export", help="make a bundle of a run", description=_DESCRIPTION)
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="the run folder")
    parser.add_argument("--fold", type=positive_count, metavar="K", help="whose network, where there are folds (1)")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the data.npz that it was trained on")
    parser.add_argument("--bundles", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument("--name", type=bundle_name, metavar="NAME", help="default: by what it reads: face, fer or au")
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")
    parser.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from converter.bundle import made  # noqa: PLC0415
    from converter.signing import signer  # noqa: PLC0415
    from training.export import Label, export  # noqa: PLC0415
    from training.kinds import of_run  # noqa: PLC0415
    from training.run_folder import first_fold  # noqa: PLC0415

    sign = signer(arguments.key) if arguments.key else None  # a wrong key fails here, not after the measuring
    kind, run = of_run(arguments.run_folder), arguments.run_folder
    label, fold = Label(arguments.name or kind.name, arguments.version), arguments.fold or first_fold(run)
    data = kind.load(arguments.data)
    folder = export(kind, run, data, label, arguments.bundles, fold, sign, arguments.replace)
    print(made(folder, signed=sign is not None))
    return 0
