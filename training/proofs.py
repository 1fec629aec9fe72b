"""Methods tried on many simulated cohorts of which the truth is known, so that a stopped trial goes on where it was.

DIR/proof.jsonl   every cohort is a line, written as soon as it is there
DIR/proof.json    what they come to

Of another recipe, or of people simulated otherwise, all begins anew: their lines bear another mark.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.contract.errors import StorageError
from training.cluster import done
from training.files import write_there
from training.progress import bar

LINES, NAME = "proof.jsonl", "proof.json"
#: A trial's name, and the seed of one cohort.
Job = tuple[str, int]
#: What one cohort came to: `trial` and `seed`, beside figures.
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """What is tried.

    Attributes:
        marks: trial → what its lines were made by.
        jobs: all cohorts that are wanted.
        tried: does one; of a module that workers can import.
        summary: of all outcomes.
        text: of a summary.
    """

    marks: Mapping[str, str]
    jobs: Sequence[Job]
    tried: Callable[[Job], Outcome]
    summary: Callable[[list[Outcome]], dict[str, Any]]
    text: Callable[[dict[str, Any]], str]


def prove(proof: Proof, out: Path, scheduler: str | None, workers: int | None) -> int:
    """Try what is not tried yet, write and print what all come to. Raises `ConfigError`, `StorageError`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        known = _known(out / LINES, proof.marks)
        todo = [job for job in proof.jobs if job not in known]
        with (out / LINES).open("a", encoding="utf-8") as file:
            file.write("\n" * bool(file.tell()))  # a power cut may have left half a line
            jobs = done(proof.tried, todo, scheduler, workers)
            for job, found in bar(jobs, "cohorts", len(proof.jobs), "cohort", done=len(proof.jobs) - len(todo)):
                known[job] = found
                file.write(json.dumps({"of": proof.marks[job[0]], **found}) + "\n")
                file.flush()
        summed = proof.summary([known[job] for job in proof.jobs])
    except OSError as error:
        raise StorageError(f"{out} cannot be written ({error.strerror}): check path and space.") from error
    content = json.dumps({"simulated": True, "trials": summed}, indent=2) + "\n"
    write_there(out / NAME, lambda file: file.write(content.encode()))
    print(proof.text(summed))
    return 0


def _known(path: Path, marks: Mapping[str, str]) -> dict[Job, Outcome]:
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
