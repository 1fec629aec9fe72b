"""What ties a process that delivers to whoever is far away: commands are heard here and decided by the host process,
somebody who watches is sent the newest second, and of who is to be erased the proof is brought back.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from device.clock import Clock
from device.contract.errors import AffectboxError
from device.contract.fields import LONGEST, Json
from device.contract.record import seen_live
from device.contract.remote import NAMED
from device.contract.session import Consent
from device.delivery.control import ControlListener
from device.delivery.database import Database
from device.delivery.live import TIMEOUT_S, Live, take_away_later
from device.delivery.opening import OpenSinks
from device.delivery.steward import Steward
from device.host.asking import ask
from device.identity import device_id
from device.observation import Observation
from device.service.glimpse import hints_of
from device.service.requests import Requests
from device.settings import Settings

_ANSWER_S = 20.0
_NOT_COVERED = "The consent does not cover a live view: ask for it, and record the new one."
#: What takes long is asked about again and again, for so long.
_AGAIN_S, _LONGEST_S = 0.5, 300.0


@dataclass(frozen=True)
class Afar:
    """What there is of it; a box that is not enrolled hears nobody, and nobody watches it."""

    control: ControlListener | None = None
    live: Live | None = None

    @property
    def watched(self) -> bool:
        """Whether somebody watches."""
        return self.control is not None and self.control.watched

    def hear(self, record: Json, agreed_s: float) -> None:
        """A record, for who watches, without what compares with other people, and none from before `agreed_s`, when
        the present consent began to hold."""
        if self.live is not None and record["time"]["mono"] >= agreed_s:
            self.live.hear(seen_live(record))

    def forget(self) -> None:
        """Another consent holds: what was heard under the one before is not sent any more."""
        if self.live is not None:
            self.live.forget()

    def see(self, observation: Observation, settings: Settings) -> None:
        """What the newest record is of."""
        if self.live is not None:
            self.live.look(lambda: hints_of(observation, settings))

    def end(self) -> None:
        """The session is over; waits for nothing."""
        if self.live is not None:
            self.live.end()


def refusal(consent: Consent | None, steward: Steward | None) -> str:
    """Why nothing of a session may be sent to who watches, in a sentence; "" where it may."""
    if consent is not None and "live" not in consent.covers:
        return _NOT_COVERED
    return steward.live_refused if steward else ""


@contextmanager
def listening(
    settings: Settings,
    opened: OpenSinks,
    clock: Clock,
    hurry: Callable[[], None],
    refusal: Callable[[], str] = lambda: "",
) -> Iterator[Afar]:
    """Hear commands, and send what is live, for the length of a `with` block.

    Args:
        hurry: lets telemetry go out at once.
        refusal: why nothing live may be sent, in a sentence; "" when it may.
    """
    device = device_id(settings)
    with ExitStack() as stack:
        control, live = None, None
        if opened.url is not None and opened.tokens is not None:
            over = threading.Event()
            stack.callback(over.set)

            def act(command: Json, left_s: float | None) -> tuple[str, bool]:
                return carried_out(settings, command, left_s, over)

            proofs = Database(opened.url, settings.upload.timeout_s, opened.tokens.token, settings.upload.gzip)
            requests = stack.enter_context(Requests(proofs, device, partial(erased, settings), opened.tokens.renew))
            timeout_s = settings.upload.timeout_s
            control = stack.enter_context(
                ControlListener(opened.url, device, opened.tokens, clock, timeout_s, act, hurry, requests.hear)
            )
            if opened.outbox is not None and opened.steward is not None:
                take_away_later(opened.outbox, device)
                database = Database(opened.url, TIMEOUT_S, opened.tokens.token, settings.upload.gzip)
                hears = control
                live = stack.enter_context(
                    Live(database, device, opened.outbox, clock, lambda: hears.watched, refusal)
                )
                opened.steward.live_traffic = lambda: _sum(live, requests)
        yield Afar(control, live)


def carried_out(
    settings: Settings, command: Json, left_s: float | None, over: threading.Event | None = None
) -> tuple[str, bool]:
    """What the host process says to a command, in one sentence and without the pseudonym, and whether it was done.
    What takes long is waited for, until `over` is set."""
    waits, asked = over or threading.Event(), _question(command, left_s)
    for _ in range(int(_LONGEST_S / _AGAIN_S)):
        try:
            answer = ask(settings.host, asked, _ANSWER_S)
        except AffectboxError as error:
            return str(error)[:LONGEST], False
        if not answer.get("goes_on") or waits.wait(_AGAIN_S):
            break
    return str(answer["text"])[:LONGEST], bool(answer.get("done"))


def erased(settings: Settings, patient: str, request: str) -> Json | None:
    """What the host process has erased of a person, once it has: see `device.contract.erasure`. Raises
    `InterlockError`: it is not there, or that is nobody."""
    proof = ask(settings.host, {"do": "erase", "patient": patient, "name": request}, _ANSWER_S).get("erased")
    return dict(proof) if proof else None


def _sum(*senders: Live | Requests | None) -> tuple[int, int]:
    """Requests, and bytes of their bodies, beside those of the outbox."""
    sent = [sender.traffic for sender in senders if sender is not None]
    return sum(requests for requests, _ in sent), sum(size for _, size in sent)


def _question(command: Json, left_s: float | None) -> Json:
    consent = command.get("consent", {})
    said: Json = {"do": "afar", "name": command["id"], "command": command["do"], "patient": command.get("patient", "")}
    if command["do"] in NAMED:
        said["called"] = command.get("name", "")
    if consent:
        said |= {"covers": consent["covers"], "giver": consent["by"], "ends": consent.get("until")}
        said |= {"age": consent["age"]} if "age" in consent else {}
    return said | ({} if left_s is None else {"left_s": left_s})
