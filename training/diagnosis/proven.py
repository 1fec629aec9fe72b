"""What trials come to: counts with exact binomial intervals, means over cohorts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binom, binomtest

from training.diagnosis.tables import SIMULATED
from training.diagnosis.trials import ALL_PERMUTATIONS, FRAMES, LEVEL, MORE, NULL, PERMUTATIONS, TRIALS, Outcome

Summary = dict[str, dict[str, Any]]


def summary(outcomes: Sequence[Outcome]) -> Summary:
    """Of each trial that has outcomes; and of all null cohorts together."""
    found = {trial.name: [one for one in outcomes if one["trial"] == trial.name] for trial in TRIALS}
    words = {trial.name: trial.words for trial in TRIALS}
    known = {name: _summed(words[name], ones) for name, ones in found.items() if ones}
    if NULL in known and MORE in known:
        known["null, all"] = _counts("60 people, no effect, together", found[NULL] + found[MORE])
    return known


def _counts(words: str, ones: list[Outcome]) -> dict[str, Any]:
    return {
        "words": words,
        "cohorts": len(ones),
        "found": counted(sum(one["p"] <= LEVEL for one in ones), len(ones)),
        "chance_finds": [int(binom.ppf(share, len(ones), LEVEL)) for share in (0.025, 0.975)],
    }


def _summed(words: str, ones: list[Outcome]) -> dict[str, Any]:
    return {
        **_counts(words, ones),
        **{key: _mean([one[key] for one in ones]) for key in _MEANS if key in ones[0]},
        **_by_group(ones),
        **_refused(ones),
        **_by_frame(ones),
        **_heaviest(ones),
    }


_MEANS = (
    "balanced_accuracy",
    "auc",
    "coverage",
    "coverage_new",
    "answered",
    "outside_new",
    "confounds",
)


def counted(count: int, of: int) -> dict[str, float]:
    """A share, and its exact (Clopper–Pearson) 95 % interval."""
    limits = binomtest(count, of).proportion_ci(0.95, "exact")
    return {"count": count, "share": count / of, "low": float(limits.low), "high": float(limits.high)}


def _mean(values: list[float]) -> dict[str, float]:
    """Mean over cohorts, its standard error, and their spread."""
    return {
        "mean": float(np.mean(values)),
        "error": float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0,
        "low": float(min(values)),
        "high": float(max(values)),
    }


def _by_group(ones: list[Outcome]) -> dict[str, Any]:
    return {
        key: {name: _mean([one[key][name] for one in ones]) for name in ones[0][key]}
        for key in ("sensitivity", "coverage_of")
        if key in ones[0]
    }


def _refused(ones: list[Outcome]) -> dict[str, Any]:
    if "refused" not in ones[0]:
        return {}
    return {"refused": counted(sum(bool(one["refused"]) for one in ones), len(ones)), "why": _example(ones)}


def _example(ones: list[Outcome]) -> list[str]:
    """The reasons of the first cohort that was refused."""
    return next((list(one["refused"]) for one in ones if one["refused"]), [])


def _by_frame(ones: list[Outcome]) -> dict[str, Any]:
    if "frame_p" not in ones[0]:
        return {}
    return {
        "by_frame": counted(sum(one["frame_p"] <= LEVEL for one in ones), len(ones)),
        "by_frame_accuracy": _mean([one["frame_accuracy"] for one in ones]),
    }


def _heaviest(ones: list[Outcome]) -> dict[str, Any]:
    if "heaviest" not in ones[0]:
        return {}
    return {"heaviest_is_au12": counted(sum("/aus.AU12." in one["heaviest"] for one in ones), len(ones))}


def text(found: Summary) -> str:
    """As a table."""
    lines = [SIMULATED, f"'Found': p ≤ {LEVEL} by permutation within sites. Intervals are exact binomial ones.", ""]
    for name, one in found.items():
        lines += [f"{name}: {one['cohorts']} cohorts of {one['words']}", *(f"  {line}" for line in _lines(one)), ""]
    return "\n".join(lines).rstrip()


def _lines(one: dict[str, Any]) -> list[str]:
    low, high = one["chance_finds"]
    permutations = ALL_PERMUTATIONS if "refused" in one else PERMUTATIONS
    lines = [f"found {_count(one['found'], one)}; chance alone: {low} to {high}; {permutations} permutations at most"]
    if "by_frame" in one:
        accuracy = one["by_frame_accuracy"]["mean"]
        lines.append(
            f"a split by frame ({FRAMES} of each) would have found {_count(one['by_frame'], one)}, with an accuracy "
            f"of {accuracy:.3f}"
        )
    lines += [f"{_WORDS[key]} {_shown(one[key])}" for key in _MEANS if key in one]
    for key in ("sensitivity", "coverage_of"):
        lines += [f"{_WORDS[key]} {name}: {_shown(figure)}" for name, figure in one.get(key, {}).items()]
    if "heaviest_is_au12" in one:
        lines.append(f"the heaviest weight is of AU12 in {_count(one['heaviest_is_au12'], one)}")
    if "refused" in one:
        lines.append(
            f"no bundle: {_count(one['refused'], one)}" + "".join(f"\n    such as: {why}" for why in one["why"])
        )
    return lines


_WORDS = {
    "balanced_accuracy": "balanced accuracy",
    "auc": "area under ROC curve",
    "coverage": "sets that hold the group, held-out people",
    "coverage_new": "sets that hold the group, new people",
    "answered": "sets of a single group",
    "outside_new": "new people who are unlike all",
    "confounds": "balanced accuracy of the confounds alone",
    "sensitivity": "sensitivity for",
    "coverage_of": "sets that hold",
}


def _count(counted: dict[str, float], one: dict[str, Any]) -> str:
    share, low, high = (f"{counted[key]:.1%}" for key in ("share", "low", "high"))
    return f"{counted['count']} of {one['cohorts']} ({share}, {low} to {high})"


def _shown(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.3f} ± {figure['error']:.3f} (from {figure['low']:.3f} to {figure['high']:.3f})"
