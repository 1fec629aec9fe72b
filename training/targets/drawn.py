"""The pictures of a comparison: of each phase the ranking of the key points on the face, and their heat."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.targets.heat import round_up, top_of
from training.targets.pictures import draw_heat, draw_ranking
from training.targets.points import point_set
from training.targets.rows import Row

_UNSAFE = re.compile(r"[^\w.-]+")
UNIT = "size of the effect (Hedges' g)"
#: Colours reach at least to here, so that small effects look small, and pictures of studies are compared.
LEAST_END = 1.0


def draw(folder: Path, rows: Sequence[Row], count: int) -> None:
    """`ranking-PHASE.png` and `.svg`, `heat-PHASE.png`; nothing of a phase in which nothing was measured.

    Heat is of the points that differ alone: a face on which none does stays cold, however large chance made it.

    Args:
        folder: in which none of these is yet.
        rows: of key points, as in points-68.csv.
        count: of the points, 68 or 478.
    """
    points = point_set(count)
    for phase in dict.fromkeys(row.phase for row in rows):
        own = {int(row.point): row for row in rows if row.phase == phase}
        effects, ranks = (
            np.array([getattr(own[at], name) if at in own else np.nan for at in range(count)], np.float64)
            for name in ("effect", "rank")
        )
        if np.isnan(effects).all():
            continue
        sure = np.array([at in own and own[at].differs for at in range(count)])
        title, note = _title(next(iter(own.values())), sure), _note(next(iter(own.values())))
        path = folder / f"ranking-{_UNSAFE.sub('-', phase) or 'phase'}.png"
        end = max(LEAST_END, round_up(float(np.nanmax(np.abs(effects)))))
        for named in (path, path.with_suffix(".svg")):
            draw_ranking(named, points, effects, ranks, title, note, UNIT, sure=sure, top=end)
        heat = np.where(sure | np.isnan(effects), np.abs(effects), 0.0)
        end = max(LEAST_END, top_of(points, heat))
        path = path.with_name(path.name.replace("ranking-", "heat-", 1))
        draw_heat(path, points, heat, title, note, f"{UNIT} of points that differ", end)


def _title(row: Row, sure: NDArray[np.bool_]) -> str:
    one_phase = "" if row.phase == f"{row.second} − {row.first}" else f", {row.phase}"
    found = "" if sure.any() else "\nNo point differs beyond chance"
    return f"{row.second} against {row.first}{one_phase}{found}"


def _note(row: Row) -> str:
    lines = ["Simulated people: no finding about anybody."] if row.simulated else []
    lines.append(
        "On the standard face, which is nobody's. Points move together: a ranking is of sizes, not of causes."
    )
    return "\n".join(lines)
