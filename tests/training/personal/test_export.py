"""From the training of one person to a bundle that a box keeps for them, and for nobody else."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import structs

from cloud.erasing.known import written
from converter.signing import keygen
from device.cli import main as box
from device.contract.errors import ConfigError, DataError, EvidenceError, ModelError, StorageError
from device.contract.manifest import CARD, MANIFEST, MODEL, open_bundle
from device.contract.personal_file import PersonalFile
from device.contract.signature import SIGNATURE
from device.contract.tasks import PERSONAL
from tests import personal_evaluations as found
from tests.training.personal.mouths import TINY, mouths
from training.cli import main
from training.personal import export as command
from training.personal.evaluation import Evaluation
from training.personal.people import load_people


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mouths(tmp_path_factory.mktemp("faces"))


def evaluated(faces: Path, run: Path, name: str = "p-1", *, simulated: bool = False, **arm: object) -> Path:
    """An evaluation of this person by the weights of a run; its folder."""
    (person,) = load_people(faces, ["p-1"])
    told = found.evaluation(1, simulated=simulated)
    (one,) = told.people
    weights = sha256((run / "weights.npz").read_bytes()).hexdigest()
    arms = (replace(one.arms[0], run=weights, **arm),)
    one = replace(one, name=name, data=person.digest(), recordings=1, arms=arms)
    folder = run.parent / f"evaluation-{name}"
    folder.mkdir(exist_ok=True)
    replace(told, people=(one,)).save(folder / "evaluation.json")
    return folder


def export(faces: Path, run: Path, evaluation: Path, *options: object) -> int:
    given = ["--faces", faces, "--run", run, "--evaluation", evaluation, "--bundles", run.parent / "bundles"]
    return main([str(one) for one in ("personal", "export", *given, "--version", "0.1.0", *options)])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder, with weights of nothing."""
    folder = tmp_path / "runs" / "p-1"
    folder.mkdir(parents=True)
    (folder / "weights.npz").write_bytes(b"weights")
    return folder


def test_a_run_of_many_people_is_no_bundle_of_one(faces, run, capsys):
    evaluation = evaluated(faces, run)
    assert export(faces, run.rename(run.with_name("general")), evaluation) == ConfigError.exit_code
    assert "learnt from many people: give the run of one person" in capsys.readouterr().err


def test_one_that_was_moved_is_no_bundle_of_one_either(faces, run, capsys):
    assert export(faces, run, evaluated(faces, run, general=True)) == ConfigError.exit_code
    assert "learnt from many people: give the run of one person" in capsys.readouterr().err


def test_a_folder_without_a_training_is_said(faces, run, capsys):
    evaluation = evaluated(faces, run)
    (run / "weights.npz").unlink()
    assert export(faces, run, evaluation) == ConfigError.exit_code
    assert "holds no finished training" in capsys.readouterr().err


def test_an_evaluation_of_another_run_is_refused(faces, run, capsys):
    evaluation = evaluated(faces, run)
    (run / "weights.npz").write_bytes(b"learnt longer")
    assert export(faces, run, evaluation) == ConfigError.exit_code
    assert "The evaluation is not of" in capsys.readouterr().err


def test_an_evaluation_that_is_not_there_is_said(faces, run, capsys):
    assert export(faces, run, run / "evaluation.json") == ConfigError.exit_code
    assert "make it with `affectbox-training personal evaluate`" in capsys.readouterr().err


def test_faces_that_were_not_evaluated_are_refused(faces, run, capsys):
    """Those of p-1 were."""
    assert export(faces, run, evaluated(faces, run, "p-2")) == ConfigError.exit_code
    assert "The faces of p-2 are not those that were evaluated" in capsys.readouterr().err
    assert export(faces, run, evaluated(faces, run, "p-3")) == DataError.exit_code
    assert "holds no faces of p-3: it holds those of p-1, p-2" in capsys.readouterr().err


def test_a_name_that_no_box_takes_is_refused(faces, run, monkeypatch, capsys):
    evaluation = evaluated(faces, run)
    (person,) = load_people(faces, ["p-1"])
    named = replace(person, name="Anna Muster")
    monkeypatch.setattr(command, "load_people", lambda *_: (named,))
    told = Evaluation.load(evaluation / "evaluation.json")
    replace(told, people=(replace(told.people[0], data=named.digest()),)).save(evaluation / "evaluation.json")
    assert export(faces, run, evaluation) == DataError.exit_code
    assert "'Anna Muster' is no pseudonym of a box" in capsys.readouterr().err


