"""What teachers say of faces, and of which faces each is asked."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from device.contract.errors import ConfigError
from training.face import teacher
from training.face.data import HEADS, folds
from training.face.recipe import FaceRecipe, FaceTeacher, Units
from training.networks.face import UNITS, Face
from training.run_folder import Run


@pytest.fixture
def faces(coded_faces):
    return coded_faces.split("Training")


def run_that_says(value, folder, unseen, data="the same"):
    """A run whose every answer is `value` on its scale."""
    network = Face(widths=(4,), places=4)
    model = network.build({head: len(labels) for head, labels in HEADS.items()})
    for layer in model.layers:
        if hasattr(layer, "kernel") and layer.kernel.shape[-1] in (2, 13, 22):
            layer.set_weights([np.zeros(layer.kernel.shape), np.full(layer.bias.shape, value)])
    recipe = FaceRecipe(network=network, units=Units(folds=3, unseen=unseen, only=True))
    return Run(folder, recipe, HEADS, model, {"data": data})


@pytest.fixture
def asked(faces, tmp_path, monkeypatch):
    """Called with runs: what they say together."""

    def call(*runs, data="the same"):
        monkeypatch.setattr(teacher, "load_run_of", lambda _, path: next(run for run in runs if run.folder == path))
        recipe = FaceRecipe(teacher=FaceTeacher(runs=tuple(str(run.folder) for run in runs)))
        return teacher.taught(recipe, faces, data, lambda _: None)

    return call


def test_a_run_is_not_asked_of_a_face_whose_code_it_saw(asked, faces, tmp_path):
    surely, hardly = run_that_says(20.0, tmp_path / "a", (1, 2)), run_that_says(-20.0, tmp_path / "b", (1, 3))

    said = asked(surely, hardly)

    fold = folds(faces, Units(folds=3))
    of_fold = {number: said[UNITS][fold == number, :, 0] for number in (1, 2, 3)}
    assert np.allclose(of_fold[2], 1, atol=1e-5), "only the first has not seen fold 2"
    assert np.allclose(of_fold[3], 0, atol=1e-5), "only the second has not seen fold 3"
    assert np.allclose(of_fold[1], 0.5, atol=1e-5), "of what nobody saw both are asked"
    assert set(said) == {UNITS, "hidden"} and said["hidden"].shape == (len(faces), 2)


def test_what_all_have_seen_all_are_asked(asked, faces, tmp_path):
    said = asked(run_that_says(20.0, tmp_path / "a", (1,)), run_that_says(-20.0, tmp_path / "b", (1,)))

    assert np.allclose(said[UNITS][folds(faces, Units(folds=3)) == 3, :, 0], 0.5, atol=1e-5)


def test_a_teacher_of_other_data_has_other_folds_and_is_refused(asked, tmp_path):
    with pytest.raises(ConfigError, match="was trained on other data"):
        asked(run_that_says(0.0, tmp_path / "a", (1,), data="others"))


def test_without_teachers_nothing_is_said(faces):
    assert teacher.taught(FaceRecipe(), faces, "") == {}


def test_what_was_said_is_kept_and_not_asked_for_again(tmp_path):
    answers = {UNITS: np.ones((2, 22, 5), np.float32), "hidden": np.zeros((2, 2), np.float32)}

    first = teacher.kept(tmp_path / "taught.npz", lambda: answers)
    again = teacher.kept(tmp_path / "taught.npz", lambda: pytest.fail("it was asked again"))

    assert all(
        np.array_equal(first[head], answers[head]) and np.array_equal(again[head], answers[head]) for head in answers
    )
    assert teacher.kept(tmp_path / "nothing.npz", dict) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nothing.npz", "taught.npz"]


def test_views_are_of_one_face_and_half_of_them_mirrored(faces):
    found = list(teacher.views(faces.images[:3]))

    assert len(found) == 4 and all(view.shape == (3, 48, 48) and view.dtype == np.uint8 for view in found)
    assert np.array_equal(found[0], faces.images[:3])
    assert all(
        np.array_equal(plain, turned[:, :, ::-1]) for plain, turned in zip(found[::2], found[1::2], strict=True)
    )
