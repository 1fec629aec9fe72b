"""Face landmarks: 468 or 478 points and the probability that there is a face, from a turned square crop.

Source: *MediaPipe Face Mesh* and *Face Mesh V2* model cards, of which the second adds ten points of the irises;
Kartynnik et al. 2019, *Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs*. Points 33 and 263 are
the outer eye corners; the next crop is 1.5 times the points' box.
"""

from dataclasses import dataclass

import cv2

from device.arrays import FloatArray
from device.runtime.model import Model
from device.stages.detector import LEFT_EYE, RIGHT_EYE, Detection
from device.stages.frame import Frame
from device.stages.geometry import Box, Roi, roi_from_box, warp

ROI_SCALE = 1.5
RIGHT_OUTER_CORNER, LEFT_OUTER_CORNER = 33, 263


@dataclass(frozen=True, eq=False)
class Face:
    """A face with its landmarks.

    Attributes:
        points: (468, 3), or (478, 3) with irises, in frame pixels; z is on the scale of x, smaller nearer to the
            camera.
        presence: probability 0 to 1 that the crop held a face.
        box: around the points, frame pixels.
    """

    points: FloatArray
    presence: float
    box: Box

    def roi(self) -> Roi:
        """Where to look for this face in the next frame."""
        return roi_from_box(self.box, self.points[RIGHT_OUTER_CORNER], self.points[LEFT_OUTER_CORNER], ROI_SCALE)


class Landmarker:
    """The landmark network as a function of a frame and a region."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._side = model.manifest.input.shape[1]
        self._points, _ = model.manifest.output("landmarks")
        self._presence, _ = model.manifest.output("presence")

    def __call__(self, frame: Frame, roi: Roi) -> Face:
        """The face in `roi`; check its `presence`."""
        crop = cv2.cvtColor(warp(frame.image, roi.matrix(self._side), self._side), cv2.COLOR_BGR2RGB)
        outputs = self._model.on_image(crop)  # type: ignore[arg-type]
        points = roi.to_frame(outputs[self._points].reshape(-1, 3), self._side)
        return Face(points, float(outputs[self._presence].reshape(())), Box.around(points))


def detection_roi(detection: Detection) -> Roi:
    """The crop for a face that has just been detected."""
    return roi_from_box(detection.box, detection.points[RIGHT_EYE], detection.points[LEFT_EYE], ROI_SCALE)
