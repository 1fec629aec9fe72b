"""What the bundle for diagnosis support is, of whom its evidence is, and whether that supports it."""

from device.contract.evidence import Evidence
from device.contract.features import SESSION
from device.features.support import Supporter, open_supporter
from device.settings import Settings


def examine(settings: Settings) -> tuple[str, bool]:
    """The bundle that is set, in a sentence, and whether its evidence supports it for people who are real.

    Raises:
        ModelError: it is not to be had or not to be trusted.
        RuntimeMissingError: no inference library.
    """
    name = settings.diagnosis.bundle
    with open_supporter(name, settings.models) as supporter:
        evidence, told = supporter.evidence, _told(supporter)
    if not evidence.supported:
        why = " ".join(evidence.unsupported)
        return f"{name} is not supported by its evidence: {why} {told[0].upper()}{told[1:]}", False
    if evidence.simulated:
        return f"{name} was made of simulated people, and says nothing of anybody; {told}", False
    return f"{name}, supported by its evidence; {told}", True


def _told(supporter: Supporter) -> str:
    phases = [phase for phase in supporter.file.phases if phase != SESSION]
    needs = f", and needs the phases {', '.join(phases)}" if phases else ""
    return f"it is of {_people(supporter.evidence)}{needs}; population: {supporter.evidence.population}"


def _people(evidence: Evidence) -> str:
    return f"{evidence.n} people of {evidence.sites} {'site' if evidence.sites == 1 else 'sites'}"
