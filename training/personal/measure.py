"""One person, measured: every approach and every reference, by the same probes on the same stretches of time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.evidence import Interval
from device.contract.labels import ACTION_UNIT_KEYS
from training.diagnosis.metrics import interval
from training.personal.baselines import pixels
from training.personal.blocks import Blocks
from training.personal.evaluation import READ, TOLD, Epoch, Measured, PersonFound, Unit
from training.personal.movements import MovementsFound, found
from training.personal.people import Person, load_people
from training.personal.probes import FEWEST_STRETCHES, Mask, Probe, Sample, mean_of, probes, sample
from training.personal.reference import read_scales
from training.personal.stability import agreement
from training.personal.trained import Trained
from training.personal.truth import Truth, truth_of

#: What stands beside the approaches.
UNTRAINED, PIXELS, BOX = "untrained", "pixels", "box"


@dataclass(frozen=True)
class Job:
    """One person's part of an evaluation: of the faces in a folder, by the trainings, with the tables of `truth`; the
    units are what the box reads where there are none."""

    faces: Path
    name: str
    trainings: tuple[Trained, ...]
    truth: Path | None
    seed: int


class Encoders(NamedTuple):
    """What the encoder of a run says of faces, after its last epoch (None) or another, of those that are kept."""

    embed: Callable[[Path, NDArray[np.uint8], int | None], NDArray[np.float32]]
    kept: Callable[[Path], tuple[int, ...]]


def measured(job: Job) -> PersonFound:
    """As `measured_by`, by the encoders of runs."""
    from training.personal.embedding import embed, kept  # noqa: PLC0415  loads TensorFlow

    return measured_by(job, Encoders(embed, kept))


def measured_by(job: Job, encoders: Encoders) -> PersonFound:
    """Measure one person.

    Raises:
        DataError: faces or tables are broken, or no unit can be measured.
        ConfigError: a run is broken. ModelError: the box's face network is not to be had.
    """
    (person,) = load_people(job.faces, [job.name])
    blocks = job.trainings[0].blocks
    parts = blocks.of(person)
    scales = read_scales(person.images)
    read = scales[:, : len(ACTION_UNIT_KEYS)]
    truth = truth_of(person, job.truth) if job.truth else Truth(read, Truth.unknown(len(person)).movements)
    of = sample(truth.units, parts, blocks.numbers(person), person.recordings, person.times, job.seed)
    if not of.measured:
        raise DataError(_nothing(person, of))
    return PersonFound(
        name=person.name,
        data=person.digest(),
        recordings=len(person.videos),
        faces=len(person),
        learnt=int(parts.learnt.sum()),
        held_out=int(parts.held_out.sum()),
        learnt_s=seconds(person, parts.learnt, blocks),
        held_out_s=seconds(person, parts.held_out, blocks),
        labels=TOLD if job.truth else READ,
        left_out=of.left_out,
        arms=tuple(_arm(one, person, of, encoders, truth, read, job.seed) for one in job.trainings),
        references=tuple(_references(job, person, of, encoders, scales)),
        null=_null(job, person, of, encoders, read),
    )


def seconds(person: Person, chosen: Mask, blocks: Blocks) -> float:
    """How long some of a person's faces are seen, by the usual step between two of them; gaps do not count."""
    steps = np.diff(person.times)[np.diff(person.recordings) == 0]
    return round(float(chosen.sum() * np.median(steps)), 1) if len(steps) else 0.0


def _nothing(person: Person, of: Sample) -> str:
    why = "; ".join(dict.fromkeys(of.left_out.values()))
    return (
        f"No action unit of {person.name} can be measured ({why}): give more recordings, of which both the learnt and "
        "the held out blocks show the units, and tables that tell them."
    )


def _arm(
    one: Trained, person: Person, of: Sample, encoders: Encoders, truth: Truth, read: NDArray[np.float32], seed: int
) -> Measured:
    """An approach, after each epoch of which the weights were kept, and after the last; `read`: what the box reads."""
    embeddings = encoders.embed(one.folder, person.images, None)
    last = probes(embeddings, of)
    earlier = [epoch for epoch in encoders.kept(one.folder) if epoch < one.epochs]
    course = [_epoch(epoch, probes(encoders.embed(one.folder, person.images, epoch), of)) for epoch in earlier]
    moves = found(embeddings, truth.units, truth.movements, of.blocks, of.parts, seed, guide=read)
    return _measured(one.name, last, one, (*course, _epoch(one.epochs, last)), moves)


def _null(job: Job, person: Person, of: Sample, encoders: Encoders, read: NDArray[np.float32]) -> Interval | None:
    """How far two general models agree on this person's movements."""
    general = [one for one in job.trainings if one.general][:2]
    if len(general) < 2:
        return None
    first, second = (encoders.embed(one.folder, person.images, None) for one in general)
    return agreement(first, second, of.blocks, of.parts, job.seed, read)


def _references(
    job: Job, person: Person, of: Sample, encoders: Encoders, scales: NDArray[np.float32]
) -> Iterator[Measured]:
    begun = [one for one in job.trainings if not one.transferred and 0 in encoders.kept(one.folder)]
    if begun:
        yield _measured(UNTRAINED, probes(encoders.embed(begun[0].folder, person.images, 0), of))
    yield _measured(PIXELS, probes(pixels(person.images, of.parts.learnt, job.seed), of))
    if job.truth:  # else it is what is to be found
        yield _measured(BOX, probes(np.nan_to_num(scales), of))


def _measured(
    name: str,
    probed: Sequence[Probe],
    one: Trained | None = None,
    course: tuple[Epoch, ...] = (),
    moves: MovementsFound | None = None,
) -> Measured:
    mean = _epoch(0, probed)
    return Measured(
        name=name,
        run=one.weights if one else "",
        general=one.general if one else False,
        epochs=one.epochs if one else 0,
        epoch_s=one.epoch_s if one else None,
        units={
            probe.unit: Unit(
                probe.faces, probe.present, probe.guess, _about(probe.f1, probe), _about(probe.area, probe)
            )
            for probe in probed
        },
        f1=mean.f1,
        auc=mean.auc,
        course=course,
        movements=moves,
    )


def _about(values: NDArray[np.float64], of: Probe) -> Interval:
    """A figure of a unit, whose interval is not known where it was hardly ever present."""
    found = interval(values)
    unknown = Interval(found.value, float("nan"), float("nan"))
    return found if of.stretches >= FEWEST_STRETCHES else unknown


def _epoch(number: int, probed: Sequence[Probe]) -> Epoch:
    """The means over units."""
    f1, area = (mean_of([getattr(probe, figure) for probe in probed]) for figure in ("f1", "area"))
    return Epoch(number, interval(f1), interval(area))
