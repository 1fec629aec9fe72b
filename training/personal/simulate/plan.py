"""The plan of a simulated study of people: how many, how long, and how far they differ and move.

    people = 6
    recordings = 2
    seconds = 150
    movements = [4, 6]

Whatever is left out has the default that stands here.
"""

from typing import Annotated

from msgspec import Meta

from device.contract.errors import ConfigError
from device.contract.toml import Share, Table

_Rate = Annotated[float, Meta(ge=0, le=60)]
_Kinds = Annotated[int, Meta(ge=0, le=8)]


class Plan(Table, frozen=True):
    """A study; six people in two recordings of two and a half minutes, if nothing is said.

    name: of everybody, before their number: two studies of people who are not the same have two.
    people, recordings: how many, and of each person; seconds: of each recording.
    fps: pictures a second; size: pixels of a side.
    movements: fewest and most movements of their own that somebody has; plain: how many that others have too.
    own_rate, plain_rate: how often each of these comes, a minute, about.
    asymmetry: how far their own movements are one-sided, at most; 1: one side alone.
    resting: how far a face at rest is from nobody's: intensity of a few units that never go, at most.
    talk: share of the time in which somebody talks.
    subtle: how much weaker than usual a movement may be; 0: all are as strong as that person's way is.
    loose: how often a unit acts outside of any movement, or into one, a minute.
    turning: how far the head turns, degrees, about.
    light: how far light differs between recordings and drifts within one; 0: it is always the same.
    noise: of the camera, standard deviation in grey levels, at most.
    """

    name: Annotated[str, Meta(pattern="^[a-z]{1,30}$")] = "person"
    people: Annotated[int, Meta(ge=1, le=1000)] = 6
    recordings: Annotated[int, Meta(ge=1, le=100)] = 2
    seconds: Annotated[float, Meta(ge=1, le=3600)] = 150.0
    fps: Annotated[float, Meta(ge=1, le=60)] = 10.0
    size: Annotated[int, Meta(ge=96, le=720)] = 192
    movements: tuple[_Kinds, _Kinds] = (4, 6)
    plain: _Kinds = 3
    own_rate: _Rate = 3.0
    plain_rate: _Rate = 1.2
    asymmetry: Share = 0.9
    resting: Annotated[float, Meta(ge=0, le=2)] = 0.8
    talk: Share = 0.12
    subtle: Share = 0.5
    loose: _Rate = 8.0
    turning: Annotated[float, Meta(ge=0, le=40)] = 13.0
    light: Share = 1.0
    noise: Annotated[float, Meta(ge=0, le=40)] = 6.0

    def __post_init__(self) -> None:
        """Raises `ConfigError`: what does not go together."""
        if self.movements[0] > self.movements[1]:
            raise ConfigError("'movements' has more fewest than most: write it as [4, 6].")
