"""The published tables: accuracy and F1 of each action and their means, networks side by side, in percent.

             present  au             emofan
             %        accuracy  F1   accuracy  F1
    AU1      24.1     81.0    62.3   80.2    60.9
    …
    mean     16.5     …

Actions are named and ordered as in Ji et al. 2025 (*Hugging Rain Man*): AU2X is AU26 and 27, AU43E closed eyes, where
presence was coded. Each figure is the mean over the folds' held-out participants. Beside them stands how often an
action is there at all: who always says that a rare one is absent is right nearly always, and has no F1.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

from device.stages.appearance import INTENSITY, PRESENCE
from training.action_units.recording import LABELS

#: Our key → the name in published tables; the second only where no intensities were coded, for E is one.
NAMES = {"AU26": "AU2X", "AU43": "AU43E"}
FIGURES = ("accuracy", "f1")
_TITLES = {"accuracy": "accuracy", "f1": "F1"}
Cells = list[float | None]


@dataclass(frozen=True)
class Published:
    """A table.

    networks: their names; actions: key → share of faces on which it is present, then accuracy and F1 of each network,
    in percent, None where undefined; mean: the same over the actions that some face shows; missing: actions that were
    wanted, and that nobody coded; graded: whether intensities were coded; note: on whom it was measured.
    """

    networks: tuple[str, ...]
    actions: dict[str, Cells]
    mean: Cells
    missing: tuple[str, ...]
    graded: bool
    note: str

    def text(self) -> str:
        """For a terminal."""
        head = f"{'':9}{'present':>9}" + "".join(f"{name[:18]:>20}" for name in self.networks)
        under = f"{'':9}{'%':>9}" + "".join(f"{_TITLES[figure]:>10}" for _ in self.networks for figure in FIGURES)
        rows = [
            f"{name:9}{_cell(first):>9}" + "".join(f"{_cell(c):>10}" for c in rest)
            for name, (first, *rest) in self._rows()
        ]
        return "\n".join([head, under, *rows, "", *self._notes()])

    def markdown(self) -> str:
        """For a page."""
        titles = [f"{name} {_TITLES[figure]}" for name in self.networks for figure in FIGURES]
        lines = [["", "present", *titles], ["---"] * (2 + len(titles))]
        lines += [[name, *map(_cell, cells)] for name, cells in self._rows()]
        return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), "", *self._notes(), ""])

    def csv(self) -> str:
        """For other programs: empty where it is not defined."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["action", "present", *(f"{name} {figure}" for name in self.networks for figure in FIGURES)])
        writer.writerows([name, *("" if c is None else f"{c:.2f}" for c in cells)] for name, cells in self._rows())
        return file.getvalue()

    def _rows(self) -> list[tuple[str, Cells]]:
        return [*((self._name(key), cells) for key, cells in self.actions.items()), ("mean", self.mean)]

    def _name(self, key: str) -> str:
        return key if self.graded and key == "AU43" else NAMES.get(key, key)

    def _notes(self) -> list[str]:
        share = self.mean[0]
        notes = [self.note, *["An intensity of 2 (B) or more counts as present."] * self.graded]
        if share is not None:
            notes.append(f"Always to say that it is absent would be right in {100 - share:.1f} %, with an F1 of 0.")
        if self.missing:
            notes.append(f"Nobody coded {', '.join(map(self._name, self.missing))}.")
        return notes


def published(results: dict[str, dict[str, Any]], wanted: tuple[str, ...]) -> Published:
    """A table of what `training.action_units.evaluate.evaluate_run` gives, network → result; of the actions that are
    wanted, of everything that was measured where none are."""
    measured = {key for result in results.values() for key in result["report"].get(PRESENCE, {})}
    order = wanted or tuple(key for key in LABELS if key in measured)
    actions = {key: _cells(list(results.values()), key) for key in order if key in measured}
    shown = [cells for cells in actions.values() if cells[0]]
    mean = [_mean([cells[column] for cells in shown]) for column in range(1 + len(FIGURES) * len(results))]
    missing = tuple(key for key in wanted if key not in measured)
    first = next(iter(results.values()))
    return Published(tuple(results), actions, mean, missing, INTENSITY in first["report"], _note(first))


def _cells(results: list[dict[str, Any]], key: str) -> Cells:
    rows = [result["report"].get(PRESENCE, {}).get(key, {}) for result in results]
    known = next(row for row in rows if row)
    cells: Cells = [100 * known["present"] / known["faces"]]
    return cells + [None if row.get(figure) is None else 100 * row[figure] for row in rows for figure in FIGURES]


def _mean(values: Cells) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _note(result: dict[str, Any]) -> str:
    folds = result["folds"]
    faces, people = (sum(fold[name] for fold in folds) for name in ("faces", "participants"))
    held = f"{len(folds)} folds of participants" if len(folds) > 1 else "one fold of participants"
    return f"Measured on {faces} faces of {people} participants in {held}, each by a network that has not seen them."


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
