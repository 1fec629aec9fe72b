"""What the pipeline says of one frame."""

from dataclasses import dataclass, field

from device.contract.labels import Reason
from device.stages.calm import Measured
from device.stages.frame import Frame
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.tracker import Track


@dataclass(frozen=True, eq=False)
class Observation:
    """What the box saw in one frame; with `reasons` there are no emotions and no action units, and nothing `measured`
    (action units before any face at rest is subtracted, from which one is collected)."""

    frame: Frame
    faces: int
    reasons: tuple[Reason, ...]
    ms: dict[str, float]
    track: Track | None = None
    pose: Pose | None = None
    quality: Quality | None = None
    emotions: dict[str, float] = field(default_factory=dict)
    aus: dict[str, float] = field(default_factory=dict)
    measured: Measured | None = None
