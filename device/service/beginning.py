"""From the settings to what a session begins with."""

from datetime import date, datetime, timedelta

from device.clock import Clock
from device.contract.errors import ConfigError
from device.contract.session import UNNAMED, Beginning, Consent
from device.settings import SessionSettings


def beginning_of(settings: SessionSettings, clock: Clock) -> Beginning:
    """Whom the session watches, and what they agreed to, now.

    Raises:
        ConfigError: it is not said who gave the consent, or when it ends is no day or a past one.
    """
    return Beginning(settings.patient or UNNAMED, _consent(settings, clock) if settings.consent else None)


def _consent(settings: SessionSettings, clock: Clock) -> Consent:
    if not settings.consent_by:
        raise ConfigError("A consent needs to be given by somebody: say --consent-by patient, or guardian.")
    until = _end_of_day(settings.consent_until) if settings.consent_until else None
    if until is not None and clock.trusted() and until <= clock.wall():
        raise ConfigError(f"The consent ended on {settings.consent_until}: ask again, and give a later day.")
    return Consent(settings.consent, settings.consent_by, round(clock.wall(), 3), until)


def _end_of_day(text: str) -> float:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"'{text}' is no day: write YYYY-MM-DD, the last day on which the consent holds.") from None
    return datetime.combine(day + timedelta(days=1), datetime.min.time()).timestamp()
