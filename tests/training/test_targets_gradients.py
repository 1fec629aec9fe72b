"""Gradients of networks at the key points of the face."""

import csv
import json
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import roc_auc_score

from cloud.cli import main as erase
from cloud.face.mesh import load_face
from cloud.face.painter import paint, places
from device.contract.errors import ConfigError, DataError
from device.stages.aligner import align
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.landmarks import Face
from training.cli import main
from training.cohort.people import Participant
from training.cohort.study import Stimulus
from training.face_finder import find_landmarks
from training.networks.plain import convolve
from training.targets import attended as attended_module
from training.targets import gradients_command
from training.targets.attended import Asked, attended, looked_at, output_of
from training.targets.displacement import implied, lengths
from training.targets.gradients import METHODS, attribution, point_gradients, sampled, shares, standard_places
from training.targets.points import point_set

SIDE = 8


@pytest.fixture
def linear():
    """y = Σ weight × A, A = 2 × image in one channel and −image in the other, 8 × 8 pixels."""
    image = keras.Input((SIDE, SIDE, 1))
    map_ = layers.Conv2D(2, 1, use_bias=False, name="last")(image)
    network = keras.Model(image, layers.Dense(2, use_bias=False, name="groups")(layers.Flatten()(map_)))
    network.get_layer("last").set_weights([np.array([2.0, -1.0], np.float32).reshape(1, 1, 1, 2)])
    weights = np.random.default_rng(0).normal(size=(SIDE, SIDE, 2, 2)).astype(np.float32)
    network.get_layer("groups").set_weights([weights.reshape(-1, 2)])
    return network, weights


def images(count=3):
    return np.random.default_rng(1).random((count, SIDE, SIDE, 1)).astype(np.float32)


def middles():
    """(64, 2): the middle of every pixel, row by row."""
    down, across = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5, indexing="ij")
    return np.stack([across.ravel(), down.ravel()], 1)


def test_the_gradient_at_a_point_is_the_mean_over_channels_of_what_the_answer_depends_on(linear):
    network, weights = linear
    found = point_gradients(network, images(), middles(), "groups", 1)
    signed = point_gradients(network, images(), middles(), output=1, signed=True)

    assert found[2] == pytest.approx(np.abs(weights[..., 1]).mean(2).ravel(), rel=1e-5)
    assert signed[0] == pytest.approx(weights[..., 1].mean(2).ravel(), rel=1e-5)


def test_gradient_times_activation_and_integrated_gradients(linear):
    network, weights = linear
    pictures = images()
    activations = np.concatenate([2 * pictures, -pictures], 3)

    product = point_gradients(network, pictures, middles(), "groups", 0, "gradient-x-activation", signed=True)
    assert product == pytest.approx((weights[None, ..., 0] * activations).mean(3).reshape(3, -1), rel=1e-4)

    baseline = np.zeros((SIDE, SIDE, 1), np.float32)
    conducted = attribution(network, pictures, "groups", 0, "integrated", baseline)
    rise = network.predict(pictures, verbose=0)[:, 0] - network.predict(baseline[None], verbose=0)[0, 0]
    assert conducted.sum((1, 2, 3)) == pytest.approx(rise, rel=1e-3)


def test_integrated_gradients_add_up_also_where_the_network_bends():
    keras.utils.set_random_seed(3)
    image = keras.Input((SIDE, SIDE, 1))
    map_ = convolve(convolve(image, 6), 4)
    network = keras.Model(image, layers.Dense(1, name="y")(layers.Dense(8, activation="tanh")(layers.Flatten()(map_))))
    pictures = images()

    conducted = attribution(network, pictures, method="integrated")

    grey = np.broadcast_to(pictures.mean((1, 2, 3), keepdims=True), pictures.shape)
    rise = (network.predict(pictures, verbose=0) - network.predict(grey, verbose=0))[:, 0]
    assert conducted.sum((1, 2, 3)) == pytest.approx(rise, rel=0.03, abs=0.003)


def test_between_places_of_the_map_values_are_bilinear_and_outside_the_crop_unknown():
    maps = np.array([[[0.0, 1.0], [2.0, 3.0]]])
    at = np.array([[[2, 2], [4, 4], [6, 6], [2, 4], [8.1, 4], [np.nan, 4]]], float)

    assert sampled(maps, at, 8)[0] == pytest.approx([0, 1.5, 3, 1, np.nan, np.nan], nan_ok=True)


