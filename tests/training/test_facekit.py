"""Reading ICT-FaceKit: folder and archive, axes, and what is not whole."""

import tarfile

import numpy as np
import pytest

from device.contract.errors import DataError
from training.face.facekit import NEUTRAL, load_facekit

VERTICES = 6473  # as many as the correspondence reaches into


def obj(points):
    return "# a head\n" + "".join(f"v {x} {y} {z}\n" for x, y, z in points) + "f 1 2 3\n"


@pytest.fixture
def model_folder(tmp_path):
    """A FaceXModel of one shape and one identity, which move all vertices by a known amount."""
    folder = tmp_path / "FaceXModel"
    folder.mkdir()
    head = np.random.default_rng(0).normal(0, 5, (VERTICES, 3)).round(3)
    for name, shift in ((NEUTRAL, [0, 0, 0]), ("identity000", [1, 0, 0]), ("jawOpen", [0, -2, 0])):
        (folder / f"{name}.obj").write_text(obj(head + shift))
    return folder


@pytest.fixture
def model_archive(model_folder):
    path = model_folder.parent / "model.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        archive.add(model_folder, "FaceXModel")
    return path


def test_a_model_is_read_from_its_folder_and_from_an_archive_alike(model_folder, model_archive):
    first, second, third = (load_facekit(path) for path in (model_folder, model_folder.parent, model_archive))
    for kit in (first, second, third):
        assert kit.neutral.shape == (468, 3) and kit.identities.shape == (1, 468, 3)
        assert set(kit.shapes) == {"jawOpen"}
    assert np.array_equal(first.neutral, third.neutral) and np.array_equal(first.neutral, second.neutral)


def test_a_jaw_that_falls_in_the_model_goes_down_in_the_picture(model_folder):
    jaw = load_facekit(model_folder).shapes["jawOpen"]
    assert jaw[:, 1] == pytest.approx(2, abs=0.01), "y grows downwards"
    assert jaw[:, 0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda f: (f / f"{NEUTRAL}.obj").unlink(), NEUTRAL),
        (lambda f: (f / "identity000.obj").unlink(), "no identityNNN.obj"),
        (lambda f: (f / "jawOpen.obj").write_text("v 1 2 3\n"), "jawOpen.obj has 1 vertices"),
        (lambda f: (f / "jawOpen.obj").write_text("v 1 2 x\n"), "jawOpen.obj is damaged"),
    ],
)
def test_a_model_that_is_not_whole_is_refused_in_one_sentence(model_folder, spoil, complaint):
    spoil(model_folder)
    with pytest.raises(DataError, match=complaint):
        load_facekit(model_folder)


def test_an_archive_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read from .*no\.tar\.xz.*get FaceXModel from") as caught:
        load_facekit(tmp_path / "no.tar.xz")
    assert "\n" not in str(caught.value)


def test_a_damaged_archive_is_refused(model_archive):
    model_archive.write_bytes(model_archive.read_bytes()[:2000])
    with pytest.raises(DataError, match="cannot be read"):
        load_facekit(model_archive)
