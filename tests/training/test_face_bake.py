"""`face`: the digital face baked from a small model of the same form as ICT-FaceKit, made here."""

import re

import numpy as np
import pytest

from cloud.face.mesh import read_face
from device.contract.errors import ConfigError, DataError, StorageError
from device.contract.labels import ACTION_UNIT_KEYS
from training.cli import main
from training.face.bake import occlusion
from training.face.bake.colours import SKIN
from training.face.bake.cut import cut_above
from training.face.bake.units import at_rest, names, units
from training.face.heads import load_heads, triangles

#: Where each of the model's shapes moves the head, and which way.
MOVES = {
    "browDown": ((2.5, 6, 9), (0, -1, 0)),
    "browInnerUp": ((1.5, 6, 9), (0, 1, 0)),
    "browOuterUp": ((4, 6, 9), (0, 1, 0)),
    "cheekRaiser": ((4, 1, 9), (0, 1, 0)),
    "cheekSquint": ((4, 1, 9), (0, 1, 0)),
    "eyeBlink": ((3, 4, 9), (0, -1, 0)),
    "eyeLookDown": ((3, 4, 9), (0, -0.3, 0)),
    "eyeLookIn": ((3, 4, 9), (-0.3, 0, 0)),
    "eyeLookOut": ((3, 4, 9), (0.3, 0, 0)),
    "eyeLookUp": ((3, 4, 9), (0, 0.3, 0)),
    "eyeSquint": ((3, 2.5, 9), (0, 0.5, 0)),
    "eyeWide": ((3, 4.5, 9), (0, 0.5, 0)),
    "mouthDimple": ((2.5, -3.5, 9), (0, 0, -1)),
    "mouthFrown": ((2.5, -3.5, 9), (0, -1, 0)),
    "mouthLowerDown": ((1, -4.5, 9), (0, -0.5, 0)),
    "mouthPress": ((1.5, -4, 9), (0, 0.4, 0)),
    "mouthSmile": ((2.5, -3.5, 9), (0.5, 1, 0)),
    "mouthStretch": ((2.5, -3.5, 9), (1, 0, 0)),
    "mouthUpperUp": ((1.5, -2, 9), (0, 0.8, 0)),
    "noseSneer": ((1.5, 0, 10), (0, 1, 0)),
}
BOTH = {
    "jawOpen": (0, -4, 0),
    "mouthFunnel": (0, 0, 1),
    "mouthPucker": (0, 0, 1.2),
    "mouthRollLower": (0, 0.3, -1),
    "mouthRollUpper": (0, -0.3, -1),
    "mouthShrugLower": (0, 1, 0),
    "mouthShrugUpper": (0, 0.6, 0),
}


def ball(centre, radii, around=28, rings=20):
    """Vertices and quadrangles of an ellipsoid, seen from outside counter-clockwise."""
    down, round_ = np.meshgrid(np.linspace(0.03, np.pi - 0.03, rings), np.arange(around) * 2 * np.pi / around)
    at = np.stack([np.sin(down) * np.sin(round_), np.cos(down), np.sin(down) * np.cos(round_)], -1)
    number = np.arange(around * rings).reshape(around, rings)
    after = np.roll(number, -1, 0)
    quads = np.stack([number[:, :-1], number[:, 1:], after[:, 1:], after[:, :-1]], -1).reshape(-1, 4)
    return (at * radii + centre).reshape(-1, 3), quads


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A FaceXModel: an egg with a smaller one for each other part, and every shape that the table asks for."""
    folder = tmp_path_factory.mktemp("kit") / "FaceXModel"
    folder.mkdir()
    parts = {
        "M_Face": ball((0, -1, 0), (8.5, 15, 10.5)),
        "M_BackHead": ball((0, -14, -1), (9, 5, 6), 12, 8),
        "M_GumsTongue": ball((0, -3.5, 12), (1, 1, 1), 8, 6),
        "M_Teeth": ball((0, -3, 13), (1, 1, 1), 8, 6),
        "M_EyeLashes": ball((3, 4, 14), (1, 1, 1), 8, 6),
    }
    lines, vertices = [], np.zeros((0, 3))
    for material, (own, quads) in parts.items():
        lines += [f"usemtl {material}", *("f " + " ".join(f"{c + 1}/1" for c in q) for q in quads + len(vertices))]
        vertices = np.concatenate([vertices, own])

    def write(name, moved, *more):
        text = [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in vertices + moved]
        (folder / f"{name}.obj").write_text("\n".join([*text, *more]) + "\n")

    def bump(centre, by):
        near = np.exp(-((vertices - centre) ** 2).sum(1) / 8)
        return near[:, None] * np.array(by)

    write("generic_neutral_mesh", 0, *lines)
    for name, (centre, by) in MOVES.items():
        for side, sign in (("L", 1), ("R", -1)):
            mirror = np.array([sign, 1, 1])
            write(f"{name}_{side}", bump(centre * mirror, by * mirror))
    for name, by in BOTH.items():
        write(name, bump((0, -4, 10), by))
    return folder


@pytest.fixture(autouse=True)
def _a_glance(monkeypatch):
    """Fewer directions and pixels than for the face that is shown."""
    for name, value in (("_DIRECTIONS", 10), ("_SIZE", 80), ("_VIEWS", 10), ("_VIEW_SIZE", 120)):
        monkeypatch.setattr(occlusion, name, value)


@pytest.fixture(scope="module")
def baked(model, tmp_path_factory):
    """The face of that model and the file's bytes, baked once."""
    out = tmp_path_factory.mktemp("baked") / "face.glb"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_DIRECTIONS", 10), ("_SIZE", 80), ("_VIEWS", 10), ("_VIEW_SIZE", 120)):
            patch.setattr(occlusion, name, value)
        assert main(["face", "--ict", str(model), "--out", str(out)]) == 0
    return read_face(out), out.read_bytes()


