"""Facial expression: eight probabilities from the aligned crop.

A network of expressions alone, named in `models.expression`, in the place of the face network's answer. They are what
annotators would say of the picture (FER+), not what the person feels; see the bundle's model card.
"""

from device.arrays import ByteImage, FloatArray
from device.contract.errors import ModelError
from device.contract.tasks import FACIAL_EXPRESSION, require
from device.runtime.model import Model
from device.stages.aligner import CROP_SIDE

HEAD = "ferplus"


class ExpressionClassifier:
    """The FER network as a function of an aligned crop."""

    def __init__(self, model: Model) -> None:
        """Raises `ModelError` unless the bundle has a FER+ head over 48×48 grey crops."""
        self._model = model
        require(model.manifest, FACIAL_EXPRESSION)
        self._position, _ = model.manifest.output(HEAD)
        if model.manifest.input.shape != (1, CROP_SIDE, CROP_SIDE, 1):
            raise ModelError(f"Bundle {model.manifest.id} does not take 48×48 grey crops: name another one.")

    def __call__(self, crop: ByteImage) -> FloatArray:
        """(8,) probability of each emotion, in the contract's order; they sum to 1."""
        return self._model.on_image(crop)[self._position].reshape(-1)
