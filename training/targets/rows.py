"""The ranked table: a row for each phase and point, best first; the same in CSV, in `targets.json` and on the map."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from training.targets.contrast import ALPHA, Contrast
from training.targets.ranking import Ranking, share


@dataclass(frozen=True)
class Row:
    """One point in one phase.

    phase, point, name, region, x, y: where; x and y in interocular distances from the middle between the eyes.
    first, second: what is compared; n_…, mean_…: how many were measured, and their mean; share_…: of that mean in the
    sum over all points of the phase.
    effect: Hedges' g, second minus first, within sites (of two phases: of the paired differences; of key points with
    what a landmark can be told by added to the spread); with the 95 % interval by bootstrap.
    t; p: by permutation, of this row alone; p_max, p_tfce: adjusted for all rows (p_max of key points that
    action units move: and at least the least of the units in that phase); q: false discovery rate.
    rank: by p_max, then |effect|; with the 95 % interval by bootstrap.
    """

    phase: str
    point: str
    name: str
    region: str
    x: float
    y: float
    first: str
    second: str
    n_first: float
    n_second: float
    mean_first: float
    mean_second: float
    share_first: float
    share_second: float
    effect: float
    effect_low: float
    effect_high: float
    t: float
    p: float
    p_max: float
    p_tfce: float
    q: float
    rank: float
    rank_low: float
    rank_high: float
    simulated: bool

    @property
    def is_measured(self) -> bool:
        """Whether enough people were."""
        return not math.isnan(self.rank)

    @property
    def differs(self) -> bool:
        """Whether it is said to differ: by one p alone, for who takes the better of two finds too much."""
        return self.p_max <= ALPHA


def rows_of(contrast: Contrast, ranking: Ranking, simulated: bool) -> list[Row]:
    """The rows, by rank; what was not measured of enough people comes last, without one."""
    asked, points = contrast.asked, contrast.points
    numbers = {"effect": contrast.d, "effect_low": ranking.d_low, "effect_high": ranking.d_high}
    numbers |= {name: getattr(contrast, name) for name in ("t", "p", "p_max", "p_tfce", "q")}
    numbers |= {name: getattr(ranking, name) for name in ("rank", "rank_low", "rank_high")}
    for name, both in (("n", contrast.n), ("mean", contrast.mean), ("share", share(contrast.mean))):
        numbers |= {f"{name}_first": both[0], f"{name}_second": both[1]}
    found = [
        Row(phase, points.keys[k], points.names[k], points.regions[k], points.x[k], points.y[k], asked.first,
            asked.second, simulated=simulated, **{name: float(values[s, k, 0]) for name, values in numbers.items()})
        for s, phase in enumerate(contrast.phases)
        for k in range(len(points))
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.rank if row.is_measured else math.inf)


def to_csv(rows: Sequence[object]) -> bytes:
    """Dataclasses of one kind as CSV; what is not known is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(rows[0])], lineterminator="\n")  # type: ignore[arg-type]
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _told(value) for name, value in asdict(row).items()})  # type: ignore[call-overload]
    return out.getvalue().encode()


def to_json(row: object) -> dict[str, object]:
    """A dataclass as JSON; what is not known is null."""
    held = asdict(row)  # type: ignore[call-overload]
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in held.items()}


def of_json(held: dict[str, object]) -> Row:
    """The row that `to_json` wrote. Raises `TypeError`."""
    return Row(**{name: float("nan") if value is None else value for name, value in held.items()})  # type: ignore[arg-type]


def _told(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return value
