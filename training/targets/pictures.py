"""Pictures of key points on the standard face: which weigh most, and the heat about them. PNG, or SVG by the name.

Colours are those of `cloud.face.heat`, whose lightness falls evenly, so that they are read in grey print too.
"""

import io
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cloud.face.heat import colour_table
from cloud.face.mesh import load_face
from cloud.face.painter import Picture, paint, places
from device.contract.errors import ConfigError
from training.targets.folder import write
from training.targets.heat import heat_image, is_hatched, round_up, top_of
from training.targets.points import PointSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIZE = 1200
#: What is shown of the painted picture, shares of its side: left, right, top, bottom.
_CUT = (0.2, 0.8, 0.07, 0.87)
INK, SOFT, PAPER = "#1f2328", "#59626c", "#fbfbfa"
#: How far ranks stand from their points, and from each other, shares of the picture's side.
_AWAY, _APART, _CLEAR = 0.07, 0.042, 0.03
SUFFIXES = (".png", ".svg")


def draw_ranking(
    path: Path,
    points: PointSet,
    values: NDArray[np.floating],
    ranks: NDArray[np.floating] | None = None,
    title: str = "",
    note: str = "",
    unit: str = "",
    numbered: int = 10,
    sure: NDArray[np.bool_] | None = None,
    top: float | None = None,
) -> None:
    """The points on the standard face, the larger and darker the more they weigh; the first of them with their rank,
    and in a list.

    Args:
        path: .png or .svg; must not be there yet.
        values: (K,); their sizes are drawn, with their signs in the list. NaN: a grey cross.
        ranks: (K,) from 1; else by size.
        title, note: above, of one line or two, and below.
        unit: of the values, for the colour bar.
        numbered: how many are numbered and listed.
        sure: (K,) which points are said to differ: full discs; others are grey rings. All, where it is not given.
        top: where colours end; else at a round number above the largest size.

    Raises:
        ConfigError: another kind of file.
        OSError: it cannot be written.
    """
    sizes = np.abs(np.asarray(values, np.float64))
    end = top or round_up(float(np.nanmax(sizes, initial=0)))
    order = _order(sizes, ranks)[:numbered]
    full = np.ones(points.count, bool) if sure is None else np.asarray(sure, bool)
    figure, axes = _page(title, note, len(order) > 0)
    _show(axes["face"], _pale())
    where = _on_cut(points)
    _dots(axes["face"], where, sizes / end, full, _table())
    _numbers(axes["face"], where, order, full)
    _list(axes["list"], points, np.asarray(values, np.float64), order, full, sure is not None)
    bar(axes["bar"], end, unit)
    _save(figure, path)


def draw_heat(
    path: Path,
    points: PointSet,
    weights: NDArray[np.floating],
    title: str = "",
    note: str = "",
    unit: str = "",
    top: float | None = None,
    crowded: bool = False,
) -> None:
    """The heat of the points' weights (K,), none below 0, on the shaded standard face; hatched where nothing is known.
    Raises as `draw_ranking`, and `DataError`: a weight below 0."""
    end = top or top_of(points, weights, crowded)
    unknown = "Hatched: not measured." if is_hatched(points, weights) else ""
    figure, axes = _page(title, "\n".join(filter(None, (note, unknown))), False)
    _show(axes["face"], heat_image(points, weights, _SIZE, end, crowded))
    bar(axes["bar"], end, unit)
    _save(figure, path)


def face_places(points: PointSet, size: int = 480) -> NDArray[np.float32]:
    """Where the points are on `cloud.face.painter.paint(load_face(), {}, size=size)`, pixels (K, 2)."""
    return np.asarray(places(load_face(), {}, size=size)[points.vertices, :2], np.float32)


def _order(sizes: NDArray[np.float64], ranks: NDArray[np.floating] | None) -> NDArray[np.intp]:
    by = np.where(np.isnan(sizes), np.nan, -sizes if ranks is None else ranks)
    return np.asarray(np.argsort(by, kind="stable")[: int((~np.isnan(by)).sum())], np.intp)


@lru_cache(maxsize=1)
def _pale() -> Picture:
    """The standard face in light grey: what is drawn on it is seen."""
    picture = paint(load_face(), {}, size=_SIZE).astype(np.float32).mean(2, keepdims=True)
    return np.repeat(np.clip(0.55 * picture + 0.45 * 252, 0, 255), 3, 2).astype(np.uint8)


def _on_cut(points: PointSet) -> NDArray[np.float32]:
    left, _, top, _ = _CUT
    return np.asarray(face_places(points, _SIZE) - (round(left * _SIZE), round(top * _SIZE)), np.float32)


def _show(axes: Any, picture: Picture) -> None:
    left, right, top, bottom = (round(edge * _SIZE) for edge in _CUT)
    axes.imshow(picture[top:bottom, left:right], interpolation="antialiased")
    axes.set_axis_off()


def _page(title: str, note: str, listed: bool) -> "tuple[Figure, dict[str, Any]]":
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(10.2 if listed else 6.4, 7.9), dpi=150, facecolor=PAPER)
    wide = 6.0 / figure.get_figwidth()
    axes = {
        "face": figure.add_axes((0.0, 0.165, wide, 0.76)),
        "bar": figure.add_axes((0.1 * wide, 0.122, 0.8 * wide, 0.021)),
    }
    if listed:
        axes["list"] = figure.add_axes((wide + 0.01, 0.165, 0.98 - wide, 0.76))
        axes["list"].set_axis_off()
    left, (head, _, below) = 0.022 if listed else 0.035, title.partition("\n")
    figure.text(left, 0.972 if below else 0.96, head, fontsize=14, color=INK, weight="bold", va="center")
    figure.text(left, 0.941, below, fontsize=11, color=SOFT, weight="bold", va="center")
    figure.text(left, 0.015, note, fontsize=8.5, color=SOFT, va="bottom", linespacing=1.35)
    return figure, axes


