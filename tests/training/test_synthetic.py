"""The synthetic action-unit estimator, made from a head of random bumps: no ICT-FaceKit and no data set is needed."""

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS, BLENDSHAPES
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.stages.action_units import ActionUnitEstimator
from device.stages.features import GEOMETRIC, MIDLINE, NAMES, PAIRED, FaceFeatures
from training.cli import main
from training.data.faces import TRAINING, VALIDATION, Answers, Faces
from training.synthetic.facekit import NEUTRAL, FaceKit, load_facekit
from training.synthetic.measures import Measures, blendshape_measures, region_measures, terms
from training.synthetic.real import Measured, choose, measure
from training.synthetic.receipt import area
from training.synthetic.recipe import load_recipe
from training.synthetic.sampling import LOWER_LIP, UPPER_LIP, Synthesizer

RECIPE = load_recipe()
UNSIDED = ("jawOpen", "jawLeft", "jawRight", "jawForward", "mouthLeft", "mouthRight", "mouthPucker", "mouthFunnel",
           "mouthShrugLower", "mouthShrugUpper", "mouthRollUpper", "mouthRollLower")  # fmt: skip
VERTICES = 6473  # as many as the correspondence reaches into
AT = {key: number for number, key in enumerate(ACTION_UNIT_KEYS)}


@pytest.fixture(scope="module")
def canonical(models):
    mesh = json.loads(models.landmarks.bundle.contents["canonical_face.json"])
    return (np.array(mesh["points"]) * [1, -1, -1]).astype(np.float32)


@pytest.fixture(scope="module")
def kit(canonical):
    """A head on which every shape moves some points of its own by some millimetres."""
    rng = np.random.default_rng(3)

    def bump(side):
        centre = canonical[rng.integers(468)] * [abs(side) or 1, 1, 1]
        near = np.exp(-((np.linalg.norm(canonical - centre, axis=1) / 1.5) ** 2))
        there = near * (np.sign(canonical[:, 0]) == side if side else 1)
        return (there[:, None] * rng.normal(0, 0.6, 3)).astype(np.float32)

    names = RECIPE.shape_names()
    shapes = {name: bump(0) for name in names if name in UNSIDED}
    shapes |= {f"{name}_{s}": bump(1 if s == "L" else -1) for name in names if name not in UNSIDED for s in "LR"}
    identities = rng.normal(0, 0.1, (5, 1, 3)) * rng.normal(0, 1, (5, 468, 1))
    return FaceKit(canonical, identities.astype(np.float32), shapes)


def sampled(kit, count=40, seed=0, **changes):
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, **changes))
    synthesizer = Synthesizer(kit, recipe, np.random.default_rng(seed))
    return [synthesizer() for _ in range(count)]


# --- ICT-FaceKit


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


def test_an_archive_that_is_not_there_is_one_sentence_and_its_exit_code(tmp_path, capsys):
    (tmp_path / "data.npz").touch()
    code = main(["au-synthetic", "--ict", str(tmp_path / "no.tar.xz"), "--faces", str(tmp_path / "data.npz"),
                 "--out", str(tmp_path)])  # fmt: skip
    message = capsys.readouterr().err
    assert code == DataError.exit_code
    assert "no.tar.xz" in message and "ICT-FaceKit" in message and message.count("\n") == 1


def test_a_damaged_archive_is_refused(model_archive):
    model_archive.write_bytes(model_archive.read_bytes()[:2000])
    with pytest.raises(DataError, match="cannot be read"):
        load_facekit(model_archive)


def test_a_missing_expression_shape_is_named(kit):
    shapes = {name: shape for name, shape in kit.shapes.items() if name != "mouthSmile_L"}
    with pytest.raises(DataError, match="mouthSmile is missing"):
        Synthesizer(replace(kit, shapes=shapes), RECIPE, np.random.default_rng(0))


# --- Recipe


def test_the_shipped_recipe_covers_every_action_unit():
    assert set(RECIPE.shapes) == set(RECIPE.blendshapes) == set(RECIPE.evidence) == set(ACTION_UNIT_KEYS)
    assert all((aucs[4] > 0.5) == (key in RECIPE.rules) for key, aucs in RECIPE.evidence.items())
    assert all(len(aucs) == 5 and min(aucs) >= 0.5 and max(aucs) < 1 for aucs in RECIPE.evidence.values())


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("identity_sd =", "identity_dev =", "perhaps you meant sampling.identity_sd"),
        ("identity_sd = 0.6", "", "not a whole recipe"),
        ("AU43 = { eyeBlink = 1.0 }", "AU99 = { eyeBlink = 1.0 }", "names AU99"),
        ("AU43 = [0.75, 0.75, 0.75, 0.75, 0.75]", "", "lacks AU43"),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path, before, after, complaint):
    text = (Path(__file__).parents[2] / "training" / "synthetic" / "au-geometry.toml").read_text()
    assert before in text
    (tmp_path / "mine.toml").write_text(text.replace(before, after))
    with pytest.raises(ConfigError, match=complaint):
        load_recipe(tmp_path / "mine.toml")


