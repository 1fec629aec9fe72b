"""The plan of simulated children: who there is, what is planted in their faces, and how noisy their raters are.

    people = { typical = 20, atypical = 20 }   # the keys of `Plan` come first, then its tables
    minutes = 4.0
    [raters]
    number = 5
    noise = 0.7

Whatever is left out has the default that stands here. Every number is our own choice.
"""

from typing import Annotated

from msgspec import Meta, field

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

#: The groups of the people; `TYPICAL` is the one from which the companion learns.
TYPICAL, ATYPICAL = "typical", "atypical"
#: What a rating may be: 1 is as most people move, 5 is as unusual as can be.
LEAST, MOST = 1, 5
_Points = Annotated[float, Meta(ge=0, le=4)]


class Raters(Table, frozen=True):
    """number: of raters, each of whom rates everything.

    bias: standard deviation between raters of what they add, points; slope: of how steeply they rate, about 1; noise:
    of what they add to a single rating, points.
    """

    number: Annotated[int, Meta(ge=1, le=20)] = 5
    bias: _Points = 0.4
    slope: Annotated[float, Meta(ge=0, le=0.5)] = 0.15
    noise: _Points = 0.9


class Plan(Table, frozen=True):
    """Simulated children and their raters.

    people: group → number, of `TYPICAL` and `ATYPICAL`.
    minutes, hz: of each recording, of which there is one a child.
    rated_s: length of what is rated at once, without a gap between.
    pause_s: mean pause from one expression to the next.
    severity: group → mean severity (0–1) of what is planted in a child's expressions; between children and between
    expressions it varies.
    shows: how much of the severity that is rated shows in the face at all: 1; 0: a null study, nothing can be learnt.
    age: mean and standard deviation, years.
    away: share of the time in which the face is turned away.
    """

    people: dict[str, Annotated[int, Meta(ge=0, le=1000)]] = field(default_factory=lambda: {TYPICAL: 20, ATYPICAL: 20})
    minutes: Annotated[float, Meta(gt=0, le=240)] = 4.0
    hz: Annotated[float, Meta(ge=5, le=60)] = 10.0
    rated_s: Annotated[float, Meta(ge=0.5, le=60)] = 3.0
    pause_s: Annotated[float, Meta(ge=0.5, le=60)] = 3.0
    severity: dict[str, Share] = field(default_factory=lambda: {TYPICAL: 0.15, ATYPICAL: 0.5})
    shows: Share = 1.0
    age: tuple[Annotated[float, Meta(ge=2, le=90)], Annotated[float, Meta(ge=0, le=30)]] = (9.0, 1.0)
    away: Share = 0.05
    raters: Raters = Raters()

    def __post_init__(self) -> None:
        """Raises `ConfigError`: what does not go together."""
        for name in (*self.people, *self.severity):
            if name not in (TYPICAL, ATYPICAL):
                raise ConfigError(f"{name!r} is no group of simulated children: {TYPICAL}, {ATYPICAL}.")
        if missing := [name for name in self.people if name not in self.severity]:
            raise ConfigError(f"'severity' lacks {missing[0]!r}: say how severe it is for every group of 'people'.")
