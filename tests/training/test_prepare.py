"""`prepare`: from files to data.npz, and again, and with the box's own crops."""

import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError, FetchError, ModelError
from training.cli import main
from training.data import kaggle, recrop
from training.data.faces import load_faces


@pytest.fixture
def prepare(make_fer_files, tmp_path):
    """Called with more options: the exit code of `prepare` on a small FER2013."""
    files = make_fer_files(9, 4)
    csv, ferplus = files.write()
    argv = ["prepare", "--csv", str(csv), "--ferplus", str(ferplus), "--out", str(tmp_path / "data.npz")]

    def call(*more):
        return main([*argv, "--jobs", "1", *more])

    call.files, call.out = files, tmp_path / "data.npz"
    return call


def test_the_file_holds_what_was_read(prepare, capsys):
    prepare.files.rows[2][1] = " ".join(["0"] * 2304)
    prepare.files.write()

    assert prepare() == 0

    faces = load_faces(prepare.out)
    assert (len(faces.split("Training")), len(faces.split("PublicTest"))) == (8, 4)
    assert list(faces.heads) == ["ferplus", "fer2013"] and not faces.has_box
    assert "8 Training, 4 PublicTest; 1 rows without a picture dropped" in capsys.readouterr().out
    assert faces.about["command"] == (
        "affectbox-training prepare --csv fer2013.csv --ferplus fer2013new.csv --out data.npz"
    )


def test_preparing_again_changes_nothing_and_other_files_are_refused(prepare, capsys):
    prepare()
    before = prepare.out.read_bytes()

    assert prepare() == 0
    assert prepare.out.read_bytes() == before and "prepared already" in capsys.readouterr().out

    prepare.files.rows[0][0] = "6"
    prepare.files.write()
    assert prepare() == ConfigError.exit_code
    assert "holds data from other files" in capsys.readouterr().err


def test_a_broken_source_leaves_no_file(prepare, capsys):
    prepare.files.rows[4][1] = "1 2 3"
    prepare.files.write()

    assert prepare() == DataError.exit_code
    message = capsys.readouterr().err
    assert "row 5: it has 3 pixels instead of 2304" in message and message.count("\n") == 1
    assert not prepare.out.exists()


def test_another_file_in_place_of_the_data_is_refused(prepare, capsys):
    prepare.out.write_text("notes")

    assert prepare() == DataError.exit_code
    message = capsys.readouterr().err
    assert "is no whole data.npz of this version: make it with `affectbox-training prepare`" in message
    assert "pickle" not in message


def test_box_crops_are_made_chunk_by_chunk_and_an_interrupted_call_goes_on(prepare, monkeypatch, capsys):
    calls = []

    def crop(job):
        images, path = job
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(path)
        found = np.arange(len(images)) % 2 == 0
        np.savez(path, crops=np.where(found[:, None, None], 255 - images, images), found=found)

    monkeypatch.setattr(recrop, "CHUNK", 4)
    monkeypatch.setattr(recrop, "_crop_chunk", crop)
    monkeypatch.setattr(recrop, "find_bundle", lambda *_: None)
    monkeypatch.setattr(recrop, "open_bundle", lambda *_: None)
    assert prepare("--recrop") == 130
    assert not prepare.out.exists()

    monkeypatch.setattr(recrop, "_crop_chunk", lambda job: crop(job) if not calls.clear() else None)
    assert prepare("--recrop") == 0

    faces = load_faces(prepare.out)
    assert faces.found.tolist() == [True, False, True, False] * 3 + [True]
    assert np.array_equal(faces.box[0], 255 - faces.images[0]) and np.array_equal(faces.box[1], faces.images[1])
    said = capsys.readouterr().out
    assert "cropping 13 faces as the box does takes some 1 s; interrupted, it goes on" in said
    assert "the box finds 53.8% of the faces" in said
    assert [path.name for path in prepare.out.parent.iterdir() if "crops" in path.name] == []


def test_box_crops_can_be_added_later(prepare, monkeypatch):
    prepare()
    monkeypatch.setattr(recrop, "recrop", lambda images, *_: (255 - images, np.ones(len(images), bool)))

    assert prepare("--recrop") == 0
    assert load_faces(prepare.out).found.all()


def test_without_the_landmark_network_it_says_how_to_get_it(prepare, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AFFECTBOX_CACHE", str(tmp_path / "empty"))

    assert prepare("--recrop") == ModelError.exit_code
    assert "affectbox-converter fetch" in capsys.readouterr().err


def test_a_small_face_is_found_and_upright_in_the_boxs_crop(portrait, models):
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    turned = cv2.warpAffine(grey, cv2.getRotationMatrix2D((222, 120), 15, 1.0), (512, 512))
    small = cv2.resize(turned[50:190, 152:292], (48, 48), interpolation=cv2.INTER_AREA)
    straight = cv2.resize(grey[50:190, 152:292], (48, 48), interpolation=cv2.INTER_AREA)
    landmarker = recrop.Landmarker(models.landmarks)

    crop, reference = recrop.box_crop(small, landmarker), recrop.box_crop(straight, landmarker)

    def likeness(a, b):
        return np.corrcoef(a[8:40, 8:40].ravel(), b[8:40, 8:40].ravel())[0, 1]

    assert crop.shape == (48, 48) and crop.dtype == np.uint8
    assert likeness(crop, reference) > max(0.8, likeness(small, reference) + 0.05)


def test_where_the_box_finds_no_face_there_is_no_crop(models):
    noise = np.random.default_rng(0).integers(0, 255, (48, 48), np.uint8)

    assert recrop.box_crop(noise, recrop.Landmarker(models.landmarks)) is None


@pytest.fixture
def client(monkeypatch, tmp_path, make_fer_files):
    """A Kaggle account, and a client that 'downloads' a small FER2013."""
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "kaggle"))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    csv, _ = make_fer_files(5, 3).write()

    class KaggleApi:
        downloads = 0

        def authenticate(self):
            pass

        def dataset_download_files(self, dataset, path, unzip, quiet):
            if dataset == "gone":
                raise OSError("404")
            KaggleApi.downloads += 1
            (tmp_path / "fer2013.csv").write_bytes(csv.read_bytes())

    module = ModuleType("kaggle.api.kaggle_api_extended")
    module.KaggleApi = KaggleApi
    monkeypatch.setitem(sys.modules, "kaggle.api.kaggle_api_extended", module)
    for name in ("kaggle", "kaggle.api"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    return KaggleApi


def test_kaggle_without_credentials_says_where_they_go(client, tmp_path, capsys):
    assert main(["prepare", "--kaggle", "--out", str(tmp_path / "data.npz")]) == ConfigError.exit_code
    message = capsys.readouterr().err
    assert "kaggle.json" in message and "--csv" in message and message.count("\n") == 1


def test_kaggle_downloads_once(client, tmp_path, monkeypatch):
    (tmp_path / "kaggle").mkdir()
    (tmp_path / "kaggle" / "kaggle.json").write_text("{}")

    for _ in range(2):
        assert main(["prepare", "--kaggle", "--out", str(tmp_path / "data.npz")]) == 0
    assert client.downloads == 1
    assert list(load_faces(tmp_path / "data.npz").heads) == ["fer2013"]


def test_kaggles_refusal_and_a_missing_client_are_sentences(client, tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    with pytest.raises(FetchError, match=r"did not give gone .*404"):
        kaggle.download(tmp_path / "new", "gone")

    monkeypatch.setitem(sys.modules, "kaggle.api.kaggle_api_extended", None)
    with pytest.raises(ConfigError, match="pip install"):
        kaggle.download(tmp_path / "new")
