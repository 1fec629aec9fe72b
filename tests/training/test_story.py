"""prepare → train → evaluate → export with a tiny network on made-up faces: what somebody who trains would see."""

import json
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from converter.signing import keygen
from converter.verification import verify
from device.contract.errors import ConfigError, DataError, ModelError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from device.contract.manifest import Bundle, open_bundle
from device.runtime.model import Model
from training.cli import main
from training.data.faces import load_faces, save_faces

pytestmark = pytest.mark.learning


@dataclass(frozen=True)
class Story:
    folder: Path
    files: tuple[Path, Path]
    bundle: Bundle
    printed: str

    @property
    def data(self) -> Path:
        return self.folder / "data.npz"

    @property
    def run(self) -> Path:
        return self.folder / "run"


@pytest.fixture(scope="module")
def story(tmp_path_factory, make_fer_files, tiny_text):
    """The four commands of the README, once; half of the faces have a crop of the box that is the negative."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "tiny.toml").write_text(tiny_text)
    csv, ferplus = make_fer_files(210, 70).write()
    data, run = str(folder / "data.npz"), str(folder / "run")
    with redirect_stdout(StringIO()) as printed:
        assert main(["prepare", "--csv", str(csv), "--ferplus", str(ferplus), "--out", data]) == 0
        faces = load_faces(folder / "data.npz")
        found = np.arange(len(faces)) % 2 == 0
        save_faces(folder / "data.npz", replace(faces, box=255 - faces.images, found=found))
        assert main(["train", "--recipe", str(folder / "tiny.toml"), "--data", data, "--out", run]) == 0
        keygen(folder / "clinic.key")
        key = str(folder / "clinic.key")
        export = ["export", "--run", run, "--data", data, "--bundles", str(folder), "--key", key]
        assert main([*export, "--version", "0.0.1"]) == 0
    return Story(folder, (csv, ferplus), open_bundle(folder / "fer-0.0.1"), printed.getvalue())


def evaluated(capsys, *argv):
    capsys.readouterr()
    assert main(["evaluate", *map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_network_learns_and_says_so(story):
    receipt = story.bundle.manifest.receipt

    assert receipt["fer2013"]["accuracy"] > 0.9 and receipt["ferplus"]["accuracy"] > 0.9
    assert (
        "to go" in story.printed
        and "epoch 6/6" in story.printed
        and "box_ferplus" in story.printed
        and "wrote" in story.printed
    )


def test_meta_tells_how_the_weights_came_about(story):
    meta = json.loads((story.run / "meta.json").read_text())

    assert (meta["seed"], meta["recipe"]["network"]["kind"], len(meta["history"])) == (5, "plain", 6)
    assert meta["data"] == load_faces(story.data).digest()
    assert {"loss", "ferplus", "fer2013", "seconds"} <= meta["history"][0].keys()
    assert "keras" in meta["versions"] and meta["heads"]["fer2013"] == list(FER2013_EMOTIONS)
    assert str(story.folder) not in json.dumps(meta)


def test_int8_agrees_with_float(story):
    for head in ("ferplus", "fer2013"):
        figures = story.bundle.manifest.receipt[head]
        assert figures["agreement"] > 0.95
        assert abs(figures["accuracy"] - figures["accuracy_float"]) < 0.05
        assert 0 < figures["logit_error_mean"] < figures["logit_error_max"] < 1.5


def test_the_bundle_carries_the_temperature_that_the_receipt_was_measured_at(story):
    manifest, faces = story.bundle.manifest, load_faces(story.data).split("PublicTest")

    for spec in manifest.outputs:
        figures = manifest.receipt[spec.name]
        assert spec.temperature == figures["temperature"] != 1.0
        assert figures["ece"] <= figures["ece_raw"] + 0.02
    with Model(story.bundle) as model:
        position, _ = manifest.output("ferplus")
        sure = np.mean([model.on_image(image)[position].max() for image in faces.images])
        accuracy = manifest.receipt["ferplus"]["accuracy"]
    assert abs(sure - accuracy) < 0.1


def test_the_bundle_is_signed_and_computes_the_same_again(story):
    (story.folder / "keys").mkdir()
    (story.folder / "clinic.key.pub").rename(story.folder / "keys" / "clinic.pub")

    lines = list(verify(story.bundle.folder, story.folder / "keys", allow_unsigned=False))

    assert any("12 reference inputs run again" in line for line in lines)
    with pytest.raises(ModelError, match="unknown key"):
        list(verify(story.bundle.folder, None, allow_unsigned=False))


def test_the_bundle_names_the_emotion_of_a_face(story):
    faces = load_faces(story.data).split("PublicTest")
    smile = faces.images[faces.answers["fer2013"].truth == FER2013_EMOTIONS.index("happiness")][0]

    with Model(story.bundle) as model:
        answers = dict(zip((o.name for o in story.bundle.manifest.outputs), model.on_image(smile), strict=True))

    assert EMOTIONS[int(answers["ferplus"].argmax())] == "happiness"
    assert FER2013_EMOTIONS[int(answers["fer2013"].argmax())] == "happiness"


def test_the_card_holds_the_commands_and_the_measured_figures(story):
    card = (story.bundle.folder / "MODEL_CARD.md").read_text()
    receipt = story.bundle.manifest.receipt

    assert "    affectbox-training prepare --csv fer2013.csv --ferplus fer2013new.csv" in card
    assert "    affectbox-training train --recipe tiny.toml" in card
    assert "    affectbox-training export --run runs/run --data data.npz" in card and "--version 0.0.1" in card
    assert str(story.folder) not in card
    assert f"| accuracy, int8 | {receipt['ferplus']['accuracy']} | {receipt['fer2013']['accuracy']} |" in card
    assert f"| accuracy, box crop | {receipt['box']['ferplus_box']} | {receipt['box']['fer2013_box']} |" in card
    assert "validation" in card and "research use" in card and "Not a diagnosis" in card
    assert "no faces" in card  # nobody in these files shows contempt


def test_a_bundle_is_evaluated_on_any_split_of_a_csv_file(story, make_fer_files, capsys):
    csv, ferplus = make_fer_files(0, 0).add(28, "PrivateTest").write()

    with_votes = evaluated(
        capsys, "--bundle", story.bundle.folder, "--csv", csv, "--split", "PrivateTest", "--ferplus", ferplus
    )
    without = evaluated(capsys, "--bundle", story.bundle.folder, "--csv", csv, "--split", "PrivateTest")

    assert with_votes["n"] == 28 and with_votes["ferplus_accuracy"] > 0.9 and with_votes["fer2013_accuracy"] > 0.9
    assert without["ferplus_accuracy"] is None and without["fer2013_accuracy"] == with_votes["fer2013_accuracy"]


def test_bundle_file_and_run_are_evaluated_alike(story, capsys):
    by_folder = evaluated(capsys, "--bundle", story.bundle.folder, "--data", story.data)
    by_file = evaluated(capsys, "--bundle", story.bundle.folder / "model.tflite", "--data", story.data)
    by_run = evaluated(capsys, "--run", story.run, "--data", story.data)

    assert by_folder == by_file
    assert by_folder["heads"]["ferplus"]["ece"] == pytest.approx(
        story.bundle.manifest.receipt["ferplus"]["ece"], abs=0.002
    )
    assert by_run["n"] == 70 and by_run["fer2013_accuracy"] == pytest.approx(by_folder["fer2013_accuracy"], abs=0.05)
    assert (
        by_run["box"]["n"] == 35 and by_run["box"]["fer2013_accuracy"] < by_run["box"]["dataset"]["fer2013_accuracy"]
    )


def test_a_person_reads_a_table_with_groups_and_gets_pictures(story, make_fer_files, capsys, tmp_path):
    files = make_fer_files(0, 14)
    files.header += ",group"
    for number, row in enumerate(files.rows):
        row.append(("older", "younger", "")[number % 3])
    csv, ferplus = files.write()
    argv = ["evaluate", "--bundle", str(story.bundle.folder), "--csv", str(csv), "--ferplus", str(ferplus)]

    assert main([*argv, "--pictures", str(tmp_path / "seen")]) == 0

    text = capsys.readouterr().out
    assert "fer-0.0.1 on 14 faces of PublicTest" in text and "precision" in text and "happiness" in text
    assert "by group" in text and "older" in text and "(none)" in text
    names = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert names == [f"{kind}-{head}.png" for kind in ("calibration", "confusion") for head in ("fer2013", "ferplus")]
    assert all((tmp_path / "seen" / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_what_cannot_be_evaluated_is_said(story, capsys, tmp_path):
    bundle, data = ["--bundle", str(story.bundle.folder)], ["--data", str(story.data)]

    assert main(["evaluate", *bundle, *data, "--split", "PrivateTest"]) == DataError.exit_code
    assert "no faces in the split PrivateTest (they have: PublicTest, Training)" in capsys.readouterr().err
    assert main(["evaluate", "--bundle", str(tmp_path), *data]) == ModelError.exit_code
    assert main(["evaluate", "--run", str(tmp_path), *data]) == ConfigError.exit_code
    assert "give a run folder" in capsys.readouterr().err
    assert main(["evaluate", *bundle, *data, "--ferplus", "x.csv"]) == ConfigError.exit_code


def test_export_wants_the_data_of_the_training(story, make_fer_files, tmp_path, capsys):
    csv, ferplus = make_fer_files(20, 5).write()
    other = str(tmp_path / "other.npz")
    assert main(["prepare", "--csv", str(csv), "--ferplus", str(ferplus), "--out", other]) == 0
    argv = ["export", "--run", str(story.run), "--data", other, "--bundles", str(tmp_path), "--version", "0.0.2"]

    assert main(argv) == ConfigError.exit_code
    assert "trained on other data" in capsys.readouterr().err
    assert not (tmp_path / "fer-0.0.2").exists()
