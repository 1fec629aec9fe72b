"""Requests to erase a person, brought from the database to the host process, and the proof back.

The host process erases; it is asked again until there is the proof. That goes to the database in one step with the end
of the request, over a connection of its own, again and again until the network takes it: nothing of it is kept here,
for as long as the request stands it is heard again, and the host process knows what became of it.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from device.closing import Closing
from device.contract import erasure, telemetry
from device.contract.errors import AffectboxError
from device.contract.fields import Json, encode
from device.delivery.database import Database
from device.delivery.verdict import Verdict, judge

_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0
#: What could not be erased as a whole is asked about again after so long; when it is tried again is the host's affair.
_LEFT_S = 300.0
_JOIN_S = 0.5
#: Pseudonym and name of a request → the proof, once there is one.
Ask = Callable[[str, str], Json | None]


class Requests(Closing):
    """Works in a thread of its own, which is there from the first request on."""

    def __init__(self, database: Database, device: str, ask: Ask, renew: Callable[[], None]) -> None:
        """
        Args:
            database: of its own.
            ask: asks the host process; raises `AffectboxError`.
            renew: is called when the database does not accept the token.
        """
        self._database, self._device = database, device
        self._ask, self._renew = ask, renew
        self._standing: Mapping[str, str] = {}
        self._sent: dict[str, Json] = {}
        self._news, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def traffic(self) -> tuple[int, int]:
        """Requests tried, and bytes of their bodies."""
        return self._database.traffic.requests, self._database.traffic.body_bytes

    def hear(self, standing: Mapping[str, str]) -> None:
        """What stands in the database now: pseudonym → name of the request."""
        if standing == self._standing or self._over.is_set():
            return
        self._standing = standing
        self._news.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="erasures", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let go; what is not done is heard again at the next start."""
        self._over.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        pause_s = _PAUSE_S
        while not self._over.is_set():
            self._news.clear()
            settled = [self._settled(patient, request) for patient, request in self._standing.items()]
            if self._news.wait(_LEFT_S if all(settled) else pause_s):
                pause_s = _PAUSE_S
            else:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        with suppress(OSError):
            self._database.close()

    def _settled(self, patient: str, request: str) -> bool:
        """Whether the database knows by now what became of a request."""
        if self._over.is_set():
            return False
        try:
            proof = self._ask(patient, request)
        except AffectboxError:
            return False
        if proof is None:
            return False
        if self._sent.get(request) == proof:
            return True
        items = [(erasure.key(self._device, request), encode(proof | {"done": telemetry.SERVER_TIME}))]
        if "left" not in proof:
            items.append((erasure.request_key(self._device, patient), b"null"))
        verdict = judge(self._database.patch(items))
        if verdict is Verdict.DENIED:
            self._renew()
        if verdict is not Verdict.ACCEPTED:
            return False
        self._sent[request] = proof
        return True
