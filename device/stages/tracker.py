"""Who is the patient, and where is their face now.

Following: the landmarks of one frame give the crop of the next (as MediaPipe does), so the detector runs only when
the face is lost or a re-check is due.

Noticing others: each re-check (`recheck_s`) looks with the short range, which meets faces from a ninth of the
frame's width (of a portrait on plain walls, one in three of a tenth and nearly all of a ninth). Smaller ones, down to
a twentieth, are met by the full range, which costs six times as much: it looks every `far_recheck_s` while the short
range sees the patient; while it does not, and when the patient is lost, every `recheck_s`, and while nobody is there
also at one part of the frame in turn, five times a second, unless that is spared (`spare`). So a far person can be in
the room unnoticed for `far_recheck_s`, and be remembered and counted for as long after they left.

Policy, with one box and one patient in a room where others may be seen:

- *Picking.* With a seat zone, only a face in the zone becomes the patient. Among several the larger wins (sizes are
  compared in steps of a quarter), then the one seen first: whoever is picked is held. Equals that appear in one
  frame: the one of which the detector is surer.
- *Holding.* While the patient is followed, every other face that the detector meets is remembered as 'other' by its
  place alone, never analysed or recorded, and cannot become the patient until it has left the view: until looks that
  could meet it have not for `forget_others_s`.
- *Turned faces.* A face that lies on its side or stands on its head is found too: whoever is picked is looked at in
  four turns. Where no look as detected finds a face, the other turns are tried once in `recheck_s`.
- *Losing.* For `hold_s` after the patient's face is lost, only a face of similar size that is not a known other is
  taken for the patient's return (the same track). After that a new face is a new track. A known other stays an
  other: the box would rather report 'no face' than watch the wrong person.

Limits: this is not face recognition. A stranger of the same size who steps in during `hold_s` is taken for the
patient; a seat zone prevents most of that.
"""

import math
from dataclasses import dataclass, replace

from device.settings import TrackerSettings
from device.stages.detector import Detection, Detector, merge
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.landmarks import Face, Landmarker, averaged, detection_roi, upright

_SIZE_STEP = 1.25
_SAME_FACE_IOU = 0.2
_STEADY_IOU = 0.1
_SURE = 0.9  # presence of a face that only another turn finds
_TURN_S, _SLACK_S = 0.2, 0.01  # between looks at a part of the frame
_OTHER_REACH = 1.0  # an other moves less than its own width between two looks


@dataclass(frozen=True, eq=False)
class Track:
    """The patient: number of the track, when it began and was last seen (frame time, seconds), and the face then."""

    number: int
    began_s: float
    seen_s: float
    face: Face


@dataclass(frozen=True, eq=False)
class Sighting:
    """The patient's track (None when absent), and how many faces were in view at the last look that could see each.
    `refused` is the likeliest of those that were looked at and are too faint to be anybody's; `others` are boxes of
    all but the patient, frame pixels."""

    track: Track | None
    faces: int
    refused: Face | None = None
    others: tuple[Box, ...] = ()


@dataclass(frozen=True)
class _Other:
    box: Box
    seen_s: float
    far: bool


