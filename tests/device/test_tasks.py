"""What the box says of a bundle by its manifest alone."""

from dataclasses import replace

import pytest

from device.contract.errors import ModelError
from device.contract.tasks import FACE_READING, TASKS, misfit, require
from device.models import ROLES


def test_every_network_of_the_box_fits_its_role(models):
    for role, model in models.loaded().items():
        assert misfit(model.manifest) is None
        require(model.manifest, ROLES[role])


def test_every_role_has_a_task_that_is_known():
    assert set(ROLES.values()) <= set(TASKS)


def test_landmarks_come_with_the_canonical_face(models):
    with pytest.raises(ModelError, match=r"holds no canonical_face\.json"):
        require(replace(models.landmarks.manifest, files={}), ROLES["landmarks"])


@pytest.mark.parametrize("name", ["personal", "gait"])
def test_a_task_of_which_the_box_knows_nothing_is_one_sentence(models, name):
    manifest = replace(models.face.manifest, task=name)
    assert misfit(manifest) == f"is for the task '{name}', and this version of the box knows {', '.join(TASKS)}"
    with pytest.raises(ModelError, match=f"is for '{name}', not for 'face-reading': name another one"):
        require(manifest, FACE_READING)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m: replace(m, outputs=m.outputs[1:]), "the box needs .*ferplus"),
        (lambda m: replace(m, outputs=(replace(m.outputs[0], labels=("a",)), *m.outputs[1:])), "other labels in"),
        (lambda m: replace(m, input=replace(m.input, crop="roi")), "takes the crop 'roi'.* gives 'aligned'"),
    ],
)
def test_a_known_task_has_its_own_outputs_and_crop(models, change, why):
    with pytest.raises(ModelError, match=why):
        require(change(models.face.manifest), FACE_READING)
