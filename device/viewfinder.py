"""From a frame to where the face is and how good the picture: what setting up the camera needs, and nothing more."""

from collections.abc import Mapping

from device.observation import Observation
from device.runtime.model import Model
from device.settings import Settings
from device.stages.aligner import align
from device.stages.detector import Detector
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.pose import PoseEstimator
from device.stages.quality import absence, judge
from device.stages.tracker import Tracker

#: The roles of the networks that it needs; no expression and no action unit is read.
ROLES = ("short_range", "full_range", "landmarks")


class Viewfinder:
    """Tracker, pose, and the quality gate's measures."""

    def __init__(self, networks: Mapping[str, Model], settings: Settings) -> None:
        """`networks` by their roles; `full_range` may be missing."""
        detector = Detector(networks["short_range"], networks.get("full_range"), settings.detector)
        self._track = Tracker(detector, Landmarker(networks["landmarks"]), settings.tracker)
        self._pose = PoseEstimator(networks["landmarks"].bundle)
        self._quality = settings.quality

    def __call__(self, frame: Frame) -> Observation:
        sighting = self._track(frame)
        others, track = sighting.others, sighting.track
        if track is None:
            reasons = absence(frame, sighting.refused, self._quality)
            return Observation(frame, sighting.faces, reasons, {}, others=others)
        pose = self._pose(track.face)
        quality = judge(frame, track.face, pose, align(frame, track.face), self._quality)
        return Observation(frame, sighting.faces, quality.reasons, {}, track, pose, quality, others=others)
