"""Networks that read faces for diagnosis support: who is held out, and that every participant counts the same."""

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
import keras
import tensorflow as tf

from cloud.cli import main as erase
from device.contract.errors import ConfigError, DataError
from tests.drawn_faces import PEOPLE, drawn, written
from training.cli import main
from training.cohort.people import Participant
from training.diagnosis.crops.answers import answers, balanced_accuracy
from training.diagnosis.crops.data import Faces
from training.diagnosis.crops.kind import GroupsOfFaces, held_out, labels_of
from training.diagnosis.crops.learning import ranked, weights
from training.diagnosis.crops.measured import measured
from training.diagnosis.crops.nested import learn
from training.diagnosis.crops.recipe import CropsRecipe
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.refusal import reasons
from training.diagnosis.run import open_run
from training.diagnosis.tables import text
from training.kinds import of_run
from training.machines import find_machines
from training.recipe import load_recipe_of
from training.run_folder import load_run_of

pytestmark = pytest.mark.learning


def recipe(*assignments):
    return load_recipe_of(CropsRecipe, Path("training/recipes/diagnosis-crops.toml"), assignments)


def test_folds_hold_people_of_both_groups_and_nobody_twice():
    faces = drawn()

    outs = [held_out(recipe("folds=3"), faces, fold) for fold in (1, 2, 3)]

    assert sorted(person.pseudonym for out in outs for person in out) == sorted(p.pseudonym for p in PEOPLE)
    assert [sorted(person.group for person in out) for out in outs] == [["case"] * 2 + ["control"] * 2] * 3


def test_the_split_of_the_study_holds_out_all_but_its_training_part():
    out = held_out(recipe("folds=0"), drawn(), 0)

    assert {person.pseudonym for person in out} == {"p2", "p5", "p8", "p11"}


def test_every_participant_and_group_counts_the_same_however_many_frames():
    people = PEOPLE[:9]  # 5 cases, 4 controls
    faces = drawn(people, faces=lambda person: 90 if person.pseudonym == "p0" else 2)

    found = weights(faces)

    shares = {person.pseudonym: found[faces.participants == person.pseudonym].sum() for person in people}
    assert np.isclose(shares["p0"], shares["p2"]) and np.isclose(shares["p1"], shares["p3"])
    assert np.isclose(found[faces.truth == 0].sum(), found[faces.truth == 1].sum())
    assert np.isclose(found.mean(), 1)


@pytest.mark.parametrize(
    ("attention", "loss"),
    [
        ([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5], 0.0),  # the seven highest are 0.4 above the rest
        ([0.5] * 10, 0.05),
        ([0.5, 0.52, 0.5, 0.52, 0.52, 0.52, 0.52, 0.52, 0.5, 0.52], 0.03),
    ],
)
def test_the_attention_of_the_upper_seven_tenths_is_to_be_a_margin_above_the_rest(attention, loss):
    assert np.isclose(float(ranked(tf.constant(attention), 0.7, 0.05)), loss, atol=1e-6)


def test_the_attention_of_a_single_picture_is_no_error():
    assert 0 <= float(ranked(tf.constant([0.4]), 0.7, 0.05)) <= 0.05


def test_log_probabilities_are_averaged_over_a_persons_faces():
    logits = {0: [2.0, 0.0], 255: [-1.0, 0.0]}  # of a black and of a white picture
    image = keras.Input((48, 48, 1))
    brightness = keras.layers.Flatten()(keras.layers.GlobalAveragePooling2D()(image))
    dense = keras.layers.Dense(2)
    network = keras.Model(image, dense(brightness))
    dense.set_weights([np.array([[-3.0, 0.0]]), np.array([2.0, 0.0])])
    images = np.uint8([0, 255, 255])[:, None, None] * np.ones((3, 48, 48), np.uint8)
    faces = Faces(
        images, np.array(["a", "a", "b"]), (Participant("a", "x"), Participant("b", "y")), ("x", "y"), {}, {}
    )

    said = answers(network, 1.0, faces)

    each = [np.array(values) - np.log(np.exp(values).sum()) for values in (logits[0], logits[255], logits[255])]
    mean = (each[0] + each[1]) / 2
    assert np.allclose(said, [mean - np.log(np.exp(mean).sum()), each[2]], atol=1e-5)
    assert np.allclose(np.exp(said).sum(axis=1), 1)


