"""What a source of pictures holds, before it becomes a project."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Kind(str, Enum):
    """Where a sequence's pictures come from: files of single pictures; files that are frames of a film; rows of
    FER2013's file; crops that `affectbox-training faces` made; a video."""

    PICTURES = "pictures"
    FRAMES = "frames"
    ROWS = "rows"
    FACES = "faces"
    VIDEOS = "videos"


@dataclass(frozen=True)
class Where:
    """Where sequences are looked for.

    Attributes:
        source: a folder of pictures or videos, a folder that `affectbox-training faces` made, a video, or FER2013's
            file.
        participants: a table, of videos `video,participant`, of pictures `image,participant`, of a picture or a
            folder; coders see the participants' names then, and none of a folder or file.
        neutral: a folder with the natural picture of each participant: PARTICIPANT.jpg.
        frame_rate: frames a second of pictures that are frames of a film.
    """

    source: Path
    participants: Path | None = None
    neutral: Path | None = None
    frame_rate: float | None = None

    def resolved(self) -> "Where":
        """The same from wherever it is looked for."""
        table, rest = self.participants, self.neutral
        return Where(self.source.resolve(), table and table.resolve(), rest and rest.resolve(), self.frame_rate)

    def texts(self) -> dict[str, str]:
        """As it is kept in a project, without what was not given."""
        return {name: str(value) for name, value in vars(self).items() if value is not None}

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> "Where":
        """What `texts` was made of; others are passed over."""
        table, rest, rate = (texts.get(name) for name in ("participants", "neutral", "frame_rate"))
        return cls(
            Path(texts["source"]),
            Path(table) if table else None,
            Path(rest) if rest else None,
            float(rate) if rate else None,
        )


@dataclass(frozen=True, eq=False)
class Found:
    """A sequence as it was found.

    Attributes:
        name: unique in the source.
        path: the folder, table, file of crops or video.
        ordered: whether the frames follow each other in time.
        frames: (N,) int64, ascending; None of a video, which is looked through when it is first opened.
        times_s: (N,) float64 from the first frame, if known.
        labels: (N) paths of files of pictures, below the source.
        splits: (N) FER2013's Usage.
        neutral: path of the natural picture of the participant that came with it, or ''.
        rows: (N, 48, 48) uint8, the pictures of FER2013's file, which is packed and cannot be looked into.
    """

    name: str
    participant: str
    kind: Kind
    path: Path
    ordered: bool
    frames: NDArray[np.int64] | None
    times_s: NDArray[np.float64] | None = None
    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    neutral: str = ""
    rows: NDArray[np.uint8] | None = None
