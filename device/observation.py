"""What the pipeline says of one frame."""

from dataclasses import dataclass, field

from device.contract.labels import Reason
from device.stages.action_units import Actions
from device.stages.calm import Measured
from device.stages.eyes import Eyes
from device.stages.frame import Frame
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.tracker import Track


@dataclass(frozen=True, eq=False)
class Observation:
    """What the box saw in one frame; with `reasons` it holds nothing that was measured of the face.

    `measured` has the action units before a face at rest is subtracted, `neutral` names the one subtracted for
    `actions`. `expressions` and `pain` are read from these: the strongest memberships, 0–1, and PSPI, 0–16.
    """

    frame: Frame
    faces: int
    reasons: tuple[Reason, ...]
    ms: dict[str, float]
    track: Track | None = None
    pose: Pose | None = None
    quality: Quality | None = None
    emotions: dict[str, float] = field(default_factory=dict)
    actions: Actions = field(default_factory=Actions)
    measured: Measured | None = None
    neutral: str = ""
    eyes: Eyes = field(default_factory=Eyes)
    codes: tuple[str, ...] = ()
    expressions: dict[str, float] = field(default_factory=dict)
    pain: float | None = None