# --- Drawing faces


def test_the_same_seed_draws_the_same_faces(kit):
    one, same, other = (sampled(kit, 3, seed)[-1].points for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_weights_are_shares_and_exclusive_ones_do_not_meet(kit):
    faces = sampled(kit, 80, cooccurring=0.0, neutral=0.0, independent=[0.5])
    for face in faces:
        assert min(face.left.min(), face.right.min()) >= 0 and max(face.left.max(), face.right.max()) <= 1
        for one, other in RECIPE.exclusive:
            if "AU25" not in (one, other):  # which is measured, whatever was drawn
                assert not (face.left[AT[one]] and face.left[AT[other]])


def test_without_noise_pose_and_nuisance_a_neutral_face_is_the_person(kit):
    still = {"noise_cm": 0.0, "smooth_noise_cm": 0.0, "pose_sd_deg": [0.0] * 3, "distance_cm": [1e6, 1e6],
             "depth_scale": [1.0, 1.0], "cooccurring": 0.0, "neutral": 1.0}  # fmt: skip
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, **still), nuisance=dict.fromkeys(RECIPE.nuisance, 0.0))
    face = Synthesizer(kit, recipe, np.random.default_rng(0))()
    assert face.points == pytest.approx(face.neutral, abs=1e-3)
    assert not face.left.any()


def test_lips_part_is_measured_between_the_lips(kit):
    shapes = {name: np.zeros_like(shape) for name, shape in kit.shapes.items()}
    shapes["jawOpen"][LOWER_LIP, 1] = 4.0
    face_kit = replace(kit, shapes=shapes)
    faces = sampled(face_kit, 60, cooccurring=0.0, neutral=0.0, independent=[0.5])
    opened = [face.left[AT["AU26"]] > 0.5 for face in faces]
    assert {bool(face.left[AT["AU25"]] > 0.5) for face, open_ in zip(faces, opened, strict=True) if open_} == {True}
    assert all(not face.left[AT["AU25"]] for face in faces if not face.left[AT["AU26"]] + face.right[AT["AU26"]])
    assert UPPER_LIP != LOWER_LIP


def test_one_sided_faces_are_weak_on_one_side(kit):
    faces = sampled(kit, 30, one_sided=1.0, asymmetry_sd=0.0, neutral=0.0)
    sums = [(face.left[: AT["AU25"]].sum(), face.right[: AT["AU25"]].sum()) for face in faces]
    assert all(min(pair) <= 0.31 * max(pair) for pair in sums)
    assert {left > right for left, right in sums} == {True, False}


# --- Measures


def test_formulae_are_sums_of_weighted_names():
    assert terms("0.5 * lip_corner.x - chin.y") == [(0.5, "lip_corner.x"), (-1.0, "chin.y")]
    assert terms("-lid_opening") == [(-1.0, "lid_opening")]


@pytest.mark.parametrize("text", ["chin.y lip.x", "2 ** chin.y", "chin.y * 2"])
def test_other_formulae_are_refused(text):
    with pytest.raises(ConfigError, match="not a sum"):
        terms(text)


def test_an_unknown_name_in_a_formula_is_refused():
    with pytest.raises(ConfigError, match=r"names chim\.y"):
        region_measures().formulae({"AU26": "chim.y"})


def test_heights_are_means_of_sides_and_widths_point_outwards():
    vector = np.zeros(len(NAMES), np.float32)
    for name, value in (("lip_corner.left.y", 1), ("lip_corner.right.y", 3), ("lip_corner.left.x", 5),
                        ("lip_corner.right.x", -2)):  # fmt: skip
        vector[NAMES.index(name)] = value
    measures = region_measures()
    both, left, right = (dict(zip(measures.names, view @ vector, strict=True)) for view in measures.matrix)
    assert [view["lip_corner.y"] for view in (both, left, right)] == [2, 1, 3]
    assert [view["lip_corner.x"] for view in (both, left, right)] == [3.5, 5, 2]
    assert len(measures.names) == 2 * len(PAIRED) + len(MIDLINE)


def test_a_sided_blendshape_is_known_without_its_side():
    measures: Measures = blendshape_measures()
    vector = np.zeros(len(NAMES), np.float32)
    vector[GEOMETRIC + BLENDSHAPES.index("mouthSmileLeft")] = 0.8
    vector[GEOMETRIC + BLENDSHAPES.index("jawLeft")] = 0.4
    both, left, right = (dict(zip(measures.names, view @ vector, strict=True)) for view in measures.matrix)
    assert [view["mouthSmile"] for view in (both, left, right)] == pytest.approx([0.4, 0.8, 0])
    assert [view["jawLeft"] for view in (both, left, right)] == pytest.approx([0.4] * 3), "a direction is no side"


