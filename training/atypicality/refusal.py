"""When no bundle is made: what of an evaluation does not carry one, in sentences.

The limits are guesses to start from, and stand here for a statistician to change them in one place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan

from device.contract.choices import AGES
from training.atypicality.evaluation import FAR, Evaluation
from training.diagnosis.tables import shown

#: People; of an age group that the bundle may be used for; typical ones among them, where it says what is typical.
FEWEST_PEOPLE, FEWEST_OF_AGE, FEWEST_TYPICAL_OF_AGE = 30, 20, 10
#: Raters, and ICC(2,k) of their mean.
FEWEST_RATERS, LEAST_AGREED = 2, 0.6
#: Pearson's correlation with the raters' mean, its lower end.
LEAST_CORRELATION = 0.3
#: How far the share of intervals that hold the rating may be below 1 − α.
BELOW = 0.05


@dataclass(frozen=True)
class Ages:
    """Of whom the evidence of a bundle is: age group → `people`, '' of those whose age is not told, and the `typical`
    ones among them; None: the bundle does not say what is typical."""

    people: Mapping[str, int]
    typical: Mapping[str, int] | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """Those of anybody."""
        return tuple(age for age in AGES if self.people.get(age, 0))

    @property
    def enough(self) -> tuple[str, ...]:
        """Those of enough people."""
        return tuple(age for age in self.known if not self._lack(age))

    def left_out(self) -> list[str]:
        """Which of the known ones have too few people, and why, a sentence each."""
        return [
            f"People of {age} years are left out: {lack}. Figures are of all ages together, and hide what so few do."
            for age in self.known
            if (lack := self._lack(age))
        ]

    def _lack(self, age: str) -> str:
        """What an age lacks; '' of enough."""
        count, whom = self.people[age], "typical people" if self.people == self.typical else "people"
        if count < FEWEST_OF_AGE:
            return f"{count} {whom} of that age, fewer than {FEWEST_OF_AGE}"
        if self.typical is None or (typical := self.typical.get(age, 0)) >= FEWEST_TYPICAL_OF_AGE:
            return ""
        return f"{typical} typical ones among {count} people of that age, fewer than {FEWEST_TYPICAL_OF_AGE}"


def ages(found: Evaluation, *, rates: bool) -> Ages:
    """Of whom the evidence is; `rates`: of the bundle that rates, else of the companion, all of whose are typical."""
    if not rates:
        return Ages(found.typical_ages, found.typical_ages)
    says_typical = found.ours is not None and found.ours.typical is not None
    return Ages(found.rated_ages, found.rated_typical_ages if says_typical else None)


def of_ratings(found: Evaluation) -> list[str]:
    """Why no bundle that rates is to be made; empty: the evidence carries one."""
    return [*_of_people(found.rated, ages(found, rates=True)), *_of_raters(found), *_of_figures(found)]


def of_companion(found: Evaluation) -> list[str]:
    """Why no bundle of typical movement is to be made; empty: the evidence carries one."""
    of = found.companion
    reasons = [*_of_people(of.n if of else 0, ages(found, rates=False))]
    if of and not of.beyond.low <= 1 - FAR <= of.beyond.high:
        reasons.append(
            f"Of the windows of typical people {shown(of.beyond)} are beyond {FAR:.0%} of those of the others, where "
            f"{1 - FAR:.2f} is right."
        )
    return reasons


def _of_people(count: int, of: Ages) -> Iterator[str]:
    if count < FEWEST_PEOPLE:
        yield f"It was learnt from {count} people, fewer than {FEWEST_PEOPLE}."
    if not of.enough:
        typical = "" if of.typical is None else f", {FEWEST_TYPICAL_OF_AGE} of them typical"
        yield (
            f"There is no age group of {FEWEST_OF_AGE} people at least{typical}, and nobody of another age may be "
            "compared."
        )
    if of.people.get("", 0):
        yield f"The age of {of.people['']} people is not told, so nobody knows of whom the evidence is."


def _of_raters(found: Evaluation) -> Iterator[str]:
    if found.number_of_raters < FEWEST_RATERS or found.raters is None:
        yield "Fewer than two raters rated, so nobody knows how far people agree on what it rates."
    elif isnan(found.raters.mean.value):
        yield "No window was rated by all raters, or nothing varies, so nobody knows how far they agree."
    elif not found.raters.mean.low >= LEAST_AGREED:
        yield (
            f"The raters do not agree enough: ICC(2,k) of their mean is {shown(found.raters.mean)}, and its lower end "
            f"must be {LEAST_AGREED:g} at least."
        )


def _of_figures(found: Evaluation) -> Iterator[str]:
    of = found.ours
    if of is None:
        return
    if not of.advantage.low > 0:
        yield (
            "It does no better than the mean of the people learnt from: its error is smaller by "
            f"{shown(of.advantage)}, of which 0 is part."
        )
    if not of.figures.pearson.low >= LEAST_CORRELATION:
        yield (
            f"It hardly goes with the raters: Pearson's correlation is {shown(of.figures.pearson)}, and its lower end "
            f"must be {LEAST_CORRELATION:g} at least."
        )
    covered, promised = of.figures.covered, 1 - of.recipe.alpha
    if covered is None or covered.high < promised - BELOW:
        yield (
            f"Its intervals hold the rating for {shown(covered) if covered else 'nobody knows how many'} of the "
            f"windows, where {promised:.0%} are promised."
        )
