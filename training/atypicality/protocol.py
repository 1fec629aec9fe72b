"""How a study is evaluated: the raters, the published recipe, ours and the mean, the companion, and entropy."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from device.contract.errors import DataError
from training.atypicality import companion
from training.atypicality.ages import ages_of
from training.atypicality.complexity import compared
from training.atypicality.conformal import quantiles
from training.atypicality.evaluation import FAR, FEWEST_TYPICAL, Evaluation, Judged, Surprised
from training.atypicality.folds import Said, across
from training.atypicality.metrics import advantage, draws, figures, raters
from training.atypicality.plan import TYPICAL
from training.atypicality.recipe import COMPANION, FEWEST_PEOPLE, OURS, Companion, Recipe, published_at
from training.atypicality.study import MovementStudy
from training.atypicality.windows import Windows, windows_of

#: What is to be known where ratings are of more than windows hold.
_APART = (
    "Few windows of {:g} s hold just what raters rated at once, so no figure can come near the ceiling: make windows "
    "as long as what was rated, with --set grid.steps=N."
)


@dataclass(frozen=True)
class Protocol:
    """How it is done.

    Attributes:
        ours, companion: recipes; published: whether that one is measured too.
        typical: the group from which the companion learns.
        folds, seed: of people.
    """

    ours: Recipe = OURS
    companion: Companion = COMPANION
    published: bool = True
    typical: str = TYPICAL
    folds: int = 3
    seed: int = 0


def evaluated(
    study: MovementStudy,
    protocol: Protocol,
    say: Callable[[str], None] = lambda _: None,
    step: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Evaluate a study; `say` is told in sentences what comes next, `step` after each fit.

    Raises:
        DataError: too few people, or nothing to learn from.
    """
    rated = windows_of(study, protocol.ours.grid).rated
    found, people, apart = {}, len(np.unique(rated.person)), []
    if study.raters and people < FEWEST_PEOPLE:
        raise DataError(
            f"{people} people have windows that were rated and measured, and {FEWEST_PEOPLE} at least are needed to "
            "learn from some and test on others: `affectbox-training atypicality check` says what is missing."
        )
    if len(rated):
        apart = [] if rated.fit else [_APART.format(protocol.ours.grid.seconds)]
        say(f"{len(rated)} rated windows of {people} people, in {protocol.folds} folds of people.")
        found["ours"] = judged(rated, protocol.ours, protocol, step)
        if protocol.published:
            say("The published recipe, in the same folds.")
            recipe = published_at(study.rate)
            found["published"] = judged(windows_of(study, recipe.grid).rated, recipe, protocol, step)
    say("The companion, from typical people alone.")
    windows = windows_of(study, protocol.companion.grid)
    surprised, notes = _companion(windows, study, protocol, step)
    return Evaluation(
        **about(study, rated, windows.take(windows.of_group(protocol.typical)), protocol),
        raters=raters(rated, draws(rated, protocol.seed)) if len(rated) else None,
        ours=found.get("ours"),
        published=found.get("published"),
        companion_recipe=protocol.companion,
        companion=surprised,
        entropy=compared(study, protocol.typical),
        notes=(*study.beside, *apart, *notes, *_unevenly(rated)),
    )


def _unevenly(rated: Windows) -> Iterator[str]:
    """What the ceiling is not of."""
    whole = np.isfinite(rated.ratings).all(axis=1)
    if not whole.all():
        yield (
            f"{(~whole).sum()} of {len(rated)} windows were not rated by all raters: what these agree on, and the "
            "ceiling, are of the others, and too high for the mean of fewer."
        )


def judged(windows: Windows, recipe: Recipe, protocol: Protocol, step: Callable[[], object]) -> Judged:
    """A network of ratings, in folds of people. Raises `DataError`."""
    said = across(windows, recipe, protocol.folds, protocol.seed, step)
    return judged_of(said, windows, recipe, protocol)


def judged_of(said: Said, windows: Windows, recipe: Recipe, protocol: Protocol) -> Judged:
    """What predictions in folds of people come to."""
    counts, usual = draws(windows, protocol.seed), windows.of_group(protocol.typical)
    return Judged(
        recipe=recipe,
        epochs=said.epochs,
        windows=len(windows),
        figures=figures(said.rating, windows, counts, said.half_width),
        baseline=figures(said.baseline, windows, counts),
        advantage=advantage(said.rating, said.baseline, windows, counts),
        typical=float(quantiles(said.rating[usual], windows.person[usual], np.array([FAR]))[0])
        if len(np.unique(windows.person[usual])) >= FEWEST_TYPICAL
        else None,
    )


def about(study: MovementStudy, rated: Windows, usual: Windows, protocol: Protocol) -> dict[str, Any]:
    """What an evaluation says of its study and of how it was done; `usual`: the companion's windows of typical people.
    Who has no window is none of the evidence."""
    seen, typical = ([study.people[number] for number in np.unique(of.person)] for of in (rated, usual))
    return {
        "made_of": digest(study),
        "simulated": study.simulated,
        "n": len(study.people),
        "groups": dict(sorted(Counter(person.group for person in study.people).items())),
        "ages": ages_of(study.people),
        "rated": len(seen),
        "rated_ages": ages_of(seen),
        "rated_typical_ages": ages_of(person for person in seen if person.group == protocol.typical),
        "typical": protocol.typical,
        "typical_ages": ages_of(typical),
        "sources": study.sources,
        "seed": protocol.seed,
        "folds": protocol.folds,
        "number_of_raters": len(study.raters),
        "raters_at_most": int(np.isfinite(rated.ratings).sum(axis=1).max(initial=0)),
    }


def digest(study: MovementStudy) -> str:
    """What stands for a study in receipts: the SHA-256 of its people, movements and ratings, in hex."""
    found = sha256(repr([(one.pseudonym, one.group, one.age) for one in study.people]).encode())
    for one in study.sessions:
        found.update(np.nan_to_num(one.moved.values, nan=-9.0).tobytes())
        found.update(repr([(row.from_s, row.to_s, row.rater, row.rating) for row in one.ratings]).encode())
    return found.hexdigest()


def _companion(
    windows: Windows, study: MovementStudy, protocol: Protocol, step: Callable[[], object]
) -> tuple[Surprised | None, tuple[str, ...]]:
    """What it comes to, and why there is none, where something else is measured. Raises `DataError`."""
    try:
        found, _ = companion.measured(
            windows, protocol.typical, protocol.companion, protocol.folds, protocol.seed, step
        )
    except DataError as error:
        if not study.raters:
            raise
        return None, (f"No companion: {error}",)
    return found, ()
