"""What the bundles are that compare with other people, of whom their evidence is, and whether that supports them."""

from collections.abc import Iterator

from device.contract.atypicality import Refused
from device.contract.session import Consent
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from device.features.comparer import Comparer, open_comparer
from device.settings import ModelSettings, SessionSettings, Settings


def examine(settings: Settings) -> tuple[str, bool]:
    """The bundles that are set, in a sentence, and whether there is nothing against what they say of people seen here.

    Raises:
        ModelError: one is not to be had or not to be trusted.
        RuntimeMissingError: no inference library.
    """
    told, good = [], True
    for name, task in ((settings.atypicality.bundle, ATYPICALITY), (settings.atypicality.typical, TYPICAL_MOVEMENT)):
        if name:
            with open_comparer(name, settings.models, task) as comparer:
                doubts = [*_doubts(comparer, settings.models), *_unmeant(comparer, settings.session)]
                told.append(_told(comparer, doubts))
            good = good and not doubts
    return "; ".join(told), good


def _told(comparer: Comparer, doubts: list[str]) -> str:
    evidence = comparer.evidence
    people = f"it is of {evidence.n} people of {' or '.join(evidence.ages)} years, and compares nobody else"
    found = [f"{comparer.bundle} (atypicality.{comparer.of})", *(doubts or ["its evidence supports it"]), people]
    return "; ".join([*found, f"population: {evidence.population}"])


def _doubts(comparer: Comparer, models: ModelSettings) -> Iterator[str]:
    evidence = comparer.evidence
    if not evidence.supported:
        yield f"not supported by its evidence ({' '.join(evidence.unsupported)})"
    if evidence.simulated:
        yield "made of simulated people, so it says nothing of anybody"
    here = {"aus": models.estimators, "emotions": models.expression or models.face}
    if comparer.is_strange(here):
        known = " and ".join(comparer.file.sources)
        yield f"compares nobody here: its people were measured with {known}, this box has {here['aus']}"


def _unmeant(comparer: Comparer, session: SessionSettings) -> Iterator[str]:
    """Of the consent that sessions of the settings begin with, where that is meant for it."""
    if "atypicality" not in session.consent:
        return
    match comparer.refused(Consent(session.consent, session.consent_by, 0.0, age=session.consent_age)):
        case Refused.CONSENT:
            yield "compares nobody whose consent is session.consent: that lacks what it reads"
        case Refused.NO_AGE:
            yield "compares nobody whose consent is session.consent: session.consent_age says no age"
        case Refused.AGE:
            yield f"compares nobody of session.consent_age, {session.consent_age}"
