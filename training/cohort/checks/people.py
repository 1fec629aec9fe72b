"""Groups, sites, age, sex and medication: too few people, and what goes with the group."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from device.contract.finding import Finding, Level
from training.cohort.checks.apart import by_group, farthest, linked, people, some
from training.cohort.people import Participant

#: A group of fewer people can be told of by nobody; one of fewer than the second gets no bundle.
HARDLY, LEAST = 10, 30
_LEAST_AT_SITE = 5
_CONFOUNDED = 0.9  # Cramér's V from which on sites and groups cannot be told apart


def check_people(recorded: Sequence[Participant], everybody: Sequence[Participant]) -> Iterator[Finding]:
    """What is wrong with those of whom there is a recording, out of all in the table."""
    groups = [person.group for person in recorded]
    yield from _groups(groups, {person.group for person in everybody})
    if len(set(groups)) > 1:
        yield from _sites(recorded)
        yield from _age(recorded)
        for name in ("sex", "medication"):
            yield from _named(recorded, name)


def _groups(groups: list[str], named: set[str]) -> Iterator[Finding]:
    counts = Counter(groups)
    if empty := sorted(named - counts.keys()):
        yield Finding(
            Level.FAIL,
            "groups",
            f"Nobody of the group {some(empty)} has a recording: nothing can be compared with it.",
        )
    if len(counts) == 1:
        only = next(iter(counts))
        yield Finding(Level.FAIL, "groups", f"Everybody is of the group {only}: name at least two groups.")
    for group, count in sorted(counts.items()):
        if count < HARDLY:
            text = f"{people(count)} of the group {group}: with fewer than {HARDLY} nothing can be told of a group."
            yield Finding(Level.FAIL, "groups", text)
        elif count < LEAST:
            text = f"{people(count)} of the group {group}: with fewer than {LEAST} no bundle is made."
            yield Finding(Level.WARNING, "groups", text)
    if counts and min(counts.values()) >= LEAST and len(counts) > 1:
        yield Finding(Level.OK, "groups", f"{by_group(groups)}.")


def _sites(recorded: Sequence[Participant]) -> Iterator[Finding]:
    groups, sites = [person.group for person in recorded], [person.site for person in recorded]
    if nowhere := sum(not site for site in sites):
        told = f"Of {people(nowhere)} no site is known: whether sites differ cannot be looked at for them."
        yield Finding(Level.WARNING, "sites", told)
    of_site = {site: {g for g, s in zip(groups, sites, strict=True) if s == site} for site in sorted({*sites} - {""})}
    if len(of_site) < 2:
        if of_site:
            text = "All are of one site: nothing says whether what is found holds elsewhere."
            yield Finding(Level.WARNING, "sites", text)
        return
    link = linked(groups, sites)
    if all(len(found) == 1 for found in of_site.values()):
        text = f"Every site has people of one group only ({some(f'{s}: {min(g)}' for s, g in of_site.items())})"
        text += ": whatever differs may be the site's, its camera or its light. Record each group at each site."
        yield Finding(Level.FAIL, "sites", text)
    elif link.is_close:
        text = f"Sites go with groups (Cramér's V {link.v:.2f}): {_at_sites(recorded, of_site)}."
        level = Level.FAIL if link.v >= _CONFOUNDED else Level.WARNING
        yield Finding(level, "sites", f"{text} What differs may be the sites', their cameras' or their light's.")
    else:
        yield Finding(Level.OK, "sites", f"{_at_sites(recorded, of_site)}.")
    small = [site for site in of_site if sites.count(site) < _LEAST_AT_SITE]
    if small:
        text = f"Fewer than {_LEAST_AT_SITE} people at {some(small)}: leaving it out, or it alone, says little."
        yield Finding(Level.WARNING, "sites", text)


def _at_sites(recorded: Sequence[Participant], sites: Sequence[str] | dict[str, set[str]]) -> str:
    return "; ".join(f"{site}: {by_group(one.group for one in recorded if one.site == site)}" for site in sites)


def _age(recorded: Sequence[Participant]) -> Iterator[Finding]:
    ages = np.array([person.age for person in recorded])
    if unknown := int(np.isnan(ages).sum()):
        text = f"Of {people(unknown)} no age is known: whether age explains what differs cannot be looked at for them."
        yield Finding(Level.WARNING, "age", text)
    apart = farthest([person.group for person in recorded], ages)
    if apart and apart.is_far:
        text = f"{apart.high} is older than {apart.low} (mean {apart.means[1]:.0f} and {apart.means[0]:.0f} years,"
        text += f" d {apart.d:.1f}): faces change with age, so what differs may be that."
        yield Finding(Level.WARNING, "age", text)
    elif apart:
        low, high = np.nanmin(ages), np.nanmax(ages)
        yield Finding(Level.OK, "age", f"{low:.0f} to {high:.0f} years, alike in the groups.")


def _named(recorded: Sequence[Participant], name: str) -> Iterator[Finding]:
    groups, values = [person.group for person in recorded], [getattr(person, name) for person in recorded]
    if not any(values):
        yield Finding(
            Level.WARNING, name, f"No {name} is known: whether it explains what differs cannot be looked at."
        )
        return
    link = linked(groups, values)
    if link.is_close:
        how = "tells the group" if link.is_whole else "goes with the group"
        told = "; ".join(
            f"{group}: {by_group(v or 'not known' for g, v in zip(groups, values, strict=True) if g == group)}"
            for group in sorted(set(groups))
        )
        text = f"The {name} {how} (Cramér's V {link.v:.2f}; {told}): what differs may be that."
        yield Finding(Level.WARNING, name, text)
