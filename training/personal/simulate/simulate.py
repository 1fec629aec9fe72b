"""`affectbox-training personal simulate`: a study of people who never were, in a folder.

DIR/videos/PERSON/NAME.mp4    what `affectbox-training faces --videos DIR/videos` takes
DIR/truth/PERSON/NAME.csv     of every frame: its time, the movement that acts (0: none), intensities of action units
                              (0–5, of the stronger side), pose, light and whether somebody talks
DIR/people.json               of every person: their movements, and their face at rest
DIR/simulated.json            the plan, the seed and what the heads are made of: it says that all of this is simulated
"""

import argparse
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic

import msgspec

from device.contract.toml import assigned, parse, read_toml
from training.cluster import done
from training.cohort.simulate import check_out, new_study
from training.personal.simulate.mold import Mold, load_mold
from training.personal.simulate.plan import Plan
from training.personal.simulate.recording import TRUTH, VIDEOS, People
from training.progress import bar, in_words

PEOPLE, SIMULATED = "people.json", "simulated.json"
#: Whose shapes the heads have, without and with ICT-FaceKit.
HEADS = ("the digital face, reshaped at random", "identities of ICT-FaceKit")
_EXAMPLE = "people=2"


def simulate(arguments: argparse.Namespace) -> int:
    """The command."""
    file = [(read_toml(arguments.plan, "--plan"), str(arguments.plan))] if arguments.plan else []
    people = People(parse(Plan, [*file, *(assigned(text, _EXAMPLE) for text in arguments.set)]), arguments.seed)
    check_out(arguments.out)
    began = monotonic()
    frames = make(people, arguments.ict, arguments.out, arguments.scheduler, arguments.workers)
    plan = people.plan
    print(f"{plan.people} people who never were, {plan.recordings} recordings of {plan.seconds:g} s of each:")
    print(f"{frames} frames in {arguments.out / VIDEOS}, their truth in {arguments.out / TRUTH}.")
    print(f"Made in {in_words(monotonic() - began)}.")
    return 0


def make(people: People, ict: Path | None, out: Path, scheduler: str | None, workers: int | None) -> int:
    """Write the study; how many frames there are. The folder is there when all of it is. Raises `DataError`: no
    ICT-FaceKit; `ConfigError`: `out` is there already, no cluster; `StorageError`."""
    with new_study(out, VIDEOS) as part:
        model = ict.resolve() if ict else None
        jobs = [_Job(people, person, model, part.resolve()) for person in range(people.plan.people)]
        with bar(None, "people", len(jobs)) as shown:
            frames = 0
            for _, made in done(_record, jobs, scheduler, workers):
                frames += made
                shown.update()
        _write(part / PEOPLE, {people.name(number): _told(people, number) for number in range(len(jobs))})
        plan = msgspec.to_builtins(people.plan)
        heads = HEADS[ict is not None]
        _write(part / SIMULATED, {"v": 1, "simulated": True, "seed": people.seed, "heads": heads, "plan": plan})
    return frames


@dataclass(frozen=True)
class _Job:
    people: People
    person: int
    ict: Path | None
    folder: Path


def _record(job: _Job) -> int:
    return job.people.record(_mold(job.ict), job.person, job.folder)


@lru_cache(maxsize=1)
def _mold(ict: Path | None) -> Mold:
    return load_mold(ict)


def _told(people: People, person: int) -> dict[str, object]:
    return {"tone": round(people.tone(person), 3), **asdict(people.idiolect(person))}


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
