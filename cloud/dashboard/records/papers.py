"""Consents: what boxes recorded in sessions, and what clinicians noted of paper; what they cover, how they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloud.dashboard.records import times
from cloud.reading.databases import Listed
from device.contract import paper, session
from device.contract.errors import DataError
from device.contract.fields import Json

BOX, PAPER = "box", "paper"
#: What each covers, in words.
COVERED = {
    "expressions": "expressions",
    "units": "facial actions",
    "live": "being watched live",
    "personal": "a model of this person",
    "diagnosis": "diagnosis support",
    "atypicality": "comparison with others",
}
_SOON_S = 14 * 86_400


@dataclass(frozen=True)
class Consent:
    """One consent.

    Attributes:
        source: `box` or `paper`.
        key: of a paper; '' of a box's.
        covers, giver: as the contract names them.
        given: in words.
        given_s, until_s: seconds since 1970; `until_s` None where it does not end by itself.
        by: who noted a paper, an account; or the box.
        withdrawn: when it was withdrawn, in words; '' if it was not.
        sessions: how many were held under it.
        age: how old the person is, of `AGES`; '' where it was not told.
    """

    source: str
    key: str
    covers: tuple[str, ...]
    giver: str
    given: str
    given_s: float
    until_s: float | None
    by: str
    withdrawn: str = ""
    sessions: int = 0
    age: str = ""

    def standing(self, now_s: float) -> tuple[str, str]:
        """How it stands: `holds`, `soon` or `over`, and in words."""
        if self.withdrawn:
            return "over", f"withdrawn {self.withdrawn}"
        if self.until_s is None:
            return "holds", "holds until it is withdrawn"
        left_s = self.until_s - now_s
        if left_s <= 0:
            return "over", f"ended on {times.day(self.until_s - 1)}"
        if left_s < _SOON_S:
            return "soon", f"ends in {times.within(left_s)}"
        return "holds", f"holds to {times.day(self.until_s - 1)}"

    @property
    def covered(self) -> str:
        """What it covers, in words."""
        covered = ", ".join(COVERED.get(name, name) for name in self.covers) or "nothing"
        return f"{covered} ({self.age} years old)" if self.age else covered


def of_boxes(visits: Mapping[str, Any], listed: Iterable[Listed]) -> list[Consent]:
    """The consents that boxes told with sessions, the newest first; the same one in many sessions once."""
    found: dict[tuple[Any, ...], Consent] = {}
    for one in listed:
        events = visits.get(f"{one.device}~{one.session}")
        told = [event for event in _events(events) if "consent" in event]
        revoked = one.why == session.Why.REVOKED
        for event in told:
            consent = _of_box(event)
            identity = (consent.covers, consent.age, consent.giver, consent.given, times.day(consent.until_s))
            known = found.get(identity, consent)
            withdrawn = "with the last session held under it" if revoked and event is told[-1] else ""
            found[identity] = replace(known, sessions=known.sessions + 1, withdrawn=withdrawn)
    return sorted(found.values(), key=lambda one: -one.given_s)


def of_paper(stored: Mapping[str, Any]) -> tuple[list[Consent], int]:
    """The consents on paper, the newest first, and how many entries could not be read."""
    valid, unread = _valid(stored)
    withdrawn = {
        entry["withdrawn"]: f"on {times.named_day(entry['given'])} by the {entry['giver']}"
        for entry in valid.values()
        if "withdrawn" in entry
    }
    found = []
    for key, entry in valid.items():
        if "covers" in entry:
            given_s = _midnight(entry["given"])
            until_s = times.end_of(entry["until"]) if "until" in entry else None
            found.append(
                Consent(
                    PAPER,
                    key,
                    tuple(entry["covers"]),
                    entry["giver"],
                    times.named_day(entry["given"]),
                    given_s,
                    until_s,
                    entry["by"],
                    withdrawn.get(key, ""),
                    age=entry.get("age", ""),
                )
            )
    return sorted(found, key=lambda one: (-one.given_s, one.key)), unread


def newest(of_box: list[Consent], of_papers: list[Consent]) -> Consent | None:
    """The one that sessions rest on: the box's newest; where no box has told any, the newest on paper that holds."""
    if of_box:
        return of_box[0]
    return next((one for one in of_papers if not one.withdrawn), of_papers[0] if of_papers else None)


def _events(events: Any) -> list[Json]:
    held = events.values() if isinstance(events, dict) else ()
    found = []
    for event in held:
        try:
            session.validate(event)
        except DataError:
            continue
        found.append(event)
    return sorted(found, key=lambda event: int(event["number"]))


def _of_box(event: Json) -> Consent:
    held = event["consent"]
    given_s = float(held.get("given", event["time"]["wall"]))
    covers, giver = tuple(held.get("covers", ())), held.get("by", "")
    until, age = held.get("until"), held.get("age", "")
    return Consent(BOX, "", covers, giver, times.day(given_s), given_s, until, event["device"], age=age)


def _valid(stored: Mapping[str, Any]) -> tuple[dict[str, Json], int]:
    found: dict[str, Json] = {}
    for key in sorted(stored):
        try:
            paper.validate(stored[key])
            _midnight(stored[key]["given"])
            if "until" in stored[key]:
                times.end_of(stored[key]["until"])
        except DataError:
            continue
        found[key] = stored[key]
    return found, len(stored) - len(found)


def _midnight(day: str) -> float:
    return times.end_of(day) - 86_400
