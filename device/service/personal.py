"""A person's own movement in a session: who is watched by their own bundle, and what the session came to.

Only where `personal.use` is set and a bundle of whom the session watches is on the box. It watches while the consent
covers `NEEDS`, and not a frame longer; what was gathered goes at once with a consent that does not. When the camera is
closed, one event, `personal`, tells what the session came to beside earlier ones of this person, and then it is
remembered for the next. Nothing else in the room tells any of it: no figure, status, page or line of a log.

Nothing is told or remembered of a session that failed, whose consent ended or was withdrawn, or that a power cut broke
off. A bundle that cannot be used costs no session: the event says so.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from device.contract.command import warn
from device.contract.errors import ModelError, StorageError
from device.contract.fields import Json
from device.contract.personal import NEEDS, Refused
from device.contract.session import UNNAMED, Consent, Event, Why
from device.personal.figures import bundle, figures
from device.personal.gathered import Gathered
from device.personal.history import History, Remembered
from device.personal.store import OtherPersonError, PersonalStore
from device.settings import Settings
from device.stages.personal import PersonalReader

_COVERS = "personal"
_TOLD = (Why.FINISHED, Why.STOPPED, Why.PAUSED, Why.LIMIT)


@dataclass(frozen=True)
class Kept:
    """What is kept of whom a session watches: the bundle by its name, and that which reads, or why none does."""

    person: str
    bundle: str
    history: History
    reader: PersonalReader | None = None
    refused: Refused | None = None


class OwnMovement:
    """One session's; `tell` and `hear` get what every sink gets, `conclude` is called when both are over."""

    def __init__(self, kept: Kept | None = None) -> None:
        """Of whom nothing is kept, nothing is ever said."""
        self._kept = kept
        self._gathered: Gathered | None = None
        self._agreed = False
        self._session = self._continues = ""

    def reader(self, consent: Consent | None) -> PersonalReader | None:
        """What watches under a consent; None: nothing does."""
        return self._kept.reader if self._kept and consent and {*consent.covers} >= NEEDS else None

    def tell(self, event: Json) -> None:
        """An event of the session."""
        if event["event"] == Event.BEGAN:
            self._session, self._continues = event["session"], event.get("continues", "")
        if event["event"] in (Event.BEGAN, Event.CONSENT):
            covers = {*event.get("consent", {}).get("covers", ())}
            self._agreed = _COVERS in covers
            if not covers >= NEEDS:
                self._gathered = None
            elif self._gathered is None and self._kept and self._kept.reader:
                self._gathered = Gathered(len(self._kept.reader.file.movements))

    def hear(self, record: Json) -> None:
        """A record of the session that is safe."""
        if (gathered := self._gathered) is not None:
            gathered.add(record)

    def conclude(self, why: Why) -> tuple[Json, Remembered | None] | None:
        """What to tell of the session, whose camera is closed, and what to remember of it then; None: nothing.
        Whatever was gathered is let go of."""
        kept, gathered, self._gathered = self._kept, self._gathered, None
        if kept is None or not self._agreed or why not in _TOLD:
            return None
        visit, earlier = self._before(kept)
        said: Json = bundle(kept.reader) if kept.reader else {"bundle": kept.bundle}
        said |= {"seconds": 0.0, "earlier": len(earlier)}
        if kept.reader is None or gathered is None:
            return said | {"refused": (kept.refused or Refused.CONSENT).value}, None
        means, seconds = gathered.means(), round(gathered.seconds, 1)
        said |= {"seconds": seconds} | figures(means, earlier, kept.reader.file)
        return said, Remembered(self._session, visit, kept.bundle, seconds, said.get("mean"))

    def remember(self, session: Remembered) -> None:
        """Keep what a session came to, once it was told."""
        if self._kept:
            try:
                self._kept.history.add(self._kept.person, session)
            except StorageError as error:
                warn(f"This session is not compared with later ones: {error}")

    def _before(self, kept: Kept) -> tuple[str, list[float]]:
        """The visit that this session belongs to, and what the earlier ones came to."""
        try:
            visit = kept.history.visit_of(kept.person, self._session, self._continues)
            return visit, kept.history.earlier(kept.person, kept.bundle, visit)
        except StorageError as error:
            warn(f"This session is not compared with earlier ones: {error}")
            return self._session, []


@contextmanager
def opened(settings: Settings, person: str) -> Iterator[OwnMovement]:
    """What is kept of whom a session watches, for the length of a `with` block.

    Raises:
        RuntimeMissingError: no inference library.
    """
    store = PersonalStore(settings)
    bundles = store.bundles(person) if settings.personal.use and person != UNNAMED else []
    if not bundles:
        yield OwnMovement()
        return
    history = History(store)
    try:
        reader = store.open(person)
    except ModelError as error:
        why = Refused.PERSON if isinstance(error, OtherPersonError) else Refused.BUNDLE
        reader = None
        kept = Kept(person, bundles[0].name, history, refused=why)
    if reader is None:
        yield OwnMovement(kept)
        return
    with reader:
        yield OwnMovement(Kept(person, reader.bundle, history, reader))


def withdraw(settings: Settings, sessions: Collection[str]) -> None:
    """Remember sessions no longer, and no part of their visits. Raises `StorageError`."""
    History(PersonalStore(settings)).withdraw(sessions)
