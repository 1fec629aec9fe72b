"""Simulated children in a folder, driven through the record format, as a study would have them.

DIR/participants.csv          who, in which group, how old
DIR/recordings/NAME.jsonl     one file a child
DIR/ratings.csv               what each rater rated: recording, from_s, to_s, rater, rating
DIR/truth.csv                 recording, from_s, to_s, truth: what somebody who sees exactly right would have rated
DIR/truth.json                the plan and the seed: it says that all of this is simulated
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.atypicality.acting import Acted, acted
from training.atypicality.ages import age_group
from training.atypicality.plan import LEAST, MOST, Plan
from training.atypicality.ratings import HEADER, RATINGS
from training.cohort.people import Participant
from training.cohort.recordings import Told, began_s, lines_of
from training.cohort.simulate import TRUTH, new_study, write_people, write_table
from training.cohort.study import RECORDINGS
from training.cohort.truth import Floats

_COVERS = ("expressions", "units", "atypicality")
_SEXES = ("female", "male")
_AGES = (2.0, 90.0)
TRUE_RATINGS, TRUE_HEADER = "truth.csv", (*HEADER[:3], "truth")


@dataclass(frozen=True, eq=False)
class Children:
    """The children of a plan, and their raters: the same for the same seed."""

    plan: Plan
    seed: int

    def __len__(self) -> int:
        return sum(self.plan.people.values())

    @cached_property
    def people(self) -> tuple[Participant, ...]:
        """In the order of their pseudonyms, which say nothing of the group."""
        chance = self._chance("people", 0)
        groups = [group for group, count in self.plan.people.items() for _ in range(count)]
        found = []
        for number, at in enumerate(chance.permutation(len(groups)).tolist(), 1):
            age = float(np.clip(chance.normal(*self.plan.age), *_AGES))
            sex = _SEXES[int(chance.integers(2))]
            found.append(Participant(f"child-{number:04d}", groups[at], "north", round(age, 1), sex))
        return tuple(found)

    def acted(self, person: int) -> Acted:
        """What a child does, by their number in `people`."""
        return acted(self.plan, self.people[person].group, self._chance("acting", person))

    @cached_property
    def spans(self) -> tuple[Floats, Floats]:
        """(W,) where each stretch that is rated begins and ends, seconds."""
        begin = np.arange(0.0, self.plan.minutes * 60 - self.plan.rated_s + 1e-6, self.plan.rated_s)
        return begin, begin + self.plan.rated_s

    def rated(self, person: int, truth: Floats) -> NDArray[np.int64]:
        """(W, k) what each rater says of stretches whose true rating is `truth` (W,)."""
        raters, chance = self.plan.raters, self._chance("rating", person)
        own = self._chance("raters", 0)
        bias = own.normal(0.0, raters.bias, raters.number)
        slope = own.normal(1.0, raters.slope, raters.number)
        middle = (LEAST + MOST) / 2
        seen = middle + bias + slope * (truth[:, None] - middle)
        noisy = seen + chance.normal(0.0, raters.noise, seen.shape)
        return np.clip(np.round(noisy), LEAST, MOST).astype(np.int64)

    def told(self, person: int) -> Told:
        """What a child's recording says beside its frames."""
        someone = self.people[person]
        digest = sha256(f"{self.seed}/{someone.pseudonym}".encode()).hexdigest()
        when = began_s(0, person)
        return Told(someone.pseudonym, someone.site, digest, when, _COVERS, phases=False, age=age_group(someone.age))

    def _chance(self, what: str, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, number, *what.encode()])


def simulate(plan: Plan, seed: int, out: Path) -> Iterator[str]:
    """Write the study of a plan, and give the name of each recording when it is written; the folder is there when all
    of it is. Raises `ConfigError` (see `check_out`), `StorageError`."""
    children = Children(plan, seed)
    ratings: list[tuple[object, ...]] = []
    truths: list[tuple[object, ...]] = []
    with new_study(out) as part:
        for person, someone in enumerate(children.people):
            name, one = f"{someone.pseudonym}.jsonl", children.acted(person)
            with (part / RECORDINGS / name).open("wb") as file:
                file.writelines(line + b"\n" for line in lines_of(one.course, children.told(person)))
            truth = one.rating(*children.spans)
            spans = [(name, begin, end) for begin, end in zip(*(of.tolist() for of in children.spans), strict=True)]
            for span, row in zip(spans, children.rated(person, truth).tolist(), strict=True):
                ratings += [(*span, f"r{rater}", rating) for rater, rating in enumerate(row, 1)]
            truths += [(*span, round(value, 3)) for span, value in zip(spans, truth.tolist(), strict=True)]
            yield name
        write_people(part, children.people)
        write_table(part / RATINGS, HEADER, ratings)
        write_table(part / TRUE_RATINGS, TRUE_HEADER, truths)
        told = {"v": 1, "simulated": True, "seed": seed, "plan": msgspec.to_builtins(plan)}
        (part / TRUTH).write_text(json.dumps(told, indent=1) + "\n")
