"""What is tried on simulated children of whom the truth is known: `affectbox-training atypicality proof`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from device.contract.evidence import Interval
from training.atypicality import companion, quick
from training.atypicality.folds import across
from training.atypicality.metrics import ByPerson, draws, raters
from training.atypicality.plan import ATYPICAL, TYPICAL, Plan, Raters
from training.atypicality.protocol import Protocol, judged_of
from training.atypicality.recipe import COMPANION, OURS
from training.atypicality.simulate import Children
from training.atypicality.study import MovementStudy
from training.atypicality.windows import windows_of
from training.diagnosis.tables import SIMULATED, table
from training.proofs import Job, Outcome

_SHORT = Plan(minutes=2.0)
#: Figures whose mean over cohorts is told, in words.
_WORDS = {
    "pearson": "correlation with the raters' mean",
    "truth": "correlation with the truth itself",
    "ceiling": "ceiling, √ICC(3,k)",
    "exact": "correlation of the truth with the raters' mean",
    "agreed": "ICC(2,k) of the raters",
    "one": "correlation of one rater with the others",
    "icc": "ICC(2,1) of network and raters' mean",
    "within": "correlation within people",
    "within_ceiling": "ceiling within people",
    "within_truth": "correlation with the truth within people",
    "mae": "mean absolute error, points",
    "baseline": "mean absolute error of the mean",
    "covered": "intervals that hold the rating",
    "apart": "companion: others above typical people",
    "beyond": "companion: typical windows beyond 95 %",
    "others": "companion: others' windows beyond 95 %",
}
#: Those that mean nothing where the ratings are of other children.
_OF_TRUTH = ("truth", "exact", "within_truth")


@dataclass(frozen=True)
class Trial:
    """A kind of cohort: what it is, in words, how many are tried, of which plan, and whether ratings are exchanged
    between children, so that they have nothing to do with how anybody moves."""

    name: str
    words: str
    cohorts: int
    plan: Plan
    exchanged: bool = False

    @property
    def seeds(self) -> range:
        """Of its cohorts."""
        return range(self.cohorts)


TRIALS = (
    Trial("planted", "20 + 20 children of 2 minutes, five raters", 15, _SHORT),
    Trial("nothing", "the same, ratings exchanged between children", 20, _SHORT, exchanged=True),
    Trial(
        "noisy",
        "the same, raters more than twice as noisy",
        8,
        Plan(minutes=2.0, raters=Raters(noise=2.2)),
    ),
    Trial("many", "80 + 80 children of 2 minutes", 3, Plan(minutes=2.0, people={TYPICAL: 80, ATYPICAL: 80})),
)


def tried(job: Job) -> Outcome:
    """One cohort."""
    name, seed = job
    trial = next(one for one in TRIALS if one.name == name)
    children = Children(trial.plan, seed)
    study = quick.study_of(children)
    found = outcome(exchanged(study, seed) if trial.exchanged else study, children, seed)
    return {"trial": name, "seed": seed, **found}


def exchanged(study: MovementStudy, seed: int) -> MovementStudy:
    """Every child with the ratings of another."""
    order = np.random.default_rng(seed).permutation(len(study.sessions))
    other = {int(at): int(to) for at, to in zip(order, np.roll(order, 1), strict=True)}
    sessions = [replace(one, ratings=study.sessions[other[at]].ratings) for at, one in enumerate(study.sessions)]
    return replace(study, sessions=tuple(sessions))


def outcome(study: MovementStudy, children: Children, seed: int) -> Outcome:
    """What the network and the companion come to, and what the truth itself comes to."""
    protocol = Protocol(published=False, seed=seed)
    windows = windows_of(study, OURS.grid).rated
    said = across(windows, protocol.ours, protocol.folds, seed)
    judged, agreed = judged_of(said, windows, protocol.ours, protocol), raters(windows, draws(windows, seed))
    truth = windows_of(quick.true_study(children, study), OURS.grid).rated.rating
    own = ByPerson(windows.person, np.ones((1, len(windows.people))))
    typical, _ = companion.measured(windows_of(study, COMPANION.grid), TYPICAL, COMPANION, protocol.folds, seed)
    figures = judged.figures
    return {
        "pearson": figures.pearson.value,
        "truth": float(np.corrcoef(said.rating, truth)[0, 1]),
        "ceiling": agreed.ceiling.value,
        "ceiling_high": agreed.ceiling.high,
        "exact": float(np.corrcoef(truth, windows.rating)[0, 1]),
        "agreed": agreed.mean.value,
        "one": agreed.one.value,
        "icc": figures.icc.value,
        "within": figures.within.value,
        "within_ceiling": agreed.within.value,
        "within_truth": float(own.within(said.rating, truth)[0]),
        "mae": figures.mae.value,
        "baseline": judged.baseline.mae.value,
        "better": judged.advantage.low > 0,
        "covered": _value(figures.covered),
        "apart": _value(typical.apart),
        "beyond": typical.beyond.value,
        "others": _value(typical.others),
    }


def _value(figure: Interval | None) -> float:
    return figure.value if figure else float("nan")


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of each trial that has outcomes: means over cohorts, and how often the ceiling was passed."""
    of = [(trial, [one for one in outcomes if one["trial"] == trial.name]) for trial in TRIALS]
    return {trial.name: _summed(trial, ones) for trial, ones in of if ones}


def _summed(trial: Trial, ones: list[Outcome]) -> dict[str, Any]:
    known = [name for name in _WORDS if not (trial.exchanged and name in _OF_TRUTH)]
    exact = {} if trial.exchanged else {"above_exact": sum(one["pearson"] > one["exact"] for one in ones)}
    return {
        "words": trial.words,
        "cohorts": len(ones),
        **{name: _mean([one[name] for one in ones]) for name in known},
        "above_ceiling": sum(one["pearson"] > one["ceiling"] for one in ones),
        **exact,
        "better_than_mean": sum(one["better"] for one in ones),
    }


def _mean(values: list[float]) -> dict[str, float]:
    """Mean over cohorts, its standard error, and the lowest and highest."""
    error = float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "error": error, "low": float(min(values)), "high": float(max(values))}


def text(found: dict[str, Any]) -> str:
    """As tables."""
    lines = [SIMULATED, "Means over cohorts ± their standard error (lowest to highest)."]
    for name, one in found.items():
        rows = [(words, _shown(one[key])) for key, words in _WORDS.items() if key in one]
        lines += ["", f"{name}: {one['cohorts']} cohorts of {one['words']}"]
        lines += [f"  {line}" for line in table(rows)]
        of = f"of {one['cohorts']} cohorts"
        lines.append(f"  above the ceiling in {one['above_ceiling']} {of}")
        lines += [f"  above what the truth comes to in {one['above_exact']} {of}"] if "above_exact" in one else []
        lines.append(f"  surely better than the mean in {one['better_than_mean']} {of}")
    return "\n".join(lines)


def _shown(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.3f} ± {figure['error']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
