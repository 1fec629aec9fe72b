"""How a part of a session becomes a film: painted by several processes, put together and written here, in order."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TextIO

import numpy as np

from cloud.analysis.whole import Analysis
from cloud.face.track import Track, track
from cloud.reading.table import Table
from cloud.replay.diagram import Diagram
from cloud.replay.painting import Painters
from cloud.replay.part import Part
from cloud.replay.picture import FACE, SIZE, Form
from cloud.replay.progress import Progress, duration
from cloud.replay.rows import rows_of
from device.film import Film

#: Pictures whose making tells how long all will take, and from what on that is told.
_FIRST, _TRIED, _WORTH_TELLING_S = 8, 24, 60.0


@dataclass(frozen=True, eq=False)
class Replay:
    """What a film is made of."""

    track: Track
    form: Form
    part: Part
    rate: float

    @property
    def times(self) -> Iterator[float]:
        """When each picture is, seconds since the session began."""
        return (self.part.begin_s + number / self.rate for number in range(len(self)))

    def __len__(self) -> int:
        return max(int(np.ceil((self.part.end_s - self.part.begin_s) * self.rate - 1e-6)), 1)


def prepared(table: Table, analysis: Analysis, part: Part, rate: float) -> Replay:
    """Draw what is drawn once.

    Args:
        table, analysis: of one session.
        part: of it.
        rate: pictures a second.

    Raises:
        DataError: no face can be made of what there is.
    """
    found = track(table)
    rows = rows_of(table, analysis, part)
    return Replay(found, Form(found, rows, Diagram(found, rows, part), part), part, rate)


def make(replay: Replay, out: Path, say: TextIO, processes: int | None = None) -> int:
    """Write the film; how many pictures it has.

    Args:
        replay: what is shown.
        out: the film.
        say: where progress is told.
        processes: that paint; as many as there are processors if not given.

    Raises:
        RuntimeMissingError, StorageError: it cannot be written.
        StalledError: a process that painted was ended.
    """
    states, shown = tee(replay.track.at(at_s, between=True) for at_s in replay.times)
    progress = Progress(len(replay), say)
    began_s = 0.0
    with Film(out, SIZE, replay.rate, "rgb24") as film, Painters(FACE, processes) as painters:
        painted = painters.paint(states)
        for number, (at_s, state, face) in enumerate(zip(replay.times, shown, painted, strict=True), 1):
            film.write(replay.form.picture(at_s, state, face), at_s)
            if number == 1:
                say.write(f"{len(replay)} pictures for {duration(len(replay) / replay.rate)} of film\n")
                say.flush()
            if number == _FIRST:  # processes have started
                began_s = time.monotonic()
            if number == _FIRST + _TRIED:
                _tell(replay, (time.monotonic() - began_s) / _TRIED, say)
            progress.step()
    progress.end()
    return len(replay)


def _tell(replay: Replay, each_s: float, say: TextIO) -> None:
    """How long it will take, and how to take less, where that is long."""
    left_s = each_s * len(replay)
    if left_s > _WORTH_TELLING_S:
        say.write(
            f"{duration(len(replay) / replay.rate)} of film will take about {duration(left_s)}; --from M:SS --to M:SS "
            "or --episode AU12 makes a part of it, Ctrl-C leaves nothing behind.\n"
        )
        say.flush()
