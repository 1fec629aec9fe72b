"""An evaluation as text, for people."""

from collections.abc import Iterator

from training.atypicality.evaluation import FAR, Evaluation, Judged, Surprised
from training.atypicality.metrics import Raters
from training.diagnosis.tables import SIMULATED, folded, shown, table

_SEED = "Folds drawn with seed {}, not with the usual 0: ask how many were tried, for all figures vary with it."
_TITLES = (
    ("mae", "mean absolute error"),
    ("rmse", "root of the mean square"),
    ("mse", "mean square error"),
    ("mape", "mean absolute share"),
    ("pearson", "Pearson's correlation"),
    ("icc", "ICC(2,1) with the rating"),
    ("people", "correlation of people's means"),
    ("within", "correlation within people"),
    ("covered", "interval holds the rating"),
)


def text(found: Evaluation) -> str:
    """Tables and sentences, some fifty lines."""
    parts = [
        [*_about(found)],
        [*_raters(found.raters, found.number_of_raters)] if found.raters else [],
        [*_networks(found)],
        [*_companion(found.companion, found.typical)] if found.companion else [],
        [*_entropy(found)],
        [*found.notes],
    ]
    return "\n\n".join("\n".join(folded(part)) for part in parts if part)


def counted(numbers: dict[str, int]) -> str:
    """`20 atypical, 20 typical`."""
    return ", ".join(f"{count} {name or 'of an age not told'}" for name, count in numbers.items())


def _about(found: Evaluation) -> Iterator[str]:
    if found.simulated:
        yield SIMULATED
    yield f"{found.n} people ({counted(found.groups)}; {counted(found.ages)}), {found.rated} of them rated."
    yield f"{found.folds} folds of people; whoever is tested was not learnt from. In brackets: 95 % over people."
    if found.seed:
        yield _SEED.format(found.seed)


def _raters(of: Raters, number: int) -> Iterator[str]:
    yield f"How far {number} raters agree, on the windows that all of them rated:"
    yield from table(
        [
            ("ICC(2,1), one rater", shown(of.single)),
            ("ICC(2,k), their mean", shown(of.mean)),
            ("ICC(3,k), levels apart", shown(of.fixed)),
            ("ceiling of a correlation", shown(of.ceiling)),
            ("ceiling within people", shown(of.within)),
            ("one rater with the others", shown(of.one)),
        ]
    )


def networks(found: Evaluation) -> Iterator[tuple[str, Judged]]:
    """Those that were measured, by their names."""
    yield from ((name, of) for name, of in (("ours", found.ours), ("published", found.published)) if of)


def _networks(found: Evaluation) -> Iterator[str]:
    known = dict(networks(found))
    if not known:
        return
    columns = [("", *known, "mean as baseline")]
    for name, title in _TITLES:
        cells = [getattr(of.figures, name) for of in known.values()]
        baseline = (
            getattr(next(iter(known.values())).baseline, name) if name in ("mae", "rmse", "mse", "mape") else None
        )
        columns.append((title, *(shown(cell) if cell else "" for cell in cells), shown(baseline) if baseline else ""))
    yield "How near networks come to the raters' mean, points from 1 to 5:"
    yield from table(columns)
    for name, of in known.items():
        how = f"{of.recipe.grid.steps} steps of {of.recipe.grid.step_s * 1000:.0f} ms"
        epochs = ", ".join(map(str, of.epochs))
        yield (
            f"{name[0].upper()}{name[1:]}: {of.windows} windows of {how}; {epochs} epochs; the mean's error less its "
            f"own: {shown(of.advantage)}."
        )
    if found.published:
        yield _moved(found.published, found.folds)


def _moved(of: Judged, folds: int) -> str:
    """How little AdamW can move a weight at a fixed learning rate: by about that rate a step."""
    steps = of.recipe.epochs * (of.windows * (folds - 1) // folds // of.recipe.batch)
    return (
        f"In {steps} steps a learning rate of {of.recipe.learning_rate:g} moves no weight by much more than "
        f"{steps * of.recipe.learning_rate:.2g}: the published recipe is made for studies of far more windows."
    )


def _companion(of: Surprised, typical: str) -> Iterator[str]:
    yield f"Companion, from {of.windows} windows of {of.n} {typical} people, without ratings:"
    rows = [
        ("mean surprise, nats", shown(of.nats)),
        (f"typical windows beyond {FAR:.0%}", shown(of.beyond)),
        *([("windows of others beyond it", shown(of.others))] if of.others else []),
        *([("others above typical people", shown(of.apart))] if of.apart else []),
        *([("correlation with the raters", shown(of.pearson))] if of.pearson else []),
    ]
    yield from table(rows)


def _entropy(found: Evaluation) -> Iterator[str]:
    if not found.entropy:
        return
    yield f"Entropy, {found.typical} people against all others, two-sided, p corrected for {len(found.entropy)}:"
    rows = [
        (one.name, f"{one.typical:.3f}", f"{one.others:.3f}", f"{one.higher:.2f}", _p(one.p), one.told)
        for one in found.entropy
    ]
    yield from table([("feature", found.typical, "others", "higher", "p", ""), *rows])


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
