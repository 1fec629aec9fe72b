"""prepare → train → evaluate → export → the box → predict, for action units, as somebody with data would see it."""

import csv
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow")
from converter.reference import REFERENCE, rerun
from converter.signing import keygen
from device.contract.errors import ConfigError, DataError, ModelError
from device.contract.manifest import Bundle, open_bundle
from device.runtime.model import Model
from device.signatures import authenticator, known_keys
from device.stages.appearance import AppearanceActionUnits
from training.action_units.data import Annotated, load_annotated, save_annotated
from training.action_units.estimators import runs_estimator
from training.action_units.folds import folds
from training.action_units.recipe import AuRecipe
from training.cli import main
from training.run_folder import runs_of
from training.train import Trainer

pytestmark = pytest.mark.learning

PEOPLE, EACH = 6, 24
LABELS = ("AU4", "AU12", "AD32")
RECIPE = """\
epochs = 5
batch = 16
seed = 5
folds = 2
[network]
kind = "appearance"
widths = [8, 8, 16]
places = 8
dropout = 0.0
[optimizer]
learning_rate = 2e-2
average = 0.8
[augmentation]
rotation = 1
scale = 0.01
shift = 0.5
cutout = 0
"""


def faces() -> Annotated:
    """Crops on which a block's brightness is the intensity, at a place for each action unit; a third is not coded, and
    nobody coded how strong a bite is."""
    rng = np.random.default_rng(1)
    count = PEOPLE * EACH
    intensity = rng.integers(0, 6, (count, len(LABELS))).astype(np.float32)
    images = rng.integers(0, 40, (count, 48, 48)).astype(np.float32)
    for unit in range(len(LABELS)):
        images[:, 4 + 15 * unit : 14 + 15 * unit, 8:40] += 40 * intensity[:, unit, None, None]
    unknown = rng.random(intensity.shape) < 1 / 3
    presence = np.where(unknown, np.nan, intensity >= 2).astype(np.float32)
    coded = np.where(unknown, np.nan, intensity)[:, :2].astype(np.float32)
    return Annotated(
        images.clip(0, 255).astype(np.uint8),
        np.array([f"p{number % PEOPLE}" for number in range(count)]),
        {"presence": LABELS, "intensity": LABELS[:2]},
        {"presence": presence, "intensity": coded},
        {"source": "made", "command": "affectbox-training prepare --data DATA --layout csv", "without_face": 0},
    )


@dataclass(frozen=True)
class Story:
    folder: Path
    data: Path
    run: Path
    bundle: Bundle
    printed: str


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    data, run = folder / "data.npz", folder / "run"
    (folder / "tiny.toml").write_text(RECIPE)
    save_annotated(data, faces())
    with redirect_stdout(StringIO()) as printed:
        train = ["train", "--recipe", str(folder / "tiny.toml"), "--data", str(data), "--out", str(run)]
        assert main(train) == 0
        export = ["export", "--run", str(run), "--data", str(data), "--bundles", str(folder)]
        keygen(folder / "lab.key")
        assert main([*export, "--version", "0.0.1", "--key", str(folder / "lab.key")]) == 0
    return Story(folder, data, run, open_bundle(folder / "au-0.0.1"), printed.getvalue())


