"""`affectbox-training diagnosis proof`: whether the methods keep what they promise, on simulated cohorts.

Every cohort is a line of `proof.jsonl`, written as soon as it is there, so the same command goes on where it was;
`proof.json` holds what they come to. Of another recipe, or of people simulated otherwise, all begins anew.
"""

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from device.contract.errors import StorageError
from training.arguments import add_workers, positive_count
from training.files import write_there

LINES, NAME = "proof.jsonl", "proof.json"
_DESCRIPTION = """\
Tries the methods on simulated cohorts of which the truth is known: without any effect (how often is one found, and
what would a split by frame have claimed of the same people?), with one of d = 0.8 in AU12, with sites that go with
the groups, and with groups of very different sizes. Prints a table, and writes it as proof.json.
"""
_EPILOG = """\
All of it takes some ten minutes of two cores. Stopped, the same command goes on where it was. Simulated people: this
tries the methods, no figure of it is clinical accuracy.
"""


def add_parser(actions: Any) -> None:
    """Register `proof`."""
    parser = actions.add_parser(
        "proof", help="try the methods on simulated cohorts", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the figures go")
    parser.add_argument(
        "--cohorts", type=positive_count, metavar="N", help="of each kind at most (default: 200 null cohorts, …)"
    )
    add_workers(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from training.cluster import done  # noqa: PLC0415
    from training.diagnosis.proven import summary, text  # noqa: PLC0415
    from training.diagnosis.trials import TRIALS, tried  # noqa: PLC0415
    from training.progress import bar  # noqa: PLC0415

    marks = {trial.name: _mark(trial) for trial in TRIALS}
    asked = [(trial.name, seed) for trial in TRIALS for seed in trial.seeds[: arguments.cohorts]]
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        known = _known(arguments.out / LINES, marks)
        todo = [job for job in asked if job not in known]
        with (arguments.out / LINES).open("a", encoding="utf-8") as file:
            file.write("\n" * bool(file.tell()))  # a power cut may have left half a line
            jobs = done(tried, todo, arguments.scheduler, arguments.workers)
            for job, found in bar(jobs, "cohorts", len(asked), "cohort", done=len(known)):
                known[job] = found
                file.write(json.dumps({"of": marks[job[0]], **found}) + "\n")
                file.flush()
        found = summary([known[job] for job in asked])
    except OSError as error:
        raise StorageError(f"{arguments.out} cannot be written ({error.strerror}): check path and space.") from error
    content = json.dumps({"simulated": True, "trials": found}, indent=2) + "\n"
    write_there(arguments.out / NAME, lambda file: file.write(content.encode()))
    print(text(found))
    return 0


def _mark(trial: Any) -> str:
    """What a trial's lines were made by: the recipe, and people as they are simulated."""
    from training.cohort.quick import simulate_table  # noqa: PLC0415
    from training.cohort.store import digest  # noqa: PLC0415
    from training.diagnosis.recipe import REFERENCE  # noqa: PLC0415

    return sha256(repr((REFERENCE, digest(simulate_table(trial.plan, 0)))).encode()).hexdigest()[:16]


def _known(path: Path, marks: dict[str, str]) -> dict[tuple[str, int], dict[str, Any]]:
    """Cohorts that are done; a line that a power cut left is no line, and lines of others are passed over."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if one.pop("of", "") == marks.get(one.get("trial")):
            found[one["trial"], one["seed"]] = one
    return found
