"""`affectbox-training personal evaluate`: what trainings have learnt, on time that was held out."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cloud.erasing.known import note_all
from training.cluster import done
from training.evaluations import NAME
from training.files import make_private, write_whole
from training.personal.arms import FEWEST
from training.personal.comparisons import comparisons
from training.personal.evaluation import READ, Evaluation
from training.personal.figures import figures
from training.personal.measure import Job, measured
from training.personal.page import page
from training.personal.people import Person, load_people
from training.personal.sheets import sheets
from training.personal.tables import markdown, text
from training.personal.trained import trainings
from training.progress import bar
from training.tables import table_bytes

#: Written beside the truth and the faces of people who never were.
_SIMULATED = "simulated.json"
_AGAIN = "affectbox-training personal evaluate"
_READ = (
    "No tables told the units: they are what the box's own face network reads of the faces, right or wrong. The "
    "figures say how much of that an embedding holds."
)
_FEW = "Of fewer than six people no comparison can be sure, and the more approaches there are, the more it takes."


def evaluate(arguments: argparse.Namespace) -> int:
    """Run it.

    Raises:
        ConfigError: trainings that cannot be measured together, or not with these faces.
        DataError: faces or tables are broken, or tell nothing that can be measured.
        StorageError: the folder cannot be written.
    """
    make_private(arguments.out)
    people = load_people(arguments.faces, arguments.person)
    found = trainings(arguments.runs, people)
    jobs = [Job(arguments.faces, name, runs, arguments.truth, arguments.seed) for name, runs in found.items()]
    evaluation = _evaluated(arguments, jobs)
    _write(evaluation, people, arguments.out)
    print(text(evaluation))
    print(f"wrote {arguments.out}: {NAME}, evaluation.md, tables, figures, and a page for each person")
    return 0


def _evaluated(arguments: argparse.Namespace, jobs: Sequence[Job]) -> Evaluation:
    come = done(measured, jobs, arguments.scheduler, arguments.workers)
    with closing(bar(come, "measured", len(jobs), "people")) as shown:
        people = sorted((found for _, found in shown), key=lambda one: one.name)
    folders = [arguments.faces, arguments.faces.resolve().parent]
    folders += [arguments.truth.resolve().parent] if arguments.truth else []
    simulated = any((folder / _SIMULATED).exists() for folder in folders)
    made = Evaluation(simulated, arguments.seed, tuple(people), comparisons(people))
    return replace(made, notes=(*_notes(made), *_unfinished(jobs)))


def _notes(found: Evaluation) -> Iterator[str]:
    if any(person.labels == READ for person in found.people):
        yield _READ
    if found.compared and len(found.people) < FEWEST:
        yield _FEW


def _unfinished(jobs: Sequence[Job]) -> Iterator[str]:
    """What is said of trainings that were stopped."""
    for one in dict.fromkeys(one for job in jobs for one in job.trainings if one.epochs < one.planned):
        yield (
            f"{one.name} of {one.folder.name} had learnt for {one.epochs} of {one.planned} epochs when it was "
            "measured: go on with `personal train --resume`, and measure again."
        )


def _write(found: Evaluation, people: Sequence[Person], out: Path) -> None:
    """Write everything, noted first. Raises `StorageError`."""
    contents: dict[str, tuple[list[str], bytes]] = {}
    names = [person.name for person in found.people]
    for name, (header, rows) in sheets(found).items():
        contents[name] = names, table_bytes(header, rows)
    contents["evaluation.md"] = names, markdown(found).encode()
    for name, picture in figures(found).items():
        contents[name] = names, picture
    for person in found.people:
        contents[f"{person.name}.html"] = [person.name], page(found, person).encode()
    files: list[tuple[Path, list[str], list[str]]] = [(out / NAME, names, [])]
    files += [(out / name, whose, []) for name, (whose, _) in contents.items()]
    if not found.simulated:
        note_all(files, "evaluation of a model of a person", _AGAIN)
    for name, (_, content) in contents.items():
        write_whole(out / name, lambda file, content=content: file.write(content))  # type: ignore[misc]
    found.save(out / NAME)
