"""The plan of a simulated cohort: who there is, what is planted in their faces, and what goes wrong.

    people = { control = 30, case = 30 }      # the keys of `Plan` come first, then its tables
    sites = ["north", "south"]
    [phases]                                   # minutes of each
    rest = 1.0
    images = 2.0
    [[effects]]                                # without any: a null cohort
    group = "case"
    unit = "AU12"
    d = 0.8
    phases = ["images"]
    [faults]
    swapped = ["south"]

Whatever is left out has the default that stands here. What is planted is an *activity* of a unit in a phase: 1 is the
standard deviation between people, so `d` is Cohen's d.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from device.contract.errors import ConfigError
from device.contract.features import SESSION
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.support import GROUP, GROUPS
from device.contract.toml import Share, Table, one_of, parse, read_toml
from training.cohort.names import is_name

Name = Annotated[str, Meta(pattern=rf"\A{GROUP}\Z", description="1 to 40 lower-case letters, digits and hyphens")]
_Spread = Annotated[float, Meta(ge=0, le=10)]
_Minutes = Annotated[float, Meta(gt=0, le=240)]
_D = Annotated[float, Meta(ge=-5, le=5)]


class Effect(Table, frozen=True):
    """A group's activity of a unit differs from that of all others by `d` (Cohen's d, between people), in `phases`, or
    in all where none is named."""

    group: Name
    unit: Annotated[str, one_of(ACTION_UNIT_KEYS)]
    d: _D
    phases: tuple[Name, ...] = ()


class Faults(Table, frozen=True):
    """swapped: sites at which the first two groups' labels are exchanged; hog: share of all frames that are of one
    person; unphased: nobody marked phases; blind: nothing was ever measured."""

    swapped: tuple[Name, ...] = ()
    hog: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    unphased: bool = False
    blind: bool = False


class Plan(Table, frozen=True):
    """A simulated cohort; a null cohort, if nothing is said.

    people: group → number.
    phases: phase → minutes; without any, sessions of `minutes` that have none.
    hz: records a second.
    sessions: of each person.
    stimuli: the phases stand in a table, `stimuli.csv`, instead of in the sessions.
    spread: between people, in spreads within a person (of a phase, of a session).
    shared: correlation of the units of a person: how expressive somebody is.
    site_effect: standard deviation of what a site adds to every feature, in those between people.
    site_follows_group: share of the people whose site goes with their group; 1: groups and sites are confounded.
    age: mean and standard deviation, years; age_gap: by how many years each further group is older.
    age_effect: on every unit, for a standard deviation of age; medicated: group → share; medication_effect: likewise.
    away: share of the time in which the face is turned away; hidden: in which its lower half is hidden; skipped: share
    of the phases that were not held.
    """

    people: dict[str, Annotated[int, Meta(ge=0, le=10_000)]] = field(
        default_factory=lambda: {"control": 30, "case": 30}
    )
    sites: tuple[Name, ...] = ("north", "south")
    phases: dict[str, _Minutes] = field(default_factory=lambda: {"rest": 1.0, "talk": 2.0, "images": 2.0})
    minutes: _Minutes = 5.0
    hz: Annotated[float, Meta(ge=1, le=60)] = 10.0
    sessions: Annotated[int, Meta(ge=1, le=100)] = 1
    stimuli: bool = False
    effects: tuple[Effect, ...] = ()
    spread: Annotated[float, Meta(ge=0.1, le=10)] = 2.0
    shared: Annotated[float, Meta(ge=0, lt=1)] = 0.3
    site_effect: _Spread = 0.3
    site_follows_group: Share = 0.0
    age: tuple[Annotated[float, Meta(ge=18, le=90)], Annotated[float, Meta(ge=0, le=30)]] = (40.0, 12.0)
    age_gap: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    age_effect: _D = 0.0
    medicated: dict[str, Share] = field(default_factory=dict)
    medication_effect: _D = 0.0
    away: Share = 0.08
    hidden: Share = 0.02
    skipped: Share = 0.0
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        """Raises `ConfigError`: what does not go together."""
        for name in (*self.people, *self.phases):
            if not is_name(name):
                raise ConfigError(f"{name!r} can be no group or phase: use lower-case letters, digits and hyphens.")
        if not 2 <= len(self.people) <= len(GROUPS):
            raise ConfigError(f"'people' names {len(self.people)} groups: name 2 to {len(GROUPS)}.")
        if not self.sites:
            raise ConfigError("'sites' is empty: name at least one.")
        if SESSION in self.phases:
            raise ConfigError(f"No phase may be called {SESSION!r}: name it otherwise.")
        for name in (*(effect.group for effect in self.effects), *self.medicated):
            if name not in self.people:
                raise ConfigError(f"{name!r} is no group of 'people': {', '.join(self.people)}.")
        for name in (phase for effect in self.effects for phase in effect.phases):
            if name not in self.named:
                raise ConfigError(f"{name!r} is no phase of the plan: {', '.join(self.named)}.")
        if unknown := [site for site in self.faults.swapped if site not in self.sites]:
            raise ConfigError(f"{unknown[0]!r} in 'faults.swapped' is no site: {', '.join(self.sites)}.")

    @property
    def named(self) -> tuple[str, ...]:
        """The phases, or the whole session alone."""
        return tuple(self.phases) or (SESSION,)

    @property
    def lengths(self) -> dict[str, float]:
        """Of each of them, minutes."""
        return dict(self.phases) or {SESSION: self.minutes}


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file. Raises `ConfigError`."""
    return parse(Plan, [(read_toml(path, "--plan"), str(path))])