def test_every_unit_and_side_is_a_target_that_moves_its_own_side(baked):
    face, _ = baked

    assert list(face.targets) == [name for key in units() for name in names(key)]
    for name in ("AU12", "AU1", "AU6", "AU43"):
        left, right = (face.targets[f"{name}_{side}"] for side in "LR")
        for one, sign in ((left, 1), (right, -1)):
            assert sign * face.vertices[one.indices[np.abs(one.deltas).sum(1).argmax()], 0] > 0.5
    assert 0.5 < face.targets["AU12_L"].deltas[:, 1].max() < 1, "as far as the model says"
    assert -3 < face.targets["AU26"].deltas[:, 1].min() < -2, "the table takes 0.75 of jawOpen"


def test_eyes_turn_to_the_persons_left_and_up(baked):
    face, _ = baked
    first, number = face.parts["eyes"]
    for name, axis, sign in (("AD61", 0, 1), ("AD62", 0, -1), ("AD63", 1, 1), ("AD64", 1, -1)):
        moved = face.moved({name: 1.0})[first : first + number] - face.vertices[first : first + number]
        front = face.vertices[first : first + number, 2].argmax()
        assert sign * moved[front, axis] > 0.4, name


def test_the_shoulders_end_in_a_straight_edge_and_stay_when_the_head_turns(baked):
    face, _ = baked
    lowest = face.vertices[:, 1].min()

    assert lowest == pytest.approx(-14.5, abs=0.01)
    assert face.turning[face.vertices[:, 1] < lowest + 0.01].max() == 0
    assert face.turning[face.vertices[:, 1] > 0].min() == 1


def test_lashes_and_corneas_are_left_out_and_skin_is_nobodys(baked):
    face, _ = baked

    assert set(face.parts) == {"skin", "eyes", "teeth", "mouth"}
    assert sum(number for _, number in face.parts.values()) == len(face.vertices)
    assert face.vertices[:, 2].max() < 14.2, "the lashes of this model lie before everything"
    first, number = face.parts["skin"]
    brightest = face.colours[first : first + number].max(0) ** (1 / 2.2) * 255
    assert brightest == pytest.approx(SKIN, abs=12)


def test_the_same_model_gives_the_same_bytes(baked, model, tmp_path, capsys):
    assert main(["face", "--ict", str(model.parent), "--out", str(tmp_path / "again.glb")]) == 0

    assert (tmp_path / "again.glb").read_bytes() == baked[1]
    assert re.search(r"Wrote .*again\.glb: 0\.\d+ MB, sha256 [0-9a-f]{64}", capsys.readouterr().out)


def test_the_table_has_every_unit_with_its_reason():
    table = units()

    assert list(table) == [*ACTION_UNIT_KEYS, "AD61", "AD62", "AD63", "AD64"]
    assert all(unit.shapes and len(unit.why) > 15 for unit in table.values())


def test_a_model_that_lacks_something_is_refused_in_one_sentence(model, tmp_path, capsys):
    heads = load_heads(model)
    del heads.shapes["mouthLowerDown_L"], heads.shapes["mouthLowerDown_R"]
    with pytest.raises(DataError, match="lacks the shape 'mouthLowerDown'"):
        at_rest(heads)
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl M_Face\nf 1 2 4\n")
    code = main(["face", "--ict", str(tmp_path), "--out", str(tmp_path / "face.glb")])

    assert code == DataError.exit_code and not (tmp_path / "face.glb").exists()
    message = capsys.readouterr().err
    assert "generic_neutral_mesh.obj is damaged" in message and message.count("\n") == 1


def test_a_mesh_of_another_size_is_named(model, tmp_path):
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 0\nv 1 0 0\nusemtl M_Face\n")
    (tmp_path / "jawOpen.obj").write_text("v 0 0 0\n")

    with pytest.raises(DataError, match=r"jawOpen\.obj has 1 vertices, and the neutral head 2"):
        load_heads(tmp_path)


def test_the_command_says_what_is_missing(tmp_path, capsys):
    assert main(["face", "--out", str(tmp_path / "face.glb")]) == ConfigError.exit_code
    assert "--ict" in capsys.readouterr().err
    assert main(["face", "--ict", str(tmp_path), "--out", str(tmp_path / "no" / "face.glb")]) == StorageError.exit_code
    assert "is not a folder" in capsys.readouterr().err


def test_a_cut_goes_through_polygons_and_keeps_values_between():
    heights = np.array([0, 2, 2, 0], np.float32)
    cut = cut_above([(0, 1, 2, 3)], heights, 0.5)

    assert np.allclose(sorted(cut.of(heights)), [0.5, 0.5, 2, 2])
    assert len(triangles(cut.polygons)) == 2
    assert cut_above([(0, 1, 2, 3)], heights, 3).polygons == []
