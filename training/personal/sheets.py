"""An evaluation as tables, for programs (CSV)."""

from collections.abc import Iterator
from math import isnan

from device.contract.evidence import Interval
from training.personal.arms import Compared
from training.personal.evaluation import Evaluation
from training.personal.tables import each

Csv = tuple[tuple[str, ...], list[tuple[object, ...]]]


def sheets(found: Evaluation) -> dict[str, Csv]:
    """Name of the file → header and rows; what is not known is empty."""
    first = ("person", "approach")
    both = ("f1", "f1_low", "f1_high", "auc", "auc_low", "auc_high")
    probed = [
        (person.name, of.name, unit, one.faces, one.present, _cell(one.guess), *_cells(one.f1), *_cells(one.auc))
        for person, of in each(found)
        for unit, one in of.units.items()
    ]
    course = [
        (person.name, of.name, point.epoch, *_cells(point.f1), *_cells(point.auc))
        for person, of in each(found)
        for point in of.course
    ]
    compared = [
        (one.first, one.second, one.figure, one.epoch or "", one.people, one.higher, *_cells(one.shift), *_ps(one))
        for one in found.compared
    ]
    pair = ("first", "second", "figure", "epoch", "people", "higher", "shift", "low", "high", "p", "p_holm")
    moved: list[tuple[object, ...]] = [
        (
            person.name,
            of.name,
            number,
            one.faces,
            _cell(one.share),
            " ".join(f"{unit}={value:g}" for unit, value in one.units.items()),
            one.known,
            _cell(one.score),
            int(one.novel),
            _cell(one.stable),
        )
        for person, of in each(found)
        for number, one in enumerate(of.movements.movements if of.movements else (), start=1)
    ]
    movement = ("movement", "faces", "share", "units", "known", "score", "novel", "stable")
    return {
        "movements.csv": ((*first, *movement), moved),
        "probes.csv": ((*first, "unit", "faces", "present", "f1_guess", *both), probed),
        "course.csv": ((*first, "epoch", *both), course),
        "comparisons.csv": (pair, compared),
    }


def _cell(value: float) -> object:
    return "" if isnan(value) else round(value, 4)


def _cells(of: Interval) -> Iterator[object]:
    return (_cell(value) for value in (of.value, of.low, of.high))


def _ps(of: Compared) -> tuple[object, ...]:
    return tuple("" if p is None else round(p, 5) for p in (of.p, of.p_holm))
