"""What the face network that ships with the box thinks of a frame; it is loaded when a coder asks the first time."""

from contextlib import ExitStack

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import tasks
from device.models import load
from device.settings import ModelSettings
from device.stages.aligner import CROP_SIDE
from device.stages.frame import Frame
from device.stages.reader import FaceReader
from training.annotation.page.network import FaceBox
from training.face_finder import MAX_GAP_S, FaceFinder, Sight

#: Pictures smaller than this are enlarged, for the detector finds no face in fewer pixels.
_LEAST_SIDE = 320
#: A picture of this side at most that shows no face to the detector is one: data sets of cropped faces.
_CROPPED = 96


class ShippedNetwork:
    """Detector, landmarks and face network as a function of a picture."""

    def __init__(self) -> None:
        """Raises `ModelError`: a model has not been fetched; `RuntimeMissingError`: no inference library."""
        settings = ModelSettings()
        with ExitStack() as stack:
            self._reader = FaceReader(stack.enter_context(load(settings.face, settings, tasks.FACE_READING)))
            self._finder = stack.enter_context(FaceFinder())
            stack.pop_all()
        self._asked = 0

    def face(self, picture: NDArray[np.uint8]) -> FaceBox | None:
        """Where the face is; None: none is found."""
        enlarged = _enlarged(picture)
        face = self._sight(enlarged).face
        if face is None:
            return None
        height, width = enlarged.shape[:2]
        box = face.box
        return FaceBox(box.x / width, box.y / height, box.w / width, box.h / height)

    def __call__(self, picture: NDArray[np.uint8]) -> dict[str, float] | None:
        """Intensity 0–5 of each unit that is seen in (height, width, 3) RGB; None: no face is found."""
        crop = self._sight(_enlarged(picture)).crop
        if crop is None and max(picture.shape[:2]) <= _CROPPED:
            crop = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (CROP_SIDE, CROP_SIDE)).astype(np.uint8)
        return None if crop is None else self._reader(crop).actions.known()

    def _sight(self, picture: NDArray[np.uint8]) -> Sight:
        """What a picture shows, found anew each time."""
        self._asked += 1
        bgr = np.ascontiguousarray(picture[..., ::-1])
        return self._finder(Frame(bgr, self._asked, self._asked * 2 * MAX_GAP_S))


def _enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = _LEAST_SIDE / min(picture.shape[:2])
    if factor <= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
