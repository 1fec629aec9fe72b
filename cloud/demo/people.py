"""Simulated people: what their faces do, how often, and how that changes over weeks, so that whoever looks at the
pages knows what they should find.

Faces *act*: an act raises some action units together, swells, holds and fades. A person has so many of each a minute;
from session to session that varies by chance (`wavering`), and over weeks by what is planted (`drift`).
"""

import math
import random
from dataclasses import dataclass, field
from typing import Literal

from device.contract.session import UNNAMED

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
SMILE, POLITE, FROWN, GRIEF, SURPRISE, PRESS, DISGUST = (
    "smile",
    "polite",
    "frown",
    "grief",
    "surprise",
    "press",
    "disgust",
)
#: Act → action units with their share of the act's intensity. Combinations: FACS (Ekman, Friesen & Hager 2002).
ACTS = {
    SMILE: {"AU6": 0.8, "AU12": 1.0, "AU25": 0.5},
    POLITE: {"AU12": 0.8},
    FROWN: {"AU4": 1.0, "AU7": 0.6},
    GRIEF: {"AU1": 0.8, "AU4": 0.6, "AU15": 0.9, "AU17": 0.6},
    SURPRISE: {"AU1": 0.8, "AU2": 0.9, "AU5": 0.6, "AU26": 0.7, "AU25": 0.6},
    PRESS: {"AU24": 0.9, "AU17": 0.6, "AU14": 0.5},
    DISGUST: {"AU9": 0.9, "AU10": 0.5},
}
#: What a session is beside an ordinary one.
Kind = Literal[
    "ordinary", "power_cut", "paused", "revoked", "empty", "hardly_seen", "clock", "masked", "hot", "disagreeing"
]


@dataclass(frozen=True)
class Person:
    """One simulated patient.

    Attributes:
        device: the box in the room where they come.
        weekday, hour: when, in UTC.
        habits: acts a minute, in the first week.
        drift: change of that a week, as a share (-0.1: a tenth less each week).
        wavering: standard deviation of the logarithm of habits, from session to session.
        mode: what their box sends of a session.
        covers, age, giver: the consent.
        away: share of the time in which the face is turned away or out of view.
        rest: whether the box knows their face at rest.
        since: sessions held at most, the last ones.
        kinds: which session (counted from the last one, 1) is out of the ordinary.
        record: mode of sessions (counted likewise) that have every record.
        said: what is planted, in words.
    """

    pseudonym: str
    device: str
    weekday: int
    hour: float
    habits: dict[str, float]
    said: str
    drift: dict[str, float] = field(default_factory=dict)
    wavering: float = 0.2
    covers: tuple[str, ...] = ("expressions", "units", "live")
    age: str = ""
    giver: str = "patient"
    away: float = 0.08
    rest: bool = False
    since: int = 1000
    kinds: dict[int, Kind] = field(default_factory=dict)
    records: tuple[int, ...] = ()