def test_a_gradient_that_is_the_same_everywhere_is_refused():
    image = keras.Input((SIDE, SIDE, 1))
    map_ = layers.Conv2D(2, 3, padding="same")(image)
    network = keras.Model(image, layers.Dense(2, name="groups")(layers.GlobalAveragePooling2D()(map_)))

    with pytest.raises(DataError, match="the same everywhere"):
        point_gradients(network, images(), middles())
    found = point_gradients(network, images(), middles(), method="gradient-x-activation")
    assert np.ptp(found[0]) > 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"head": "aus"}, "no head 'aus': name one of groups"),
        ({"output": 2}, "2 outputs, from 0: there is no 2"),
        ({"method": "guess"}, "no method 'guess'"),
    ],
)
def test_what_the_network_does_not_have_is_refused(linear, asked, said):
    with pytest.raises(ConfigError, match=said):
        point_gradients(linear[0], images(), middles(), **asked)


def test_a_network_without_a_convolution_knows_no_places():
    image = keras.Input((SIDE, SIDE, 1))
    network = keras.Model(image, layers.Dense(1, name="y")(layers.Flatten()(image)))
    with pytest.raises(DataError, match="no convolution"):
        point_gradients(network, images(), middles())


def test_shares_add_up_over_what_is_known():
    found = shares(np.array([[1.0, -3.0, np.nan], [0, 0, 0]]))
    assert found[0] == pytest.approx([0.25, 0.75, np.nan], nan_ok=True)
    assert np.isnan(found[1]).all()
    assert np.nansum(shares(np.random.default_rng(0).normal(size=68))) == pytest.approx(1)


def test_key_points_of_the_standard_face_lie_in_the_crop_where_faces_have_them():
    found = standard_places(68)
    points = point_set(68)

    assert found[points.names.index("nose tip")] == pytest.approx((24, 28), abs=2.5)
    assert found[points.names.index("left mouth corner")] == pytest.approx((31.3, 37.1), abs=2)
    assert (found[points.within("right eye", "nose", "mouth")] > 8).all()
    assert standard_places(68, 96) == pytest.approx(2 * found, abs=1e-3)


# --- a study of faces


