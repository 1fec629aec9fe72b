"""`affectbox-training personal`: a model of one person's facial movement, learnt without labels."""

import argparse
from pathlib import Path
from typing import Any

from training.arguments import add_set, add_workers, bundle_name, bundle_version, count, later

_DESCRIPTION = """\
A model of how one person moves their face, from recordings of that person alone and without any label: two frames
exchange their neutral faces and must be rebuilt. `affectbox-training faces` makes the faces; `check` says in words
what is wrong with them; `train` learns, by the recipe of an approach; `evaluate` measures on stretches of time that
were held out, approach against approach; `export` makes the bundle of a box, which is for this person and for nobody
else. `simulate` makes people of whom the truth is known. See docs/personal.md.
"""
_SIMULATE = """\
Makes videos of people who never were: heads with movements of their own, light and pose, and the truth of every frame
beside.
"""
_CHECK = "Reads all faces, and says what is wrong with them. Exit code 22: something makes them useless."
_TRAIN = """\
Learns from the faces of each person, or of all together, by a recipe. Stopped, the same command with --resume goes on
where it was.
"""
_EVALUATE = """\
Measures what trainings have learnt, on stretches of time that were held out: linear probes of action units, approach
against approach within each person, and clusters of movements. Writes evaluation.json and one page for each person.
"""
_FER2013 = """\
A linear probe of the seven expressions of FER2013 on what general models say of its faces, beside the published one.
"""
_EXPORT = """\
Makes the bundle of a box from the training of one person. It is bound to their pseudonym: no box opens it for anybody
else, and it is erased with them.
"""


def add_parser(commands: Any) -> None:
    """Register `personal` and its actions."""
    parser = commands.add_parser("personal", help="learn how one person moves their face", description=_DESCRIPTION)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for add in (_add_simulate, _add_check, _add_train, _add_evaluate, _add_fer2013, _add_export):
        add(actions)


def _add_simulate(actions: Any) -> None:
    parser = actions.add_parser("simulate", help="make people of whom the truth is known", description=_SIMULATE)
    parser.add_argument(
        "--ict",
        type=Path,
        metavar="FILE",
        help="ICT-FaceKit, a folder or .tar.xz, whose identities the heads have (default: the digital face that is "
        "shipped, reshaped at random)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="TOML file, see training/personal/simulate/plan.py")
    add_set(parser, "one key of the plan")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything (default: %(default)s)")
    add_workers(parser)
    parser.set_defaults(run=later("training.personal.simulate.simulate", "simulate"))


def _add_check(actions: Any) -> None:
    parser = actions.add_parser("check", help="say what is wrong with faces", description=_CHECK)
    _add_faces(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON, and nothing else")
    parser.set_defaults(run=later("training.personal.check", "check"))


def _add_train(actions: Any) -> None:
    parser = actions.add_parser("train", help="learn from the faces of each person", description=_TRAIN)
    _add_faces(parser)
    parser.add_argument("--recipe", required=True, metavar="FILE", help="a TOML file, or the name of a shipped one")
    add_set(parser, "one key of the recipe")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where run folders go, one a person")
    parser.add_argument("--start", type=Path, metavar="RUN", help="the run that a transfer begins with")
    parser.add_argument("--resume", action="store_true", help="go on where it was stopped")
    add_workers(parser)
    parser.set_defaults(run=later("training.personal.train", "train"))


def _add_evaluate(actions: Any) -> None:
    parser = actions.add_parser("evaluate", help="measure what was learnt", description=_EVALUATE)
    _add_faces(parser)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUNS", help="what `train` wrote, one for each approach")
    parser.add_argument("--truth", type=Path, metavar="DIR", help="action units of the frames, a table for each video")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="evaluation.json, tables and pages")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of everything drawn (%(default)s)")
    add_workers(parser)
    parser.set_defaults(run=later("training.personal.evaluate", "evaluate"))


def _add_fer2013(actions: Any) -> None:
    parser = actions.add_parser("fer2013", help="probe a general model on FER2013", description=_FER2013)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="of a general model, such as RUNS/general")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="data.npz by `prepare --csv`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures too")
    parser.set_defaults(run=later("training.personal.expressions", "fer2013"))


def _add_export(actions: Any) -> None:
    parser = actions.add_parser("export", help="make the bundle of a box", description=_EXPORT)
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="what the run was trained on")
    parser.add_argument("--run", dest="run_folder", type=Path, required=True, metavar="RUN", help="of one person")
    parser.add_argument("--evaluation", type=Path, required=True, metavar="FILE", help="of that run, by `evaluate`")
    parser.add_argument("--bundles", type=Path, default=Path("bundles"), metavar="DIR", help="(default: %(default)s)")
    parser.add_argument("--name", type=bundle_name, metavar="NAME", help="(default: one that names nobody)")
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")
    parser.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    parser.add_argument("--unsupported", action="store_true", help="also where the evidence does not carry it")
    parser.set_defaults(run=later("training.personal.export", "export"))


def _add_faces(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--faces", type=Path, required=True, metavar="DIR", help="by `affectbox-training faces`")
    parser.add_argument("--person", action="append", default=[], metavar="ID", help="whom; everybody by default")
