"""`personal train`: runs of each person and of all, resumed, transferred, and refused in words."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import keras

from cloud.erasing.known import written
from device.contract.errors import ConfigError, DataError
from tests.training.personal.mouths import TINY, mouths
from training.cli import main
from training.kinds import of_run
from training.personal.embedding import embed, kept, open_run
from training.personal.fit import require
from training.personal.people import load_people
from training.personal.recipe import APPROACHES, find_recipe, shipped

EXPRESSIONS = Path(__file__).parents[3] / "training" / "weights" / "fer-0.3.0"


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mouths(tmp_path_factory.mktemp("faces"))


def run(*argv: object) -> int:
    return main([str(one) for one in ("personal", "train", *argv)])


def refused(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    """What a command that fails says, in one line."""
    capsys.readouterr()
    assert run(*argv) not in (0, 1)
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def trained(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """p-1's run."""
    out = tmp_path_factory.mktemp("runs")
    assert run("--faces", faces, "--recipe", "psm", "--person", "p-1", "--out", out, *TINY) == 0
    return out


@pytest.mark.learning
def test_a_run_is_whole(faces: Path, trained: Path, capsys: pytest.CaptureFixture[str]):
    folder = trained / "p-1"
    meta = json.loads((folder / "meta.json").read_text())
    (person,) = load_people(faces, ["p-1"])

    said = embed(folder, person.images)

    assert said.shape == (500, 32) and np.abs(said).max() <= 1
    assert kept(folder) == (0, 1)
    first, last = (embed(open_run(folder), person.images, epoch) for epoch in kept(folder))
    assert np.abs(first - said).max() > 1e-3 and np.abs(last - said).max() > 1e-4
    assert meta["data"] == person.digest()
    assert meta["data_about"]["approach"] == "psm" and meta["data_about"]["people"] == ["p-1"]
    assert meta["data_about"]["blocks"] == {"length_s": 20.0, "every": 4, "margin_s": 2.0}
    assert len(meta["history"]) == 2 and meta["history"][1]["seconds"] >= 0
    assert str(trained) not in json.dumps(meta) and str(faces) not in json.dumps(meta), "no paths of this machine"
    for name in ("curves.png", "faces.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert of_run(folder).name == "movements"
    with pytest.raises(ConfigError, match=r"no weights of epoch 7.*\[0, 1\]"):
        embed(folder, person.images, 7)
    with pytest.raises(DataError, match=r"64 × 64.*48 × 48"):
        embed(folder, np.zeros((2, 64, 64), np.uint8))


@pytest.mark.learning
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(
    faces: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from training.train import Trainer  # noqa: PLC0415

    save, saved = Trainer.save, []

    def killed(self: Trainer, folder: Path, words: str) -> None:
        save(self, folder, words)
        saved.append(self.epoch)
        raise KeyboardInterrupt

    argv = ["--faces", faces, "--recipe", "psm", "--person", "p-1", "--out", tmp_path, *TINY]
    monkeypatch.setattr(Trainer, "save", killed)
    assert run(*argv) == 130 and saved == [1]
    monkeypatch.setattr(Trainer, "save", save)
    assert "already holds a run: continue it with --resume" in refused(capsys, *argv)
    assert run(*argv, "--resume") == 0

    whole, resumed = (np.load(folder / "p-1" / "weights.npz") for folder in (trained, tmp_path))
    assert all(np.allclose(whole[name], resumed[name], atol=1e-5) for name in whole.files)


@pytest.mark.learning
def test_transfers_begin_with_somebody_else(
    faces: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (person,) = load_people(faces, ["p-2"])
    argv = ["--faces", faces, "--recipe", "transfer-person", "--out", tmp_path, *TINY]

    assert run(*argv, "--person", "p-2", "--start", trained) == 0
    assert embed(tmp_path / "p-2", person.images, 0) == pytest.approx(embed(trained / "p-1", person.images), abs=1e-5)
    assert json.loads((tmp_path / "p-2" / "meta.json").read_text())["data_about"]["began_with"] == ["p-1"]
    erased = {one.path.name: one.patients for one in written() if one.path.is_relative_to(tmp_path / "p-2")}
    assert erased["weights.npz"] == {"p-1", "p-2"}, "who gave the weights is in them: erased with either"

    asked = argv[: -len(TINY)]
    for given, said in (
        (["--person", "p-1", "--start", trained], "has learnt from p-1: begin with a run of others"),
        (["--person", "p-2"], "begins with another run: name it with --start"),
        (["--person", "p-2", "--start", faces], "holds no finished epoch"),
    ):
        assert said in refused(capsys, *asked, *given)
    other = ["--faces", faces, "--start", trained, "--person", "p-2", "--out", tmp_path / "other", "--recipe"]
    assert "begins with a run of all people" in refused(capsys, *other, "transfer-general")
    assert "psm begins with nothing" in refused(capsys, *other, "psm")
    assert "another network" in refused(capsys, *other, "transfer-person", "--set", "embedding=16")


@pytest.mark.learning
def test_the_published_network_learns(tmp_path: Path):
    from training.machines import find_machines  # noqa: PLC0415
    from training.personal.learning import PairLearner  # noqa: PLC0415

    rng, arrays = np.random.default_rng(0), {}
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128), 10: (256, 128)}
    shapes |= dict.fromkeys((12, 14, 16), (256, 256)) | {19: (512, 256)}
    for number, (outputs, inputs) in shapes.items():
        kernel = rng.normal(0, (2 / (9 * inputs)) ** 0.5, (outputs, inputs, 3, 3))
        arrays |= {f"features.{number}.weight": kernel.astype(np.float32)}
        arrays |= {f"features.{number}.bias": np.zeros(outputs, np.float32)}
    np.savez(tmp_path / "vgg19.npz", **arrays)
    recipe = find_recipe("original-psm", [f"features={tmp_path / 'vgg19.npz'}", "batch=2"])
    batch = {
        "image": rng.integers(0, 256, (4, 64, 64, 3), np.uint8),
        "neutral": np.float32(1.5),
        "seed": np.zeros(2, int),
    }

    keras.utils.set_random_seed(0)
    learner = PairLearner(recipe, find_machines("none", 2))
    losses = [float(learner.step(batch, learner.rate(0), number)) for number in range(8)]

    assert losses[-1] < 0.99 * losses[0]
    assert [learner.rate(epoch / 500) for epoch in (0, 10, 50, 200, 499)] == [8e-5, 5e-5, 1e-5, 5e-6, 5e-6]


@pytest.mark.learning
def test_a_general_model_is_of_all(faces: Path, tmp_path: Path):
    assert run("--faces", faces, "--recipe", "gm-curriculum", "--out", tmp_path, *TINY, "--set", "epochs=1") == 0
    assert json.loads((tmp_path / "general" / "meta.json").read_text())["data_about"]["people"] == ["p-1", "p-2"]


def test_every_approach_has_a_recipe_ours_and_the_published():
    names = shipped()
    assert {name for name in names if not name.startswith("original-")} == set(APPROACHES)
    assert {name.removeprefix("original-") for name in names if name.startswith("original-")} == set(APPROACHES)
    for name in names:
        recipe = find_recipe(name)
        assert recipe.approach == name.removeprefix("original-")
        assert recipe.network.coloured == name.startswith("original-")
        assert recipe.mirrored == recipe.general
        assert bool(recipe.curriculum.frames) == recipe.approach.endswith("curriculum")
    assert find_recipe("psm", ["epochs=3"]).epochs == 3


def test_features_may_be_of_our_own_expression_network():
    from training.personal.learning import expression_features  # noqa: PLC0415

    shown = np.random.default_rng(0).random((2, 48, 48, 1)).astype(np.float32)

    (maps,) = expression_features(EXPRESSIONS)(shown)

    assert maps.shape == (2, 48, 48, 24)
    assert 0 == float(maps.numpy().min()) < float(maps.numpy().std())


def test_a_recipe_that_does_not_exist_is_told_those_that_do():
    with pytest.raises(ConfigError, match=r"There is no recipe psn: .*gm, .*psm, psm-curriculum, scratch"):
        find_recipe("psn")


def test_a_recipe_may_be_based_on_another(tmp_path: Path):
    (tmp_path / "mine.toml").write_text('base = "psm"\n[losses]\nssim = 0.125\n')
    (tmp_path / "again.toml").write_text('base = "mine"\nepochs = 7\n')

    recipe = find_recipe(str(tmp_path / "again.toml"))

    assert (recipe.losses.ssim, recipe.epochs, recipe.approach) == (0.125, 7, "psm")
    (tmp_path / "round.toml").write_text('base = "round"\n')
    with pytest.raises(ConfigError, match="does one name itself"):
        find_recipe(str(tmp_path / "round.toml"))
    (tmp_path / "bad.toml").write_text('base = "psm"\nepocs = 7\n')
    with pytest.raises(ConfigError, match=r"epocs.*epochs"):
        find_recipe(str(tmp_path / "bad.toml"))


def test_what_cannot_be_trained_is_said(faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    asked = ["--faces", faces, "--person", "p-1", "--out", out, "--recipe"]
    with pytest.raises(ConfigError, match=r"network.kind must be personal or cycle"):
        find_recipe("psm", ["network.kind=plain"])
    assert "There is no recipe psn" in refused(capsys, *asked, "psn")
    assert "no faces of p-9" in refused(capsys, *asked, "psm", "--person", "p-9")
    assert "affectbox-training faces --size 64 --colour" in refused(capsys, *asked, "original-psm")
    assert "losses.gram needs features" in refused(capsys, *asked, "psm", "--set", "losses.gram=1")
    with pytest.raises(ConfigError, match=r"VGG19, of which this package has no weights.*--set features=FILE"):
        require(find_recipe("original-psm", ["features=nowhere.pth"]), np.zeros((1, 64, 64, 3), np.uint8))
    (tmp_path / "psm.toml").write_text("[network]\nkind = 'personal'\n")
    assert main(["train", "--recipe", str(tmp_path / "psm.toml"), "--data", "x.npz", "--out", str(out)]) != 0
    assert "commands of their own: use `affectbox-training personal train`" in capsys.readouterr().err
    assert not out.exists()
