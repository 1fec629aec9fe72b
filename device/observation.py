"""What the pipeline says of one frame."""

from dataclasses import dataclass, field

from device.contract.labels import Reason
from device.stages.frame import Frame
from device.stages.pose import Pose
from device.stages.quality import Quality
from device.stages.tracker import Track


@dataclass(frozen=True, eq=False)
class Observation:
    """What the box saw in one frame; with `reasons` there are no emotions and no action units.

    `expressions` and `pain` are read from `aus`: the strongest memberships, 0–1, and PSPI, 0–16.
    """

    frame: Frame
    faces: int
    reasons: tuple[Reason, ...]
    ms: dict[str, float]
    track: Track | None = None
    pose: Pose | None = None
    quality: Quality | None = None
    emotions: dict[str, float] = field(default_factory=dict)
    aus: dict[str, float] = field(default_factory=dict)
    expressions: dict[str, float] = field(default_factory=dict)
    pain: float | None = None
