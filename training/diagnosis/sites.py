"""Leave one site out: whether what was learnt at some sites holds at another."""

from dataclasses import dataclass

import numpy as np

from device.contract.evidence import Interval
from training.diagnosis.folds import FEWEST, Ints
from training.diagnosis.metrics import Predictions, balanced_accuracy, drawn, interval, of_so_few
from training.diagnosis.preparation import Floats

NAMELESS = "(no site)"


@dataclass(frozen=True)
class SiteFigures:
    """A site, by a network that learnt from all others. `balanced_accuracy` is over the groups that it has; of one
    group alone it is that group's sensitivity."""

    site: str
    n: int
    groups: dict[str, int]
    balanced_accuracy: Interval


@dataclass(frozen=True)
class LeftOut:
    """All sites left out once. `balanced_accuracy`: over all people of `sites`; None where a group is
    not among them. `notes`: what could
    not be told, in sentences."""

    balanced_accuracy: Interval | None
    sites: tuple[SiteFigures, ...]
    notes: tuple[str, ...]


def named(site: str) -> str:
    """A site in words."""
    return site or NAMELESS


def notes(truth: Ints, sites: Ints, names: tuple[str, ...], groups: tuple[str, ...]) -> dict[int, str]:
    """Why a site cannot be left out, of each that cannot."""
    if len(names) < 2:
        return {0: "All participants are of one site: whether this holds at another one is not known."}
    found = {}
    for site, name in enumerate(names):
        rest = np.bincount(truth[sites != site], minlength=len(groups))
        few = int(rest.argmin())
        if rest[few] < FEWEST - 1:
            found[site] = (
                f"Site '{named(name)}' cannot be left out: {rest[few] or 'nobody'} of group '{groups[few]}' would "
                "remain to learn from."
            )
    return found


def of_one_group(truth: Ints, sites: Ints, names: tuple[str, ...], groups: tuple[str, ...]) -> list[str]:
    """A sentence for every site all of whose people are of one group."""
    present = [np.unique(truth[sites == site]) for site in range(len(names))]
    return [
        f"All participants of site '{named(name)}' are of group '{groups[here[0]]}': there, the site cannot be told "
        "from the group, and only this group's sensitivity is known."
        for name, here in zip(names, present, strict=True)
        if len(here) == 1
    ]


def figures(
    probabilities: Floats, truth: Ints, sites: Ints, names: tuple[str, ...], groups: tuple[str, ...], seed: int
) -> LeftOut:
    """Of probabilities (P, C), NaN for people of sites that were not left out."""
    why = notes(truth, sites, names, groups)
    told = tuple(
        SiteFigures(
            site=named(name),
            n=len(here),
            groups={group: int((truth[here] == number).sum()) for number, group in enumerate(groups)},
            balanced_accuracy=of_so_few(_accuracy(probabilities, truth, here, seed), _as_many(truth[here])),
        )
        for site, name in enumerate(names)
        for here in [np.flatnonzero(sites == site)]
        if site not in why
    )
    known = np.flatnonzero(~np.isnan(probabilities).any(axis=1))
    whole = _accuracy(probabilities, truth, known, seed) if len(np.unique(truth[known])) == len(groups) else None
    one = of_one_group(truth, sites, names, groups) if len(names) > 1 else []
    return LeftOut(whole, told, (*why.values(), *one, *_exchanged(told)))


def _exchanged(told: tuple[SiteFigures, ...]) -> list[str]:
    """A sentence for every site with several groups at which chance would be right more often."""
    several = [site for site in told if sum(count > 0 for count in site.groups.values()) > 1]
    return [
        f"At site '{site.site}', what was learnt elsewhere is wrong more often than chance would be: ask whether "
        "groups were exchanged there, or elsewhere."
        for site in several
        if site.balanced_accuracy.high < 1 / len(site.groups)  # they may be taken for groups that are not there too
    ]


def _as_many(truth: Ints) -> float:
    """Of how many people a share would be as sure as the mean of the groups' shares is."""
    counts = np.unique(truth, return_counts=True)[1]
    return float(len(counts) ** 2 / (1 / counts).sum())


def _accuracy(probabilities: Floats, truth: Ints, here: Ints, seed: int) -> Interval:
    chosen = probabilities[here][None]
    said = Predictions(truth[here], chosen, np.ones(chosen.shape, bool))
    return interval(balanced_accuracy(said, drawn(said.truth, seed)))
