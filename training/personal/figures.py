"""Figures of an evaluation, as PNG and SVG."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from training.personal.evaluation import Evaluation, Measured
from training.personal.tables import named

#: Okabe and Ito's colours, which are told apart by everybody, and in grey by their marks.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a5a5a")
_MARKS = "osD^vPX"


def figures(found: Evaluation) -> dict[str, bytes]:
    """Name of the file → its content."""
    drawn = {"approaches": _approaches(found)}
    if any(len(of.course) > 1 for person in found.people for of in person.arms):
        drawn["course"] = _course(found)
    return {f"{name}.{kind}": _saved(figure, kind) for name, figure in drawn.items() for kind in ("png", "svg")}


def _saved(figure: Figure, kind: str) -> bytes:
    content = BytesIO()
    with rc_context({"svg.hashsalt": "affectbox", "svg.fonttype": "none"}):
        figure.savefig(content, format=kind, dpi=140, metadata={"Date": None} if kind == "svg" else None)
    return content.getvalue()


def _approaches(found: Evaluation) -> Figure:
    """A line for each person over all approaches and references, and the mean."""
    names = found.names
    figure = Figure(figsize=(7.5, 1.2 + 0.42 * len(names)), layout="constrained")
    both = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))[::-1]
    for axes, attribute, title in zip(both, ("f1", "auc"), ("F1", "area under the ROC curve"), strict=True):
        values = np.array([[_value(person.arm(name), attribute) for name in names] for person in found.people])
        axes.plot(values.T, rows, color="#9aa4ad", linewidth=0.7, marker="o", markersize=3)
        means = [np.mean(column[~np.isnan(column)]) for column in values.T]
        axes.plot(means, rows, "D", color=_COLOURS[0], markersize=7)
        axes.set(xlabel=title)
        axes.set_yticks(rows, [named(name) for name in names])
        axes.grid(axis="x", color="#e3e6e9", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
    figure.suptitle(_title(found, "Linear probes on held out time: each person, and their mean"), fontsize=10)
    return figure


def _course(found: Evaluation) -> Figure:
    """How fast each approach learns: means over people after epochs."""
    figure = Figure(figsize=(7.5, 4.4), layout="constrained")
    axes = figure.subplots()
    names = [name for name in found.names if any(len(of.course) > 1 for of in _of(found, name))]
    last = max(point.epoch for name in names for of in _of(found, name) for point in of.course)
    for at, name in enumerate(names):
        of = _of(found, name)
        epochs = [epoch for epoch in range(last + 1) if all(_at(one, epoch) for one in of)]
        means = [np.mean([value for one in of for value in _at(one, epoch)]) for epoch in epochs]
        colour, mark = _COLOURS[at % len(_COLOURS)], _MARKS[at % len(_MARKS)]
        axes.plot(epochs, means, color=colour, marker=mark, markersize=5, linewidth=1.5, label=named(name))
    axes.set_xscale("symlog", linthresh=1)
    shown = [epoch for epoch in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500) if epoch <= last]
    axes.set_xticks(shown, [str(epoch) for epoch in shown])
    axes.minorticks_off()
    axes.set(xlabel="epochs", ylabel="F1, mean over units and people")
    axes.set_title(_title(found, "How fast each approach learns"), fontsize=10)
    axes.grid(color="#e3e6e9", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure


def _of(found: Evaluation, name: str) -> list[Measured]:
    return [one for person in found.people if (one := person.arm(name))]


def _at(of: Measured, epoch: int) -> Sequence[float]:
    return [point.f1.value for point in of.course if point.epoch == epoch]


def _value(of: Measured | None, figure: str) -> float:
    return float(getattr(of, figure).value) if of else float("nan")


def _title(found: Evaluation, title: str) -> str:
    return f"{title} (simulated people)" if found.simulated else title
