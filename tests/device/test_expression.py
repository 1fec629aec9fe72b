"""Expression: the portrait smiles, and a bundle that is for something else is refused."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from device.contract.errors import ModelError
from device.contract.labels import EMOTIONS
from device.stages.aligner import align
from device.stages.detector import BlazeFace
from device.stages.expression import ExpressionClassifier
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker, detection_roi


@pytest.fixture(scope="module")
def crop(models, portrait):
    frame = Frame(portrait, 0, 0.0)
    (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
    return align(frame, Landmarker(models.landmarks)(frame, detection_roi(detection)))


@pytest.fixture(scope="module")
def express(models):
    return ExpressionClassifier(models.expression)


def other_labels(manifest):
    return replace(manifest, outputs=tuple(replace(o, labels=o.labels[::-1]) for o in manifest.outputs))


def larger_crops(manifest):
    return replace(manifest, input=replace(manifest.input, shape=(1, 64, 64, 1)))


def coloured_crops(manifest):
    return replace(manifest, input=replace(manifest.input, shape=(1, 48, 48, 3)))


def test_a_smiling_face_is_happy(express, crop):
    probabilities = express(crop)
    assert max(probabilities, key=probabilities.get) == "happiness"
    assert probabilities["happiness"] > 0.8


def test_probabilities_of_all_emotions_sum_to_one(express, crop):
    for picture in (crop, crop[::-1].copy(), crop // 3):
        probabilities = express(picture)
        assert tuple(probabilities) == EMOTIONS
        assert min(probabilities.values()) >= 0
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_the_answer_depends_on_the_picture(express, crop):
    upside_down = express(crop[::-1].copy())
    assert upside_down["happiness"] < express(crop)["happiness"] - 0.2


def test_a_bundle_for_something_else_is_refused(models):
    with pytest.raises(ModelError, match=r"blazeface-short-1\.0\.0 has no output 'ferplus'"):
        ExpressionClassifier(models.short_range)


@pytest.mark.parametrize("change", [other_labels, larger_crops, coloured_crops])
def test_a_bundle_with_other_labels_or_another_crop_is_refused(models, change):
    with pytest.raises(ModelError, match="eight emotions"):
        ExpressionClassifier(SimpleNamespace(manifest=change(models.expression.manifest)))
