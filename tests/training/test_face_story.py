"""prepare --codes → a teacher → the face network → evaluate → export → the box, as somebody who trains sees it."""

import json
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from converter.reference import rerun
from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, LOWER, PARTS, SIDED_KEYS, UPPER
from device.contract.manifest import Bundle, open_bundle
from device.runtime.model import Model
from device.stages.reader import FaceReader
from training.cli import main
from training.data.faces import Codings, Faces, load_faces, save_faces
from training.face.card import model_card
from training.face.data import learnable
from training.face.measure import tiers

pytestmark = pytest.mark.learning


@dataclass(frozen=True)
class Story:
    folder: Path
    recipe: Path
    bundle: Bundle
    printed: str

    @property
    def data(self) -> Path:
        return self.folder / "data.npz"

    @property
    def faces(self) -> Faces:
        return load_faces(self.data)


@pytest.fixture(scope="module")
def story(tmp_path_factory, make_coded_files, tiny_face_text):
    """The commands of training/README.md, once; the box's crops are the pictures themselves."""
    folder = tmp_path_factory.mktemp("story")
    csv, ferplus, codes = map(str, make_coded_files(180, 60).write())
    data, teacher, run = (str(folder / name) for name in ("data.npz", "teacher", "run"))
    recipe = folder / "tiny.toml"
    recipe.write_text(tiny_face_text + f'[teacher]\nruns = ["{teacher}"]\n')
    (folder / "teacher.toml").write_text(tiny_face_text.replace("unseen = [1]", "unseen = [1, 2]\nonly = true"))
    with redirect_stdout(StringIO()) as printed:
        assert main(["prepare", "--csv", csv, "--ferplus", ferplus, "--codes", codes, "--out", data]) == 0
        faces = load_faces(folder / "data.npz")
        save_faces(folder / "data.npz", replace(faces, box=faces.images, found=np.ones(len(faces), bool)))
        assert main(["train", "--recipe", str(folder / "teacher.toml"), "--data", data, "--out", teacher]) == 0
        assert main(["train", "--recipe", str(recipe), "--data", data, "--out", run]) == 0
        export = ["export", "--run", run, "--data", data, "--bundles", str(folder)]
        assert main([*export, "--version", "0.0.1"]) == 0
    return Story(folder, recipe, open_bundle(folder / "face-0.0.1"), printed.getvalue())


@pytest.fixture(scope="module")
def receipt(story):
    return story.bundle.manifest.receipt


