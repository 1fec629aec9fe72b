"""How far what one machine recorded is from what another recorded of the same frames."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Quantity:
    """What is compared, and how far apart it may be: probabilities, 0–5, degrees, shares."""

    name: str
    tolerance: float
    values: Callable[[Json], Json]


QUANTITIES = (
    Quantity("emotions", 0.01, lambda record: record.get("emotions", {})),
    Quantity("action units", 0.1, lambda record: record.get("aus", {})),
    Quantity("pose, degrees", 0.3, lambda record: record.get("pose", {})),
    Quantity(
        "openness of the eyes", 0.03, lambda record: {"open": record["eyes"]["open"]} if "eyes" in record else {}
    ),
    Quantity("face box, shares of the frame", 0.005, lambda record: record.get("face", {})),
)


@dataclass(frozen=True)
class Compared:
    """The greatest differences by quantity; how many frames were compared, and in how many measured here and there.

    `otherwise`: indices of frames of which one machine says in words what the other does not: status, reasons, names.
    """

    frames: int
    measured: int
    greatest: dict[str, float]
    otherwise: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is within its tolerance, and no frame is otherwise."""
        within = all(self.greatest[quantity.name] <= quantity.tolerance for quantity in QUANTITIES)
        return within and self.frames > 0 and self.measured > 0 and not self.otherwise


def compare(here: Path, there: Path) -> Compared:
    """Compare two files of records, frame by frame; both must hold the same frames, else those are `otherwise`."""
    ours, theirs = records(here), records(there)
    both = sorted(ours.keys() & theirs.keys())
    odd = ours.keys() ^ theirs.keys() | {index for index in both if told(ours[index]) != told(theirs[index])}
    greatest = {
        quantity.name: max(
            (far(quantity.values(ours[index]), quantity.values(theirs[index])) for index in both), default=0.0
        )
        for quantity in QUANTITIES
    }
    measured = sum(ours[index]["status"] == theirs[index]["status"] == "measured" for index in both)
    return Compared(len(both), measured, greatest, tuple(sorted(odd)))


def records(path: Path) -> dict[int, Json]:
    """The records of a file of JSON lines, by the index of their frame."""
    return {record["frame"]["index"]: record for record in _lines(path) if "seq" in record}


def told(record: Json) -> Json:
    """What a record says in words: these must be the same."""
    words: Json = {name: record.get(name) for name in ("status", "reasons", "faces", "hidden")}
    return words | {"named": [sorted(record.get(name, {})) for name in ("aus", "emotions", "pose")]}


def far(ours: Json, theirs: Json) -> float:
    """The greatest difference between values of the same name."""
    return max((abs(ours[name] - theirs[name]) for name in ours.keys() & theirs.keys()), default=0.0)


def _lines(path: Path) -> Iterator[Json]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
