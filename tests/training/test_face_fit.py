"""A head fitted to landmarks and pictures of which everything is known, with a small model of the test's own."""

import json
import stat
from dataclasses import replace

import cv2
import numpy as np
import pytest

from cloud.face.painter import rotation
from device.contract.errors import DataError, StorageError
from training.cli import main
from training.face.fit import command
from training.face.fit.detail import relief
from training.face.fit.kit import OVAL, Kit, kit_of, weights
from training.face.fit.light import harmonics, light_of, lit, to_srgb
from training.face.fit.mesh import obj
from training.face.fit.result import made
from training.face.fit.solve import Pose, bounded, fit
from training.face.fit.sources import Shot, shots
from training.face.fit.view import SIZE, Square, View, seen
from training.face.heads import Heads, load_heads
from training.sample_clip.clip import load_portrait, portrait_landmarks

IDENTITIES, SHAPES = 6, 8
LIGHT = np.array([[0.35, 0.3, 0.28], [-0.12, -0.1, -0.08], [0.2, 0.18, 0.17], [0.25, 0.2, 0.18], *[[0.02] * 3] * 5])


@pytest.fixture(scope="module")
def kit():
    """The front of an egg, with identities and shapes that are smooth bumps."""
    rng = np.random.default_rng(0)
    places, triangles = egg(50)
    width = 1.5 + np.arange(IDENTITIES + SHAPES) % 3
    centres = places[rng.choice(len(places), IDENTITIES + SHAPES, replace=False)]
    near = np.exp(-((places - centres[:, None]) ** 2).sum(2) / (2 * width[:, None] ** 2))
    ways = rng.normal(0, 1, (IDENTITIES + SHAPES, 3))
    bumps = near[..., None] * (ways / np.linalg.norm(ways, axis=1, keepdims=True))[:, None]
    sizes = np.array([*np.linspace(1.6, 0.8, IDENTITIES), *[0.9] * SHAPES])[:, None, None]
    bumps = (bumps * sizes).astype(np.float32)
    none = np.zeros((0, 3), np.int32)
    parts = {"skin": triangles, "eyes": none, "teeth": none, "mouth": none}
    names = tuple(f"shape{n}" for n in range(SHAPES))
    return Kit(places, bumps[:IDENTITIES], bumps[IDENTITIES:], names, points_of(places, rng), parts)


def egg(side):
    across = np.linspace(-0.96, 0.96, side)
    u, v = np.meshgrid(across, across)
    inside = u**2 + v**2 < 0.92
    numbers = np.where(inside, np.cumsum(inside.ravel()).reshape(side, side) - 1, -1)
    places = np.stack([7.5 * u, 10 * v, 9 * np.sqrt(np.maximum(1 - u**2 - v**2, 0))], -1)[inside]
    a, b, c, d = numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, 1:], numbers[1:, :-1]
    whole = (a >= 0) & (b >= 0) & (c >= 0) & (d >= 0)
    halves = [np.stack(three, -1)[whole] for three in ((a, b, c), (a, c, d))]
    return places.astype(np.float32), np.concatenate(halves).astype(np.int32)


def points_of(places, rng):
    """Vertices in the places of MediaPipe's points that matter, and anywhere for the others."""
    wanted = rng.uniform((-5, -7), (5, 7), (468, 2))
    around = np.arange(len(OVAL)) * 2 * np.pi / len(OVAL)
    wanted[list(OVAL)] = np.stack([6 * np.sin(around), 8.3 * np.cos(around)], 1)
    wanted[33], wanted[263] = (-4.4, 3.4), (4.4, 3.4)
    return np.linalg.norm(places[None, :, :2] - wanted[:, None], axis=2).argmin(1)


def pose_of(yaw, pitch, roll, scale=20.0):
    return Pose(rotation(yaw, pitch, roll).astype(np.float64), scale, np.array([300.0, -280.0, 10.0]))


def landmarks_of(kit, identity, expression, pose, noise, rng):
    """What a landmark network would say: to the right, down, away; depths are worse."""
    placed = pose.placed(kit.at_points().head(identity, expression)) * (1, 1, -1)
    return (placed + rng.normal(0, noise, placed.shape) * (1, 1, 4)).astype(np.float32)


