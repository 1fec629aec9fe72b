"""`affectbox-training diagnosis export`: the bundle of a run, where its evidence carries one."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.errors import ConfigError, DataError, EvidenceError
from device.contract.support import GROUP, GROUPS
from device.runtime.quiet import native_chatter_silenced
from training.arguments import bundle_name, bundle_version

if TYPE_CHECKING:
    from training.diagnosis.evaluation import Evaluation

_DESCRIPTION = """\
Makes the bundle NAME-VERSION of a run, where the evidence carries it: more than chance, more than age, site, sex,
medication and coverage tell, enough people in each group, and sets that hold the right group as often as they promise.
Where it does not, nothing is written and the reasons are told; with --unsupported it is written all the same, with
'not supported by its evidence' and the reasons in its manifest and card, which the box and the report repeat.
"""
NOT_SUPPORTED = "not supported by its evidence"
_LONGEST_POPULATION = 400


def add_parser(actions: Any) -> None:
    """Register `export`."""
    parser = actions.add_parser(
        "export", help="make the bundle, where the evidence carries it", description=_DESCRIPTION
    )
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="of `train`")
    parser.add_argument(
        "--population", required=True, metavar="TEXT", help="who the people were, in words, for whoever reads a set"
    )
    parser.add_argument("--bundles", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument("--name", type=bundle_name, default="support", metavar="NAME", help="(%(default)s)")
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument("--dtype", choices=("float32", "int8"), default="float32", help="of the network (%(default)s)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")
    parser.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    parser.add_argument(
        "--unsupported", action="store_true", help="write it although the evidence does not carry it, and say so in it"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from converter.bundle import require_new  # noqa: PLC0415
    from converter.signing import signer  # noqa: PLC0415
    from training.diagnosis.refusal import reasons  # noqa: PLC0415
    from training.diagnosis.run import open_run  # noqa: PLC0415

    sign = signer(arguments.key) if arguments.key else None  # what is wrong with the options is told at once
    who = population(arguments.population)
    require_new(arguments.bundles, f"{arguments.name}-{arguments.version}", replace=arguments.replace)
    run = open_run(arguments.run_folder)
    require_names(run.evaluation)
    against = reasons(run.evaluation)
    refuse(against, unsupported=arguments.unsupported)
    from converter.bundle import write_bundle  # noqa: PLC0415

    with native_chatter_silenced():  # of TensorFlow
        from training.diagnosis.bundle import Label, made_of  # noqa: PLC0415

    made = made_of(run, Label(arguments.name, arguments.version), who, tuple(against), arguments.dtype)
    folder = write_bundle(arguments.bundles, *made, sign, replace=arguments.replace)
    print(_told(folder, signed=sign is not None, supported=not against))
    return 0


def require_names(found: "Evaluation") -> None:
    """Raises `DataError` where the groups cannot be those of a bundle."""
    if len(found.groups) > len(GROUPS):
        raise DataError(f"There are {len(found.groups)} groups, and a bundle tells {len(GROUPS)} apart at most.")
    for name in found.groups:
        if not re.fullmatch(GROUP, name):
            raise DataError(
                f"A group is called '{name[:40]}': in participants.csv, call it by up to 40 lower-case letters, "
                "digits and hyphens, a letter first."
            )


def population(text: str) -> str:
    """Who the people of some evidence were, as a bundle holds it. Raises `ConfigError`."""
    found = " ".join(text.split())
    if not found or len(found) > _LONGEST_POPULATION or not found.isprintable():
        raise ConfigError(
            f"--population: say in 1 to {_LONGEST_POPULATION} characters who the people were, such as 'adult "
            "outpatients of one clinic, German-speaking, 2024 to 2026'."
        )
    return found


def refuse(against: list[str], *, unsupported: bool) -> None:
    """Tell why the evidence does not carry a bundle, if it does not. Raises `EvidenceError`, unless the bundle is
    wanted all the same."""
    for reason in against:
        print(f"- {reason}", file=sys.stderr, flush=True)
    if against and not unsupported:
        raise EvidenceError(
            "No bundle is made: the evidence does not carry one, for the reasons above. With --unsupported it is "
            f"made all the same, and says '{NOT_SUPPORTED}' wherever it is used."
        )


def _told(folder: Path, *, signed: bool, supported: bool) -> str:
    trust = "signed" if signed else "unsigned, so a box refuses it until it is signed (`affectbox-converter sign`)"
    warning = "" if supported else f"\nIt is {NOT_SUPPORTED}, and says so wherever it is used."
    return (
        f"{folder}: written, {trust}.{warning}\nA box uses it where diagnosis.bundle names {folder.name} and "
        f"models.folders names {folder.parent}, for people whose consent covers diagnosis."
    )
