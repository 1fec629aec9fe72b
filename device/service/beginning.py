"""From the settings to what a session begins with."""

from datetime import date, datetime, timedelta

from device.clock import Clock
from device.contract.errors import ConfigError
from device.contract.personal import NEEDS
from device.contract.session import UNNAMED, Beginning, Consent
from device.settings import SessionSettings, Settings


def beginning_of(settings: SessionSettings, clock: Clock) -> Beginning:
    """Whom the session watches, and what they agreed to, now.

    Raises:
        ConfigError: it is not said who gave the consent or what it covers, or when it ends is no day or a past one.
    """
    if not settings.consent and (settings.consent_by or settings.consent_until):
        raise ConfigError("A consent covers something: say what with --consent, such as --consent expressions,units.")
    return Beginning(settings.patient or UNNAMED, _consent(settings, clock) if settings.consent else None)


def ageless(settings: Settings) -> str:
    """That nobody will be compared with other people who was meant to be, in a sentence; '' where that is not so."""
    named = settings.atypicality.bundle or settings.atypicality.typical
    if not named or "atypicality" not in settings.session.consent or settings.session.consent_age:
        return ""
    return (
        "session.consent covers 'atypicality', and session.consent_age says no age: nobody whose consent that is, is "
        "compared with other people. Set it, or leave 'atypicality' out."
    )


def alone(settings: Settings) -> str:
    """That the consent of the settings is not enough to tell somebody's own movement, in a sentence; '': it is, or is
    not meant to be."""
    covers = {*settings.session.consent}
    if not settings.personal.use or "personal" not in covers or covers >= NEEDS:
        return ""
    lacking = " and ".join(f"'{name}'" for name in sorted(NEEDS - covers))
    return (
        f"session.consent covers 'personal', and not {lacking}: nobody's own movement is told whose consent that is. "
        "Set it, or leave 'personal' out."
    )


def _consent(settings: SessionSettings, clock: Clock) -> Consent:
    if not settings.consent_by:
        raise ConfigError("A consent needs to be given by somebody: say --consent-by patient, or guardian.")
    until = end_of_day(settings.consent_until) if settings.consent_until else None
    if until is not None and until <= clock.wall():
        raise ConfigError(
            f"By this box's clock the consent ended on {settings.consent_until}: ask again, and give a later day."
        )
    given = round(clock.wall(), 3)
    return Consent(settings.consent, settings.consent_by, given, until, settings.consent_age)


def end_of_day(text: str) -> float:
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, datetime.min.time()).timestamp()
    except (ValueError, OverflowError):
        raise ConfigError(f"'{text}' is no day: write YYYY-MM-DD, the last day on which the consent holds.") from None
