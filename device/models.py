"""Opening the bundles that the pipeline needs: those shipped with the box, fetched, or of somebody's own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from device.bundle_folders import SHIPPED, bundle_cache, find_bundle
from device.contract import tasks
from device.contract.errors import ModelError
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.settings import ModelSettings
from device.signatures import authenticator, known_keys

#: Role → the task of its bundle, which `models.ROLE` names.
ROLES = {
    "short_range": tasks.FACE_DETECTION,
    "full_range": tasks.FACE_DETECTION,
    "landmarks": tasks.FACE_LANDMARKS,
    "face": tasks.FACE_READING,
    "expression": tasks.FACIAL_EXPRESSION,
    "action_units": tasks.ACTION_UNITS,
}
#: Those that may be left empty.
OPTIONAL = ("full_range", "expression", "action_units")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Models:
    """The loaded networks of the pipeline, each in its role."""

    short_range: Model
    landmarks: Model
    face: Model
    full_range: Model | None = None
    expression: Model | None = None
    action_units: Model | None = None

    def loaded(self) -> dict[str, Model]:
        """Every loaded network by its role."""
        return {role: model for role, model in vars(self).items() if model is not None}

    def named(self) -> dict[str, str]:
        """What records name as the sources of emotions and action units."""
        estimators = [model.manifest.id for model in (self.face, self.action_units) if model]
        return {"emotions": (self.expression or self.face).manifest.id, "aus": " ".join(estimators)}


def folders(settings: ModelSettings) -> list[Path]:
    """Where bundles are looked for, in order."""
    own = [Path(folder) for folder in settings.folders]
    return [SHIPPED, *own, Path(settings.cache) if settings.cache else bundle_cache()]


def load(name: str, settings: ModelSettings, task: str = "") -> Model:
    """Open and check one bundle and load its network.

    Raises:
        ModelError: it is not to be had, not to be trusted, or for another task than `task`.
        RuntimeMissingError: no inference library.
    """
    keys = known_keys(Path(settings.keys) if settings.keys else None)
    folder = find_bundle(name, folders(settings))
    bundle = open_bundle(folder, authenticator(keys, allow_unsigned=settings.allow_unsigned))
    if bundle.manifest.id != name:
        raise ModelError(f"The bundle in {folder} is {bundle.manifest.id}: fetch or build {name} again.")
    if task:
        tasks.require(bundle.manifest, task)
    return Model(bundle, settings.threads)


def load_as(kind: Callable[[Model], _Kind], name: str, settings: ModelSettings, task: str = "") -> _Kind:
    """What `kind` makes of the loaded network; where it refuses it, the network is freed. Raises as both."""
    model = load(name, settings, task)
    try:
        return kind(model)
    except ModelError:
        model.close()
        raise


@contextmanager
def open_models(settings: ModelSettings) -> Iterator[Models]:
    """Load all networks for the length of a `with` block. Raises `ModelError`, `RuntimeMissingError`."""
    with open_some(settings, ROLES) as opened:
        yield Models(**opened)


@contextmanager
def open_some(settings: ModelSettings, roles: Iterable[str]) -> Iterator[dict[str, Model]]:
    """Load the networks of some roles, as far as they are named. Raises as `open_models`."""
    with ExitStack() as stack:
        opened = {}
        for role in roles:
            name = getattr(settings, role)
            if name or role not in OPTIONAL:
                opened[role] = stack.enter_context(load(name, settings, ROLES[role]))
        yield opened