def _table() -> Any:
    from matplotlib.colors import ListedColormap  # noqa: PLC0415

    return ListedColormap(colour_table() / 255)


def bar(axes: Any, end: float, unit: str) -> None:
    """Draw the colours into axes, from 0 to where they end."""
    axes.imshow(np.linspace(0, 1, 256)[None], cmap=_table(), aspect="auto", extent=(0, end, 0, 1))
    axes.set_yticks([])
    axes.set_xticks(np.linspace(0, end, 3))
    axes.tick_params(labelsize=8.5, colors=SOFT, length=3)
    axes.set_title(unit, fontsize=8.5, color=SOFT, pad=3, loc="left")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _dots(
    axes: Any, where: NDArray[np.float32], shares: NDArray[np.float64], full: NDArray[np.bool_], table: Any
) -> None:
    known = ~np.isnan(shares)
    many = len(where) > 68
    area = (10 if many else 34) * (0.35 + 1.4 * np.nan_to_num(shares))
    for drawn, face in ((known & full, True), (known & ~full, False)):
        x, y = where[drawn].T
        axes.scatter(
            x,
            y,
            area[drawn],
            color=table(np.clip(np.nan_to_num(shares[drawn]), 0, 1)) if face else "none",
            edgecolors=INK if face else SOFT,
            linewidths=0.5 if face else 0.8,
            zorder=3,
        )
    axes.scatter(*where[~known].T, 14, marker="x", color=SOFT, linewidths=0.8, zorder=3)


def _numbers(axes: Any, where: NDArray[np.float32], order: NDArray[np.intp], full: NDArray[np.bool_]) -> None:
    """Ranks beside their points, pushed apart until none hides another; pale where a point is not said to differ."""
    side = _SIZE * (_CUT[1] - _CUT[0])
    at = where[order].astype(np.float64)
    away = at - at.mean(0)
    label = at + _AWAY * side * away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    turn = np.arange(len(label))
    label += np.stack([np.cos(turn), np.sin(turn)], 1)  # points at one place: what is not apart cannot be pushed apart
    for _ in range(200):
        label += 0.3 * (_pushed(label, label, _APART * side) + _pushed(label, at, _CLEAR * side))
    for rank, ((x, y), (u, v), sure) in enumerate(zip(at, label, full[order], strict=True), 1):
        ground, edge, ink = (INK, "white", "white") if sure else (PAPER, SOFT, SOFT)
        axes.plot([x, u], [y, v], color=INK if sure else SOFT, linewidth=0.7, zorder=4)
        axes.text(
            u,
            v,
            str(rank),
            fontsize=8.5,
            color=ink,
            weight="bold",
            ha="center",
            va="center",
            zorder=5,
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": ground, "edgecolor": edge, "linewidth": 0.6},
        )


def _pushed(places: NDArray[np.float64], others: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """By how much places (n, 2) must move to be so far from the others (m, 2); itself is no other."""
    apart = places[:, None] - others[None]
    far = np.linalg.norm(apart, axis=2)
    lacking = np.where(far > 0, np.maximum(least - far, 0), 0)
    return np.asarray((lacking[..., None] * apart / np.maximum(far, 1e-6)[..., None]).sum(1), np.float64)


def _list(
    axes: Any,
    points: PointSet,
    values: NDArray[np.float64],
    order: NDArray[np.intp],
    full: NDArray[np.bool_],
    tested: bool,
) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    digits = max(1 - math.floor(math.log10(max(float(np.nanmax(np.abs(values), initial=0)), 1e-9))), 0)
    for row, point in enumerate(order):
        y = 0.96 - row * min(0.07, 0.9 / max(len(order), 1))
        ink = INK if full[point] else SOFT
        axes.text(0.07, y, f"{row + 1}", fontsize=10, color=ink, ha="right", va="center", weight="bold")
        axes.text(0.1, y, points.names[point], fontsize=10, color=ink, va="center")
        value = f"{values[point]:{'+' if (values < 0).any() else ''}.{digits}f}".replace("-", "−")
        axes.text(0.98, y, value, fontsize=10, color=ink, ha="right", va="center")
        if tested and not full[point]:
            axes.text(0.1, y - 0.024, "not told from chance", fontsize=7.5, color=SOFT, va="center")
    marks = ["●  differs" if tested else "", "○  not told from chance" if tested else ""]
    marks.append("×  not measured" if np.isnan(values).any() else "")
    axes.text(0.1, 0.02, "\n".join(filter(None, marks)), fontsize=8.5, color=SOFT, va="bottom", linespacing=1.7)


def _save(figure: "Figure", path: Path) -> None:
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise ConfigError(f"{path} cannot be drawn: name a picture that ends in {' or '.join(SUFFIXES)}.")
    import matplotlib as mpl  # noqa: PLC0415

    mpl.rcParams["svg.fonttype"] = "none"  # words stay words: they are found, and read aloud
    held = io.BytesIO()
    figure.savefig(
        held, format=kind[1:], facecolor=figure.get_facecolor(), metadata={"Date": None} if kind == ".svg" else None
    )
    write(path, held.getvalue())
