"""Opening the bundles that the pipeline needs: those shipped with the box, and those fetched into the cache."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import ModelError
from device.contract.manifest import bundle_cache, find_bundle, open_bundle
from device.runtime.model import Model
from device.settings import ModelSettings
from device.signatures import authenticator, known_keys

SHIPPED = Path(__file__).parent / "bundles"


@dataclass(frozen=True)
class Models:
    """The loaded networks of the pipeline."""

    short_range: Model
    full_range: Model | None
    landmarks: Model
    face: Model
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
    return [SHIPPED, Path(settings.cache) if settings.cache else bundle_cache()]


def load(name: str, settings: ModelSettings) -> Model:
    """Open and check one bundle and load its network. Raises `ModelError`, `RuntimeMissingError`."""
    keys = known_keys(Path(settings.keys) if settings.keys else None)
    folder = find_bundle(name, folders(settings))
    bundle = open_bundle(folder, authenticator(keys, allow_unsigned=settings.allow_unsigned))
    if bundle.manifest.id != name:
        raise ModelError(f"The bundle in {folder} is {bundle.manifest.id}: fetch or build {name} again.")
    return Model(bundle, settings.threads)


@contextmanager
def open_models(settings: ModelSettings) -> Iterator[Models]:
    """Load all networks for the length of a `with` block. Raises `ModelError`, `RuntimeMissingError`."""
    with ExitStack() as stack:

        def opened(name: str) -> Model:
            return stack.enter_context(load(name, settings))

        def perhaps(name: str) -> Model | None:
            return opened(name) if name else None

        yield Models(
            short_range=opened(settings.short_range),
            full_range=perhaps(settings.full_range),
            landmarks=opened(settings.landmarks),
            face=opened(settings.face),
            expression=perhaps(settings.expression),
            action_units=perhaps(settings.action_units),
        )
