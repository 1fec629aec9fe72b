"""Training itself: resuming, teachers, recipes that do not fit, and two machines."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
import tensorflow as tf

from device.contract.errors import ConfigError
from training import train as training_train
from training.cli import main
from training.data.faces import load_faces
from training.expressions.learning import Batches, Learner, class_weights, targets
from training.learning import learning_rate
from training.machines import find_machines
from training.metrics import softmax
from training.networks.ednn import Ednn
from training.predict import predict
from training.recipe import Augmentation, Loss, Optimizer, Recipe, Teacher
from training.run_folder import load_run_of

pytestmark = pytest.mark.learning

ROOT = Path(__file__).parents[2]
SMALLER = ("--set", "network.widths=[4,8]")
STILL = Augmentation(rotation=0, scale=0, shift=0, contrast=0, brightness=0, cutout=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_fer_files):
    csv, ferplus = make_fer_files(48, 14).write()
    path = tmp_path_factory.mktemp("data") / "data.npz"
    assert main(["prepare", "--csv", str(csv), "--ferplus", str(ferplus), "--out", str(path)]) == 0
    return path


@pytest.fixture
def eager():
    """Steps are taken as they are written: for networks as small as ours, tracing them costs more."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def train(data, tiny, tmp_path):
    """Called with a run's name and more options: the exit code of `train`."""

    def call(name, *more):
        out = str(tmp_path / name)
        return main(
            ["train", "--recipe", str(tiny), "--data", str(data), "--out", out, "--set", "epochs=2", *SMALLER, *more]
        )

    return call


def weights(folder, name="weights.npz"):
    with np.load(folder / name) as arrays:
        return {key: arrays[key] for key in arrays.files if key != "meta.0"}


def test_an_interrupted_run_resumes_as_if_nothing_had_happened(eager, train, tmp_path, monkeypatch, capsys):
    assert train("whole") == 0
    with monkeypatch.context() as patch:
        whole_epoch = training_train.Trainer.run_epoch

        def interrupted(trainer):
            if trainer.epoch == 1:
                raise KeyboardInterrupt
            return whole_epoch(trainer)

        patch.setattr(training_train.Trainer, "run_epoch", interrupted)
        assert train("parts") == 130
    assert "--resume" in capsys.readouterr().err

    assert train("parts") == ConfigError.exit_code
    assert "continue it with --resume" in capsys.readouterr().err
    assert train("parts", "--resume") == 0

    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()][:2] == [
        "resuming after epoch 1 of 2",
        "epoch 2/2",
    ]
    whole, parts = (weights(tmp_path / name, "checkpoint.npz") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(np.allclose(whole[key], parts[key], atol=1e-4) for key in whole)


def test_a_run_of_another_recipe_other_data_or_a_torn_file_is_not_continued(eager, train, tmp_path, capsys):
    assert train("run", "--set", "epochs=1") == 0
    assert train("run", "--resume", "--set", "seed=9") == ConfigError.exit_code
    assert "another recipe" in capsys.readouterr().err

    (tmp_path / "run" / "checkpoint.npz").write_bytes(b"PK\x03\x04 torn by a power cut")
    assert train("run", "--resume") == ConfigError.exit_code
    message = capsys.readouterr().err
    assert "cannot be continued" in message and message.count("\n") == 1


def test_same_seed_same_weights(eager, train, tmp_path):
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        assert train(name, "--set", "epochs=1", "--set", f"seed={seed}") == 0
    one, same, other = (weights(tmp_path / name) for name in ("one", "same", "other"))
    assert all(np.allclose(one[key], same[key], atol=1e-5) for key in one)
    assert not np.allclose(one["weights.0"], other["weights.0"], atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        ("optimizer.kind=sgd", "optimizer.learning_rate=0.05", "mixing.mixup=0.2", "mixing.cutmix=1.0"),
        ("loss.class_weights=balanced", 'network.kind="residual"', "network.widths=[16,32]", "network.blocks=[1,1]"),
        ("strategy=mirrored", "jit=true"),
        ("precision=bfloat16",),
    ],
)
def test_every_kind_of_recipe_trains(train, tmp_path, options):
    more = [word for text in options for word in ("--set", text)]

    assert train("run", "--set", "epochs=1", "--set", "augmentation.cutout=0", *more) == 0

    history = json.loads((tmp_path / "run" / "meta.json").read_text())["history"]
    assert len(history) == 1 and np.isfinite(history[0]["loss"])