def run_json(capsys, *argv):
    capsys.readouterr()
    assert main(["evaluate", *map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_folds_learn_what_is_coded(story, capsys):
    result = run_json(capsys, "--run", story.run, "--data", story.data)

    assert [(fold["fold"], fold["participants"], fold["faces"]) for fold in result["folds"]] == [
        (1, 3, 72),
        (2, 3, 72),
    ]
    assert list(result["report"]["presence"]) == list(LABELS) and list(result["report"]["intensity"]) == [
        "AU4",
        "AU12",
    ]
    assert result["means"]["presence"]["auc"] > 0.9 and result["means"]["intensity"]["icc"] > 0.7
    assert "fold 2 of 2" in story.printed and "epoch 5/5" in story.printed and "icc" in story.printed


def test_a_person_reads_the_papers_table(story, capsys):
    assert main(["evaluate", "--run", str(story.run), "--data", str(story.data)]) == 0

    text = capsys.readouterr().out
    assert "held out of fold 1: 72 faces of 3 participants" in text
    for word in ("F1", "balanced", "AUC", "ICC(3,1)", "PCC", "AU12", "mean"):
        assert word in text


def test_no_fold_has_seen_its_participants(story):
    data = load_annotated(story.data)
    places = folds(data, 2, 5)

    metas = [json.loads((story.run / f"fold-{fold}" / "meta.json").read_text()) for fold in (1, 2)]
    assert [meta["fold"] for meta in metas] == [1, 2] and all(len(meta["history"]) == 5 for meta in metas)
    assert not set(data.participants[places == 1]) & set(data.participants[places == 2])
    assert not any(person in json.dumps(metas) for person in data.participants.tolist())


def test_the_bundle_is_measured_on_those_who_were_held_out(story, capsys):
    receipt = story.bundle.manifest.receipt
    result = run_json(capsys, "--bundle", story.bundle.folder, "--data", story.data)

    assert (receipt["fold"], receipt["held_out_participants"], receipt["held_out_faces"]) == (1, 3, 72)
    assert result["folds"][0]["faces"] == 72
    assert result["means"] == receipt["means"]
    assert receipt["presence_agreement"] > 0.9 and receipt["intensity_error_max"] < 1
    assert receipt["means"]["presence"]["auc"] == pytest.approx(receipt["means_float"]["presence"]["auc"], abs=0.05)


def test_the_bundle_is_signed_and_holds_nobodys_face(story):
    faces = {image.tobytes() for image in load_annotated(story.data).images}
    with np.load(story.bundle.folder / REFERENCE) as reference:
        inputs = np.rint(reference["x"] * 255).astype(np.uint8)

    assert not faces & {image.tobytes() for image in inputs}
    assert "12 reference inputs run again" in rerun(story.bundle)
    open_bundle(story.bundle.folder, authenticator(known_keys(story.folder)))
    assert "au-0.0.1: written, signed" in story.printed


def test_on_other_people_a_bundle_is_measured_on_all(story, tmp_path, capsys):
    data = load_annotated(story.data)
    others = replace(
        data, participants=np.array([f"q{n}" for n in range(len(data))]), labels={"presence": ("AU1", "AU12")}
    )
    values = np.stack([np.ones(len(data)), data.values["presence"][:, 1]], axis=1).astype(np.float32)
    save_annotated(tmp_path / "others.npz", replace(others, values={"presence": values}))

    result = run_json(capsys, "--bundle", story.bundle.folder, "--data", tmp_path / "others.npz")

    assert result["folds"][0]["faces"] == len(data) and list(result["report"]["presence"]) == ["AU12"]


def test_the_card_tells_what_was_measured_and_how_it_was_made(story):
    card = (story.bundle.folder / "MODEL_CARD.md").read_text()
    means = story.bundle.manifest.receipt["means"]

    assert "    affectbox-training train --recipe tiny.toml --data data.npz --out runs/run" in card
    assert "Fold 1 of 2 was held out" in card and "72 faces of 3 participants" in card
    assert f"| {means['presence']['f1']} |" in card and f"{means['intensity']['icc']} |" in card
    assert "Not a diagnosis" in card and str(story.folder) not in card


def test_the_box_gives_intensities_of_what_its_records_hold(story):
    data, manifest = load_annotated(story.data), story.bundle.manifest
    with Model(story.bundle) as model:
        estimate = AppearanceActionUnits(model)
        found = [estimate(image) for image in data.images]

    assert (manifest.task, manifest.input.crop, manifest.input.dtype) == ("action-units", "aligned", "int8")
    assert {spec.name: (spec.labels, spec.activation) for spec in manifest.outputs} == {
        "presence": (LABELS, "sigmoid"),
        "intensity": (LABELS[:2], "none"),
    }
    assert (estimate.units, estimate.side) == (("AU4", "AU12"), 48)
    for column, unit in enumerate(estimate.units):
        truth = data.values["intensity"][:, column]
        said = np.array([row[unit] for row in found])
        assert said.min() >= 0 and said.max() <= 5
        assert np.corrcoef(said[~np.isnan(truth)], truth[~np.isnan(truth)])[0, 1] > 0.8


def test_training_goes_on_where_it_stopped(story, tmp_path, monkeypatch, capsys):
    argv = ["train", "--recipe", str(story.folder / "tiny.toml"), "--data", str(story.data)]
    argv += ["--out", str(tmp_path / "run"), "--set", "epochs=2", "--fold", "2"]
    whole_epoch = Trainer.run_epoch

    def interrupted(trainer):
        if trainer.epoch == 1:
            raise KeyboardInterrupt
        return whole_epoch(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", interrupted)
        assert main(argv) == 130

    assert main(argv) == ConfigError.exit_code
    assert "continue it with --resume" in capsys.readouterr().err
    assert main([*argv, "--resume"]) == 0
    assert "resuming after epoch 1 of 2" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["fold-2"]
    assert main([*argv[:-1], "3"]) == ConfigError.exit_code
    assert "There is no fold 3: the recipe has 2" in capsys.readouterr().err


def test_a_larger_network_teaches_also_what_nobody_coded(story, tmp_path, capsys):
    argv = ["train", "--recipe", str(story.folder / "tiny.toml"), "--data", str(story.data), "--fold", "2"]
    argv += ["--set", "epochs=2", "--set", f"teacher.run={story.run}", "--set", f"teacher.data={story.data}"]

    assert main([*argv, "--out", str(tmp_path / "run"), "--set", "teacher.share=1.0"]) == 0
    images = load_annotated(story.data).images
    teacher, student = (
        runs_estimator("", runs_of(AuRecipe, folder / "fold-2")).answer(images)["presence"]
        for folder in (story.run, tmp_path / "run")
    )
    assert np.corrcoef(teacher[:, 2], student[:, 2])[0, 1] > 0.7

    assert main([*argv, "--out", str(tmp_path / "other"), "--set", "seed=6"]) == ConfigError.exit_code
    assert "the same folds and seed" in capsys.readouterr().err
    save_annotated(tmp_path / "fewer.npz", load_annotated(story.data).at(np.arange(100)))
    others = ["--out", str(tmp_path / "other"), "--set", f"teacher.data={tmp_path / 'fewer.npz'}"]
    assert main([*argv, *others]) == ConfigError.exit_code
    assert "does not hold the same faces" in capsys.readouterr().err


def test_what_does_not_fit_is_said(story, tmp_path, capsys):
    data = load_annotated(story.data)
    save_annotated(tmp_path / "fewer.npz", data.at(np.arange(100)))
    save_annotated(tmp_path / "larger.npz", replace(data, images=np.zeros((len(data), 96, 96), np.uint8)))
    save_annotated(tmp_path / "none.npz", replace(data, labels={"intensity": ("AU1", "AU2")}))

    for argv, error, complaint in (
        (["evaluate", "--run", story.run, "--data", tmp_path / "fewer.npz"], ConfigError, "trained on other data"),
        (["evaluate", "--run", tmp_path, "--data", story.data], ConfigError, "give a run folder"),
        (["evaluate", "--bundle", story.bundle.folder, "--data", tmp_path / "none.npz"], DataError, "in common"),
        (["evaluate", "--bundle", story.bundle.folder, "--data", tmp_path / "larger.npz"], DataError, "crops of 48"),
        (
            ["predict", "--bundle", "training/weights/fer-0.3.0", "--csv", "x", "--image", "x"],
            ModelError,
            "not for 'action-units'",
        ),
        (["evaluate", "--run", story.run, "--data", tmp_path / "no.npz"], DataError, "prepare --layout"),
        (
            ["train", "--recipe", "training/recipes/au.toml", "--data", tmp_path / "larger.npz", "--out", tmp_path],
            ConfigError,
            "96 pixels wide, and the network takes 48",
        ),
    ):
        assert main([*map(str, argv)]) == error.exit_code
        assert complaint in capsys.readouterr().err


@pytest.fixture
def album(tmp_path, portrait):
    """The portrait alone, filling its picture, turned grey, and a wall."""
    folder = tmp_path / "album"
    (folder / "deeper").mkdir(parents=True)
    small = cv2.resize(portrait, (320, 320), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "a.png"), small)
    cv2.imwrite(str(folder / "deeper" / "b.png"), cv2.cvtColor(small[20:150, 75:205], cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(folder / "wall.png"), np.full_like(small, 120))
    return folder


def test_pictures_become_rows(story, album, tmp_path, capsys):
    out = tmp_path / "out.csv"

    assert main(["predict", "--bundle", str(story.bundle.folder), "--folder", str(album), "--csv", str(out)]) == 0

    rows = read_csv(out)
    assert [(row["image"], row["face"]) for row in rows] == [("a.png", "1"), ("deeper/b.png", "1"), ("wall.png", "0")]
    assert list(rows[0]) == ["image", "frame", "seconds", "face", *LABELS, "AU4_intensity", "AU12_intensity"]
    assert 0 <= float(rows[0]["AU4"]) <= 1 and 0 <= float(rows[1]["AU12_intensity"]) <= 5
    assert rows[2]["AU4"] == rows[2]["AU12_intensity"] == ""
    assert "2 faces in 3 pictures" in capsys.readouterr().out

    one = ["--image", str(album / "a.png"), "--csv", str(out)]
    assert main(["predict", "--bundle", str(story.bundle.folder), *one]) == 0
    assert read_csv(out) == rows[:1]


def test_a_video_becomes_rows_by_the_networks_of_all_folds(story, album, tmp_path):
    video, out = tmp_path / "visit.avi", tmp_path / "out.csv"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 320))
    for _ in range(5):
        writer.write(cv2.imread(str(album / "a.png")))
    writer.release()

    options = ["--video", str(video), "--every", "0.2", "--csv", str(out)]
    assert main(["predict", "--run", str(story.run), *options]) == 0

    rows = read_csv(out)
    assert [(row["image"], row["frame"], row["seconds"]) for row in rows] == [
        ("visit.avi", "0", "0.000"),
        ("visit.avi", "2", "0.200"),
        ("visit.avi", "4", "0.400"),
    ]
    assert all(row["face"] == "1" and float(row["AU12"]) <= 1 for row in rows)


@pytest.mark.parametrize(("option", "name"), [("--image", "no.png"), ("--folder", "empty"), ("--video", "no.avi")])
def test_nothing_to_predict_is_said(story, tmp_path, capsys, option, name):
    (tmp_path / "empty").mkdir()
    where = ["--bundle", str(story.bundle.folder), option, str(tmp_path / name), "--csv", str(tmp_path / "out.csv")]

    assert main(["predict", *where]) == DataError.exit_code
    assert name in capsys.readouterr().err
