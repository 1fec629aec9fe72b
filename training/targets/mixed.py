"""Mixed models: value ~ group × phase + age + sex + site + (1 | person), a point at a time (statsmodels).

Where permutation asks whether the groups differ at all, this asks by how much beside age and sex. The effect is the
mean over the phases, for phases are coded as deviations. Errors are Wald's, with a t of as many degrees of freedom as
there are people less the terms between people. One phase alone has no repeated measurements: then it is a regression.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas
from scipy import stats
from statsmodels.formula import api
from statsmodels.stats.multitest import multipletests
from statsmodels.tools.sm_exceptions import ModelWarning

from training.cohort.people import Participant
from training.targets.dealing import LEAST
from training.targets.matrix import Matrix

#: Age is taken in where at least this share of the people told it.
_TOLD = 0.9
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Mixed:
    """Of one point: second group minus first, with its interval of 95 % and p; `q` over all points; the p of group ×
    phase; the share of variance that is between people; people, rows; whether the fit came to an end."""

    point: str
    effect: float
    low: float
    high: float
    p: float
    q: float
    p_interaction: float
    between_people: float
    people: int
    rows: int
    converged: bool


def covariates(people: tuple[Participant, ...]) -> tuple[str, ...]:
    """What is taken in beside the group: `age`, `sex`, `site`, those that differ and are known."""
    ages = np.array([person.age for person in people])
    known = ages[~np.isnan(ages)]
    found = ["age"] if len(known) >= _TOLD * len(ages) and len(np.unique(known)) > 1 else []
    for name in ("sex", "site"):
        values = {getattr(person, name) for person in people}
        found += [name] if len(values) > 1 else []
    return tuple(found)


def mixed(matrix: Matrix, first: str, second: str) -> list[Mixed]:
    """A model of each point that enough people of both groups were measured at."""
    ours = matrix.of_people([person.group in (first, second) for person in matrix.people])
    beside = covariates(ours.people)
    found = [*_models(ours, second, beside)]
    p = np.array([one.p for one in found])
    q = np.full(len(p), np.nan)
    if (known := ~np.isnan(p)).any():
        q[known] = multipletests(p[known], method="fdr_bh")[1]
    return [Mixed(**{**vars(one), "q": float(value)}) for one, value in zip(found, q, strict=True)]


def _models(matrix: Matrix, second: str, beside: tuple[str, ...]) -> Iterator[Mixed]:
    people = pandas.DataFrame([vars(person) for person in matrix.people])
    people["second"] = (people["group"] == second).astype(float)
    for at, key in enumerate(matrix.points.keys):
        rows = people.loc[people.index.repeat(len(matrix.phases))].reset_index(drop=True)
        rows["phase"] = list(matrix.phases) * len(people)
        rows["value"] = matrix.values[:, :, at].mean(-1).ravel()
        rows = rows.dropna(subset=["value", *(["age"] if "age" in beside else [])])
        if rows.groupby("second")["pseudonym"].nunique().reindex([0.0, 1.0], fill_value=0).min() >= LEAST:
            yield _model(key, rows, beside)


def _model(key: str, rows: pandas.DataFrame, beside: tuple[str, ...]) -> Mixed:
    several = bool(rows["phase"].nunique() > 1 and rows["pseudonym"].duplicated().any())
    terms = [name if name == "age" else f"C({name})" for name in beside if rows[name].nunique() > 1]
    formula = " + ".join([f"value ~ second{' * C(phase, Sum)' if several else ''}", *terms])
    people, spread = int(rows["pseudonym"].nunique()), float(rows["value"].std())
    fit = _fitted(formula, rows.assign(value=rows["value"] / spread), several) if spread > 0 else None
    if fit is None or not np.isfinite(fit.bse["second"]) or not fit.bse["second"] > 0:
        return Mixed(key, *(_UNKNOWN,) * 7, people, len(rows), converged=False)
    effect, error = float(fit.params["second"]) * spread, float(fit.bse["second"]) * spread
    free = max(1, people - 2 - sum(rows[name].nunique() - 1 if name != "age" else 1 for name in beside))
    half = float(stats.t.ppf(0.975, free)) * error
    p = float(2 * stats.t.sf(abs(effect / error), free))
    more = (_interaction(fit, len(rows) - people), _between(fit)) if several else (_UNKNOWN, _UNKNOWN)
    done = bool(getattr(fit, "converged", True))
    return Mixed(key, effect, effect - half, effect + half, p, _UNKNOWN, *more, people, len(rows), done)


def _fitted(formula: str, rows: pandas.DataFrame, several: bool) -> Any:
    """The fit of statsmodels; None where the terms cannot be told apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelWarning)  # it is told by `converged`
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            if several:
                return api.mixedlm(formula, rows, groups=rows["pseudonym"]).fit(reml=True)
            return api.ols(formula, rows).fit()
        except np.linalg.LinAlgError:
            return None


def _between(fit: Any) -> float:
    """The share of variance that is between people (the intraclass correlation)."""
    people = float(fit.cov_re.iloc[0, 0])
    return people / (people + float(fit.scale))


def _interaction(fit: Any, free: int) -> float:
    """The p of all terms of group × phase together: F, from Wald's χ²."""
    at = [number for number, name in enumerate(fit.params.index) if name.startswith("second:")]
    values, covariance = fit.params.to_numpy()[at], fit.cov_params().to_numpy()[np.ix_(at, at)]
    if not np.isfinite(covariance).all() or np.linalg.matrix_rank(covariance) < len(at):
        return _UNKNOWN
    wald = float(values @ np.linalg.solve(covariance, values))
    return float(stats.f.sf(wald / len(at), len(at), max(1, free - len(at))))
