"""When no bundle is made: what of an evaluation does not carry one, in sentences.

The limits are guesses to start from, except for p, and stand here for a statistician to change them in one place.
"""

from collections.abc import Callable, Iterable, Iterator

from training.diagnosis.evaluation import Evaluation
from training.diagnosis.tables import shown, unlike_a_box

#: The p-value by permutation may be this at most, of no fewer permutations.
P_VALUE, PERMUTATIONS = 0.05, 1000
#: People of each group.
FEWEST_PEOPLE = 30
#: How far the share of sets that hold the right group may be below and above 1 − α.
BELOW, ABOVE = 0.02, 0.04
#: Share of the people who must be at sites that have people of two groups.
AT_MIXED_SITES = 0.5


def reasons(evaluation: Evaluation) -> list[str]:
    """Why no bundle is to be made; empty: the evidence carries one."""
    return [reason for check in _CHECKS for reason in check(evaluation)]


def chance(evaluation: Evaluation) -> float:
    """The balanced accuracy of guessing."""
    return 1 / len(evaluation.groups)


def _of_folds(found: Evaluation) -> Iterator[str]:
    if found.split:
        yield (
            f"It was measured on one split {found.split} alone, whose figures depend on who came to stand where: "
            "evaluate again without --split."
        )


def _better_than_chance(found: Evaluation) -> Iterator[str]:
    tested = found.permutation
    if tested is None or tested.permutations < PERMUTATIONS:
        count = "no" if tested is None else f"only {tested.permutations}"
        yield f"It was tested by {count} permutations: evaluate again with at least {PERMUTATIONS}."
    if tested is not None and tested.p_value > P_VALUE:
        yield (
            f"The groups are not told apart better than chance would have it: p = {tested.p_value:.3f} in "
            f"{tested.permutations} permutations, and it may be {P_VALUE} at most."
        )


def _better_than_confounds(found: Evaluation) -> Iterator[str]:
    if found.confounds is None:
        yield "It was not compared with what is no expression, such as age and site: evaluate again without --split."
    elif not found.confounds.advantage.low > 0:
        yield (
            "It does not do better than what is no expression "
            f"({', '.join(found.confounds.used) or 'nothing known'}): balanced accuracy"
            f" {shown(found.balanced_accuracy)} against {shown(found.confounds.balanced_accuracy)}, "
            f"a difference of {shown(found.confounds.advantage)}, of which 0 is part."
        )


def _enough_people(found: Evaluation) -> Iterator[str]:
    for name, count in found.groups.items():
        if count < FEWEST_PEOPLE:
            yield f"Group '{name}' has {count} people, fewer than {FEWEST_PEOPLE}."


def _covering(found: Evaluation) -> Iterator[str]:
    """Judged by the interval: of few people the share itself says little."""
    low, high = 1 - found.recipe.alpha - BELOW, 1 - found.recipe.alpha + ABOVE
    wanted = f"where {1 - found.recipe.alpha:.0%} are promised, and from {low:.2f} to {high:.2f} is close enough"
    if found.coverage.high < low or found.coverage.low > high:
        yield f"The sets hold the right group for {shown(found.coverage)} of the people, {wanted}."
    for name, group in found.by_group.items():
        if group.coverage.high < low:
            yield f"The sets hold the group '{name}' for {shown(group.coverage)} of its people, {wanted}."


def _apart_from_sites(found: Evaluation) -> Iterator[str]:
    if len(found.sites) < 2:
        return  # what is known of one site alone stands on the card
    mixed = [counts for counts in found.sites.values() if sum(count > 0 for count in counts.values()) > 1]
    share = sum(sum(counts.values()) for counts in mixed) / found.n
    if share < AT_MIXED_SITES:
        yield (
            f"Sites and groups cannot be told apart: {1 - share:.0%} of the people are at sites where everybody is of "
            "one group."
        )
    elif found.left_out is not None and (across := found.left_out.balanced_accuracy) is not None:
        if not across.low > chance(found):
            yield (
                f"It does not hold at a site from which nothing was learnt: balanced accuracy {shown(across)} there, "
                f"where {chance(found):.2f} is chance. It may have learnt the sites."
            )
    elif found.left_out is not None:
        yield (
            "Whether it holds at a site from which nothing was learnt could not be measured of every "
            "group: too few people, or all of a group are at one site."
        )


_CHECKS: tuple[Callable[[Evaluation], Iterable[str]], ...] = (
    unlike_a_box,
    _of_folds,
    _better_than_chance,
    _better_than_confounds,
    _enough_people,
    _covering,
    _apart_from_sites,
)
