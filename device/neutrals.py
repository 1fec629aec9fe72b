"""Calibrated faces at rest: one small JSON file per pseudonymous person in the state folder.

A file holds every calibration of the person, oldest first, and of each the action units alone: no picture, no
landmark, no name. It is readable by its owner only, is replaced as a whole or not at all, and is gone with
`affectbox forget`. The newest calibration of the estimator in use that has not expired is used.

Age is told by the wall clock. While the clock is behind (a Pi after a power cut, before the network is back) a
calibration that has expired is still used.
"""

import json
import math
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from device.clock import Clock
from device.contract.choices import DEVICE_ID
from device.contract.command import warn
from device.contract.errors import StorageError
from device.settings import NeutralSettings, Settings
from device.stages.neutral import Neutral, neutral_of
from device.state import state_folder, write_private

_FORMAT = 2
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Calibration:
    """One calibration: version, estimators it was made with, wall time (seconds since 1970), action units
    (`Neutral.values`, None where not measured)."""

    version: str
    estimator: str
    made_s: float
    units: tuple[float | None, ...]

    def neutral(self) -> Neutral:
        """As the stages take it."""
        return neutral_of(np.array(self.units, np.float32), self.version)


class NeutralStore:
    """The calibrations of all persons on this box."""

    def __init__(self, settings: NeutralSettings, warn: Callable[[str], None] = warn) -> None:
        """`warn` is told, in a sentence, of a file that cannot be used."""
        self._folder = Path(settings.folder) if settings.folder else state_folder() / "neutrals"
        self._expiry_s = settings.expiry_days * _DAY_S
        self._warn = warn

    def newest(self, person: str, estimator: str, now_s: float) -> Neutral | None:
        """The face at rest to use for `person` at wall time `now_s`, if there is one. Raises `StorageError`."""
        for made in reversed(self.history(person)):
            if made.estimator == estimator and now_s - made.made_s <= self._expiry_s:
                return made.neutral()
        return None

    def history(self, person: str) -> list[Calibration]:
        """Every calibration of `person`, oldest first; a damaged file is kept aside and counts as none.

        Raises:
            StorageError: the file is there and cannot be read.
        """
        path = self.file(person)
        try:
            return _parsed(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(f"{path} cannot be read ({error.strerror}): mend it or set neutral.folder.") from error
        except (ValueError, TypeError, KeyError):
            return self._damaged(path, person)

    def _damaged(self, path: Path, person: str) -> list[Calibration]:
        aside = path.with_suffix(".damaged")
        with suppress(OSError):
            path.replace(aside)
        self._warn(f"{path} cannot be used and was kept as {aside.name}: calibrate '{person}' again.")
        return []

    def add(self, person: str, neutral: Neutral, estimator: str, now_s: float) -> None:
        """Keep a calibration made at wall time `now_s`. Raises `StorageError`; then the file is as it was."""
        units = tuple(None if math.isnan(value) else value for value in neutral.values().tolist())
        made = [*self.history(person), Calibration(neutral.version, estimator, now_s, units)]
        body = {"v": _FORMAT, "calibrations": [asdict(one) for one in made]}
        path = self.file(person)
        try:
            write_private(path, json.dumps(body, allow_nan=False).encode())
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written ({error.strerror}): mend it or set neutral.folder."
            ) from error

    def ready(self, person: str) -> None:
        """Make sure that a calibration of `person` can be kept. Raises `StorageError`."""
        self.history(person)
        there = next(folder for folder in (self._folder, *self._folder.absolute().parents) if folder.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            raise StorageError(
                f"{self._folder} cannot be written ({error.strerror}): mend it or set neutral.folder."
            ) from error

    def forget(self, person: str) -> bool:
        """Erase everything kept of `person`; whether there was anything. Raises `StorageError`."""
        path = self.file(person)
        found = [kept for kept in (path, path.with_suffix(".damaged"), path.with_suffix(".part")) if kept.exists()]
        try:
            for kept in found:
                kept.unlink()
        except OSError as error:
            raise StorageError(f"{path} cannot be erased ({error.strerror}): check the folder's owner.") from error
        return bool(found)

    def file(self, person: str) -> Path:
        """Where the calibrations of `person` are, if there are any. Raises `StorageError`: that is no pseudonym."""
        if not DEVICE_ID.fullmatch(person):
            raise StorageError("A person is named by 1 to 40 lower-case letters, digits and hyphens: a pseudonym.")
        return self._folder / f"{person}.json"


def calibrated_neutral(settings: Settings, person: str, clock: Clock) -> Neutral | None:
    """The face at rest of a person, if one is to be used; "" for nobody. Raises `StorageError`."""
    if not person:
        return None
    return NeutralStore(settings.neutral).newest(person, settings.models.estimators, clock.wall())


def _parsed(body: Any) -> list[Calibration]:
    """Raises `ValueError`, `TypeError` or `KeyError` for anything that `add` would not have written."""
    if body["v"] != _FORMAT:
        raise ValueError(body["v"])
    made = [Calibration(**one) for one in body["calibrations"]]
    for one in made:
        numbers = (one.made_s, *(value for value in one.units if value is not None))
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(one.version)
        one.neutral()
    return [Calibration(str(m.version), str(m.estimator), float(m.made_s), tuple(m.units)) for m in made]
