"""What a transfer begins with: a run of another person, or a general one; never one that saw the person itself."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from device.contract.errors import ConfigError
from training.personal.recipe import FROM_GENERAL, PersonalRecipe
from training.recipe import recipe_table
from training.run_folder import META

_NO_RUN = "holds no finished epoch of a training: give a run folder, or one of run folders."


@dataclass(frozen=True)
class Donor:
    """A run to begin with: of whom, and who else's faces are in its weights, since it began with a run itself."""

    run: Path
    people: tuple[str, ...]
    before: tuple[str, ...]
    network: object

    @property
    def everybody(self) -> tuple[str, ...]:
        """All whose faces are in its weights."""
        return (*self.people, *self.before)


def donor_of(start: Path | None, recipe: PersonalRecipe, members: tuple[str, ...]) -> Donor | None:
    """The run that a training of these people begins with; None: it begins with nothing.

    Args:
        start: a run folder, or one of run folders, of which the one of the next other person is taken, in the order of
            pseudonyms; the first after the last.

    Raises:
        ConfigError: a transfer without `start`, or the other way round; no such run, one of another network, or one
            that has learnt from these people.
    """
    if start is None:
        if recipe.transfers:
            raise ConfigError(f"{recipe.approach} begins with another run: name it with --start.")
        return None
    if not recipe.transfers:
        raise ConfigError(
            f"{recipe.approach} begins with nothing: leave out --start, or choose a recipe of a transfer."
        )
    general = recipe.approach == FROM_GENERAL
    found = [_donor(path) for path in _runs(start)]
    fitting = [donor for donor in found if (len(donor.people) > 1) == general]
    if not fitting:
        whose = "all people" if general else "one other person"
        raise ConfigError(f"{recipe.approach} begins with a run of {whose}, and {start} is none.")
    others = [donor for donor in fitting if not set(members) & set(donor.everybody)]
    if not others:
        raise ConfigError(f"{start} has learnt from {members[0]}: begin with a run of others.")
    after = [donor for donor in others if donor.people > members]
    chosen = (after or others)[0]
    if chosen.network != _network(recipe_table(recipe)):
        raise ConfigError(f"{chosen.run} holds another network than the recipe's: begin with a run of the same one.")
    return chosen


def _runs(start: Path) -> list[Path]:
    found = [start] if (start / META).is_file() else sorted(path.parent for path in start.glob(f"*/{META}"))
    if not found:
        raise ConfigError(f"{start} {_NO_RUN}")
    return found


def _donor(run: Path) -> Donor:
    try:
        meta = msgspec.json.decode((run / META).read_bytes())
        about = meta["data_about"]
        people, before = (tuple(map(str, about.get(key, ()))) for key in ("people", "began_with"))
        return Donor(run, people, before, _network(meta["recipe"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{run} {_NO_RUN}") from error


def _network(recipe: dict[str, object]) -> object:
    return recipe["network"], recipe["embedding"]
