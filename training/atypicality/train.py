"""Learning from all people of a study, with the settings that its evaluation measured."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from device.contract.errors import ConfigError
from training.atypicality import companion
from training.atypicality.evaluation import Evaluation
from training.atypicality.folds import fit
from training.atypicality.learning import companion_learner, rating_learner
from training.atypicality.protocol import digest
from training.atypicality.recipe import Companion, Recipe
from training.atypicality.run import Learnt, MovementRun, Values
from training.atypicality.seen import Seen
from training.atypicality.study import MovementStudy
from training.atypicality.windows import Windows, windows_of

#: So many windows are kept for what comes after.
_KEPT = 400


def trained(
    study: MovementStudy,
    found: Evaluation,
    out: Path,
    say: Callable[[str], None] = lambda _: None,
    step: Callable[[], object] = lambda: None,
) -> MovementRun:
    """The networks of a study. Raises `ConfigError`: the evaluation is of another study, or of a network that is never
    exported; `DataError`."""
    if found.made_of != digest(study):
        raise ConfigError("The evaluation is not of this study: evaluate it again.")
    rating = other = None
    if found.ours and not found.ours.recipe.is_exported:
        raise ConfigError(
            "A recurrent network, or one of units that are there or not, is measured and never exported: evaluate the "
            "study again without --set kind and --set columns."
        )
    if found.ours:
        say("The network that rates, from all who were rated.")
        rating = _rating(windows_of(study, found.ours.recipe.grid).rated, found.ours.recipe, found.seed, step)
    if found.companion:
        say("The companion, from all typical people.")
        windows = windows_of(study, found.companion_recipe.grid)
        other = _companion(windows.take(windows.of_group(found.typical)), found.companion_recipe, found.seed)
        step()
    people = tuple(person.pseudonym for person in study.people)
    return MovementRun(out, found, rating, other, people)


def _rating(windows: Windows, recipe: Recipe, seed: int, step: Callable[[], object]) -> Learnt:
    fitted = fit(rating_learner(recipe, windows.values.shape[2]), windows, recipe, seed, step)
    weights = tuple(fitted.learner.network.get_weights())
    return Learnt(weights, fitted.seen, _some(windows, fitted.seen), fitted.epochs, fitted.half_width)


def _companion(windows: Windows, recipe: Companion, seed: int) -> Learnt:
    learner = companion_learner(recipe)
    seen = companion.fit(learner, windows, recipe, seed)
    return Learnt(tuple(learner.network.get_weights()), seen, _some(windows, seen), recipe.epochs)


def _some(windows: Windows, seen: Seen) -> Values:
    rows = np.unique(np.linspace(0, len(windows) - 1, _KEPT).astype(int))
    return seen(windows.values[rows])