def test_a_student_hears_the_mean_of_its_teachers(eager, train, data, tmp_path, capsys):
    for seed in (1, 2):
        widths = "network.widths=[4, 6]"
        assert train(f"teacher-{seed}", "--set", "epochs=1", "--set", f"seed={seed}", "--set", widths) == 0
    runs = tuple(str(tmp_path / f"teacher-{seed}") for seed in (1, 2))
    recipe = Recipe(network=Ednn(), teacher=Teacher(runs, temperature=2.0))
    learner = Learner(recipe, {"ferplus": 8, "fer2013": 7}, find_machines("none", 8))
    images = load_faces(data).images[:5]

    heard = learner._answers_of_teachers(tf.constant(images[..., None].astype(np.float32)))  # white is 255 for EDNN

    logits = [predict(load_run_of(Recipe, Path(run)).network, 1.0, images)["fer2013"] for run in runs]
    assert heard[1].numpy() == pytest.approx((softmax(logits[0], 2.0) + softmax(logits[1], 2.0)) / 2, abs=1e-4)

    taught = f"teacher.runs={list(runs)}"
    assert train("student", "--set", "epochs=1", "--set", taught, "--set", "teacher.share=1.0") == 0
    assert train("orphan", "--set", f'teacher.runs=["{tmp_path / "nobody"}"]') == ConfigError.exit_code
    assert "nobody" in capsys.readouterr().err


def test_two_machines_end_with_equal_weights(data, tiny, tmp_path):
    with socket.socket() as one, socket.socket() as two:
        for listener in (one, two):
            listener.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in (one, two)]
    tiny.write_text('strategy = "multiworker"\nepochs = 1\nbatch = 24\n[network]\nwidths = [4, 4]\n')
    argv = [sys.executable, "-m", "training", "train", "--recipe", str(tiny), "--data", str(data)]
    workers = []
    for index in range(2):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {"TF_CONFIG": json.dumps(config), "CUDA_VISIBLE_DEVICES": ""}
        command = [*argv, "--out", str(tmp_path / "run")]
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True))
    try:
        for worker in workers:
            _, errors = worker.communicate(timeout=300)
            assert worker.returncode == 0, errors[-2000:]
    finally:
        for worker in workers:
            worker.kill()

    meta = json.loads((tmp_path / "run" / "meta.json").read_text())
    assert (meta["workers"], meta["replicas"]) == (2, 2)
    chief, other = weights(tmp_path / "run"), weights(tmp_path / "run" / "worker-1")
    assert chief.keys() == other.keys() and all(np.array_equal(chief[key], other[key]) for key in chief)


def test_a_cluster_that_nobody_names_is_asked_for(train, monkeypatch, capsys):
    monkeypatch.delenv("TF_CONFIG", raising=False)

    assert train("run", "--set", "strategy=multiworker") == ConfigError.exit_code
    assert "TF_CONFIG names no cluster" in capsys.readouterr().err


def test_two_workers_share_every_batch_of_one(data):
    recipe, faces = Recipe(batch=8, augmentation=STILL), load_faces(data).split("Training")
    batches = Batches(faces, recipe)

    def shown(dataset):
        return [np.asarray(batch["fer2013"]) for batch in dataset]

    alone = shown(batches.epoch(0))
    shared = [shown(batches.epoch(0, worker, 2, 2)) for worker in range(2)]
    assert len(alone) == len(shared[0]) == 6 and shared[0][0].shape == (4, 7)
    for whole, *parts in zip(alone, *shared, strict=True):
        assert np.array_equal(whole, np.concatenate(parts))


def test_an_epoch_shows_every_face_once_and_box_crops_in_their_share(data, monkeypatch):
    faces = load_faces(data).split("Training")
    object.__setattr__(faces, "box", np.full_like(faces.images, 200))
    object.__setattr__(faces, "found", np.arange(48) < 24)
    batches = Batches(faces, Recipe(batch=12, box_share=0.5, augmentation=STILL))

    seen = np.concatenate([np.asarray(batch["image"]) for batch in batches.epoch(3)])[..., 0]

    boxed = np.isclose(seen, 200 / 255, atol=1e-3).all(axis=(1, 2))
    assert 5 <= boxed.sum() <= 19
    originals = {image.tobytes() for image in np.concatenate([faces.images, faces.images[:, :, ::-1]])}
    plain = {np.rint(image * 255).astype(np.uint8).tobytes() for image in seen[~boxed]}
    assert len(plain) == (~boxed).sum() and plain <= originals


def test_single_labels_are_smoothed_and_votes_are_not(data):
    faces = load_faces(data).split("Training")
    found = targets(faces, Recipe(loss=Loss(smoothing=0.14)))

    assert found["fer2013"][3] == pytest.approx([0.02, 0.02, 0.02, 0.88, 0.02, 0.02, 0.02])
    assert np.array_equal(found["ferplus"], faces.answers["ferplus"].target)


def test_class_weights_lift_rare_classes_and_keep_the_mean():
    target = np.eye(3, dtype=np.float32)[[0] * 8 + [1] * 2]

    assert class_weights(target, "none").tolist() == [1, 1, 1]
    assert class_weights(target, "balanced") == pytest.approx([0.625, 2.5, 0])
    assert class_weights(target, "sqrt")[1] / class_weights(target, "sqrt")[0] == pytest.approx(2)


def test_learning_rate_rises_and_falls():
    settings = Optimizer()
    rates = [learning_rate(settings, progress) for progress in (0, settings.warmup / 2, settings.warmup, 0.5, 1)]

    assert rates[0] == rates[-1] == 0
    assert rates[1] == pytest.approx(settings.learning_rate / 2)
    assert rates[2] == settings.learning_rate > rates[3] > 0