def off_cm(kit, fitted, identity):
    """How far the vertices of the fitted person are from the planted one's, in the mean."""
    none = np.zeros(SHAPES)
    return float(np.linalg.norm(kit.head(fitted, none) - kit.head(identity, none), axis=1).mean())


# landmarks


def test_planted_identity_expression_and_pose_are_found_again(kit):
    rng = np.random.default_rng(1)
    identity = rng.normal(0, 1, IDENTITIES)
    expression = np.array([0.8, 0, 0.5, 0, 0, 0.3, 0, 0])
    pose = pose_of(18, -8, 6)
    told = landmarks_of(kit, identity, expression, pose, 0.6, rng)
    found = fit(kit.at_points(), [told], weights())
    assert np.abs(found.expressions[0] - expression).max() < 0.25
    assert np.abs(found.expressions[0] - expression).mean() < 0.08
    assert np.abs(found.identity - identity).mean() < 0.3
    turned = np.degrees(np.arccos((np.trace(found.poses[0].rotation.T @ pose.rotation) - 1) / 2))
    assert turned < 1.5
    assert found.poses[0].scale == pytest.approx(20, rel=0.02)
    assert off_cm(kit, found.identity, identity) < 0.4 * off_cm(kit, np.zeros(IDENTITIES), identity)
    assert np.median(found.residuals[0]) < 1.2


def test_frames_of_one_person_share_an_identity_and_tell_it_better_than_one(kit):
    rng = np.random.default_rng(2)
    identity = rng.normal(0, 1, IDENTITIES)
    shown = rng.uniform(0, 0.9, (8, SHAPES)) * (rng.random((8, SHAPES)) < 0.4)
    poses = [pose_of(*rng.uniform(-20, 20, 3)) for _ in shown]
    told = [landmarks_of(kit, identity, own, pose, 2.5, rng) for own, pose in zip(shown, poses, strict=True)]
    together = fit(kit.at_points(), told, weights())
    alone = [fit(kit.at_points(), [one], weights()).identity for one in told]
    assert together.identity.shape == (IDENTITIES,)
    assert off_cm(kit, together.identity, identity) < np.mean([off_cm(kit, one, identity) for one in alone])
    assert np.abs(np.array(together.expressions) - shown).mean() < 0.1


def test_weights_of_expressions_stay_within_their_bounds(kit):
    rng = np.random.default_rng(3)
    beyond = np.array([1.8, -0.7, 0, 0, 0, 0, 0, 0])
    told = landmarks_of(kit, np.zeros(IDENTITIES), beyond, pose_of(0, 0, 0), 0.2, rng)
    found = fit(kit.at_points(), [told], weights()).expressions[0]
    assert found.min() >= 0
    assert found.max() <= 1
    assert found[0] == 1
    assert found[1] == 0


def test_a_bounded_least_squares_problem_is_solved(kit):
    rng = np.random.default_rng(4)
    root = rng.normal(0, 1, (20, 8))
    matrix, right = root.T @ root, rng.normal(0, 5, 8)
    low, high = np.full(8, -0.2), np.full(8, 0.3)
    found, held = bounded(matrix, right, low, high)
    slope = matrix @ found - right
    assert np.allclose(slope[~held], 0, atol=1e-8)
    assert (slope[held & (found == low)] >= 0).all()
    assert (slope[held & (found == high)] <= 0).all()
    assert held.any()


# light and detail


@pytest.fixture(scope="module")
def view(kit):
    landmarks = pose_of(0, 0, 0).placed(kit.at_points().neutral)
    return seen(kit, kit.neutral, pose_of(0, 0, 0), Square(60, 40, SIZE / 480), landmarks)


def painted(view, light, normals=None):
    """The head's bare skin under a light."""
    bright = np.clip(harmonics(view.normals if normals is None else normals) @ light, 0, 1)
    return to_srgb(view.albedo * bright)


