"""`affectbox-training evaluate`: how good a bundle or a run is, for people and as JSON."""

import argparse
import json
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError
from training.commands.prepare import add_source, check_ferplus

_DESCRIPTION = """\
Measures a bundle (by the code that runs it on the box) or a run. Of expressions, on one split: accuracy, balanced
accuracy, precision, recall and F1 of each class, calibration, groups of people, box crops; of a face network on coded
faces also AUC, F1, ICC and error of each action unit, and what is hidden. Of action units: the papers' figures, each
fold's network on the participants whom it never saw.
"""


def add_parser(commands: Any) -> None:
    """Register `evaluate`."""
    parser = commands.add_parser("evaluate", help="measure a bundle or a run", description=_DESCRIPTION)
    add_network(parser)
    data = parser.add_mutually_exclusive_group(required=True)
    add_source(parser, data)
    data.add_argument("--data", type=Path, metavar="FILE", help="what `prepare` wrote")
    parser.add_argument("--split", default="", metavar="NAME", help="of expressions (default: PublicTest)")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw confusion and calibration there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def add_network(parser: argparse.ArgumentParser) -> None:
    """What is asked: a bundle or a run."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", type=Path, metavar="DIR", help="a bundle's folder, or the .tflite file in it")
    what.add_argument("--run", dest="run_folder", type=Path, metavar="RUN", help="a run folder of `train`")


def _run(arguments: argparse.Namespace) -> int:
    from device.contract.manifest import open_bundle  # noqa: PLC0415
    from training.kinds import of_run, of_task  # noqa: PLC0415

    if arguments.bundle:
        bundle = open_bundle(arguments.bundle.parent if arguments.bundle.suffix == ".tflite" else arguments.bundle)
        kind = of_task(bundle.manifest.task, bundle.manifest.id)
        report = kind.of_bundle(bundle, _data(arguments, kind), arguments.split)
    else:
        kind = of_run(arguments.run_folder)
        report = kind.of_run(arguments.run_folder, _data(arguments, kind), arguments.split)
    if arguments.pictures:
        if report.draw is None:
            raise ConfigError("--pictures is for expressions: leave it out for this network.")
        report.draw(arguments.pictures)
    print(json.dumps(report.figures) if arguments.json else report.text)
    return 0


def _data(arguments: argparse.Namespace, kind: Any) -> Any:
    from training.prepare import Source  # noqa: PLC0415

    check_ferplus(arguments)
    if arguments.data:
        return kind.load(arguments.data)
    return Source(arguments.csv, arguments.ferplus, arguments.images).read()
