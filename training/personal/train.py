"""`affectbox-training personal train`: one network for each person, or one for all, by the recipe of an approach."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from cloud.erasing.known import note_all
from device.contract.errors import ConfigError
from training.cluster import done
from training.personal.check import require
from training.personal.people import Person, load_people
from training.personal.pictures import CURVES, FACES, draw_curves
from training.personal.recipe import PersonalRecipe, about, find_recipe
from training.personal.trained import GENERAL
from training.personal.transfer import donor_of
from training.run_folder import CHECKPOINT, META, WEIGHTS


@dataclass(frozen=True)
class Job:
    """One training: of the people `names` into the run folder `out`; `donors` are whose faces are in the weights that
    it begins with."""

    recipe: PersonalRecipe
    faces: Path
    names: tuple[str, ...]
    donors: tuple[str, ...]
    out: Path
    resume: bool
    command: str
    alone: bool


def train(arguments: argparse.Namespace) -> int:
    """The command. Raises `ConfigError`, `DataError`, `ModelError`, `StorageError`."""
    recipe = find_recipe(arguments.recipe, arguments.set)
    people = load_people(arguments.faces, arguments.person)
    for warning in require(people, little=recipe.general):
        print(warning, flush=True)
    jobs = jobs_of(arguments, recipe, people)
    whose = [(path, (*job.names, *job.donors), ()) for job in jobs for path in _written(job)]
    note_all(whose, "a training of personal movement")
    trainings = done(train_one, jobs, arguments.scheduler, 0 if len(jobs) == 1 else arguments.workers)
    for finished, (_, said) in enumerate(trainings, 1):
        print(said if len(jobs) == 1 else f"{said} ({finished} of {len(jobs)})", flush=True)
    return 0


def jobs_of(arguments: argparse.Namespace, recipe: PersonalRecipe, people: Sequence[Person]) -> list[Job]:
    """What is to be trained. Raises `ConfigError` where a run is there already, or what a transfer begins with is
    missing or is of the person itself."""
    names = [person.name for person in people]
    groups = {GENERAL: tuple(names)} if recipe.general else {name: (name,) for name in names}
    start = arguments.start or (Path(recipe.start) if recipe.start else None)
    donors = {out: donor_of(start, recipe, members) for out, members in groups.items()}
    changes = "".join(f" --set '{text}'" for text in arguments.set)
    begun = " --start RUN" if arguments.start else ""
    command = f"affectbox-training personal train --faces FACES --recipe {Path(arguments.recipe).name}{begun}{changes}"
    jobs = [
        Job(
            msgspec.structs.replace(recipe, start=str(donor.run) if donor else ""),
            arguments.faces.resolve(),
            members,
            donor.everybody if donor else (),
            arguments.out.resolve() / out,
            arguments.resume,
            command,
            len(groups) == 1,
        )
        for (out, members), donor in zip(groups.items(), donors.values(), strict=True)
    ]
    if there := [job.out for job in jobs if (job.out / CHECKPOINT).is_file() and not arguments.resume]:
        raise ConfigError(f"{there[0]} already holds a run: continue it with --resume, or give another --out.")
    return jobs


def train_one(job: Job) -> str:
    """Do one job; what became of it, in one line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not job.alone:
        os.environ.setdefault("TQDM_DISABLE", "1")  # bars of several processes would write over each other
    from training.machines import find_machines  # noqa: PLC0415 - loads TensorFlow, in the worker
    from training.personal.kind import Movement  # noqa: PLC0415
    from training.personal.pairs import learnt  # noqa: PLC0415
    from training.train import train as train_network  # noqa: PLC0415

    machines = find_machines(job.recipe.strategy, job.recipe.batch)
    people = load_people(job.faces, job.names)
    data = learnt(people, job.recipe.blocks.blocks)
    began = {"began_with": list(job.donors)} if job.donors else {}
    data = replace(data, about={**about(job.recipe), **data.about, **began})
    say = partial(print, *([] if job.alone else [f"{job.out.name}:"]), flush=True)
    train_network(Movement(), job.recipe, data, job.out, machines, (), job.resume, job.command, say)
    meta = msgspec.json.decode((job.out / META).read_bytes())
    draw_curves(job.out / CURVES, meta["history"], f"{job.out.name}, {job.recipe.approach}")
    last = meta["history"][-1]
    return f"wrote {job.out}: {data.about['faces']} faces, {job.recipe.epochs} epochs of {last['seconds']:g} s"


def _written(job: Job) -> list[Path]:
    """The files of a training."""
    kept = [f"kept/{epoch}.npz" for epoch in job.recipe.keep]
    return [job.out / name for name in (META, WEIGHTS, CHECKPOINT, CURVES, FACES, *kept)]