def test_planted_light_is_found_again_though_hair_covers_the_forehead(view):
    picture = painted(view, LIGHT)
    picture[: SIZE // 4] = (40, 30, 25)
    found = light_of(picture, view)
    shown, wanted = (lit(view, one).astype(int)[view.bare] for one in (found, LIGHT))
    assert np.abs(shown - wanted).mean() < 3


def test_planted_wrinkles_are_found_again_and_smooth_skin_has_none(view):
    rows = np.arange(SIZE)[:, None] * np.ones((1, SIZE))
    planted = (0.02 * np.sin(rows / view.per_cm * 2 * np.pi / 0.7)).astype(np.float32)
    slope = -np.gradient(planted, axis=0) * view.per_cm  # up
    normals = view.normals.copy()
    normals[..., 1] -= slope * (1 - view.normals[..., 1] ** 2)
    normals[..., 2] += slope * view.normals[..., 1] * view.normals[..., 2]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    found = relief(painted(view, LIGHT, normals), view, LIGHT.astype(np.float32)).rise
    inner = cv2.erode(view.bare.astype(np.uint8), np.ones((41, 41), np.uint8)).astype(bool)
    assert np.corrcoef(found[inner], planted[inner])[0, 1] > 0.8
    smooth = relief(painted(view, LIGHT), view, LIGHT.astype(np.float32)).rise
    assert np.abs(smooth).max() < 0.2 * np.abs(found[inner]).max()


def test_a_picture_that_hardly_shows_skin_is_refused(view):
    nothing = replace(view, face=np.zeros_like(view.face))
    assert isinstance(nothing, View)
    with pytest.raises(DataError, match="Hardly any of the face is seen"):
        light_of(np.zeros((SIZE, SIZE, 3), np.uint8), nothing)


# files


@pytest.mark.files
def test_a_still_gives_meshes_codes_and_a_comparison(kit, view):
    expression = np.array([0.8, 0, 0, 0, 0, 0, 0, 0])
    pose = pose_of(10, 0, 0)
    told = landmarks_of(kit, np.zeros(IDENTITIES), expression, pose, 0.3, np.random.default_rng(5))
    picture = np.full((600, 600, 3), 128, np.uint8)
    picture[40:520, 60:540] = cv2.resize(painted(view, LIGHT), (480, 480))
    found = made(kit, [Shot(picture, told)], detail=True)
    assert set(found.files) == {"rough.obj", "detailed.obj", "codes.json", "comparison.png"}
    codes = json.loads(found.files["codes.json"])
    assert len(codes["identity"]) == IDENTITIES
    assert codes["frames"][0]["expression"]["shape0"] == pytest.approx(0.8, abs=0.2)
    assert codes["frames"][0]["pose"]["yaw"] == pytest.approx(10, abs=1.5)
    assert codes["frames"][0]["residual"]["median_px"] < 1
    assert "likeness of a person" in codes["about"]
    rough, detailed = (found.files[name].decode().splitlines() for name in ("rough.obj", "detailed.obj"))
    assert sum(line.startswith("f ") for line in detailed) == 4 * sum(line.startswith("f ") for line in rough)
    assert "likeness of a person" in rough[0]
    page = cv2.imdecode(np.frombuffer(found.files["comparison.png"], np.uint8), cv2.IMREAD_COLOR)
    assert page.shape[1] > 4 * SIZE


def test_an_obj_holds_what_its_triangles_need_and_no_more():
    text = obj(np.arange(15, dtype=np.float32).reshape(5, 3), {"skin": np.array([[4, 0, 2]], np.int32)}).decode()
    assert [line for line in text.splitlines() if line[0] in "vfg"] == [
        "v 0.0000 1.0000 2.0000",
        "v 6.0000 7.0000 8.0000",
        "v 12.0000 13.0000 14.0000",
        "g skin",
        "f 3 1 2",
    ]


# the command


@pytest.fixture(scope="module")
def portrait(tmp_path_factory):
    path = tmp_path_factory.mktemp("portrait") / "portrait.png"
    cv2.imwrite(str(path), load_portrait()[..., ::-1])
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A FaceXModel whose neutral head is the portrait's own landmarks."""
    folder = tmp_path_factory.mktemp("model") / "FaceXModel"
    folder.mkdir()
    landmarks = portrait_landmarks()[:468]
    places = (landmarks - landmarks.mean(0)) / 8 * (1, -1, -1)
    at = kit_of(Heads(np.zeros((6473, 3)), {}, np.zeros((1, 6473, 3)), {})).points
    head = np.zeros((6473, 3))
    head[at] = places
    plane = cv2.Subdiv2D((-200, -200, 400, 400))
    numbers = {}
    for number, (x, y, _) in zip(at.tolist(), places.tolist(), strict=True):
        plane.insert((x, y))
        numbers[round(x, 2), round(y, 2)] = number
    corners = np.round(plane.getTriangleList().reshape(-1, 3, 2).astype(float), 2).tolist()
    faces = [[numbers.get(tuple(c)) for c in three] for three in corners]
    faces = [three if turns_left(head[three]) else three[::-1] for three in faces if None not in three]
    lines = "".join("f " + " ".join(str(n + 1) for n in three) + "\n" for three in faces)
    for name, by in (("generic_neutral_mesh", (0, 0, 0)), ("identity000", (0.1, 0, 0)), ("jawOpen", (0, -1, 0))):
        moved = head + np.outer(head[:, 1] < 0, by)
        (folder / f"{name}.obj").write_text(
            "".join(f"v {x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in moved) + f"usemtl M_Face\n{lines}"
        )
    return folder


def turns_left(corners):
    (x0, y0, _), (x1, y1, _), (x2, y2, _) = corners
    return (x1 - x0) * (y2 - y0) > (x2 - x0) * (y1 - y0)


def test_a_portrait_becomes_files_that_only_their_owner_reads(portrait, model, tmp_path, capsys):
    out = tmp_path / "fitted"
    assert main(["face", "fit", str(portrait), "--ict", str(model), "--out", str(out), "--consented", "--detail"]) == 0
    told = capsys.readouterr().out
    assert "likeness of a person: keep them on this machine" in told
    names = {path.name for path in out.iterdir()}
    assert names == {"rough.obj", "detailed.obj", "codes.json", "comparison.png"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    codes = json.loads((out / "codes.json").read_text())
    assert codes["frames"][0]["residual"]["median_share"] < 0.01
    assert codes["frames"][0]["expression"].get("jawOpen", 0) < 0.1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "likeness of that person: say with --consented"),
        (["--consented", "--frames", "0"], "--frames is 1 or more"),
    ],
)
def test_nothing_is_made_without_consent_or_sense(arguments, complaint, portrait, model, tmp_path, capsys):
    out = tmp_path / "fitted"
    assert main(["face", "fit", str(portrait), "--ict", str(model), "--out", str(out), *arguments]) == 11
    assert complaint in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_left_as_it_was(tmp_path):
    (tmp_path / "rough.obj").write_text("an earlier one")
    (tmp_path / "codes.json.part").mkdir()  # where a part would be
    with pytest.raises(StorageError, match="cannot be written"):
        command._write(tmp_path, {"rough.obj": b"new", "codes.json": b"new"})
    assert (tmp_path / "rough.obj").read_text() == "an earlier one"
    assert {path.name for path in tmp_path.iterdir()} == {"rough.obj", "codes.json.part"}