def test_area_under_the_curve_counts_ties_half():
    assert area(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(3.5 / 4)
    assert np.isnan(area(np.array([]), np.array([1.0])))


# --- Real faces


def labelled(images, emotions, splits):
    labels = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
    truth = np.array([labels.index(emotion) for emotion in emotions])
    return Faces(images, np.array(splits), {"ferplus": Answers.single(labels, truth)}, np.array([""] * len(images)))


@pytest.fixture
def portraits(portrait):
    """Small grey crops of one face; `emotions` are names."""
    import cv2  # noqa: PLC0415

    small = cv2.resize(cv2.cvtColor(portrait[50:200, 150:300], cv2.COLOR_BGR2GRAY), (48, 48))

    def make(emotions, split=TRAINING):
        return labelled(np.stack([small] * len(emotions)), emotions, [split] * len(emotions))

    return make


def test_real_faces_are_measured_by_the_networks_of_the_box(portraits):
    wanted = replace(RECIPE.faces, votes={"happiness": 0.9})
    found = measure(portraits(["happiness"] * 10), wanted, seed=0)
    assert found.features.shape == (10, len(NAMES))
    assert found.counts() == {"happiness": 10}
    assert found.features[0, NAMES.index("mouthSmileLeft")] > 0.5, "she smiles"


def test_too_few_clear_faces_are_refused(portraits):
    with pytest.raises(DataError, match="Only 0 faces are clearly 'happiness'"):
        choose(portraits(["neutral"] * 12), RECIPE.faces, seed=0)


def test_faces_without_votes_are_refused(portraits):
    faces = replace(portraits(["neutral"]), answers={})
    with pytest.raises(DataError, match="no FER\\+ votes"):
        choose(faces, RECIPE.faces, seed=0)


# --- The whole


@pytest.fixture(scope="module")
def built(kit, models, tmp_path_factory):
    """A bundle from few synthetic faces; 'real' ones are made up, with a smile for happiness."""
    pytest.importorskip("tensorflow")
    from training.synthetic import build as story  # noqa: PLC0415

    features = FaceFeatures(models.landmarks.bundle)
    rest = np.pad(features.geometry(kit.neutral), (0, len(BLENDSHAPES)))

    def made_up(faces, wanted, seed):
        rng = np.random.default_rng(len(faces))
        emotions = np.repeat(list(wanted.votes), 40)
        rows = rest + rng.normal(0, 0.1, (len(emotions), len(NAMES)))
        smiles = [NAMES.index(name) for name in ("mouthSmileLeft", "mouthSmileRight")]
        rows[np.ix_(emotions == "happiness", smiles)] += 0.8
        return Measured(rows.astype(np.float32), emotions)

    faces = labelled(np.zeros((2, 48, 48), np.uint8), ["neutral"] * 2, [TRAINING, VALIDATION])
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, faces=400))

    def make(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(story, "measure", made_up)
            sources = story.Sources("ict.tar.xz", "data.npz", 7)
            return story.build(kit, faces, recipe, sources, tmp_path_factory.mktemp(name), lambda line: None)

    return make


@pytest.fixture(scope="module")
def bundle(built):
    return open_bundle(built("first"))


def test_the_bundle_runs_in_the_code_of_the_box(bundle, kit, models):
    rest = np.pad(FaceFeatures(models.landmarks.bundle).geometry(kit.neutral), (0, len(BLENDSHAPES)))
    smile = rest.copy()
    smile[[NAMES.index("mouthSmileLeft"), NAMES.index("mouthSmileRight")]] += 1.0
    with Model(bundle) as model:
        estimate = ActionUnitEstimator(model)
        assert max(estimate(rest, rest).both.values()) < 1
        assert estimate(smile, rest).both["AU12"] > estimate(rest, rest).both["AU12"] + 0.5
        assert estimate(smile).both["AU12"] > estimate(rest).both["AU12"] + 0.5


def test_the_same_seed_makes_the_same_network(bundle, built):
    assert open_bundle(built("second")).model == bundle.model


def test_the_card_tells_the_receipts_figures_and_what_was_not_measured(bundle):
    card, receipt = bundle.contents["MODEL_CARD.md"].decode(), bundle.manifest.receipt
    entry = receipt["synthetic"]["action_units"]["AU12"]
    assert f"| AU12 | {entry['faces']} | {entry['auc_raw']} | {entry['r_raw']} |" in card
    assert f"{receipt['real']['false_positives_mean']:.1%} of calm faces" in card
    assert bundle.manifest.provenance["command"] in card and bundle.manifest.forbidden_use in card
    for topic in ("Spontaneous", "profiles", "children", "occlusion"):
        assert topic in card


def test_some_identities_are_held_out(bundle):
    synthetic = bundle.manifest.receipt["synthetic"]
    assert (synthetic["identities"], synthetic["held_out_identities"]) == (4, 1)


def test_a_single_identity_is_too_few(kit):
    pytest.importorskip("tensorflow")
    from training.synthetic.build import split  # noqa: PLC0415

    with pytest.raises(DataError, match="too few"):
        split(replace(kit, identities=kit.identities[:1]), 0.2)
