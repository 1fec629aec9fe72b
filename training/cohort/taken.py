"""What one session comes to, and the file that keeps it, so that no session is read twice.

    WORK/NAME.npz   values (S, F), coverage, seconds and frames (S,), and `about`, a text of JSON: the rest of `Taken`,
                    and what it was made of; it is made again when that has changed

The first part is the whole session. Of a session whose consent was withdrawn nothing but that is kept.
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cloud.reading.table import Table
from device.contract.features import NAMES, SESSION
from device.contract.fields import Json
from device.features.features import features_of
from device.features.series import PATHS, SOURCES, Series
from training.cohort.parts import parts_of
from training.cohort.recordings import SIMULATED
from training.cohort.study import Stimulus
from training.files import write_whole

Floats = NDArray[np.float64]
_ARRAYS = ("values", "coverage", "seconds", "frames")


def _nothing() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Taken:
    """One session; S parts.

    Attributes:
        visit: DEVICE~SESSION.
        source: the file's name, or the database.
        patient: pseudonym; 'unnamed' or '' where nobody said.
        is_revoked: the consent was withdrawn: then there is nothing else.
        covers: what the consent covers; empty where nobody recorded one.
        began: seconds since 1970; 0 where that is not known.
        rate: records a second, usually.
        lasted_s: from the first record to the last.
        models: what gave the numbers.
        rested: share of the measured records from which the person's face at rest was taken away.
        parts: names; the first is `SESSION`.
        off_box: those of the parts that a box would not know, for they stand in `stimuli.csv` alone.
        values, coverage, seconds, frames: (S, F) features, and (S,) of each part.
    """

    visit: str
    source: str
    patient: str
    is_revoked: bool = False
    covers: tuple[str, ...] = ()
    began: float = 0.0
    rate: float = 0.0
    lasted_s: float = 0.0
    models: tuple[str, ...] = ()
    rested: float = 0.0
    parts: tuple[str, ...] = ()
    off_box: tuple[str, ...] = ()
    values: Floats = field(default_factory=lambda: np.zeros((0, len(NAMES))), repr=False)
    coverage: Floats = field(default_factory=_nothing)
    seconds: Floats = field(default_factory=_nothing)
    frames: Floats = field(default_factory=_nothing)

    @property
    def device(self) -> str:
        """The box."""
        return self.visit.partition("~")[0]

    @property
    def is_simulated(self) -> bool:
        """Whether the records say so."""
        return any(model.startswith(SIMULATED) for model in self.models)


def take(table: Table, source: str, stimuli: tuple[Stimulus, ...]) -> Taken:
    """What a session, the only one of `table`, comes to."""
    session = table.sessions[0]
    visit = f"{session.device}~{session.id}"
    if session.is_revoked or not len(table):
        return Taken(visit, source, session.patient, session.is_revoked)
    columns = {path: table.values(path) for path in PATHS if path in table.columns}
    whole, lasted_s = Series.of_columns(table.time, table.measured, columns), float(table.time[-1])
    spans, on_box = (parts_of(session, rows, lasted_s) for rows in (stimuli, ()))
    series = [whole, *(whole.during(of) for of in spans.values())]
    steps = np.diff(table.time)
    models = {name for path in SOURCES for name in table.texts(path).tolist() if name}
    rested = [str(name).startswith("calibrated:") for name in table.texts("neutral")[table.measured]]
    return Taken(
        visit,
        source,
        session.patient,
        covers=session.consent.covers if session.consent else (),
        began=session.began or 0.0,
        rate=float(1 / np.median(steps)) if len(steps) and np.median(steps) > 0 else 0.0,
        lasted_s=lasted_s,
        models=tuple(sorted(models)),
        rested=float(np.mean(rested)) if rested else 0.0,
        parts=(SESSION, *spans),
        off_box=tuple(name for name in spans if name not in on_box),
        values=np.stack([features_of(one) for one in series]),
        coverage=np.array([one.coverage for one in series]),
        seconds=np.array([one.seconds for one in series]),
        frames=np.array([one.frames for one in series], np.float64),
    )


def keep(taken: Taken, path: Path, made_of: Json) -> None:
    """Write the file. Raises `StorageError`."""
    told = {one.name: getattr(taken, one.name) for one in fields(taken) if one.name not in _ARRAYS}
    about = np.array(json.dumps({"of": made_of, "taken": told}))
    arrays = {name: getattr(taken, name) for name in _ARRAYS}
    write_whole(path, lambda file: np.savez(file, about=about, **arrays))


def kept(path: Path, made_of: Json) -> Taken | None:
    """What a file holds; None where there is no whole one, or one that was made of something else."""
    try:
        with np.load(path, allow_pickle=False) as content:
            about = json.loads(str(content["about"]))
            if about["of"] != made_of:
                return None
            told: Json = {name: tuple(of) if isinstance(of, list) else of for name, of in about["taken"].items()}
            return Taken(**told | {name: content[name] for name in _ARRAYS})
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None
