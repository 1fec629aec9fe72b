"""Opening the bundle of one person's own movement for commands that watch a recording of that person."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.contract.errors import ConfigError, StorageError
from device.personal.store import OtherPersonError, PersonalStore
from device.settings import Settings
from device.stages.personal import PersonalReader


@contextmanager
def opened_own(settings: Settings, bundle: Path | None, required: bool = False) -> Iterator[PersonalReader | None]:
    """What watches the own movement of the person whom the settings name, for the length of a `with` block.

    Args:
        bundle: its folder; None: the newest that the box keeps of this person, if sessions use it, or it is required.
        required: whether there has to be one.

    Raises:
        ConfigError: nobody is named.
        ModelError: it is not to be trusted, or of somebody else.
        StorageError: none is kept, and one is required.
        RuntimeMissingError: no inference library.
    """
    person = settings.session.patient
    if bundle is None and not required and not (person and settings.personal.use):
        yield None
        return
    if not person:
        raise ConfigError("A bundle watches the own movement of one person: say whose it is with --patient ID.")
    reader = _opened(PersonalStore(settings), bundle, person)
    if reader is None:
        if required:
            raise StorageError(
                f"No bundle of '{person}' is kept on this box: give its folder with --bundle, or keep it with "
                "`affectbox personal add`."
            )
        yield None
        return
    with reader:
        yield reader


def _opened(store: PersonalStore, bundle: Path | None, person: str) -> PersonalReader | None:
    if bundle is None:
        return store.open(person)
    try:
        return store.given(bundle, person)
    except OtherPersonError:
        raise OtherPersonError(
            f"The bundle in {bundle} is of somebody else than '{person}': give one that learnt this person."
        ) from None
