"""Comparison with other people: what a bundle makes of a window of movement; see `device.contract.atypicality`."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from device.closing import Closing
from device.contract.atypicality import HIGHEST, LOWEST, RARE, RATING, UNLIKELY, Refused, refused
from device.contract.errors import ModelError
from device.contract.fields import Json
from device.contract.movement import MovementFile
from device.contract.movement_evidence import MovementEvidence
from device.contract.session import Consent
from device.contract.tasks import ATYPICALITY, MOVEMENT, TYPICAL_MOVEMENT, require
from device.features.movement import Values, standardized
from device.models import load_as
from device.runtime.model import Model
from device.settings import ModelSettings

#: Task → what it says of a window, and the output that it is read from.
_SAYS = {ATYPICALITY: (RATING, "rating"), TYPICAL_MOVEMENT: (UNLIKELY, "surprise")}
_DIGITS = 3


class Comparer(Closing):
    """A bundle that compares with other people, ready to be asked.

    Attributes:
        bundle: its id.
        of: what it says of a window.
        evidence, file: its own.
    """

    def __init__(self, model: Model) -> None:
        """Raises `ModelError`: a bundle of another task, without evidence, or at odds with itself."""
        manifest = model.manifest
        require(manifest, manifest.task if manifest.task in _SAYS else ATYPICALITY)
        self.bundle = manifest.id
        self.of, output = _SAYS[manifest.task]
        self.evidence = MovementEvidence.from_receipt(manifest.receipt, self.bundle)
        self.file = MovementFile.read(model.bundle.contents[MOVEMENT], self.bundle, manifest.task)
        self._model = model
        self._output, _ = manifest.output(output)
        for what, good in self._checks():
            if not good:
                raise ModelError(f"Bundle {self.bundle} {what}: export it again.")

    @property
    def typical(self) -> float | None:
        """What 95 % of the windows of typical people do not exceed; None: not known."""
        return self.file.typical if self.of == RATING else RARE

    def refused(self, consent: Consent | None, models: Mapping[str, str] | None = None) -> Refused | None:
        """Why it says nothing of a person; None: it does. `models`: what measures them, as records name it; None: not
        looked at."""
        covers, age = (consent.covers, consent.age) if consent else ((), "")
        if why := refused(covers, age, self.evidence.ages, self.file.reads_emotions):
            return why
        return Refused.SOURCES if models is not None and self.is_strange(models) else None

    def is_strange(self, models: Mapping[str, str]) -> bool:
        """Whether these `models` of a record are not what measured the people of the evidence."""
        read = ("aus", "emotions") if self.file.reads_emotions else ("aus",)
        return bool(self.file.sources) and not {models.get(name) for name in read} <= {*self.file.sources}

    def told(self, why: Refused | None) -> Json:
        """The `comparison` of an event; `why`: it says nothing of this person."""
        evidence = self.evidence
        told: Json = {
            "bundle": self.bundle,
            "of": self.of,
            "seconds": round(self.file.seconds, 3),
            "supported": evidence.supported,
            "population": evidence.population,
            "ages": list(evidence.ages),
            "n": evidence.n,
        }
        told |= {"simulated": True} if evidence.simulated else {}
        told |= {"raters": evidence.raters} if evidence.raters else {}
        told |= {} if self.typical is None else {"typical": round(self.typical, _DIGITS)}
        told |= {} if evidence.typical_people is None else {"typical_people": evidence.typical_people}
        return told | ({"refused": why.value} if why else {})

    def say(self, window: Values) -> Json:
        """The `atypicality` of a record, of a window (T, K) of values, NaN where not measured.

        Raises:
            ModelError: the network gave no number.
        """
        found = float(self._model.on_values(standardized(self.file, window))[self._output].reshape(-1)[0])
        if not math.isfinite(found):
            raise ModelError(f"The network of bundle {self.bundle} gave no number for a window: export it again.")
        return self._rating(found) if self.of == RATING else {UNLIKELY: self._unlikely(found)}

    def close(self) -> None:
        """Free the network."""
        self._model.close()

    def _rating(self, found: float) -> Json:
        half, found = self.file.half_width, min(max(found, LOWEST), HIGHEST)  # as training measured the interval
        said = {RATING: found} | ({} if half is None else {"low": found - half, "high": found + half})
        return {name: round(min(max(value, LOWEST), HIGHEST), _DIGITS) for name, value in said.items()}

    def _unlikely(self, surprise: float) -> float:
        """The share of typical people's windows that surprised less."""
        known = np.array(self.file.percentiles)
        return round(float(np.interp(surprise, known, np.linspace(0, 1, len(known)))), _DIGITS)

    def _checks(self) -> Iterator[tuple[str, bool]]:
        """What would be wrong, in half a sentence, and whether it is right."""
        manifest, file = self._model.manifest, self.file
        wanted = (1, file.steps, len(file.columns))
        yield f"takes {manifest.input.shape}, and its movement.json is of {wanted}", manifest.input.shape == wanted
        spec = manifest.outputs[self._output]
        yield f"gives {spec.shape} for one number", spec.shape == (1, 1)
        yield f"gives its number by '{spec.activation}'", spec.activation == "none"


def open_comparer(name: str, settings: ModelSettings, task: str = "") -> Comparer:
    """Open a bundle that compares with other people; `task`: which of both is meant, where one is.

    Raises:
        ModelError: it is not to be had, not to be trusted, or none that the box can use.
        RuntimeMissingError: no inference library.
    """
    return load_as(Comparer, name, settings, task)