_USUAL = {SMILE: 1.2, POLITE: 1.0, FROWN: 1.0, GRIEF: 0.4, SURPRISE: 0.5, PRESS: 0.5, DISGUST: 0.15}
PEOPLE = (
    Person(
        "p-0007",
        "sim-room-1",
        0,
        9.0,
        _USUAL | {SMILE: 0.7, FROWN: 2.6, GRIEF: 0.8},
        "fewer lowered brows (AU4) and more smiles with the eyes (AU6 and AU12), week by week; agreed to be "
        "compared with other people, by ratings that nobody gave, and to a model of their own, which nobody made",
        covers=("expressions", "units", "live", "personal", "atypicality"),
        age="18-64",
        drift={SMILE: 0.14, FROWN: -0.14, GRIEF: -0.1},
        rest=True,
        kinds={3: "clock"},
        records=(1,),
    ),
    Person(
        "p-0012",
        "sim-room-1",
        1,
        11.0,
        _USUAL,
        "nothing changes; agreed to diagnosis support, by a study that never was",
        covers=("expressions", "units", "live", "diagnosis"),
        rest=True,
        kinds={2: "power_cut"},
        records=(1,),
    ),
    Person(
        "x-q7m2k9w4ta",
        "sim-room-2",
        2,
        14.0,
        _USUAL | {POLITE: 2.2, GRIEF: 1.0},
        "nothing changes; smiles in which the emotions say sadness, so that both disagree",
        wavering=0.35,
        kinds={1: "disagreeing", 2: "paused"},
        records=(1,),
    ),
    Person(
        "x-b3d8f5h1jz",
        "sim-room-2",
        3,
        16.0,
        _USUAL,
        "nothing changes; mostly turned away, so that little is seen",
        wavering=0.3,
        away=0.6,
        kinds={2: "hardly_seen"},
    ),
    Person(
        "p-0031",
        "sim-room-3",
        3,
        10.0,
        {act: rate * 0.3 for act, rate in _USUAL.items()},
        "came three times, little moves; the consent of the first session was withdrawn",
        since=3,
        kinds={3: "revoked", 1: "hot"},
        records=(1,),
    ),
    Person(
        "p-0044",
        "sim-room-3",
        4,
        15.0,
        _USUAL | {SMILE: 1.6, GRIEF: 0.5},
        "more grief (AU1, AU4, AU15) and fewer smiles, week by week",
        drift={GRIEF: 0.16, SMILE: -0.1},
        giver="guardian",
        kinds={1: "masked", 3: "empty"},
        records=(1,),
    ),
)
#: Somebody came to this box without a pseudonym.
PASSER_BY = Person(
    UNNAMED, "sim-room-3", 1, 17.0, _USUAL, "nobody entered a pseudonym or a consent", covers=(), since=1
)
EVERYBODY = (*PEOPLE, PASSER_BY)


@dataclass(frozen=True)
class Plan:
    """One session that is to be simulated.

    Attributes:
        week: of this person, from 0.
        begins_s: seconds since 1970.
        hz: frames a second.
        chance: seed of what happens in it.
        before: the person's sessions before it.
    """

    person: Person
    week: int
    begins_s: float
    minutes: float
    kind: Kind
    records: bool
    hz: int
    chance: str
    before: tuple["Plan", ...] = field(default=(), repr=False, compare=False)

    def rate(self, act: str) -> float:
        """How often the person does this in this session, a minute."""
        drift = 1.0 + self.person.drift.get(act, 0.0)
        wavers: float = random.Random(f"{self.chance}/{act}").gauss(0.0, self.person.wavering)
        rate: float = self.person.habits.get(act, 0.0) * drift**self.week * math.exp(wavers)
        return rate


def plans(seed: int, weeks: int, until_s: float, minutes: float = 45.0) -> list[Plan]:
    """The sessions of everybody in the weeks before `until_s` (seconds since 1970), of about so many minutes, in the
    order of time."""
    found = [plan for person in EVERYBODY for plan in _of(person, seed, weeks, until_s, minutes)]
    return sorted(found, key=lambda plan: plan.begins_s)


def _of(person: Person, seed: int, weeks: int, until_s: float, minutes: float) -> list[Plan]:
    found: list[Plan] = []
    count = min(weeks, person.since)
    for nth in range(count, 0, -1):
        chance = random.Random(f"{seed}/{person.pseudonym}/{nth}")
        begins_s = _last_before(until_s, person) - (nth - 1) * WEEK_S + chance.uniform(0, 600)
        records = nth in person.records
        found.append(
            Plan(
                person,
                count - nth,
                round(begins_s, 3),
                round(minutes * chance.uniform(0.9, 1.1), 1),
                person.kinds.get(nth, "ordinary"),
                records,
                10 if records else 5,
                f"{seed}/{person.pseudonym}/{nth}/face",
                tuple(found),
            )
        )
    return found


def _last_before(until_s: float, person: Person) -> float:
    """The last time of their weekday and hour that is at least two hours before `until_s`."""
    midnight = until_s - until_s % DAY_S
    today = int(midnight // DAY_S + 3) % 7  # 1970 began on a Thursday; Monday is 0
    at = midnight - ((today - person.weekday) % 7) * DAY_S + person.hour * 3600
    return at if at <= until_s - 7200 else at - WEEK_S
