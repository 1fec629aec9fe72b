"""Diagnosis support: what a bundle makes of the features of a session, once; see `device.contract.support`.

The network is asked only where enough was recorded and measured in each phase that the bundle needs (else: `short`,
`phase`, `coverage`, `unmeasured`), and where the features are not unlike those of everybody in the evidence, and were
measured with the same networks (else: `outside`). In the set are then the groups whose probability is not too small.
It may hold several, or none (`uncertain`); one group alone is an answer. What could not be computed is a `fault`.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from device.closing import Closing
from device.contract.errors import ModelError
from device.contract.evidence import Evidence
from device.contract.features import NAMES, SESSION, qualified
from device.contract.fields import Json
from device.contract.support import GROUPS, Abstained
from device.contract.support_file import SupportFile
from device.contract.tasks import DIAGNOSIS_SUPPORT, SUPPORT, require
from device.features import standard
from device.features.features import features_of
from device.features.series import STEP_S, Series
from device.models import load_as
from device.runtime.model import Model
from device.settings import ModelSettings

Values = NDArray[np.float64]


def standardized(file: SupportFile, values: Values) -> NDArray[np.float32]:
    """(…, K) what the network gets of (…, K) values in the order of the file's columns, NaN where not measured."""
    of = (np.array(file.fill), np.array(file.centre), np.array(file.scale), file.clip)
    return standard.standardized(values, *of).astype(np.float32)


def distance(file: SupportFile, values: Values) -> Values:
    """(…) how unlike the evidence (…, K) values are; see `standard.distance`."""
    return standard.distance(values, np.array(file.centre), np.array(file.scale))


