"""Diagnosis support of a session: gathered in memory while it goes, computed once, when its camera is closed.

Only where `diagnosis.bundle` names a bundle, and only of a session whose consent covers `NEEDS` from its first record
to its last: what was gathered is dropped with the consent that does not. It is told as one event, `support`, and goes
nowhere else: no figure, status, line of a log or page of the box holds any of it.

Nothing is told of a session that failed, whose consent ended or was withdrawn, or that a power cut broke off: what was
gathered is gone with the process, for none of it is ever on the card. Of what failed or was broken off, `affectbox
diagnosis` reads the records. What goes on after a pause is a session of its own, and has an event of its own. Where it
cannot be computed, or not in time, the event says that alone (`Abstained.FAULT`), and a line of the log says why.
"""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from device.clock import Clock
from device.contract.command import warn
from device.contract.errors import ModelError
from device.contract.fields import Json
from device.contract.session import Event, Why
from device.contract.support import NEEDS
from device.features.gatherer import Gatherer
from device.features.support import Supporter, open_supporter
from device.settings import Settings

#: The end of a session waits no longer for it, seconds: whoever asked for that end hangs up after ten.
LONGEST_S = 5.0
_TOLD = (Why.FINISHED, Why.STOPPED, Why.PAUSED, Why.LIMIT)
_TICK_S = 0.1


class Support:
    """One session's; `tell` and `hear` get what every sink gets, `conclude` is called when both are over."""

    def __init__(self, supporter: Supporter | None = None) -> None:
        """Without a supporter nothing is ever gathered."""
        self._supporter = supporter
        self._gatherer: Gatherer | None = None

    @property
    def gathers(self) -> bool:
        """Whether anything is gathered."""
        return self._gatherer is not None

    def tell(self, event: Json) -> None:
        """An event of the session."""
        if event["event"] == Event.BEGAN and self._supporter is not None:
            self._gatherer = Gatherer()
        if event["event"] in (Event.BEGAN, Event.CONSENT) and not _covers(event):
            self._gatherer = None
        if (gatherer := self._gatherer) is not None:
            gatherer.tell(event)

    def hear(self, record: Json) -> None:
        """A record of the session that is safe."""
        if (gatherer := self._gatherer) is not None:
            gatherer.add(record)

    def conclude(self, why: Why, clock: Clock, is_wanted: Callable[[], bool]) -> Json | None:
        """What to tell of the session, whose camera is closed; None: nothing. Whatever was gathered is let go of.

        Args:
            why: how it ended.
            is_wanted: called some times a second meanwhile; once it says no, nothing is told.
        """
        supporter, gatherer, self._gatherer = self._supporter, self._gatherer, None
        if supporter is None or gatherer is None or why not in _TOLD:
            return None
        said = _waited(supporter, gatherer, clock, is_wanted)
        if isinstance(said, str):
            warn(f"No diagnosis support for this session: {said}.")
            said = supporter.fail()
        return said if said and is_wanted() else None


@contextmanager
def opened(settings: Settings) -> Iterator[Supporter | None]:
    """The bundle of the settings, for the length of a `with` block; None: none is set.

    Raises:
        ModelError: it is not to be had or not to be trusted. The sentence names neither bundle nor groups, for it is
            shown on the box's page.
        RuntimeMissingError: no inference library.
    """
    if not settings.diagnosis.bundle:
        yield None
        return
    try:
        supporter = open_supporter(settings.diagnosis.bundle, settings.models)
    except ModelError:
        raise ModelError("The bundle of diagnosis.bundle cannot be used: `affectbox doctor` says why.") from None
    with supporter:
        yield supporter


def _covers(event: Json) -> bool:
    return set(event.get("consent", {}).get("covers", ())) >= NEEDS


def _waited(
    supporter: Supporter, gatherer: Gatherer, clock: Clock, is_wanted: Callable[[], bool]
) -> Json | str | None:
    """What it says in time, or why there is nothing; None: it is wanted no longer."""
    came: SimpleQueue[Json | str] = SimpleQueue()
    worker = threading.Thread(target=lambda: came.put(_said(supporter, gatherer)), name="support", daemon=True)
    try:
        worker.start()  # where it takes too long it is left behind, and ends with the process
    except RuntimeError:
        return "the system gave it no thread"
    until_s = clock.monotonic() + LONGEST_S
    while worker.is_alive() and clock.monotonic() < until_s:
        if not is_wanted():
            return None
        worker.join(_TICK_S)
    return f"it was not computed within {LONGEST_S:g} s" if worker.is_alive() else came.get()


def _said(supporter: Supporter, gatherer: Gatherer) -> Json | str:
    """What it says, or why there is nothing, without anything of the person: that it fails costs no session."""
    try:
        return supporter.say(gatherer.parts())
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"a fault of the box's own ({type(error).__name__}, {Path(last.filename).name}:{last.lineno})"