@pytest.fixture
def study(tmp_path):
    """Two people, two videos of eight faces, one a second."""
    (tmp_path / "faces").mkdir()
    rng = np.random.default_rng(0)
    lines = ["video,participant,part,frames,faces,file"]
    for name in ("p-01", "p-02"):
        crops = rng.integers(0, 255, (8, SIDE, SIDE), np.uint8)
        np.savez(tmp_path / "faces" / f"{name}.npz", crops=crops, times=np.arange(8.0))
        lines.append(f"{name}.mp4,{name},train,8,8,faces/{name}.npz")
    (tmp_path / "index.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


PEOPLE = tuple(Participant(name, group) for name, group in (("p-01", "control"), ("p-02", "case")))


def test_gradients_are_of_every_person_and_phase(study, linear):
    parts = [
        Stimulus("p-01.mp4", "rest", 0, 4),
        Stimulus("p-01.mp4", "talk", 4, 9),
        Stimulus("p-02.mp4", "talk", 0, 3),
    ]

    found = attended([linear[0]], 1.0, study, PEOPLE, parts, Asked("groups", 0, "gradient"))

    assert (found.phases, found.faces.tolist()) == (("rest", "talk"), [[4, 4], [0, 3]])
    assert np.isnan(found.values[1, 0]).all()
    inside = ~np.isnan(found.values[0, 1])
    assert found.values[0, 0, inside] == pytest.approx(found.values[0, 1, inside], rel=1e-4)
    rows = list(csv.DictReader(found.table().decode().splitlines()))
    assert len(rows) == 2 * 2 * 68
    assert sum(float(row["share"] or 0) for row in rows if row["phase"] == "rest") == pytest.approx(1, abs=1e-4)
    assert found.matrix().values.shape == (2, 2, 68, 1)
    assert found.spread > 0.25


def test_the_table_of_everybody_is_written_anew_without_who_is_erased(study, linear, tmp_path, monkeypatch):
    told = [f"{one.pseudonym},{one.group}" for one in PEOPLE]
    (tmp_path / "people.csv").write_text("\n".join(["pseudonym,group", *told]))
    monkeypatch.setattr(
        attended_module, "networks_of", lambda folder: ([linear[0]], 1.0, {"groups": ("case", "control")})
    )
    monkeypatch.setattr(gradients_command, "_picture", lambda *_: None)
    given = ["--faces", study, "--participants", tmp_path / "people.csv", "--out", tmp_path / "out"]
    asked = ["targets", "gradients", "--network", "run", "--answer", "case", *map(str, given)]
    assert main(asked) == 0
    before = (tmp_path / "out" / "gradients.csv").read_text().splitlines()
    assert erase(["erase", "p-01", "--files", "--yes"]) == 0
    left = (tmp_path / "out" / "gradients.csv").read_text().splitlines()
    assert left == [line for line in before if "p-01" not in line]
    assert len(left) == 1 + 68


def test_faces_of_nobody_or_of_another_size_are_refused(study, linear):
    asked = Asked("groups", 0, "gradient")
    with pytest.raises(DataError, match="p-02, who stands in no row"):
        attended([linear[0]], 1.0, study, PEOPLE[:1], [], asked)
    np.savez(study / "faces" / "p-01.npz", crops=np.zeros((2, 9, 9), np.uint8), times=np.arange(2.0))
    with pytest.raises(ConfigError, match="9 pixels wide"):
        attended([linear[0]], 1.0, study, PEOPLE, [], asked)
    (study / "faces" / "p-01.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="holds no faces that can be read"):
        attended([linear[0]], 1.0, study, PEOPLE, [], asked)
    with pytest.raises(DataError, match="cannot be read"):
        attended([linear[0]], 1.0, study / "elsewhere", PEOPLE, [], asked)


def test_an_answer_is_found_by_its_name():
    heads = {"groups": ("case", "control")}
    assert output_of(heads, "", "control") == ("groups", 1)
    with pytest.raises(ConfigError, match="no answer 'joy': name one of case, control"):
        output_of(heads, "", "joy")
    with pytest.raises(ConfigError, match="no head ''"):
        output_of(heads | {"aus": ("AU1",)}, "", "AU1")


def reader_of(side, row, column):
    """A network whose answer is one pixel of its crop, times two."""
    image = keras.Input((side, side, 1))
    network = keras.Model(
        image,
        layers.Dense(1, use_bias=False, name="groups")(
            layers.Flatten()(layers.Conv2D(1, 1, use_bias=False, name="last")(image))
        ),
    )
    network.get_layer("last").set_weights([np.full((1, 1, 1, 1), 2, np.float32)])
    picked = np.zeros((side, side, 1), np.float32)
    picked[row, column] = 1
    network.get_layer("groups").set_weights([picked.reshape(-1, 1)])
    return network


def test_what_a_network_looks_at_in_a_picture_is_told_at_the_landmarks_of_the_face(portrait, monkeypatch):
    landmarks = find_landmarks(np.ascontiguousarray(portrait[..., ::-1]))
    corner = reader_of(48, 37, 31)  # where the box's crop has the left corner of the mouth
    monkeypatch.setattr(attended_module, "networks_of", lambda folder: ([corner], 1.0, {"groups": ("case",)}))

    found = looked_at(Path("run"), portrait, landmarks, "", "case", "gradient")

    nearest = np.argsort(-np.nan_to_num(found))[:6]
    assert np.linalg.norm(landmarks[nearest, :2] - landmarks[291, :2], axis=1).max() < 12, "pixels"
    assert np.nansum(found) == pytest.approx(1)


def test_points_are_found_in_crops_by_the_landmark_network(portrait):
    landmarks = find_landmarks(np.ascontiguousarray(portrait[..., ::-1]))
    crop = align(Frame(portrait, 0, 0.0), Face(landmarks, 1.0, Box.around(landmarks)))

    found = attended_module._found(np.stack([crop, np.full_like(crop, 90)]), 68)

    standard = standard_places(68)
    inner = point_set(68).within("right eye", "left eye", "nose", "mouth")
    assert np.linalg.norm(found[0] - standard, axis=1)[inner].mean() < 3.5
    assert np.isnan(found[1]).all()


# --- what a network has learnt


def painted(count, seed):
    """Crops (N, 48, 48, 1) of the digital face, and whether it smiles (AU12), among other units and turns; each is
    aligned as at rest, so that a smile moves nothing but the face."""
    rng, face, points = np.random.default_rng(seed), load_face(), point_set(478)
    others = [name for name in face.targets if name.startswith("AU") and "AU12" not in name]
    crops, smiles = [], np.arange(count) % 2
    for smile in smiles:
        units = {str(name): float(rng.uniform(0, 0.5)) for name in rng.choice(others, 4, replace=False)}
        units |= dict.fromkeys(("AU12_L", "AU12_R"), float(smile * rng.uniform(0.3, 0.9)))
        yaw, pitch, roll = rng.uniform(-8, 8, 3)
        picture = paint(face, units, yaw, pitch, roll, 144)[..., ::-1] * rng.uniform(0.7, 1.2)
        shown = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
        at = places(face, {}, yaw, pitch, roll, 144)[points.vertices]
        crops.append(align(Frame(np.ascontiguousarray(shown), 0, 0.0), Face(at, 1.0, Box.around(at))))
    return np.array(crops, np.float32)[..., None] / 255, smiles


def small(seed):
    keras.utils.set_random_seed(seed)
    image = keras.Input((48, 48, 1))
    map_ = layers.MaxPooling2D()(convolve(layers.MaxPooling2D()(convolve(image, 8)), 12))
    flat = layers.Flatten()(convolve(map_, 12))
    few = keras.regularizers.L2(0.01)
    start = keras.initializers.RandomNormal(stddev=0.02)
    return keras.Model(image, layers.Dense(2, name="groups", kernel_regularizer=few, kernel_initializer=start)(flat))


@pytest.mark.learning
def test_a_network_that_learnt_a_smile_looks_at_mouth_and_cheeks_and_one_that_did_not_anywhere():
    crops, smiles = painted(240, 0)
    at, points = standard_places(478), point_set(478)
    inside = ((at >= 0) & (at <= 48)).all(1)
    moved = lengths(implied({"AU12": np.array([5.0])}, 478))[0] > 0.06
    random = [auc(small(seed), crops[:24], at, moved, inside) for seed in range(16)]
    found = {method: [] for method in METHODS}
    for seed in range(3):
        network = small(seed)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(keras.optimizers.Adam(3e-3), loss)
        network.fit(crops, smiles, epochs=6, batch_size=24, verbose=0)
        for method, held in found.items():
            held.append(shares(point_gradients(network, crops[:60], at, "groups", 1, method)).mean(0))

    aucs = {method: float(roc_auc_score(moved[inside], np.mean(held, 0)[inside])) for method, held in found.items()}
    first = {m: np.argsort(-np.nan_to_num(np.mean(held, 0)))[:10] for m, held in found.items()}
    print(json.dumps({"learnt": aucs, "random": np.round(random, 2).tolist(), "mean": float(np.mean(random))}))
    assert aucs["gradient"] >= 0.9
    assert min(aucs.values()) > 0.85
    assert 0.4 < np.mean(random) < 0.6
    for ten in first.values():
        assert set(np.array(points.regions)[ten]) <= {"mouth", "left cheek", "right cheek"}


def auc(network, crops, at, truth, inside):
    found = shares(point_gradients(network, crops, at, "groups", 1)).mean(0)
    return float(roc_auc_score(truth[inside], found[inside]))


def test_a_picture_of_gradients_says_what_no_preference_would_be(tmp_path, monkeypatch):
    notes = []
    for name in ("draw_ranking", "draw_heat"):
        monkeypatch.setattr(f"training.targets.pictures.{name}", lambda *told: notes.append(told[-2]))
    values = np.ones((2, 1, 68))
    values[:, :, 60:] = np.nan

    gradients_command._picture(
        tmp_path, SimpleNamespace(values=values), Namespace(points=68, answer="case", method="gradient")
    )

    assert len(notes) == 2 and all("each point would have 0.017." in note for note in notes)
