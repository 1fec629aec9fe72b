"""What is true of a simulated cohort: its people, and how active each unit of each person is in each phase.

The activity of unit u of person i in phase s of a session is

    z = (spread × b + w) / √(spread² + 1)  +  site + age + medication + d

`b` stays with the person, `w` is of that phase and session; both have a standard deviation of 1, and so has the sum
without what is added. The units of a person share a part of `b` (`Plan.shared`). Everything else that a feature may
depend on (head, emotions, movement) varies likewise, and nothing is planted in it but the site.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS
from training.cohort.people import Participant
from training.cohort.plan import Plan

Floats = NDArray[np.float64]
#: What else somebody differs in: how long eyes close, head, emotions, changes of emotion, movement.
OTHERS = ("closing", "head", "entropy", "transitions", "movement")
KEYS = (*ACTION_UNIT_KEYS, *OTHERS)
_SEXES = ("female", "male")
MEDICATED = "medicated"


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true of a cohort of P people in S phases; K = `KEYS`.

    Attributes:
        people: as `participants.csv` has them, so with what `Faults.swapped` exchanged.
        true_groups: (P,) the group of which each one really is.
        base: (P, S, K) what adds to everybody's activity: site, age, medication, effects.
        own: (P, K) what stays with a person.
        away: (P,) share of the time in which the face is turned away.
        held: (P, S) whether the phase was held.
    """

    plan: Plan
    seed: int
    people: tuple[Participant, ...]
    true_groups: tuple[str, ...]
    base: Floats
    own: Floats
    away: Floats
    held: NDArray[np.bool_]

    def activity(self, session: int) -> Floats:
        """(P, S, K) of one session of everybody."""
        within = _chance(self.seed, "within", session).normal(size=self.base.shape)
        spread = self.plan.spread
        found: Floats = self.base + (spread * self.own[:, None] + within) / np.sqrt(spread**2 + 1)
        return found

    @cached_property
    def mean_activity(self) -> Floats:
        """(P, S, K) over all sessions of the plan."""
        found: Floats = np.mean([self.activity(number) for number in range(self.plan.sessions)], axis=0)
        return found


def draw(plan: Plan, seed: int) -> Truth:
    """The cohort of a plan; the same for the same seed."""
    chance = _chance(seed, "people", 0)
    people = _people(plan, chance)
    groups = tuple(person.group for person in people)
    own = _own(plan, len(people), chance)
    base = _base(plan, people, chance)
    away = np.clip(chance.gamma(4.0, plan.away / 4.0, len(people)), 0.0, 0.95)
    held = chance.random((len(people), len(plan.named))) >= plan.skipped
    shown = tuple(_swapped(plan, person) for person in people)
    return Truth(plan, seed, shown, groups, base, own, away, held)


def _chance(seed: int, what: str, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, *what.encode()])


def _people(plan: Plan, chance: np.random.Generator) -> tuple[Participant, ...]:
    """In the order of their pseudonyms, which say nothing of the group."""
    groups = [group for group, count in plan.people.items() for _ in range(count)]
    order = chance.permutation(len(groups))
    names = [*plan.people]
    found = []
    for number, at in enumerate(order.tolist(), 1):
        group = groups[at]
        follows = chance.random() < plan.site_follows_group
        free = int(chance.integers(len(plan.sites)))
        site = plan.sites[names.index(group) % len(plan.sites) if follows else free]
        age = float(np.clip(chance.normal(plan.age[0] + plan.age_gap * names.index(group), plan.age[1]), 18, 90))
        is_medicated = chance.random() < plan.medicated.get(group, 0.0)
        sex = _SEXES[int(chance.integers(2))]
        told = MEDICATED if is_medicated else "none"
        found.append(Participant(f"sim-{number:04d}", group, site, round(age, 1), sex, told))
    return tuple(found)


def _own(plan: Plan, count: int, chance: np.random.Generator) -> Floats:
    own: Floats = chance.normal(size=(count, len(KEYS)))
    units = len(ACTION_UNIT_KEYS)
    expressive = chance.normal(size=(count, 1))
    own[:, :units] = np.sqrt(plan.shared) * expressive + np.sqrt(1 - plan.shared) * own[:, :units]
    return own


def _base(plan: Plan, people: tuple[Participant, ...], chance: np.random.Generator) -> Floats:
    base = np.zeros((len(people), len(plan.named), len(KEYS)))
    of_site = {site: plan.site_effect * chance.normal(size=len(KEYS)) for site in plan.sites}
    units = len(ACTION_UNIT_KEYS)
    for at, person in enumerate(people):
        row = base[at]
        row += of_site[person.site]
        if plan.age[1]:
            row[:, :units] += plan.age_effect * (person.age - plan.age[0]) / plan.age[1]
        row[:, :units] += plan.medication_effect * (person.medication == MEDICATED)
        for effect in (effect for effect in plan.effects if effect.group == person.group):
            phases = [plan.named.index(phase) for phase in effect.phases or plan.named]
            row[phases, KEYS.index(effect.unit)] += effect.d
    return base


def _swapped(plan: Plan, person: Participant) -> Participant:
    """The person with the label that the table gives them."""
    if person.site not in plan.faults.swapped:
        return person
    first, second, *_ = plan.people
    return replace(person, group={first: second, second: first}.get(person.group, person.group))
