"""Which session goes on from which, and what was revoked: what an outbox remembers of sessions after they were sent.

    note        holds
    continues   session → the one that it goes on from, after a pause or a failure
    revoking    session → pseudonym, of those that were purged and are still to be marked as revoked
    revoked     the sessions that are marked

What is purged and what is to be marked is kept in one transaction, so a power cut in between costs no mark: the next
start sets it.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress

from device.contract.fields import Json
from device.contract.session import UNNAMED, Event
from device.delivery.outbox import Outbox

CONTINUES, _REVOKING, _REVOKED = "continues", "revoking", "revoked"
_MOST = 300  # sessions; one that goes on every half minute for 90 minutes has 180


class Lineage:
    """The notes of one outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def notes_of(self, event: Json) -> Mapping[str, str]:
        """What is to be kept with an event."""
        if event["event"] != Event.BEGAN or "continues" not in event:
            return {}
        known = self._noted(CONTINUES) | {event["session"]: event["continues"]}
        return {CONTINUES: json.dumps(dict([*known.items()][-_MOST:]))}

    def withdraw(self, device: str, sessions: Collection[str], person: str = UNNAMED) -> None:
        """Purge what was not sent of these sessions and of those that they go on from, and note that they are to be
        marked; `person` is whom they watched, where it is not known. Raises `OutboxError`."""
        family, people = self._family(sessions), self._outbox.people()
        marked = self._noted(_REVOKED)
        new = {one: people.get(f"{device}/{one}", person) for one in family if one not in marked}
        notes = {_REVOKING: json.dumps(self._noted(_REVOKING) | new)}
        self._outbox.purge([f"{device}/{one}" for one in family], notes)

    def to_mark(self) -> dict[str, str]:
        """Session → pseudonym, of those that are to be marked as revoked."""
        return self._noted(_REVOKING)

    def marked(self) -> None:
        """All these are marked. Raises `OutboxError`."""
        known = self._noted(_REVOKED) | dict.fromkeys(self._noted(_REVOKING), "")
        self._outbox.keep_note(_REVOKED, json.dumps(dict([*known.items()][-_MOST:])))
        self._outbox.keep_note(_REVOKING, "{}")

    def _family(self, sessions: Collection[str]) -> list[str]:
        """These sessions, and all that they go on from."""
        continues, found = self._noted(CONTINUES), dict.fromkeys(sessions)
        for session in sessions:
            while (session := continues.get(session, "")) and session not in found:
                found[session] = None
        return [*found]

    def _noted(self, name: str) -> dict[str, str]:
        with suppress(ValueError):
            held = json.loads(self._outbox.note(name) or "{}")
            if isinstance(held, dict):
                return {str(key): str(value) for key, value in held.items()}
        return {}
