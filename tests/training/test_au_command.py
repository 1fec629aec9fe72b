"""`affectbox-training au`: from codes to the published tables, as somebody who compares networks sees it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from device.contract.errors import ConfigError, DataError
from device.contract.manifest import open_bundle
from training.action_units.data import load_annotated
from training.annotation.coding import Annotations, Coded, Mark
from training.annotation.project import create
from training.cli import main
from training.train import Trainer

LABELS = ["AU1", "AU12", "AU26"]
RECIPE = """\
epochs = 2
batch = 32
folds = 2
labels = "AU1,AU12,AU26"
[network]
kind = "appearance"
widths = [4, 4, 4, 8]
places = 4
dropout = 0.0
"""
MASKED = """\
epochs = 2
batch = 16
[network]
kind = "masked"
widths = [4, 4, 4, 8]
decoder = 4
"""


@pytest.fixture
def coded(make_coded_files, tmp_path):
    """The arguments of a comparison of two recipes on coded rows, and its folder."""
    csv_file, _, codes = make_coded_files(48, 12).write()
    for name in ("small", "other"):
        (tmp_path / f"{name}.toml").write_text(RECIPE)
    recipes = ["--recipe", str(tmp_path / "small.toml"), "--recipe", str(tmp_path / "other.toml")]
    data = [str(codes), "--layout", "codes", "--rows-of", str(csv_file)]
    return [*data, *recipes, "--out", str(tmp_path / "run"), "--jobs", "1"], tmp_path / "run"


@pytest.mark.learning
def test_one_command_gives_the_tables_and_repeats_nothing(coded, capsys, monkeypatch):
    argv, run = coded

    assert main(["au", *argv]) == 0

    printed = capsys.readouterr().out
    assert "learning 3 action units" in printed and "fold 2 of 2" in printed and "AU2X" in printed
    table = list(csv.DictReader((run / "table.csv").open()))
    assert [row["action"] for row in table] == ["AU1", "AU12", "AU2X", "mean"]
    figures = json.loads((run / "evaluation.json").read_text())
    small = figures["networks"]["small"]
    assert figures["labels"] == LABELS == list(small["report"]["presence"])
    assert float(table[0]["small accuracy"]) == pytest.approx(
        100 * small["report"]["presence"]["AU1"]["accuracy"], abs=0.1
    )
    data = load_annotated(run / "data-48.npz")
    assert sum(fold["faces"] for fold in small["folds"]) == len(data) and len(data.labels["presence"]) == 22
    assert (run / "table.md").read_text().startswith("|  | present | small accuracy | small F1 | other accuracy |")

    export = ["export", "--run", str(run / "small"), "--data", str(run / "data-48.npz"), "--bundles", str(run)]
    assert main([*export, "--version", "1.0.0"]) == 0
    receipt = open_bundle(run / "au-1.0.0").manifest.receipt
    assert receipt["means_float"] == small["folds"][0]["means"] and list(receipt["action_units"]["presence"]) == LABELS

    monkeypatch.setattr(Trainer, "run_epoch", lambda trainer: pytest.fail("it was learnt already"))
    assert main(["au", *argv]) == 0
    assert (run / "table.txt").read_text() in printed + "\n"


@pytest.mark.learning
def test_a_network_begins_where_a_masked_autoencoder_ended(coded, make_coded_files, tmp_path, capsys):
    argv, run = coded
    (tmp_path / "masked.toml").write_text(MASKED)
    csv_file, _ = make_coded_files(64, 0).write()[:2]
    assert main(["prepare", "--csv", str(csv_file), "--out", str(tmp_path / "faces.npz")]) == 0
    train = ["train", "--recipe", str(tmp_path / "masked.toml")]
    assert main([*train, "--data", str(tmp_path / "faces.npz"), "--out", str(tmp_path / "masked")]) == 0
    masked = ["--run", str(tmp_path / "masked"), "--data", str(tmp_path / "faces.npz")]
    capsys.readouterr()
    assert main(["evaluate", *masked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hidden_error"] > 0
    export = ["export", *masked, "--bundles", str(tmp_path), "--version", "1.0.0"]
    assert main(export) == ConfigError.exit_code
    assert "name its run as `start` in a recipe" in capsys.readouterr().err

    start = ["--set", f"start={tmp_path / 'masked'}", "--set", "optimizer.learning_rate=0.0"]
    assert main(["au", *argv, *start]) == 0

    with np.load(tmp_path / "masked" / "weights.npz") as before, np.load(run / "small/fold-1/weights.npz") as after:
        assert (before["weights.0"] == after["weights.0"]).all() and before["weights.0"].shape == (3, 3, 1, 4)

    assert main([*train, "--data", str(run / "data-48.npz"), "--out", str(tmp_path / "same")]) == 0
    again = [*argv[: argv.index("--out")], "--out", str(tmp_path / "again"), "--jobs", "1"]
    assert main(["au", *again, "--set", f"start={tmp_path / 'same'}"]) == ConfigError.exit_code
    assert "was pretrained on these very faces" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "error", "complaint"),
    [
        (["--set", "labels=AU1,AU99"], ConfigError, "There is no action 'AU99'"),
        (["--set", "labels=AD19"], ConfigError, "Nobody coded any of labels = 'AD19' in these data; coded are AU1,"),
        (["--set", "start=nowhere"], ConfigError, "small: there is nothing at start = 'nowhere'"),
        (["--recipe", "training/recipes/fer.toml"], ConfigError, "is for networks of fer: give a recipe of action"),
        (["--recipe", "elsewhere/small.toml"], ConfigError, "Two recipes have the same file name"),
        (["--layout", "csv"], ConfigError, "--rows-of is for --layout codes: leave it out"),
    ],
)
def test_what_cannot_be_learnt_is_said(coded, capsys, change, error, complaint):
    assert main(["au", *coded[0], *change]) == error.exit_code

    message = capsys.readouterr().err
    assert complaint in message and message.count("\n") == 1


def test_the_form_of_the_data_is_asked_once(coded, tmp_path, capsys):
    argv = ["au", str(tmp_path), "--recipe", "training/recipes/au.toml", "--out", str(tmp_path / "run")]
    assert main(argv) == ConfigError.exit_code
    assert "Say in which form the annotated faces are with --layout" in capsys.readouterr().err
    argv[1] = str(tmp_path / "missing")
    assert main(argv) == DataError.exit_code and "There is no " in capsys.readouterr().err
    argv[1] = str(tmp_path / "data.npz")
    (tmp_path / "data.npz").touch()
    assert main([*argv, "--layout", "csv"]) == ConfigError.exit_code
    assert "data.npz is prepared already: leave --layout out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (["--coder", "ana"], "--coder is for --layout project: leave it out"),
        (["--camera", "left"], "--camera is for --layout disfa: leave it out"),
        (["--every", "2"], "data.npz is prepared already: leave --every out"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(tmp_path, capsys, change, complaint):
    (tmp_path / "data.npz").touch()
    argv = ["au", str(tmp_path / "data.npz"), "--recipe", "training/recipes/au.toml", "--out", str(tmp_path / "run")]

    assert main([*argv, *change]) == ConfigError.exit_code
    assert complaint in capsys.readouterr().err


def test_a_project_says_itself_what_it_is(make_fer_files, tmp_path, capsys):
    csv_file, _ = make_fer_files(6, 0).write()
    with create(tmp_path / "project", csv_file, actions=("AU12", "AU1")) as project:
        sequence = project.sequence(project.entries()[0].name)
        frames = {place: Coded({"AU12": Mark(1), "AU1": Mark(0)}, submitted=True) for place in (1, 2, 5)}
        project.put("ana", Annotations(sequence, "ana", project.scale, project.actions, frames))

    argv = ["au", str(tmp_path / "project"), "--recipe", "training/recipes/au.toml", "--out", str(tmp_path / "run")]
    assert main([*argv, "--jobs", "1", "--set", "folds=4"]) == DataError.exit_code
    assert "3 participants cannot be divided into 4 folds" in capsys.readouterr().err


def test_different_labels_are_no_one_table(coded, tmp_path, capsys):
    path = Path(coded[0][coded[0].index("--recipe") + 1])
    path.write_text(RECIPE.replace("AU1,AU12", "AU1,AU4"))

    assert main(["au", *coded[0]]) == ConfigError.exit_code
    assert "The recipes have different labels" in capsys.readouterr().err
