"""The whole recipe with a tiny network on made-up faces: what somebody who trains would see."""

import functools
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from training.datasets import read_fer
from training.network import NetworkConfig, build_network, count_macs

from device.contract.errors import ConfigError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from device.contract.manifest import Bundle, open_bundle
from training import fer
from training.augment import Augmentation
from training.cli import main
from training.quantize import Int8Network

TinyRecipe = functools.partial(
    fer.Recipe,
    batch=16,
    learning_rate=1e-2,
    average=0.9,
    network=NetworkConfig(widths=(8, 8, 16, 16), dropout=0.0),
    augmentation=Augmentation(rotation=3, scale=0.03, shift=1, cutout=4),
)


@dataclass(frozen=True)
class Run:
    bundle: Bundle
    out: Path
    files: tuple[Path, Path]
    printed: str


@pytest.fixture(scope="module")
def run(tmp_path_factory, make_fer_files):
    """`affectbox-training fer` from CSV files to a bundle, once."""
    out = tmp_path_factory.mktemp("run")
    files = make_fer_files(210, 70).write()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(fer, "Recipe", TinyRecipe)
        argv = ["fer", "--csv", str(files[0]), "--ferplus", str(files[1]), "--out", str(out), "--epochs", "6"]
        assert main([*argv, "--seed", "5"]) == 0
    return Run(open_bundle(out / "fer-0.1.0"), out, files, printed.getvalue())


def test_network_learns_and_says_so(run):
    receipt = run.bundle.manifest.receipt

    assert receipt["validation_split"] == "PublicTest"
    assert receipt["fer2013"]["accuracy"] > 0.9
    assert receipt["ferplus"]["accuracy"] > 0.9
    assert "epoch 6/6" in run.printed and "wrote" in run.printed


def test_int8_agrees_with_float(run):
    for head in ("ferplus", "fer2013"):
        figures = run.bundle.manifest.receipt[head]
        assert figures["agreement"] > 0.95
        assert abs(figures["accuracy"] - figures["accuracy_float"]) < 0.05
        assert 0 < figures["logit_error_mean"] < figures["logit_error_max"] < 1.5


def test_manifest_describes_the_file(run):
    manifest = run.bundle.manifest
    network = Int8Network(run.bundle.model)

    assert manifest.id == "fer-0.1.0" and manifest.task == "facial-expression"
    assert (manifest.input.shape, manifest.input.dtype) == ((1, 48, 48, 1), "int8")
    assert manifest.input.scale == pytest.approx(1 / 255, rel=1e-5) and manifest.input.zero_point == -128
    assert manifest.outputs == network.outputs
    assert manifest.output("ferplus")[1].labels == EMOTIONS
    assert manifest.output("fer2013")[1].labels == FER2013_EMOTIONS
    assert manifest.receipt["size_bytes"] == len(run.bundle.model)


def test_bundle_names_the_emotion_of_a_face(run):
    faces = read_fer(*run.files)["PublicTest"]
    smile = faces.images[faces.labels == FER2013_EMOTIONS.index("happiness")][:1]

    logits = Int8Network(run.bundle.model).predict(smile)

    assert EMOTIONS[int(logits["ferplus"].argmax())] == "happiness"
    assert FER2013_EMOTIONS[int(logits["fer2013"].argmax())] == "happiness"


def test_card_holds_the_command_and_the_measured_figures(run):
    card = (run.bundle.folder / "MODEL_CARD.md").read_text()
    receipt = run.bundle.manifest.receipt

    command = f"affectbox-training fer --csv fer2013.csv --ferplus fer2013new.csv --out {run.out.name}"
    assert f"{command} --epochs 6 --seed 5" in card
    assert str(run.out) not in card
    assert f"| accuracy, int8 | {receipt['ferplus']['accuracy']} | {receipt['fer2013']['accuracy']} |" in card
    assert "validation" in card and "research use" in card and "Not a diagnosis" in card
    assert "| accuracy |" in card and "no faces" in card  # nobody in these files shows contempt


def test_run_is_not_overwritten_by_accident(run, capsys, monkeypatch):
    monkeypatch.setattr(fer, "Recipe", TinyRecipe)
    argv = ["fer", "--csv", str(run.files[0]), "--ferplus", str(run.files[1]), "--out", str(run.out)]

    assert main(argv) == ConfigError.exit_code
    assert "--resume" in capsys.readouterr().err
    assert main([*argv, "--resume", "--epochs", "9"]) == ConfigError.exit_code
    assert "other options" in capsys.readouterr().err


class Interruption(Exception):
    pass


def train(files, out, resume=False, stop_after=""):
    """The lines logged by a run of three epochs, which may be interrupted after one of them; and its network."""
    lines = []

    def log(line):
        lines.append(line)
        if stop_after and line.startswith(stop_after):
            raise Interruption

    recipe = TinyRecipe(epochs=3, seed=1)
    try:
        network, _ = fer.train(recipe, read_fer(*files), out, resume, log)
    except Interruption:
        return lines, None
    return lines, network


def test_interrupted_run_resumes_at_the_next_epoch_as_if_nothing_had_happened(make_fer_files, tmp_path):
    files = make_fer_files(48, 14).write()
    _, uninterrupted = train(files, tmp_path / "whole")

    train(files, tmp_path / "parts", stop_after="epoch 1/3")
    lines, resumed = train(files, tmp_path / "parts", resume=True)

    assert [line.split("  ")[0] for line in lines] == ["resuming after epoch 1 of 3", "epoch 2/3", "epoch 3/3"]
    faces = read_fer(*files)["PublicTest"].images
    whole, parts = fer.predict(uninterrupted, faces), fer.predict(resumed, faces)
    assert np.allclose(whole["ferplus"], parts["ferplus"], atol=1e-3)


def test_damaged_checkpoint_is_refused(make_fer_files, tmp_path):
    files = make_fer_files(16, 7).write()
    (tmp_path / fer.CHECKPOINT).write_bytes(b"PK\x03\x04 torn by a power cut")

    with pytest.raises(ConfigError, match="cannot be continued"):
        train(files, tmp_path, resume=True)


def test_best_epoch_is_the_one_with_the_best_mean_and_the_later_of_equals():
    history = [
        {"ferplus": 0.5, "fer2013": 0.5},
        {"ferplus": 0.7, "fer2013": 0.5},
        {"ferplus": 0.5, "fer2013": 0.7},
        {"ferplus": 0.6, "fer2013": 0.5},
    ]

    assert fer.best_epoch(history) == 3


def test_learning_rate_rises_and_falls():
    recipe = fer.Recipe()
    rates = [fer.learning_rate(recipe, progress) for progress in (0, recipe.warmup / 2, recipe.warmup, 0.5, 1)]

    assert rates[0] == rates[-1] == 0
    assert rates[1] == pytest.approx(recipe.learning_rate / 2)
    assert rates[2] == recipe.learning_rate > rates[3] > 0


def test_network_stays_within_its_budget():
    assert count_macs(build_network(NetworkConfig())) <= 60e6