class Tracker:
    """Follows one patient from frame to frame; see the module's docstring."""

    def __init__(self, detector: Detector, landmarker: Landmarker, settings: TrackerSettings) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._settings = settings
        self._track: Track | None = None
        self._following = False
        self._others: tuple[_Other, ...] = ()
        self._beside: tuple[Box, ...] = ()
        self._refused: Face | None = None
        self._looked_s = -math.inf
        self._looked_far_s = -math.inf
        self._turned_s = -math.inf
        self._part_s = -math.inf
        self._sparing = False

    def spare(self, sparing: bool) -> None:
        """Whether to look for far faces only every `recheck_s` while nobody is there."""
        self._sparing = sparing

    def __call__(self, frame: Frame) -> Sighting:
        face = self._follow(frame)
        if face is None or frame.time_s - self._looked_s >= self._settings.recheck_s:
            face = self._look(frame, face)
        self._following = face is not None
        if face is not None:
            self._track = self._extended(face, frame)
        track = self._track if self._following else None
        faces = len(self._beside) + self._following
        return Sighting(track, faces, None if track else self._refused, self._beside)

    def _follow(self, frame: Frame) -> Face | None:
        if not self._following or self._track is None or self._gap(frame) > self._settings.max_gap_s:
            return None
        face = self._landmarker(frame, self._track.face.roi())
        steady = face.box.iou(self._track.face.box) >= _STEADY_IOU
        return face if steady and face.presence >= self._settings.min_presence else None

    def _look(self, frame: Frame, face: Face | None) -> Face | None:
        self._looked_s = frame.time_s
        detections = self._detections(frame, face)
        known = tuple(o for o in self._others if self._remembered(o))
        others = _claimed(known, detections)
        if face is None:
            face = self._pick(frame, [d for d in detections if d not in others])
        if face is not None:
            others = [d for d in detections if d.box.iou(face.box) < _SAME_FACE_IOU]
        unseen = _unseen(known, others)
        self._others = (*unseen, *(_Other(d.box, frame.time_s, d.far) for d in others))
        beside = others if face is not None else detections
        self._beside = (*(d.box for d in beside), *(o.box for o in unseen if o.far))
        return face

    def _detections(self, frame: Frame, face: Face | None) -> list[Detection]:
        """Who is in view: by the short range always, by the full range when it is due or nobody is seen without it."""
        near = self._detector.near(frame)
        followed = face is not None and any(d.box.iou(face.box) >= _SAME_FACE_IOU for d in near)
        due_s = self._settings.far_recheck_s if followed else self._settings.recheck_s
        if frame.time_s - self._looked_far_s >= due_s:
            self._looked_far_s = frame.time_s
            return merge(near, self._detector.far(frame))
        part_is_due = not self._sparing and not 0 <= frame.time_s - self._part_s < _TURN_S - _SLACK_S
        if face is None and part_is_due and not self._detector.allowed(frame, near):
            self._part_s = frame.time_s
            return merge(near, self._detector.far(frame, thorough=False))
        return near

    def _remembered(self, other: _Other) -> bool:
        """Whether too little time passed, up to the last look that could see this other, for it to have left."""
        looked_s = self._looked_far_s if other.far else self._looked_s
        return looked_s - other.seen_s < self._settings.forget_others_s

    def _pick(self, frame: Frame, candidates: list[Detection]) -> Face | None:
        allowed = sorted(self._detector.allowed(frame, candidates), key=lambda d: -_size_class(d.box))
        places = [detection_roi(detection) for detection in allowed]
        looks = [(roi, self._landmarker(frame, roi)) for roi in places]
        seen = [(roi, face) for roi, face in looks if face.presence >= self._settings.min_presence]
        found = (upright(frame, roi, self._landmarker) for roi, face in seen if self._may_be_patient(face, frame))
        if not seen and frame.time_s - self._turned_s >= self._settings.recheck_s:
            self._turned_s = frame.time_s
            turned = (upright(frame, roi, self._landmarker) for roi in places)
            found = (face for face in turned if face.presence >= _SURE and self._may_be_patient(face, frame))
        likeliest = max((face for _, face in looks), key=lambda face: face.presence, default=None)
        self._refused = None if seen else likeliest
        face = next(found, None)
        return None if face is None else averaged(frame, face, self._landmarker)

    def _may_be_patient(self, face: Face, frame: Frame) -> bool:
        if self._track is None or self._gap(frame) > self._settings.hold_s:
            return True
        ratio = face.box.w / max(self._track.face.box.w, 1e-6)
        return 1 / self._settings.size_tolerance <= ratio <= self._settings.size_tolerance

    def _gap(self, frame: Frame) -> float:
        return math.inf if self._track is None else frame.time_s - self._track.seen_s

    def _extended(self, face: Face, frame: Frame) -> Track:
        if self._track is not None and self._gap(frame) <= self._settings.hold_s:
            return replace(self._track, seen_s=frame.time_s, face=face)
        return Track(self._track.number + 1 if self._track else 1, frame.time_s, frame.time_s, face)


def _size_class(box: Box) -> int:
    return round(math.log(max(box.w, 1.0), _SIZE_STEP))


def _claimed(known: tuple[_Other, ...], detections: list[Detection]) -> list[Detection]:
    """The detections that are known others: each other claims the nearest one in reach, nearest pairs first."""
    pairs = sorted((o.box.distance(d.box), i, j) for i, o in enumerate(known) for j, d in enumerate(detections))
    claims: dict[int, int] = {}  # detection → other
    for distance, other, detection in pairs:
        if distance < _OTHER_REACH and detection not in claims and other not in claims.values():
            claims[detection] = other
    return [detections[j] for j in sorted(claims)]


def _unseen(known: tuple[_Other, ...], seen: list[Detection]) -> tuple[_Other, ...]:
    """Others none of those seen now can be; they keep their place until they are forgotten."""
    return tuple(o for o in known if all(o.box.distance(d.box) >= _OTHER_REACH for d in seen))
