"""Whether the bundles of persons' own movement can be used. Who reads an examination may be far away: it tells how
many there are, and of nobody that there is one."""

from collections import Counter
from collections.abc import Iterator

from device.contract.errors import ModelError
from device.personal.store import PersonalStore
from device.service.beginning import alone
from device.settings import Settings


def examine(settings: Settings) -> tuple[str, bool]:
    """How many bundles the box keeps and can use, in a sentence, and whether there is nothing against any of them.

    Raises:
        StorageError: they cannot be looked at.
        RuntimeMissingError: no inference library.
    """
    store = PersonalStore(settings)
    people = store.people()
    found = Counter(_state(store, person, folder.name) for person in people for folder in store.bundles(person))
    total = found.total()
    if not total:
        return "no bundle is kept: sessions tell nobody's own movement (see `affectbox personal add`)", True
    doubts = [*_doubts(found), *filter(None, [alone(settings)])]
    told = f"{total} bundle{'' if total == 1 else 's'} of persons' own movement"
    return "; ".join([told, *(doubts or ["each can be used, and its evidence supports it"])]), not doubts


def _state(store: PersonalStore, person: str, bundle: str) -> str:
    try:
        with store.load(store.of(person) / bundle, person) as reader:
            evidence = reader.evidence
    except ModelError:
        return "broken"
    return "unsupported" if not evidence.supported else "simulated" if evidence.simulated else "well"


def _doubts(found: Counter[str]) -> Iterator[str]:
    if broken := found["broken"]:
        yield f"{broken} cannot be used: `affectbox personal list` says which and why"
    if unsupported := found["unsupported"]:
        yield f"{unsupported} not supported by the evidence"
    if simulated := found["simulated"]:
        yield f"{simulated} made of simulated people"
