"""The canonical face mesh, read out of a protocol-buffer message."""

import json
import struct
import zipfile

import pytest

from converter.canonical_mesh import canonical_mesh_json
from converter.third_party import LANDMARKER_TASK, MESH_MEMBER
from device.bundle_folders import bundle_cache
from device.contract.errors import FetchError

TASK = bundle_cache() / "downloads" / LANDMARKER_TASK.filename
POINTS = [(i * 0.5, -float(i), 7.25) for i in range(468)]
WEIGHTS = {4: 0.25, 263: 0.5}


def varint(value):
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def sized(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def mesh(points):
    """A Mesh3d: vertex type, primitive type, vertices with texture coordinates, indices."""
    vertices = b"".join(struct.pack("<5f", *point, 0.5, 0.5) for point in points)
    return varint(1 << 3) + varint(0) + varint(2 << 3) + varint(300) + sized(3, vertices) + sized(4, b"\x01\x02")


def weight(point, share):
    return varint(1 << 3) + varint(point) + varint(2 << 3 | 5) + struct.pack("<f", share)


def metadata(points=POINTS, weights=WEIGHTS):
    message = sized(1, mesh(points))
    return message + b"".join(sized(2, weight(*item)) for item in weights.items())


def test_points_and_weights_are_read():
    found = json.loads(canonical_mesh_json(metadata()))
    assert found["points"] == [list(point) for point in POINTS]
    assert found["pose_weights"] == {str(point): share for point, share in WEIGHTS.items()}


def test_unknown_fields_are_passed_over():
    unknown = sized(9, b"something new") + varint(10 << 3 | 1) + bytes(8) + varint(11 << 3 | 5) + bytes(4)
    assert canonical_mesh_json(unknown + metadata()) == canonical_mesh_json(metadata())


def test_point_0_has_a_weight_though_its_number_is_left_out():
    message = metadata() + sized(2, varint(2 << 3 | 5) + struct.pack("<f", 0.125))
    assert json.loads(canonical_mesh_json(message))["pose_weights"]["0"] == 0.125


@pytest.mark.parametrize(
    "message",
    [b"", metadata(points=POINTS[:-1]), metadata(weights={}), sized(2, weight(4, 0.25))],
    ids=["empty", "a point short", "no weights", "no mesh"],
)
def test_an_incomplete_mesh_is_refused(message):
    with pytest.raises(FetchError, match="incomplete"):
        canonical_mesh_json(message)


@pytest.mark.parametrize("kept", [1, 2, 100, 9_000, len(metadata()) - 1, len(metadata()) - 9])
def test_a_cut_off_message_is_refused(kept):
    with pytest.raises(FetchError, match="fetch the models again"):
        canonical_mesh_json(metadata()[:kept])


@pytest.mark.parametrize("message", [b"\xff" * 30, b"\x0b\x00", b"garbage garbage garbage"])
def test_garbage_is_refused(message):
    with pytest.raises(FetchError, match="fetch the models again"):
        canonical_mesh_json(message)


@pytest.mark.skipif(not TASK.is_file(), reason="`affectbox-converter fetch` has not run here")
def test_the_publishers_mesh_is_a_face():
    with zipfile.ZipFile(TASK) as task:
        found = json.loads(canonical_mesh_json(task.read(MESH_MEMBER)))
    points, weights = found["points"], found["pose_weights"]

    assert len(points) == 468 and len(weights) == 33
    nose, chin, right_eye, left_eye = (points[i] for i in (1, 152, 33, 263))
    assert nose[2] > max(right_eye[2], left_eye[2], chin[2]), "z is towards the viewer"
    assert chin[1] < nose[1] < right_eye[1], "y is up"
    assert right_eye[0] == -left_eye[0] < 0, "x is to the right of the picture"
