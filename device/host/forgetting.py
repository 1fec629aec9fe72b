"""Erases a person from what the host process keeps: by asking it, or in its files where it does not run."""

from device.clock import Clock
from device.contract.errors import InterlockError
from device.host.asking import AnsweredError, ask
from device.host.consents import Consents
from device.host.memory import Memory
from device.settings import Settings
from device.state import state_folder

CONSENTS, MEMORY = "consents.json", "host.json"


def forget(person: str, settings: Settings, clock: Clock) -> bool:
    """Erase the consent and the last sessions of a person; whether there was anything.

    Raises:
        InterlockError: a session of theirs is open, or the card does not take it.
    """
    try:
        return bool(ask(settings.host, {"do": "forget", "patient": person})["text"])
    except AnsweredError:
        raise
    except InterlockError:  # nobody is there
        pass
    memory, consents = Memory(state_folder() / MEMORY), Consents(state_folder() / CONSENTS, clock)
    known = memory.knows(person)
    if known:
        memory.forget(person)
    return consents.forget(person) or known
