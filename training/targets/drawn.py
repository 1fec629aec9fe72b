"""The pictures of a comparison: of each phase the ranking of the key points on the face, and their heat."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.targets.pictures import draw_heat, draw_ranking
from training.targets.points import point_set
from training.targets.rows import Row

_UNSAFE = re.compile(r"[^\w.-]+")
UNIT = "size of the effect (Hedges' g)"


def draw(folder: Path, rows: Sequence[Row], count: int) -> None:
    """`ranking-PHASE.png` and `.svg`, `heat-PHASE.png`; nothing of a phase in which nothing was measured.

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
        one = next(iter(own.values()))
        name = _UNSAFE.sub("-", phase) or "phase"
        title = f"{one.second} against {one.first}, {phase}"
        note = _note(one, bool(sure.any()))
        for suffix in (".png", ".svg"):
            draw_ranking(folder / f"ranking-{name}{suffix}", points, effects, ranks, title, note, UNIT, sure=sure)
        draw_heat(folder / f"heat-{name}.png", points, np.abs(effects), title, note, UNIT)


def _note(row: Row, any_differs: bool) -> str:
    lines = ["Simulated people: no finding about anybody."] if row.simulated else []
    if not any_differs:
        lines.append("No point differs beyond chance: what is seen here is as large as chance makes it.")
    lines.append(
        "On the standard face, which is nobody's. Points move together: a ranking is of sizes, not of causes."
    )
    return "\n".join(lines)
