"""The linear probe of FER2013 on what a general model says of its faces."""

import json

import numpy as np
import pytest

from device.contract.errors import DataError
from device.contract.labels import FER2013_EMOTIONS
from training.cli import main
from training.data.faces import TEST, TRAINING, VALIDATION, Answers, Faces, save_faces
from training.personal import embedding
from training.personal.expressions import measured, text


def faces(head: str = "fer2013", splits: tuple[str, str] = (TRAINING, TEST)) -> Faces:
    """The seven expressions in turn, each with a bright line of its own."""
    truth = np.arange(700) % 7
    images = np.random.default_rng(0).integers(0, 60, (700, 48, 48), np.uint8)
    images[np.arange(700), 6 * truth] = 255
    return Faces(
        images,
        np.where(np.arange(700) < 490, *splits),
        {head: Answers.single(FER2013_EMOTIONS, truth)},
        np.full(700, ""),
    )


def test_what_tells_expressions_apart_is_found_and_noise_is_chance():
    told = np.eye(7, dtype=np.float32)[np.arange(700) % 7]
    noise = np.random.default_rng(1).normal(size=(700, 5))

    found = measured(faces(), [("told", told), ("noise", noise)])

    assert (found.learnt, found.tested) == (490, 210)
    assert found.most == pytest.approx(1 / 7)
    assert found.rows[0].accuracy.value == 1.0
    assert 0.97 < found.rows[0].accuracy.low < 1.0, "of 210 faces nobody is quite sure"
    assert abs(found.rows[1].accuracy.value - 1 / 7) < 0.08
    assert "published (FaceCycle)" in text(found)


def test_other_data_are_refused():
    with pytest.raises(DataError, match=r"no data\.npz of FER2013"):
        measured(faces("ferplus"), [])
    with pytest.raises(DataError, match="prepare --csv"):
        measured(faces(splits=("Training", "Training")), [])


def test_where_the_private_test_is_kept_apart_the_public_one_is_tested_and_named():
    found = measured(faces(splits=(TRAINING, VALIDATION)), [])
    assert found.tested == 210
    assert "490 faces learnt from, 210 of PublicTest tested." in text(found)


def test_the_command_probes_runs_beside_the_untrained_network_and_the_pixels(tmp_path, monkeypatch, capsys):
    save_faces(tmp_path / "data.npz", faces())
    monkeypatch.setattr(embedding, "kept", lambda run: (0, 5))
    monkeypatch.setattr(
        embedding, "embed", lambda run, images, epoch=None: images.mean(2)[:, :: 48 if epoch == 0 else 6]
    )

    run, out = tmp_path / "gm" / "general", tmp_path / "fer.json"
    code = main(["personal", "fer2013", str(run), "--data", str(tmp_path / "data.npz"), "--json", str(out)])

    assert code == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[2:]] == [
        "gm/general",
        "untrained",
        "pixels",
        "the",
        "published",
    ]
    rows = {row["name"]: row["accuracy"]["value"] for row in json.loads(out.read_text())["rows"]}
    assert rows["gm/general"] > 0.95
    assert rows["untrained network"] < 0.5
