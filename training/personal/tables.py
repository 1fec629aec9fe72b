"""An evaluation as tables, for people: for a terminal, and for a document (Markdown)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from device.contract.labels import ACTION_UNIT_KEYS
from training.diagnosis.tables import SIMULATED, folded, shown, table
from training.personal.arms import Compared
from training.personal.evaluation import Evaluation, Measured, PersonFound
from training.personal.movements import Movement

GUESS = "always 'present'"
#: Jaccard index from which a movement is stable (Hennig 2007).
STABLE = 0.75
#: What is told of an approach or a reference, in words.
NAMES = {
    "psm": "this person alone (PSM)",
    "gm": "many people (GM)",
    "psm-curriculum": "PSM with curriculum",
    "gm-curriculum": "GM with curriculum",
    "transfer-person": "from another person's",
    "transfer-general": "from a general one",
    "scratch": "PSM, few epochs",
    "untrained": "untrained network",
    "pixels": "pixels (32 components)",
    "box": "the box's face network",
}
_PUBLISHED = (
    ("", "F1"),
    ("PSM", ".825"),
    ("GM", ".805"),
    ("transfer, 500 epochs", ".831"),
    ("from a general one, 10 epochs", ".806"),
    ("from another person's, 10 epochs", ".654"),
    ("from scratch, 10 epochs", ".409"),
)
_HOW = (
    "F1 of 'present' and area under the ROC curve of linear probes, on blocks of time that were held out; of units "
    "that are present in more than 2 % of the faces."
)

Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Table:
    """A title, rows of which the first is the header, and what is to be said of them."""

    title: str
    rows: Rows
    words: str = ""


def named(name: str) -> str:
    """An approach in words."""
    first, _, rest = name.partition(" ")
    return NAMES.get(first, first) + (f" {rest}" if rest else "")


def text(found: Evaluation) -> str:
    """For a terminal."""
    parts = [[*_about(found)]]
    parts += [[f"{one.title}:", *table(one.rows), *([one.words] if one.words else [])] for one in _tables(found)]
    parts.append([*found.notes])
    return "\n\n".join("\n".join(folded(part)) for part in parts if part)


def markdown(found: Evaluation) -> str:
    """For a document."""
    parts = ["# A model of one person: what was found", " ".join(_about(found))]
    for one in _tables(found):
        header, *rows = one.rows
        lines = [header, tuple("---" if not at else "---:" for at in range(len(header))), *rows]
        parts += [f"## {one.title}", "\n".join(f"| {' | '.join(row)} |" for row in lines), one.words]
    return "\n\n".join(part for part in (*parts, *found.notes) if part) + "\n"


def each(found: Evaluation) -> Iterator[tuple[PersonFound, Measured]]:
    """Everything that was measured, with whose it is."""
    return ((person, of) for person in found.people for of in (*person.arms, *person.references))


def _about(found: Evaluation) -> Iterator[str]:
    if found.simulated:
        yield SIMULATED
    learnt, held_out = (sum(getattr(one, name) for one in found.people) for name in ("learnt_s", "held_out_s"))
    recordings = sum(one.recordings for one in found.people)
    people = "1 person" if len(found.people) == 1 else f"{len(found.people)} people"
    yield (
        f"{people}, {recordings} recordings: {learnt:.0f} s learnt from, {held_out:.0f} s held out. {_HOW} In "
        "brackets: 95 %."
    )


def _tables(found: Evaluation) -> Iterator[Table]:
    for figure, name in (("f1", "F1"), ("auc", "Area under the ROC curve")):
        yield Table(f"{name} of each unit, mean over people", _by_unit(found, figure))
    yield Table(
        "F1 of each person, mean over units",
        _by_person(found),
        "Intervals by bootstrap over stretches of 5 s of the time that was held out.",
    )
    if any(of.course for _, of in each(found)):
        yield Table("F1 after epochs, mean over people and units", _by_epoch(found))
    if found.compared:
        yield Table(
            "Approaches within people",
            _comparisons(found.compared),
            "Shift: how much higher the first is, by Hodges and Lehmann; p of Wilcoxon's signed-rank test, two-sided, "
            "corrected (Holm) within what was asked beforehand, what else was looked at, and the references, of each "
            "figure. Epochs: until F1 is at 95 % of the second's gain.",
        )
    if any(of.movements for _, of in each(found)):
        yield Table(
            "Movements that were found, mean over people",
            _movements(found),
            "Novel: like no single unit and no combination that is written down, by more than .8. Again: adjusted "
            "Rand index with those found in other draws of blocks; planted: with the true ones, in active faces (1 is "
            "the same, 0 chance)." + _null(found),
        )
    yield Table(
        "Published, of 27 people of DISFA",
        [*_PUBLISHED],
        "Other faces, a larger network and hours of learning: beside these figures, never against them.",
    )


def _units(found: Evaluation) -> list[str]:
    known = {unit for _, of in each(found) for unit in of.units}
    return [unit for unit in ACTION_UNIT_KEYS if unit in known]


def _by_unit(found: Evaluation, figure: str) -> Rows:
    """A row for each approach, as published: a column for each unit, then the mean over people of their means."""
    units = _units(found)
    rows: Rows = [("", *units, "mean")]
    for name in found.names:
        of = [one for person in found.people if (one := person.arm(name))]
        cells = [[getattr(one.units[unit], figure).value for one in of if unit in one.units] for unit in units]
        whole = [getattr(one, figure).value for one in of]
        rows.append((named(name), *map(_mean, cells), _mean(whole)))
    if figure == "f1":
        one_each = [person.arms[0].units for person in found.people if person.arms]
        cells = [[of[unit].guess for of in one_each if unit in of] for unit in units]
        whole = [float(np.mean([one.guess for one in of.values()])) for of in one_each]
        rows.append((GUESS, *map(_mean, cells), _mean(whole)))
    return rows


def _mean(values: Sequence[float]) -> str:
    known = [value for value in values if not isnan(value)]
    return _plain(float(np.mean(known))) if known else "–"


def _plain(value: float) -> str:
    """`.825`, as in published tables."""
    return f"{value:.3f}".removeprefix("0") if value >= 0 else f"−{_plain(-value)}"


def _by_person(found: Evaluation) -> Rows:
    rows: Rows = [("", *(person.name for person in found.people))]
    for name in found.names:
        of = [person.arm(name) for person in found.people]
        rows.append((named(name), *(shown(one.f1) if one else "–" for one in of)))
    return rows


def _by_epoch(found: Evaluation) -> Rows:
    epochs = sorted({point.epoch for _, of in each(found) for point in of.course})
    rows: Rows = [("", *(str(epoch) for epoch in epochs), "seconds an epoch")]
    for name in found.names:
        of = [one for person in found.people if (one := person.arm(name)) and one.course]
        if of:
            points = [[point.f1.value for one in of for point in one.course if point.epoch == at] for at in epochs]
            seconds = [one.epoch_s for one in of if one.epoch_s is not None]
            rows.append((named(name), *map(_mean, points), f"{np.median(seconds):.1f}" if seconds else "–"))
    return rows


def _movements(found: Evaluation) -> Rows:
    rows: Rows = [("", "movements", "novel", "stable", "again", "planted, learnt", "planted, held out")]
    for name in found.names:
        of = [one.movements for person in found.people if (one := person.arm(name)) and one.movements]
        if of:
            truth = [one.truth for one in of if one.truth]
            counts = ([test(one) for each in of for one in each.movements] for test in (_any, _novel, _stable))
            rows.append(
                (
                    named(name),
                    *(f"{sum(count) / len(of):.1f}" for count in counts),
                    _mean([one.rand.value for one in of]),
                    _mean([one.learnt.value for one in truth]),
                    _mean([one.held_out.value for one in truth]),
                )
            )
    return rows


def _any(_: Movement) -> bool:
    return True


def _novel(of: Movement) -> bool:
    return of.novel


def _stable(of: Movement) -> bool:
    return of.stable >= STABLE


def _null(found: Evaluation) -> str:
    """What two general models agree on, in words."""
    known = [person.null.value for person in found.people if person.null]
    return f" Two general models agree on a person's movements by {_mean(known)}." if known else ""


def _comparisons(found: Sequence[Compared]) -> Rows:
    rows: Rows = [("first", "second", "figure", "after", "higher in", "shift", "p", "corrected", "")]
    for one in found:
        after = f"{one.epoch} epochs" if one.epoch else ("–" if one.figure == "epochs" else "the last")
        known = not isnan(one.shift.low)
        shift = shown(one.shift) if known else f"{one.shift.value:.3f}"
        higher = f"{one.higher} of {one.people}"
        rows.append((one.first, one.second, one.figure, after, higher, shift, _p(one.p), _p(one.p_holm), one.told))
    return rows


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< .001" if value < 0.001 else _plain(value)
