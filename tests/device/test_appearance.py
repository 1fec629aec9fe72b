"""The stage over a trained network: which numbers become which action units, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from converter.bundle import write_bundle
from device.contract.errors import ModelError
from device.contract.labels import EMOTIONS, LOWER, SIDED_KEYS
from device.contract.manifest import Bundle, InputSpec, Manifest, OutputSpec
from device.models import open_models
from device.pipeline import Eye
from device.runtime.fake import FakeInterpreter
from device.runtime.interpreter import Tensor
from device.runtime.model import Model
from device.settings import ModelSettings
from device.stages.appearance import AppearanceActionUnits, merged
from device.stages.reader import Reading
from tests.people import actions

SIDE = 48
CROP = np.zeros((SIDE, SIDE), np.uint8)
IMAGE = InputSpec((1, SIDE, SIDE, 1), "float32", "grey", "aligned")
PRESENCE = OutputSpec("presence", (1, 3), "float32", labels=("AU12", "AU4", "AD19"), activation="sigmoid")
INTENSITY = OutputSpec("intensity", (1, 2), "float32", labels=("AU6", "AU12"))
MANIFEST = Manifest("appearance", "1.0.0", "action-units", IMAGE, (PRESENCE, INTENSITY), {}, "", "")
ANSWERS = {"presence": [0.0, -1.0986123, 9.0], "intensity": [7.0, 1.5]}


def opened(manifest=MANIFEST, answers=ANSWERS):
    tensors = tuple(Tensor(spec.shape, spec.dtype, 0.0, 0) for spec in manifest.outputs)
    values = tuple(np.array([answers[spec.name]], np.float32) for spec in manifest.outputs)
    network = FakeInterpreter(Tensor(manifest.input.shape, "float32", 0.0, 0), tensors, lambda _: values)
    return Model(Bundle(Path(), manifest, {"model.tflite": b""}), load=lambda content, threads: network)


def test_intensity_comes_first_and_presence_stands_in_where_there_is_none():
    estimate = AppearanceActionUnits(opened())

    assert (estimate.units, estimate.side) == (("AU4", "AU6", "AU12"), SIDE)
    assert estimate(CROP) == {"AU4": pytest.approx(0.5), "AU6": 5.0, "AU12": 1.5}


def test_the_order_of_outputs_does_not_matter():
    turned = replace(MANIFEST, outputs=MANIFEST.outputs[::-1])

    assert AppearanceActionUnits(opened(turned))(CROP) == AppearanceActionUnits(opened())(CROP)


def test_one_head_is_enough():
    estimate = AppearanceActionUnits(opened(replace(MANIFEST, outputs=(PRESENCE,))))

    assert estimate(CROP) == {"AU4": pytest.approx(0.5), "AU12": pytest.approx(1.0)}


def test_no_intensity_is_below_nought():
    answers = ANSWERS | {"intensity": [-0.3, 2.0]}

    assert AppearanceActionUnits(opened(answers=answers))(CROP)["AU6"] == 0.0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"task": "facial-expression"}, "is for .facial-expression."),
        ({"input": replace(IMAGE, crop="roi")}, "crop .roi."),
        ({"input": replace(IMAGE, colour="rgb", shape=(1, 48, 48, 3))}, "one square grey face"),
        ({"input": replace(IMAGE, shape=(1, 48, 64, 1))}, "one square grey face"),
        ({"input": replace(IMAGE, crop="aligned", shape=(1, 99))}, "one square grey face"),
        ({"outputs": (replace(PRESENCE, name="valence"),)}, "has the outputs valence, .* needs presence or intensity"),
        ({"outputs": (replace(PRESENCE, labels=("AU1",)),)}, "'presence'"),
        ({"outputs": (PRESENCE, PRESENCE)}, "'presence'"),
        ({"outputs": (replace(INTENSITY, labels=("AD19", "AD32")),)}, "none of the action units"),
    ],
)
def test_a_bundle_of_another_shape_is_refused(change, complaint):
    answers = ANSWERS | {"valence": ANSWERS["presence"]}
    model = opened(replace(MANIFEST, **change), answers)

    with pytest.raises(ModelError, match=complaint):
        AppearanceActionUnits(model)


def reading(*hidden):
    both = {"AU1": 1.0, "AU12": 4.0}
    seen = actions(both, hidden, left={"AU1": 0.5}, right={"AU1": 1.5})
    return Reading(np.full(len(EMOTIONS), 1 / 8, np.float32), seen, hidden)


def test_the_network_takes_the_place_of_the_face_network_for_what_it_knows():
    before = reading()
    after = merged(before, {"AU12": 2.0, "AU6": 3.0}).actions
    assert after.known() == before.actions.known() | {"AU12": 2.0, "AU6": 3.0}
    left = dict(zip(SIDED_KEYS, after.left.tolist(), strict=True))
    assert left["AU1"] == 0.5
    assert np.isnan([left["AU12"], left["AU6"]]).all(), "of sides the network knows nothing"
    assert before.actions.of("AU12") == 4.0, "what was read is not changed"


def test_what_is_hidden_stays_hidden():
    merge = merged(reading(LOWER), {"AU12": 2.0, "AU6": 3.0})
    assert "AU12" not in merge.actions.known()
    assert merge.actions.known()["AU6"] == 3.0
    assert merge.hidden == (LOWER,)


def test_in_the_pipelines_eye_it_is_asked_for_its_own_crop_and_named_in_records(models):
    both = replace(models, action_units=opened(replace(MANIFEST, input=replace(IMAGE, shape=(1, 96, 96, 1)))))
    sides = []

    def at_side(side):
        sides.append(side)
        return np.zeros((side, side), np.uint8)

    found = Eye(both)(CROP, at_side)
    assert sides == [96]
    if not found.hidden:
        assert (found.actions.of("AU6"), found.actions.of("AU12")) == (5.0, 1.5)
    assert both.named()["aus"] == f"{models.face.manifest.id} appearance-1.0.0"
    assert ModelSettings(action_units="appearance-1.0.0").estimators == both.named()["aus"]


def test_without_a_setting_there_is_no_network_and_a_bundle_that_is_missing_is_named(models, tmp_path):
    assert models.action_units is None
    assert "action_units" not in models.loaded()
    with (
        pytest.raises(ModelError, match=r"No model bundle mine-1\.0\.0"),
        open_models(ModelSettings(action_units="mine-1.0.0")),
    ):
        pass


def test_the_contract_knows_the_task(tmp_path):
    assert write_bundle(tmp_path, MANIFEST, b"", "card").name == "appearance-1.0.0"