def test_detail_is_not_for_videos(model, tmp_path, capsys):
    arguments = ["face", "fit", "some.mp4", "--ict", str(model), "--out", str(tmp_path / "o"), "--consented"]
    assert main([*arguments, "--detail"]) == 11
    assert "--detail is for pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("away.png", None, "is not there"),
        ("text.png", b"no picture", "cannot be read as a picture"),
        ("text.mp4", b"no video", "neither a picture nor a video"),
        ("wall.png", cv2.imencode(".png", np.full((200, 200, 3), 90, np.uint8))[1].tobytes(), "No face was found"),
    ],
)
def test_what_shows_no_face_is_one_sentence(name, content, complaint, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        shots(path, 10)


def test_a_face_that_is_too_small_is_refused(tmp_path):
    small = cv2.resize(load_portrait(), (200, 200), interpolation=cv2.INTER_AREA)
    path = tmp_path / "small.png"
    cv2.imwrite(str(path), small[..., ::-1])
    with pytest.raises(DataError, match="is too small: the eyes' outer corners are"):
        shots(path, 10)


def test_a_model_without_identities_is_refused(model, tmp_path):
    folder = tmp_path / "FaceXModel"
    folder.mkdir()
    for name in ("generic_neutral_mesh", "jawOpen"):
        (folder / f"{name}.obj").write_text((model / f"{name}.obj").read_text())
    with pytest.raises(DataError, match="no identityNNN"):
        kit_of(load_heads(folder, identities=True))