def evaluated(story, capsys, *argv, data=None):
    capsys.readouterr()
    assert main(["evaluate", *map(str, argv), "--data", str(data or story.data), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_happens_is_said(story):
    for text in ("300 codings of 240 faces", "training faces are near copies of PublicTest", "asking ", "epoch 4/4"):
        assert text in story.printed
    assert "fold_core_auc" in story.printed and "twice_core_auc" in story.printed
    assert "face-0.0.1: written, unsigned" in story.printed


def test_units_are_learnt_and_measured_on_faces_coded_twice(story, receipt):
    assert receipt["units"]["twice_means"]["core_auc"] > 0.7 and receipt["units"]["fold_means"]["core_auc"] > 0.7
    row = receipt["units"]["twice"]["AU12"]
    assert 0 < row["present"] < row["faces"] <= 60 and 0.5 < row["ceiling_f1"] < 1 and row["icc"] > 0.5
    assert receipt["units"]["tiers"] == {unit: tier.value for unit, tier in tiers(receipt["units"]["twice"]).items()}
    assert set(receipt["hidden"]) == set(PARTS) and set(receipt["sides"]) == set(SIDED_KEYS)
    assert receipt["units"]["codings"] == 300
    learnt = learnable(story.faces)
    assert receipt["copies"]["training_near_validation"] == 180 - len(learnt)


def test_the_bundle_is_of_eight_bits_and_its_curves_rise(story):
    manifest = story.bundle.manifest

    assert {spec.dtype for spec in (manifest.input, *manifest.outputs)} == {"int8"}
    for spec in manifest.outputs:
        scaled = spec.name in ("units", "left", "right")
        assert (len(spec.curves) == len(spec.labels)) == scaled
        assert not scaled or (np.diff(np.array(spec.curves), axis=1) > 0).all()
    assert manifest.output("ferplus")[1].temperature == manifest.receipt["ferplus"]["temperature"]
    assert "reference inputs run again" in rerun(story.bundle)


def test_the_box_reads_intensities_sides_and_what_is_hidden(story):
    faces = story.faces.split("PublicTest")
    coded, hidden = faces.codings.means(len(faces))
    parts = np.array([unit.part for unit in ACTION_UNITS])
    with Model(story.bundle) as model:
        read = FaceReader(model)
        found = [read(image) for image in faces.images]

    for part in (UPPER, LOWER):
        at = np.flatnonzero(parts == part)[0]
        said = np.array([reading.actions.both[at] for reading in found])
        seen = ~np.isnan(said) & (hidden == 0).all(1)
        assert np.corrcoef(said[seen], coded[seen, at])[0, 1] > 0.7
    for reading in found:
        gone = np.isin(parts, reading.hidden)
        assert np.isnan(reading.actions.both[gone]).all() and not np.isnan(reading.actions.both[~gone]).any()
        assert reading.emotions.sum() == pytest.approx(1, abs=1e-3)


def test_the_card_tells_how_it_was_made_and_the_figures(story, receipt):
    card = (story.bundle.folder / "MODEL_CARD.md").read_text()
    au12, means = receipt["units"]["twice"]["AU12"], receipt["units"]["twice_means"]

    assert card == model_card(story.bundle.manifest)
    assert "    affectbox-training prepare --csv fer2013.csv --ferplus fer2013new.csv --codes codes.csv" in card
    assert "the rest by the runs `teacher`" in card and str(story.folder) not in card
    cells = ["AU12", *(au12[key] for key in ("present", "auc", "f1", "icc", "mae", "ceiling_f1"))]
    assert "| " + " | ".join(map(str, cells)) + " | 0.91 | " in card
    assert f"| {means['core_auc']} | {means['core_f1']} | {means['further_auc']} | {means['further_f1']} |" in card
    assert f"{receipt['copies']['training_near_validation']} training faces that are near copies" in card
    assert all(f"\n| {name} |" in card for name in (*ACTION_UNIT_KEYS, *PARTS)) and "AU23" in card
    assert "nan" not in card.lower().split() and "Not a diagnosis" in card and "research use" in card.lower()


def test_bundle_and_run_are_evaluated_as_they_were_exported(story, receipt, capsys):
    bundle = evaluated(story, capsys, "--bundle", story.bundle.folder)
    run = evaluated(story, capsys, "--run", story.folder / "run")

    assert bundle["units"]["twice"] == receipt["units"]["twice"]
    assert bundle["units"]["means"] == receipt["units"]["twice_means"] and bundle["units"]["coded"] == 60
    assert bundle["ferplus_accuracy"] == receipt["ferplus"]["accuracy"] and bundle["n"] == run["n"] == 60
    assert run["units"]["means"]["core_auc"] == pytest.approx(bundle["units"]["means"]["core_auc"], abs=0.03)
    assert run["units"]["means"]["core_f1"] == pytest.approx(bundle["units"]["means"]["core_f1"], abs=0.1)
    assert run["units"]["hidden"]["upper"]["hidden"] == bundle["units"]["hidden"]["upper"]["hidden"] == 10


def test_a_person_reads_a_table_of_units(story, capsys):
    assert main(["evaluate", "--bundle", str(story.bundle.folder), "--data", str(story.data)]) == 0

    lines = capsys.readouterr().out.splitlines()
    title = next(line for line in lines if line.startswith("action units (60 coded faces"))
    assert "core auc" in title and "further f1" in title
    assert "  faces  present    AUC     F1    ICC  error  ceiling".split() in [line.split() for line in lines]
    for name in (*ACTION_UNIT_KEYS, *PARTS):
        assert any(line.split()[:1] == [name] for line in lines), name


def test_a_teacher_is_evaluated_by_its_units_alone(story, capsys):
    found = evaluated(story, capsys, "--run", story.folder / "teacher")

    assert found["heads"] == {} and found["units"]["means"]["core_auc"] > 0.7


def test_on_other_data_a_run_says_why_it_gives_no_intensities(story, capsys, tmp_path):
    other = tmp_path / "other.npz"
    save_faces(other, story.faces.split("PublicTest"))
    argv = ["evaluate", "--run", str(story.folder / "run"), "--data", str(other)]

    assert evaluated(story, capsys, *argv[1:3], data=other)["units"] is None
    assert main(argv) == 0
    assert "action units: not measured, for a run is calibrated by the data of its training" in capsys.readouterr().out
    assert evaluated(story, capsys, "--bundle", story.bundle.folder, data=other)["units"]["coded"] == 60


def test_without_codes_expressions_are_measured_all_the_same(story, capsys, tmp_path):
    plain = tmp_path / "plain.npz"
    save_faces(plain, replace(story.faces, codings=Codings()))

    found = evaluated(story, capsys, "--bundle", story.bundle.folder, data=plain)

    assert "units" not in found and found["fer2013_accuracy"] is not None


def test_a_teacher_and_other_data_are_not_exported(story, capsys, tmp_path):
    save_faces(tmp_path / "other.npz", story.faces.at(np.arange(200)))
    for run, data, complaint in (
        ("teacher", story.data, "is a teacher's run, which knows no expressions"),
        ("run", tmp_path / "other.npz", "was trained on other data"),
    ):
        argv = ["export", "--run", str(story.folder / run), "--data", str(data), "--bundles", str(tmp_path)]
        assert main([*argv, "--version", "0.0.2"]) == ConfigError.exit_code
        message = capsys.readouterr().err
        assert complaint in message and message.count("\n") == 1
    assert not (tmp_path / "face-0.0.2").exists()


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda faces: replace(faces, codings=Codings()), "hold no codes of action units: prepare them with --codes"),
        (lambda faces: replace(faces, box=faces.box[:0], found=faces.found[:0]), "hold no crops of the box"),
        (lambda faces: without(faces, "units", [2, 5]), "Nobody coded AU4, AU7 in these data"),
        (lambda faces: without(faces, "hidden", [1]), "Nobody coded low in these data"),
        (lambda faces: faces.at(np.array([0, 1, 2, *range(200, 220)])), "coded faces make no 4 folds"),
    ],
)
def test_data_that_teach_too_little_are_refused_before_the_training(story, capsys, tmp_path, spoil, complaint):
    save_faces(tmp_path / "data.npz", spoil(story.faces))
    argv = [
        "train",
        "--recipe",
        str(story.recipe),
        "--data",
        str(tmp_path / "data.npz"),
        "--out",
        str(tmp_path / "run"),
    ]

    assert main([*argv, "--set", "units.folds=4"]) == DataError.exit_code
    message = capsys.readouterr().err
    assert complaint in message and message.count("\n") == 1 and not (tmp_path / "run").exists()


def without(faces, what, columns):
    table = getattr(faces.codings, what).copy()
    table[:, columns] = np.nan
    return replace(faces, codings=replace(faces.codings, **{what: table}))
