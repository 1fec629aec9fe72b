"""What the pipeline says of one frame."""

from dataclasses import dataclass, field

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import Reason
from device.stages.calm import Measured
from device.stages.eyes import Eyes
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.personal import Personal
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.reader import NOTHING, Actions
from device.stages.tracker import Track


@dataclass(frozen=True, eq=False)
class Observation:
    """What the box saw in one frame; with `reasons` it holds nothing that was measured of the face, unless the
    pipeline was told to read what the quality gate refuses.

    `emotions` are (8,) probabilities, or (0,); `hidden` the parts of the face whose units were not measured.
    `measured` has the action units as they were read, `neutral` names the face at rest used for `actions`.
    `expressions` and `pain` follow from these: the strongest memberships, 0–1, and PSPI, 0–16; `disagree` says that
    the strongest expression is not what the emotions say. `others` are boxes of further faces, frame pixels; they are
    drawn on the box's own page and recorded nowhere. `personal` is there where a bundle of this very person watches.
    """

    frame: Frame
    faces: int
    reasons: tuple[Reason, ...]
    ms: dict[str, float]
    track: Track | None = None
    pose: Pose | None = None
    quality: Quality | None = None
    emotions: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    actions: Actions = NOTHING
    hidden: tuple[str, ...] = ()
    measured: Measured | None = None
    neutral: str = ""
    eyes: Eyes = field(default_factory=Eyes)
    codes: tuple[str, ...] = ()
    expressions: dict[str, float] = field(default_factory=dict)
    disagree: bool = False
    pain: float | None = None
    others: tuple[Box, ...] = ()
    personal: Personal | None = None

    @property
    def own_watched(self) -> bool:
        """Whether a bundle of this very person was asked of the frame, or would have been had it been measured."""
        return "personal" in self.ms