class Supporter(Closing):
    """A bundle for diagnosis support, ready to be asked."""

    def __init__(self, model: Model) -> None:
        """Raises `ModelError`: a bundle of another task, for other features, without evidence, or at odds with
        itself."""
        require(model.manifest, DIAGNOSIS_SUPPORT)
        self.bundle = model.manifest.id
        self.evidence = Evidence.from_receipt(model.manifest.receipt, self.bundle)
        self.file = SupportFile.read(model.bundle.contents[SUPPORT], self.bundle)
        self._model = model
        self._output, spec = model.manifest.output("groups")
        self._groups = spec.labels
        for what, good in self._checks():
            if not good:
                raise ModelError(f"Bundle {self.bundle} {what}: export it again.")

    def say(self, parts: Mapping[str, Series], phase: str = "") -> Json:
        """The `support` of an event of the session.

        Args:
            parts: the whole session as `SESSION`, and its phases by name; see `Gatherer.parts`.
            phase: what the parts are of, where that is not a whole session.
        """
        values = self._values(parts)
        why = [*self._lacking(parts, values)]
        if not why and self._is_outside(parts, values):
            why = [Abstained.OUTSIDE]
        groups = self._groups_with(None if why else self._probabilities(values))
        if not why and sum(group["possible"] for group in groups) != 1:
            why = [Abstained.UNCERTAIN]
        return self._told(groups, why, phase) | {"coverage": round(self._coverage(parts), 3)}

    def fail(self) -> Json:
        """The `support` of an event of a session of which the box could not compute it; this computes nothing."""
        return self._told(self._groups_with(None), [Abstained.FAULT])

    def close(self) -> None:
        """Free the network."""
        self._model.close()

    def _told(self, groups: list[Json], why: list[Abstained], phase: str = "") -> Json:
        """What was said of the groups, and of whom the evidence is."""
        told = {
            "bundle": self.bundle,
            "supported": self.evidence.supported,
            "population": self.evidence.population,
            "n": self.evidence.n,
            "sites": self.evidence.sites,
            "alpha": self.evidence.alpha,
            **dict(zip(GROUPS, groups, strict=False)),
        }
        if self.evidence.simulated:
            told["simulated"] = True
        if right := self.evidence.answered_right:
            told |= {"answered_right": right.value, "answered_right_low": right.low, "answered_right_high": right.high}
        if part := phase or self._part():
            told["phase"] = part
        return told | ({"why": [reason.value for reason in why]} if why else {})

    def _checks(self) -> Iterator[tuple[str, bool]]:
        """What would be wrong, in half a sentence, and whether it is right."""
        manifest, evidence, file = self._model.manifest, self.evidence, self.file
        count = len(file.columns)
        yield (
            f"takes {manifest.input.shape}, and its support.json has {count} columns",
            manifest.input.shape == (1, count),
        )
        yield "has other groups in its network than in its evidence", set(self._groups) == set(evidence.groups)
        yield "has other groups in its network than in its support.json", set(self._groups) == set(file.quantiles)
        yield "names a group twice", len(set(self._groups)) == len(self._groups)
        shape = manifest.outputs[self._output].shape
        yield f"gives {shape} for {len(self._groups)} groups", shape == (1, len(self._groups))
        yield "gives no probabilities", manifest.outputs[self._output].activation == "softmax"
        yield "reads phases of which its evidence is not", set(file.phases) <= set(evidence.phases)

    def _part(self) -> str:
        """The phase that the bundle reads, where it reads one alone."""
        phases = self.file.phases
        return phases[0] if len(phases) == 1 and phases[0] != SESSION else ""

    def _values(self, parts: Mapping[str, Series]) -> Values:
        """(K,) features in the order of the columns, NaN where not measured."""
        known = {
            qualified(name, feature): value
            for name in self.file.phases
            if name in parts
            for feature, value in zip(NAMES, features_of(parts[name]), strict=True)
        }
        return np.array([known.get(column, np.nan) for column in self.file.columns])

    def _lacking(self, parts: Mapping[str, Series], values: Values) -> Iterator[Abstained]:
        """What keeps the network from being asked at all."""
        held = [parts[name] for name in self.file.phases if name in parts]
        if any(one.seconds < max(self.file.least_seconds, STEP_S) for one in held):
            yield Abstained.SHORT
        if len(held) < len(self.file.phases):
            yield Abstained.PHASE
        if any(one.coverage < self.file.least_coverage for one in held):
            yield Abstained.COVERAGE
        if np.count_nonzero(~np.isnan(values)) < self.file.least_measured * len(values):
            yield Abstained.UNMEASURED

    def _is_outside(self, parts: Mapping[str, Series], values: Values) -> bool:
        """Whether nobody in the evidence was like this, or measured like this."""
        sources = frozenset[str]().union(*(parts[name].sources for name in self.file.phases))
        if self.file.sources and not sources <= {*self.file.sources}:
            return True
        return not distance(self.file, values) <= self.file.outside

    def _coverage(self, parts: Mapping[str, Series]) -> float:
        """Share of the time of the phases that were held in which the face was measured; 0 of none."""
        held = [parts[name] for name in self.file.phases if name in parts and parts[name].frames]
        seconds = sum(one.seconds for one in held)
        return sum(one.coverage * one.seconds for one in held) / seconds if seconds else 0.0

    def _probabilities(self, values: Values) -> list[float]:
        found: list[float] = self._model.on_values(standardized(self.file, values))[self._output].reshape(-1).tolist()
        return found

    def _groups_with(self, probabilities: list[float] | None) -> list[Json]:
        """The groups with their people; with probability, and whether they are in the set, where that was computed."""
        held = self.evidence.held or {}
        named: list[Json] = [
            {"name": name, "n": self.evidence.groups[name]} | ({"held": held[name].value} if name in held else {})
            for name in self._groups
        ]
        return (
            [
                group | {"probability": round(p, 4), "possible": 1 - p <= self.file.quantiles[group["name"]]}
                for group, p in zip(named, probabilities, strict=True)
            ]
            if probabilities
            else named
        )


def open_supporter(name: str, settings: ModelSettings) -> Supporter:
    """Open a bundle for diagnosis support.

    Raises:
        ModelError: it is not to be had, not to be trusted, or none that the box can use.
        RuntimeMissingError: no inference library.
    """
    return load_as(Supporter, name, settings, DIAGNOSIS_SUPPORT)
