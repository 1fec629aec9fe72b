"""`affectbox diagnosis`: what a bundle for diagnosis support says of recorded sessions, as the box would have told it.

Nothing is written; a session whose consent does not cover it is not looked at.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from device.commands.recording import by_session, require_sessions
from device.contract.errors import ConfigError, DataError
from device.contract.evidence import Evidence
from device.contract.fields import Json, encode
from device.contract.session import UNNAMED, VERSION, Event, Why, is_event, session_of, validate
from device.contract.support import NEEDS, Abstained, answer, groups
from device.features.gatherer import Gatherer
from device.features.support import open_supporter
from device.settings import Settings

_WHY = {
    Abstained.UNCERTAIN: "such measurements are rare in every group, often because they lie between them",
    Abstained.SHORT: "too little time was recorded",
    Abstained.PHASE: "a phase that it needs was not held",
    Abstained.COVERAGE: "too little of the time could be measured",
    Abstained.UNMEASURED: "too many of the features were not measured",
    Abstained.OUTSIDE: "the features are unlike those of everybody in its evidence, or measured with another network",
    Abstained.FAULT: "it could not be computed",
}
#: Ends of a session after which nothing of it is looked at.
_OVER = {Why.REVOKED: "the consent was withdrawn", Why.EXPIRED: "the consent ended"}
_ORDER = "its records do not all stand between its beginning and its end: give the file as the box wrote it"


class _Recorded:
    """What a file holds of one session. Nothing is gathered that the consent does not cover."""

    def __init__(self, say: Callable[[Gatherer], Json]) -> None:
        self._say = say
        self._gatherer: Gatherer | None = None
        self._last: Json = {}
        self._number = 0
        self.patient = UNNAMED
        self.refused = "nobody recorded a consent"
        self.support: Json | None = None

    def take(self, document: Json) -> None:
        """A record or an event of it."""
        is_first, self._last = not self._last, document
        if not is_event(document):
            if self._gatherer:
                self._gatherer.add(document)
            elif self.support:
                self._refuse(_ORDER)
            return
        self.patient, self._number = document["patient"], document["number"]
        if document["event"] == Event.BEGAN:
            self._gatherer = Gatherer()
            if not is_first:
                self._refuse(_ORDER)
        if document["event"] == Event.BEGAN or "consent" in document:
            self._heed(document.get("consent"))
        if document.get("why") in _OVER:
            self._refuse(_OVER[Why(document["why"])])
        if self._gatherer:
            self._gatherer.tell(document)
        if document["event"] == Event.ENDED:
            self.conclude()

    def conclude(self) -> None:
        """Nothing more comes; it is let go of what was gathered."""
        if self._gatherer:
            self.support, self._gatherer = self._say(self._gatherer), None

    def event(self) -> Json:
        """What was said, as the box would have told it."""
        named = {name: self._last[name] for name in ("device", "boot", "time")}
        told = {"v": VERSION, **named, "session": session_of(self._last), "number": self._number + 1}
        told |= {"patient": self.patient, "event": Event.SUPPORT.value, "support": self.support}
        validate(told)
        return told

    def _heed(self, consent: Json | None) -> None:
        lacking = NEEDS - {*(consent or {}).get("covers", ())}
        if lacking:
            self._refuse(f"the consent does not cover {', '.join(sorted(lacking))}" if consent else self.refused)

    def _refuse(self, why: str) -> None:
        self._gatherer = self.support = None
        self.refused = why


def diagnosis(recording: Path, bundle: str, patient: str, settings: Settings, out: TextIO, said: TextIO) -> None:
    """Print the event of each session on `out`, a line each, and a sentence of each on `said`.

    Args:
        recording: a file of JSON lines.
        bundle: `NAME-VERSION`; '': none is named.
        patient: whose sessions are meant; '': everybody's.

    Raises:
        ConfigError: no bundle is named.
        ModelError, RuntimeMissingError: the bundle cannot be used.
        StorageError: the recording cannot be read.
        DataError: there is no such session, or lines are not records, or the consent of a session does not cover it;
            of the others it is told.
    """
    if not bundle:
        raise ConfigError("No bundle for diagnosis support is named: say which with --bundle NAME-VERSION.")
    broken: list[str] = []
    with open_supporter(bundle, settings.models) as supporter:
        sessions = by_session(recording, lambda: _Recorded(lambda gatherer: supporter.say(gatherer.parts())), broken)
        for one in sessions.values():
            one.conclude()
        meant = {name: one for name, one in sessions.items() if not patient or one.patient == patient}
        for name, one in meant.items():
            if one.support:
                out.write(encode(one.event()).decode() + "\n")
                out.flush()
                said.write(f"Session {name} of {one.patient}: {_sentence(one.support, supporter.evidence)}\n")
    _complain(recording, patient, meant, broken)


def _complain(recording: Path, patient: str, meant: dict[str, _Recorded], broken: list[str]) -> None:
    """Raises `DataError`: of what it was not told."""
    require_sessions(recording, patient, meant, broken)
    if refused := [f"{name} ({one.refused})" for name, one in meant.items() if not one.support]:
        covers = ", ".join(sorted(NEEDS))
        raise DataError(f"Not looked at: {'; '.join(refused)}. Needed is a consent that covers {covers}.")


def _sentence(support: Json, evidence: Evidence) -> str:
    """In words, with what it rests on. It is never a label alone."""
    people = f"{evidence.n} {'simulated ' if evidence.simulated else ''}people"
    sites = "one site" if evidence.sites == 1 else f"{evidence.sites} sites"
    rests = f"It rests on {people} at {sites} ({evidence.population.rstrip('.')})."
    carried = [] if evidence.supported else ["NOT SUPPORTED BY ITS EVIDENCE:", *evidence.unsupported, "All the same:"]
    return " ".join(
        [*carried, f"{_set(support)}. This is no diagnosis.", rests, *(_right(evidence) if answer(support) else ())]
    )


def _right(evidence: Evidence) -> Iterator[str]:
    """How often one group that was left was the right one, where the evidence carries anything."""
    if (right := evidence.answered_right) and evidence.supported:
        figure = f"{100 * right.value:.0f} of 100 ({100 * right.low:.0f} to {100 * right.high:.0f})"
        yield f"Of those of them for whom one group was left, it was the right one for {figure}."


def _set(support: Json) -> str:
    possible = [group["name"] for group in groups(support) if group.get("possible")]
    if right := answer(support):
        return f"only {right} is not ruled out (of {', '.join(group['name'] for group in groups(support))})"
    if possible:
        return f"no answer: the measurements do not rule out {', '.join(possible)}"
    return f"no answer: {', '.join(_WHY[Abstained(why)] for why in support['why'])}"
