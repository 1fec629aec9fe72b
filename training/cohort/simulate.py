"""A simulated cohort in a folder, driven through the record format, as a study would have it.

DIR/participants.csv          who, in which group
DIR/stimuli.csv               the phases of each recording, where the plan has them in a table
DIR/recordings/NAME.jsonl     one file a session
DIR/truth.json                the plan, the seed, and what is true: it says that all of this is simulated
"""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

import msgspec
import numpy as np

from device.contract.errors import ConfigError, StorageError
from device.contract.fields import Json
from training.cohort.people import Participant
from training.cohort.plan import Plan
from training.cohort.recordings import Recording
from training.cohort.study import PARTICIPANTS, RECORDINGS, STIMULI, STIMULI_HEADER
from training.cohort.truth import KEYS, Truth, draw
from training.files import make_private

TRUTH = "truth.json"


def check_out(out: Path) -> None:
    """Raises `ConfigError`: something is there already."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out} is there already: name a new folder, or an empty one.")


def simulate(plan: Plan, seed: int, out: Path) -> Iterator[str]:
    """Write the cohort of a plan, and give the name of each recording when it is written; the folder is there when all
    of it is. Raises `ConfigError` (see `check_out`), `StorageError`."""
    truth = draw(plan, seed)
    with new_study(out) as part:
        yield from _recordings(truth, part)
        write_people(part, truth.people)
        (part / TRUTH).write_text(json.dumps(_told(truth), indent=1) + "\n")


@contextmanager
def new_study(out: Path, recordings: str = RECORDINGS) -> Iterator[Path]:
    """A folder to write a study into, with one for its `recordings`, that becomes `out` when all of it is written.
    Raises `ConfigError` (see `check_out`), `StorageError`."""
    check_out(out)
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        make_private(part / recordings)
        yield part
        with suppress(FileNotFoundError):
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise StorageError(
            f"{out} cannot be written ({error.strerror}): make room, or name another folder."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_people(folder: Path, people: Iterable[Participant]) -> None:
    """`participants.csv` of a study. Raises `OSError`."""
    write_table(folder / PARTICIPANTS, [one.name for one in fields(Participant)], map(_row, people))


def _recordings(truth: Truth, folder: Path) -> Iterator[str]:
    stimuli: list[Sequence[object]] = []
    for person in range(len(truth.people)):
        for number in range(truth.plan.sessions):
            recording = Recording(truth, person, number)
            path = folder / RECORDINGS / f"{recording.name}.jsonl"
            with path.open("wb") as file:
                file.writelines(line + b"\n" for line in recording.lines())
            stimuli += [(path.name, *one) for one in recording.stimuli()]
            yield recording.name
    if truth.plan.stimuli:
        write_table(folder / STIMULI, STIMULI_HEADER, stimuli)


def _row(person: Participant) -> Sequence[object]:
    return [person.pseudonym, person.group, person.site, f"{person.age:g}", person.sex, person.medication]


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as CSV. Raises `OSError`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _told(truth: Truth) -> Json:
    """What is true: the plan, and of each effect what it came to among these people."""
    plan: Json = msgspec.to_builtins(truth.plan)
    people = {
        person.pseudonym: {"group": group, "away": round(float(away), 3)}
        for person, group, away in zip(truth.people, truth.true_groups, truth.away, strict=True)
    }
    effects = [msgspec.to_builtins(one) | {"drawn": _drawn(truth, one.group, one.unit)} for one in truth.plan.effects]
    return {"v": 1, "simulated": True, "seed": truth.seed, "plan": plan, "effects": effects, "people": people}


def _drawn(truth: Truth, group: str, unit: str) -> dict[str, float | None]:
    """Phase → Cohen's d of a unit's activity between the people of a group and all others, as they were drawn."""
    ours = np.array([one == group for one in truth.true_groups])
    active = truth.mean_activity[:, :, KEYS.index(unit)]
    if min(ours.sum(), (~ours).sum()) < 2:  # of one person there is no spread
        return dict.fromkeys(truth.plan.named)
    a, b = active[ours], active[~ours]
    weights = (len(a) - 1, len(b) - 1)
    spread = np.sqrt((weights[0] * a.var(0, ddof=1) + weights[1] * b.var(0, ddof=1)) / sum(weights))
    found = (a.mean(0) - b.mean(0)) / spread
    return {phase: round(float(d), 3) for phase, d in zip(truth.plan.named, found, strict=True)}
