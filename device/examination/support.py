"""What the bundle for diagnosis support is, of whom its evidence is, and whether that supports it."""

from collections.abc import Iterator

from device.contract.evidence import Evidence
from device.contract.features import SESSION
from device.contract.support_file import SupportFile
from device.features.support import open_supporter
from device.settings import ModelSettings, Settings


def examine(settings: Settings) -> tuple[str, bool]:
    """The bundle that is set, in a sentence, and whether there is nothing against what it says of people seen here.

    Raises:
        ModelError: it is not to be had or not to be trusted.
        RuntimeMissingError: no inference library.
    """
    with open_supporter(settings.diagnosis.bundle, settings.models) as supporter:
        evidence, file = supporter.evidence, supporter.file
    doubts = [*_doubts(evidence, file, settings.models)]
    people = f"it is of {evidence.n} people of {evidence.sites} {'site' if evidence.sites == 1 else 'sites'}"
    phases = [phase for phase in file.phases if phase != SESSION]
    needs = [f"it needs the phases {', '.join(phases)}"] if phases else []
    found = [settings.diagnosis.bundle, *(doubts or ["its evidence supports it"]), people, *needs]
    return "; ".join([*found, f"population: {evidence.population}"]), not doubts


def _doubts(evidence: Evidence, file: SupportFile, models: ModelSettings) -> Iterator[str]:
    if not evidence.supported:
        yield f"not supported by its evidence ({' '.join(evidence.unsupported)})"
    if evidence.simulated:
        yield "made of simulated people, so it says nothing of anybody"
    known, here = {*file.sources}, {models.estimators, models.expression or models.face}
    if known and not here <= known:
        yield f"never an answer here: its people were measured with {_listed(known)}, this box has {_listed(here)}"


def _listed(names: set[str]) -> str:
    return " and ".join(sorted(names))