def test_nested_folds_tell_planted_groups_apart_and_go_on_where_they_were_stopped(tmp_path):
    told = recipe("folds=2", "inner=2", "epochs=8", "batch=8", "optimizer.average=0.8", "augmentation.brightness=0.05")
    faces, machines, said = drawn(), find_machines("none", 8), []
    found = learn(told, faces, tmp_path / "run", machines, False, said.append)

    truth = np.array([faces.groups.index(person.group) for person in found.people])
    assert balanced_accuracy(found.said, truth) >= 0.9
    assert {person.pseudonym for person in found.people} == {person.pseudonym for person in PEOPLE}
    assert sorted(found.folds) == [1] * 6 + [2] * 6 and all(1 <= n <= 8 for n in found.epochs.values())

    told_of = measured(faces, found, told, tmp_path / "run")
    assert text(told_of) == text(Evaluation.load(tmp_path / "run" / "evaluation.json"))
    assert told_of.balanced_accuracy.value == balanced_accuracy(found.said, truth)
    assert told_of.n == 12 and told_of.permutation is None and told_of.confounds.balanced_accuracy.value < 1
    with (tmp_path / "run" / "people.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["participant"] for row in rows] == [person.pseudonym for person in found.people]
    assert np.allclose([[float(row["case"]), float(row["control"])] for row in rows], found.said, atol=1e-4)
    whom = rows[0]["participant"]
    assert erase(["erase", whom, "--files", "--yes"]) == 0
    with (tmp_path / "run" / "people.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == rows[1:]

    with pytest.raises(ConfigError, match="already holds a run"):
        learn(told, faces, tmp_path / "run", machines, False, said.append)
    again = learn(told, faces, tmp_path / "run", machines, True, said.append)
    assert np.array_equal(again.said, found.said)

    with pytest.raises(ConfigError, match="never exported"):
        of_run(tmp_path / "run").exam(None, faces)
    with pytest.raises(ConfigError, match="never exported"):
        open_run(tmp_path / "run")


def test_the_published_recipe_learns_with_attention_and_is_measured_on_the_split_of_the_study(tmp_path, capsys):
    written(tmp_path / "faces", drawn(faces=4))
    rows = [f"{person.pseudonym},{person.group}" for person in PEOPLE]
    (tmp_path / "people.csv").write_text("\n".join(["pseudonym,group", *rows]))
    options = ["--participants", str(tmp_path / "people.csv"), "--recipe", "training/recipes/diagnosis-resnet18.toml"]
    for change in ("network.side=48", "epochs=1", "batch=16"):
        options += ["--set", change]

    code = main(["diagnosis", "train", "--faces", str(tmp_path / "faces"), *options, "--out", str(tmp_path / "run")])

    out = capsys.readouterr().out
    assert code == 0 and "measured, and never exported" in out and "One split of `faces`" in out
    found = Evaluation.load(tmp_path / "run" / "evaluation.json")
    assert found.n == 4 and found.groups == {"case": 2, "control": 2} and found.confounds is None
    assert any("no permutations" in reason for reason in reasons(found))
    run = load_run_of(CropsRecipe, tmp_path / "run")
    assert run.network.output_names == ["groups", "attention"] and np.isfinite(run.meta["history"][0]["loss"])


def test_faces_that_do_not_fit_the_recipe_are_refused():
    kind = GroupsOfFaces()
    with pytest.raises(ConfigError, match="48 pixels wide, and the network takes 224"):
        kind.require(recipe("network.kind='resnet18'"), drawn())
    with pytest.raises(DataError, match="cannot be divided into 20 folds"):
        kind.require(recipe("folds=20"), drawn())
    with pytest.raises(DataError, match="Nobody of fold 4 is of the group"):
        kind.require(recipe("folds=8"), drawn())
    with pytest.raises(ConfigError, match="weights: they are of ResNet-18"):
        recipe("weights='a.pth'")
    with pytest.raises(ConfigError, match="'small' or 'resnet18'"):
        recipe("network.kind='face'")


def test_labels_follow_the_people():
    assert labels_of(drawn()).tolist() == [0, 1] * 6
