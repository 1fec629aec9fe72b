"""The committed digital face: whole, small, the card's, and refused in a sentence when it is not."""

import gzip
import tomllib
from hashlib import sha256

import numpy as np
import pytest

from cloud.face.mesh import FILE, load_face, read_face
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNITS


def test_every_unit_has_a_target_and_every_side_of_a_sided_one():
    sided = [f"{unit.key}_{side}" for unit in ACTION_UNITS if unit.sided for side in "LR"]
    others = [unit.key for unit in ACTION_UNITS if not unit.sided]
    face = load_face()

    assert set(face.targets) == {*sided, *others, "AD61", "AD62", "AD63", "AD64"}
    assert all(np.linalg.norm(one.deltas, axis=1).max() > 0.1 for one in face.targets.values()), (
        "it moves a millimetre"
    )


def test_the_file_is_the_one_on_its_card_and_small_enough_for_a_page():
    content = FILE.read_bytes()
    card = tomllib.loads(FILE.with_name("face.toml").read_text())

    assert sha256(content).hexdigest() == card["sha256"]
    assert len(content) < 1.8e6 and len(gzip.compress(content)) < 0.9e6
    assert "USC Institute for Creative Technologies" in FILE.with_name("LICENSE-ICT-FaceKit").read_text()


def test_left_is_the_persons_left_which_is_on_the_right_of_the_picture():
    face = load_face()
    for name in ("AU12", "AU2", "AU43"):
        left, right = face.targets[f"{name}_L"], face.targets[f"{name}_R"]
        most_left, most_right = (
            face.vertices[one.indices[np.linalg.norm(one.deltas, axis=1).argmax()], 0] for one in (left, right)
        )
        assert most_left > 1 and most_right < -1, name


def test_weights_add_up_and_stay_within_bounds():
    face = load_face()
    half, whole, beyond = (face.moved({"AU26": weight}) - face.vertices for weight in (0.5, 1.0, 7.0))

    assert np.allclose(2 * half, whole, atol=1e-5) and np.array_equal(whole, beyond)
    assert np.array_equal(face.moved({"AU26": float("nan"), "AU12_L": 0.0}), face.vertices)
    assert whole[:, 1].min() < -2, "the jaw falls"
    with pytest.raises(DataError, match="no target 'AU12'"):
        face.moved({"AU12": 1.0})


@pytest.mark.parametrize("keep", [0, 11, 300, 200_000])
def test_a_face_that_was_cut_short_is_refused_in_a_sentence(tmp_path, keep):
    (tmp_path / "face.glb").write_bytes(FILE.read_bytes()[:keep])

    with pytest.raises(DataError, match="not a digital face, or is damaged") as caught:
        read_face(tmp_path / "face.glb")
    assert "\n" not in str(caught.value)


def test_a_face_that_points_beyond_its_file_is_refused(tmp_path):
    content = bytearray(FILE.read_bytes())
    at = content.index(b'"byteLength":') + len(b'"byteLength":')
    content[at : at + 1] = b"9"
    content = content.replace(b'"count":', b'"kount":', 1)
    (tmp_path / "face.glb").write_bytes(content)

    with pytest.raises(DataError, match="damaged"):
        read_face(tmp_path / "face.glb")
    with pytest.raises(DataError, match="cannot be read from"):
        read_face(tmp_path / "none.glb")