def test_a_key_that_is_none_is_told_before_anything_is_read(faces, run, capsys):
    assert export(faces, run, run / "evaluation.json", "--key", run / "weights.npz") == ConfigError.exit_code
    assert "is no private key" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """p-1's run."""
    pytest.importorskip("tensorflow")
    out = tmp_path_factory.mktemp("runs")
    given = ["--faces", str(faces), "--recipe", "psm", "--person", "p-1", "--out", str(out), *TINY]
    assert main(["personal", "train", *given]) == 0
    return out / "p-1"


@pytest.mark.learning
def test_a_box_keeps_it_for_this_person_alone(faces, trained, tmp_path, capsys):
    evaluation, key = evaluated(faces, trained), tmp_path / "clinic.key"
    keygen(key)
    assert export(faces, trained, evaluation, "--key", key) == EvidenceError.exit_code
    assert "from one recording, so nobody knows what another day changes" in capsys.readouterr().err
    assert not (trained.parent / "bundles").exists()

    assert export(faces, trained, evaluation, "--key", key, "--unsupported") == 0
    (folder,) = (trained.parent / "bundles").iterdir()
    assert f"{folder}: written, signed" in capsys.readouterr().out
    assert folder.stat().st_mode & 0o777 == 0o700
    noted = {one.path.name for one in written() if one.path.parent == folder and one.patients == {"p-1"}}
    assert {MANIFEST, MODEL, CARD, PERSONAL, SIGNATURE} <= noted
    bundle = open_bundle(folder)
    assert PersonalFile.read(bundle.contents[PERSONAL], folder.name).person == "p-1"
    card = (folder / CARD).read_text()
    assert "**Not supported by its evidence:**" in card and "1 recording, 300 s of the face" in card
    for name in (MANIFEST, CARD):
        assert "p-1" not in (folder / name).read_text()
    assert "p-1" not in folder.name

    assert "How the head was turned was not known when it was made" in card  # these faces were made before that

    keys = ["--set", f"models.keys={tmp_path}", "--set", f"personal.folder={tmp_path / 'kept'}"]
    assert box(["personal", "add", str(folder), *keys]) == 0
    assert f"Kept {folder.name} of 'p-1'" in capsys.readouterr().out
    video = tmp_path / "none.mp4"
    other = ["--patient", "p-2", "--bundle", str(folder), *keys]
    assert box(["personal", "watch", str(video), *other]) == ModelError.exit_code
    assert "is of somebody else than 'p-2'" in capsys.readouterr().err
    assert export(faces, trained, evaluation, "--key", key, "--unsupported") == StorageError.exit_code
    assert "--replace" in capsys.readouterr().err


@pytest.mark.learning
def test_what_began_with_others_says_so_and_goes_with_them(faces, trained, capsys):
    meta = json.loads((trained / "meta.json").read_text())
    meta["data_about"]["began_with"] = ["p-8", "p-9"]
    (trained / "meta.json").write_text(json.dumps(meta))
    evaluation = evaluated(faces, trained)
    assert export(faces, trained, evaluation, "--name", "transferred", "--unsupported") == 0
    folder = trained.parent / "bundles" / "transferred-0.1.0"
    assert "began with one of 2 other people, whose faces are in it, too" in (folder / CARD).read_text()
    (noted,) = (one for one in written() if one.path == folder / MODEL)
    assert noted.patients == {"p-1", "p-8", "p-9"}


@pytest.mark.learning
def test_a_network_that_reads_other_faces_than_a_box_gives_is_refused(faces, trained, monkeypatch, capsys):
    from training.networks.cycle import Cycle  # noqa: PLC0415 - loads TensorFlow
    from training.personal import embedding  # noqa: PLC0415

    run = embedding.open_run(trained)
    other = replace(run, recipe=structs.replace(run.recipe, network=Cycle()))
    monkeypatch.setattr(embedding, "open_run", lambda _: other)
    assert export(faces, trained, evaluated(faces, trained), "--name", "published") == ConfigError.exit_code
    assert "only networks of 48×48 grey faces are exported" in capsys.readouterr().err
