"""`affectbox atypicality`: what a bundle that compares with other people says of recorded sessions, window by window,
as the box would have said it.

Nothing is written; a session whose consent does not cover it, or of a person of another age than the people of the
bundle's evidence, is not looked at.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from device.commands.recording import by_session, require_sessions
from device.contract.atypicality import HIGHEST, LOWEST, NEEDS, RATING, Refused
from device.contract.errors import ConfigError, DataError
from device.contract.fields import Json, encode
from device.contract.session import UNNAMED, Consent, Event, Why, is_event, session_of
from device.features.comparer import Comparer, open_comparer
from device.features.movement import Windower, time_of
from device.settings import Settings

_WHY = {
    Refused.CONSENT: "the consent does not cover it",
    Refused.NO_AGE: "the consent says no age",
    Refused.AGE: "nobody of this age is in the bundle's evidence",
    Refused.SOURCES: "it was measured with other networks than the people of the bundle's evidence",
}
#: Ends of a session after which nothing of it is looked at.
_OVER = {Why.REVOKED: "the consent was withdrawn", Why.EXPIRED: "the consent ended"}


class _Recorded:
    """What a file holds of one session. Nothing is gathered that the consent does not cover."""

    def __init__(self, comparer: Comparer) -> None:
        self._comparer = comparer
        self._windower: Windower | None = None
        self._origin_s: float | None = None
        self.patient = UNNAMED
        self.refused = "nobody recorded a consent"
        self.said: list[Json] = []

    def take(self, document: Json) -> None:
        """A record or an event of it."""
        if is_event(document):
            self._tell(document)
            return
        self._origin_s = time_of(document) if self._origin_s is None else self._origin_s
        if self._windower is not None:
            self._add(document, self._windower)

    def _tell(self, event: Json) -> None:
        self.patient = event["patient"]
        if event["event"] == Event.BEGAN or "consent" in event:
            self._heed(event.get("consent"), -math.inf if self._origin_s is None else event["time"]["mono"])
        if event["event"] == Event.ENDED:
            self._windower = None
        if event.get("why") in _OVER:
            self._refuse(_OVER[Why(event["why"])])
            self.said = []

    def _heed(self, held: Json | None, since_s: float) -> None:
        if held is None:
            self._windower = None
            return
        consent = Consent(tuple(held["covers"]), held["by"], held["given"], held.get("until"), held.get("age", ""))
        if why := self._comparer.refused(consent):
            self._refuse(_WHY[why])
            if why is Refused.AGE:  # so what was said under another age was of somebody outside of the evidence
                self.said = []
        else:
            self._windower = Windower(self._comparer.file, self._origin_s, since_s)
            self.refused = "no window of it was measured well enough, to its end"

    def _add(self, record: Json, windower: Windower) -> None:
        if record["status"] == "measured" and self._comparer.is_strange(record.get("models", {})):
            self._refuse(_WHY[Refused.SOURCES])
        elif (ended := windower.add(record)) and (window := ended.values()) is not None:
            named = {"device": record["device"], "session": session_of(record), "seq": record["seq"]}
            by = {"models": {"atypicality": self._comparer.bundle}, "patient": self.patient}
            self.said.append(named | by | {"atypicality": self._comparer.say(window)})

    def _refuse(self, why: str) -> None:
        self._windower, self.refused = None, why


def atypicality(recording: Path, bundle: str, patient: str, settings: Settings, out: TextIO, said: TextIO) -> None:
    """Print what is said of each window on `out`, a line of JSON each, and a sentence of each session on `said`.

    Args:
        recording: a file of JSON lines.
        bundle: `NAME-VERSION`; '': none is named.
        patient: whose sessions are meant; '': everybody's.

    Raises:
        ConfigError: no bundle is named.
        ModelError, RuntimeMissingError: the bundle cannot be used.
        StorageError: the recording cannot be read.
        DataError: there is no such session, or lines are not records, or nothing may be said of a session; of the
            others it is told.
    """
    if not bundle:
        raise ConfigError("No bundle that compares with other people is named: say which with --bundle NAME-VERSION.")
    broken: list[str] = []
    with open_comparer(bundle, settings.models) as comparer:
        sessions = by_session(recording, lambda: _Recorded(comparer), broken)
        meant = {name: one for name, one in sessions.items() if not patient or one.patient == patient}
        for name, one in meant.items():
            out.writelines(encode(line).decode() + "\n" for line in one.said)
            out.flush()
            if one.said:
                said.write(f"Session {name} of {one.patient}: {' '.join(_sentences(one.said, comparer))}\n")
    _complain(recording, patient, meant, broken)


def _complain(recording: Path, patient: str, meant: dict[str, _Recorded], broken: list[str]) -> None:
    """Raises `DataError`: of what it was not told."""
    require_sessions(recording, patient, meant, broken)
    if refused := [f"{name} ({one.refused})" for name, one in meant.items() if not one.said]:
        covers = ", ".join(sorted(NEEDS))
        raise DataError(
            f"Not compared: {'; '.join(refused)}. Needed is a consent that covers {covers}, and expressions where the "
            "bundle reads emotions, and says an age of the bundle's evidence."
        )


def _sentences(said: list[Json], comparer: Comparer) -> Iterator[str]:
    """In words, with what it rests on."""
    evidence = comparer.evidence
    if not evidence.supported:
        yield f"NOT SUPPORTED BY ITS EVIDENCE: {' '.join(evidence.unsupported)} All the same:"
    yield _figures([line["atypicality"][comparer.of] for line in said], comparer)
    people = f"{evidence.n} {'simulated ' if evidence.simulated else ''}people, {' or '.join(evidence.ages)} years old"
    yield f"It rests on {people} ({evidence.population.rstrip('.')}). This is no diagnosis."


def _figures(values: Iterable[float], comparer: Comparer) -> str:
    found = list(values)
    windows = f"{len(found)} windows of {comparer.file.seconds:g} s"
    scale = f" (of {LOWEST:g} to {HIGHEST:g})" if comparer.of == RATING else " (of 0 to 1)"
    mean = f"{comparer.of} {sum(found) / len(found):.2f}{scale} in the mean of {windows}"
    if (typical := comparer.typical) is None:
        return f"{mean}; what is typical was not measured."
    above = sum(value > typical for value in found)
    count = comparer.evidence.typical_people
    whom = f"{count or ''} typical {'person' if count == 1 else 'people'}".lstrip()
    return f"{mean}; {above} of them above {typical:.2f}, which 95 of 100 windows of {whom} do not exceed."
