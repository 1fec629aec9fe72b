"""What the host process says, checked: whom a session watches, what they agreed to, what happens in it."""

from msgspec import ValidationError, convert

from device.clock import Clock
from device.contract.choices import AGES, COVERS, GIVERS
from device.contract.control import ConsentSaid, Do, Order
from device.contract.errors import ConfigError, DataError
from device.contract.fields import KEY, LATEST_S
from device.contract.patient import PSEUDONYM, check_pseudonym
from device.contract.session import UNNAMED, Beginning, Consent, Event
from device.settings import SessionSettings

_RESTART = "restart the box."
_EVENTS = {Do.MARK: Event.MARK, Do.PHASE: Event.PHASE, Do.STIMULUS: Event.STIMULUS, Do.CONSENT: Event.CONSENT}


def beginning_in(order: Order, clock: Clock) -> Beginning:
    """What a session begins with.

    Raises:
        ConfigError: no pseudonym.
        DataError: a consent that is none, or has ended, or no session to go on from.
    """
    if order.patient != UNNAMED:
        check_pseudonym(order.patient)
    if order.continues:
        check_session(order.continues)
    consent = None if order.consent is None else _consent(order.consent, clock)
    return Beginning(order.patient, consent, order.continues)


def phases_in(order: Order) -> SessionSettings:
    """The planned parts of a session, as settings have them. Raises `DataError`."""
    try:
        return convert({"phases": order.phases}, SessionSettings)
    except (ValidationError, ConfigError) as error:
        raise DataError(f"A phase is planned as NAME=SECONDS ({error}): {_RESTART}") from None


def event_in(order: Order, clock: Clock) -> tuple[Event, str, Consent | None]:
    """Something that happens in a session: which event, its name, the new consent. Raises `DataError`."""
    event = _EVENTS.get(order.do)
    if event is None:
        raise DataError(f"The host process asked for '{order.do.value}' in the middle of a task: {_RESTART}")
    if event is Event.CONSENT:
        if order.consent is None:
            raise DataError(f"A consent was changed to nothing at all: {_RESTART}")
        return event, "", _consent(order.consent, clock)
    if not PSEUDONYM.fullmatch(order.name) and (order.name or event is Event.STIMULUS):
        raise DataError(f"What is marked has a name of 1 to 40 lower-case letters, digits and hyphens: {_RESTART}")
    return event, order.name, None


def check_session(text: str) -> None:
    """Raises `DataError`: no session's id."""
    if not KEY.fullmatch(text):
        raise DataError(f"The host process named a session that is none: {_RESTART}")


def _consent(said: ConsentSaid, clock: Clock) -> Consent:
    covers = dict.fromkeys(said.covers)
    if not covers or not covers.keys() <= set(COVERS) or said.by not in GIVERS:
        raise DataError(f"A consent covers any of {', '.join(COVERS)}, and is given by {' or '.join(GIVERS)}.")
    if said.age not in ("", *AGES):
        raise DataError(f"How old a person is, is one of {', '.join(AGES)}: {_RESTART}")
    if not 0 <= said.given <= LATEST_S or not 0 <= (said.until or 0) <= LATEST_S:
        raise DataError("A consent was given, and ends, at times that no calendar has: record it anew.")
    if said.until is not None and said.until <= clock.wall():
        raise DataError("By this box's clock the consent has ended: ask again, and record the new one.")
    return Consent(tuple(covers), said.by, said.given, said.until, said.age)
