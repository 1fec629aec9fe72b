"""`affectbox-training personal train`: one network for each person, or one for all, by the recipe of an approach."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from cloud.erasing.known import note_all
from device.contract.errors import ConfigError, DataError
from training.cluster import done
from training.personal.check import require
from training.personal.people import Person, load_people
from training.personal.pictures import CURVES, FACES, draw_curves
from training.personal.recipe import FROM_GENERAL, FROM_PERSON, PersonalRecipe, about, find_recipe
from training.run_folder import CHECKPOINT, META, WEIGHTS

GENERAL = "general"


@dataclass(frozen=True)
class Job:
    """One training: of the people `names` (all of `faces` where there are none) into the run folder `out`."""

    recipe: PersonalRecipe
    faces: Path
    names: tuple[str, ...]
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
    note_all([(path, job.names, ()) for job in jobs for path in _written(job)], "a training of personal movement")
    trainings = done(train_one, jobs, arguments.scheduler, 0 if len(jobs) == 1 else arguments.workers)
    for finished, (_, said) in enumerate(trainings, 1):
        print(said if len(jobs) == 1 else f"{said} ({finished} of {len(jobs)})", flush=True)
    return 0


def jobs_of(arguments: argparse.Namespace, recipe: PersonalRecipe, people: Sequence[Person]) -> list[Job]:
    """What is to be trained. Raises `ConfigError` where a run is there already, or what a transfer begins with is
    missing or is of the person itself."""
    names = [person.name for person in people]
    groups = {GENERAL: tuple(names)} if recipe.general else {name: (name,) for name in names}
    starts = {out: _start(arguments.start or _given(recipe), recipe, members) for out, members in groups.items()}
    changes = "".join(f" --set '{text}'" for text in arguments.set)
    begun = " --start RUN" if arguments.start else ""
    command = f"affectbox-training personal train --faces FACES --recipe {Path(arguments.recipe).name}{begun}{changes}"
    jobs = [
        Job(
            msgspec.structs.replace(recipe, start=starts[out]),
            arguments.faces.resolve(),
            members,
            arguments.out.resolve() / out,
            arguments.resume,
            command,
            len(groups) == 1,
        )
        for out, members in groups.items()
    ]
    if there := [job.out for job in jobs if (job.out / CHECKPOINT).is_file() and not arguments.resume]:
        raise ConfigError(f"{there[0]} already holds a run: continue it with --resume, or give another --out.")
    return jobs


def train_one(job: Job) -> str:
    """Do one job; what became of it, in one line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from training.machines import find_machines  # noqa: PLC0415 - loads TensorFlow, in the worker
    from training.personal.kind import Movement  # noqa: PLC0415
    from training.personal.pairs import learnt  # noqa: PLC0415
    from training.train import train as train_network  # noqa: PLC0415

    machines = find_machines(job.recipe.strategy, job.recipe.batch)
    people = load_people(job.faces, job.names)
    _require_faces(job.recipe, people)
    data = learnt(people, job.recipe.blocks.blocks)
    data = replace(data, about={**about(job.recipe), **data.about})
    say = partial(print, flush=True) if job.alone else lambda _: None
    train_network(Movement(), job.recipe, data, job.out, machines, (), job.resume, job.command, say)
    meta = msgspec.json.decode((job.out / META).read_bytes())
    draw_curves(job.out / CURVES, meta["history"], f"{job.out.name}, {job.recipe.approach}")
    last = meta["history"][-1]
    return f"wrote {job.out}: {data.about['faces']} faces, {job.recipe.epochs} epochs of {last['seconds']:g} s"


def _written(job: Job) -> list[Path]:
    """The files of a training, which are of the people that it learns from."""
    kept = [f"kept/{epoch}.npz" for epoch in job.recipe.keep]
    return [job.out / name for name in (META, WEIGHTS, CHECKPOINT, CURVES, FACES, *kept)]


def _require_faces(recipe: PersonalRecipe, people: Sequence[Person]) -> None:
    kind = recipe.network
    side, coloured = kind.side, kind.coloured  # type: ignore[union-attr]
    for person in people:
        if (person.side, person.coloured) != (side, coloured):
            option = f"--size {side}" + (" --colour" if coloured else "")
            raise DataError(
                f"The faces of {person.name} are not what this network reads: make them with "
                f"`affectbox-training faces {option}`."
            )


def _given(recipe: PersonalRecipe) -> Path | None:
    return Path(recipe.start) if recipe.start else None


def _start(start: Path | None, recipe: PersonalRecipe, members: tuple[str, ...]) -> str:
    """The run that a training of these people begins with, '' for none: `start`, or the run in it of the next other
    person."""
    if start is None:
        if recipe.transfers:
            raise ConfigError(f"{recipe.approach} begins with another run: name it with --start.")
        return ""
    if recipe.approach not in (FROM_PERSON, FROM_GENERAL):
        raise ConfigError(
            f"{recipe.approach} begins with nothing: leave out --start, or choose a recipe of a transfer."
        )
    found = {path: _people_of(path) for path in ([start] if (start / META).is_file() else _runs_in(start))}
    if not found:
        raise ConfigError(f"{start} holds no finished epoch of a training: give a run folder, or one of run folders.")
    fitting = [path for path, people in found.items() if (len(people) > 1) == (recipe.approach == FROM_GENERAL)]
    if not fitting:
        whose = "all people" if recipe.approach == FROM_GENERAL else "one other person"
        raise ConfigError(f"{recipe.approach} begins with a run of {whose}, and {start} is none.")
    others = [path for path in fitting if not set(members) & set(found[path])]
    if not others:
        raise ConfigError(f"{start} has learnt from {members[0]}: begin with a run of others.")
    after = [path for path in others if found[path] > list(members)]
    return str((after or others)[0].resolve())


def _runs_in(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{META}"))


def _people_of(run: Path) -> list[str]:
    try:
        people = msgspec.json.decode((run / META).read_bytes())["data_about"]["people"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{run} is no run of personal movement ({error}): give another --start.") from error
    return [str(name) for name in people]
