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
    phases = [phase for phase in file.phases if phase != SESSION]
    planned = _planned(settings)
    doubts = [*_doubts(evidence, file, settings.models), *(_unheld(phases, planned, file) if planned else ())]
    people = f"it is of {evidence.n} people of {evidence.sites} {'site' if evidence.sites == 1 else 'sites'}"
    by_hand = "" if planned else ", and session.phases plans none: somebody has to note them in every session"
    needs = [f"it needs the phases {', '.join(phases)}{by_hand}"] if phases else []
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


def _planned(settings: Settings) -> dict[str, float]:
    """Seconds of each phase of a session as it is planned."""
    found: dict[str, float] = {}
    for text in settings.session.phases:
        name, _, seconds = text.partition("=")
        found[name] = found.get(name, 0.0) + float(seconds)
    return found


def _unheld(phases: list[str], planned: dict[str, float], file: SupportFile) -> Iterator[str]:
    """Of the phases that it needs, those that a session as planned never has, or never for long enough."""
    lacking = [f"no {name}" for name in phases if name not in planned]
    short = [
        f"{planned[name]:g} s of {name}, of {file.least_seconds:g} s"
        for name in phases
        if planned.get(name, file.least_seconds) < file.least_seconds
    ]
    if lacking or short:
        yield f"never an answer of a session as planned: session.phases has {' and '.join([*lacking, *short])}"


def _listed(names: set[str]) -> str:
    return " and ".join(sorted(names))
