"""The recipe of the synthetic action-unit estimator as dataclasses; `au-geometry.toml` explains each key."""

from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import ConfigError
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.toml import read_toml
from training.recipe import build
from training.synthetic import SHIPPED_RECIPE


@dataclass(frozen=True)
class Sampling:
    """What is drawn for each face."""

    faces: int
    held_out: float
    identity_sd: float
    cooccurring: float
    neutral: float
    independent: tuple[float, ...]
    intensity: tuple[float, ...]
    asymmetry_sd: float
    one_sided: float
    au4_with_au1: float
    pose_sd_deg: tuple[float, ...]
    distance_cm: tuple[float, ...]
    depth_scale: tuple[float, ...]
    noise_cm: float
    smooth_noise_cm: float
    smooth_noise_reach_cm: float
    neutral_nuisance: float
    lips_part_cm: tuple[float, ...]


@dataclass(frozen=True)
class Regression:
    """How the ridge regression is fitted."""

    alpha: float
    spread: float


@dataclass(frozen=True)
class RealFaces:
    """Which real faces calibrate."""

    most: int
    most_neutral: int
    votes: dict[str, float]


@dataclass(frozen=True)
class Calibration:
    """Where intensities 1 and 5 lie, and from where on the sides differ."""

    present: float
    full: float
    highest: float
    symmetric: float
    within_person: float


@dataclass(frozen=True)
class Recipe:
    """A whole recipe. `evidence` holds, for each action unit, five areas under the ROC curve (see the file)."""

    name: str
    version: str
    cooccurring: tuple[tuple[str, ...], ...]
    exclusive: tuple[tuple[str, ...], ...]
    sampling: Sampling
    shapes: dict[str, dict[str, float]]
    nuisance: dict[str, float]
    regression: Regression
    faces: RealFaces
    calibration: Calibration
    measures: dict[str, str]
    rules: dict[str, str]
    blendshapes: dict[str, str]
    yields: dict[str, str]
    evidence: dict[str, tuple[float, ...]]

    def shape_names(self) -> tuple[str, ...]:
        """Every expression shape that is needed, once."""
        named = [name for shapes in self.shapes.values() for name in shapes]
        return tuple(dict.fromkeys([*named, *self.nuisance]))


def load_recipe(path: Path = SHIPPED_RECIPE) -> Recipe:
    """Read a recipe. Raises `ConfigError`: unreadable, an unknown or missing key, an unknown action unit."""
    table = read_toml(path, "--recipe")
    try:
        recipe: Recipe = build(Recipe, table, path.name)
    except TypeError as error:  # a key without a default is not there
        raise ConfigError(f"{path.name} is not a whole recipe ({error}): start from {SHIPPED_RECIPE.name}.") from error
    for name in ("shapes", "rules", "blendshapes", "yields", "evidence"):
        _check_keys(set(getattr(recipe, name)), f"{path.name}: [{name}]", whole=name == "evidence")
    for name in ("cooccurring", "exclusive"):
        _check_keys({key for keys in getattr(recipe, name) for key in keys}, f"{path.name}: {name}")
    return recipe


def _check_keys(keys: set[str], where: str, whole: bool = False) -> None:
    if strange := sorted(keys - set(ACTION_UNIT_KEYS)):
        raise ConfigError(f"{where} names {', '.join(strange)}, which the contract does not know.")
    if whole and (missing := sorted(set(ACTION_UNIT_KEYS) - keys)):
        raise ConfigError(f"{where} lacks {', '.join(missing)}.")
