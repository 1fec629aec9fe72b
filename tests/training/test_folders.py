import cv2
import numpy as np
import pytest

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from training.data.folders import read_folder


@pytest.fixture
def folder(tmp_path):
    """Called with class folders and how many images of which shape each gets."""

    def make(names, count=2, shape=(48, 48)):
        for value, name in enumerate(names):
            (tmp_path / name).mkdir(parents=True)
            for number in range(count):
                cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.full(shape, 10 + value, np.uint8))
        return tmp_path

    return make


def test_class_folders_with_other_spellings_of_the_emotions(folder):
    names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

    faces = read_folder(folder([f"{part}/{name}" for part in ("train", "test") for name in names]))

    assert faces.heads == {"fer2013": FER2013_EMOTIONS}
    assert (len(faces.split("Training")), len(faces.split("PrivateTest"))) == (14, 14)
    happy = faces.split("Training").images[:, 0, 0] == 10 + names.index("happy")
    truth = faces.split("Training").answers["fer2013"].truth
    assert {FER2013_EMOTIONS[n] for n in truth[happy]} == {"happiness"}


def test_the_eight_of_ferplus_and_classes_of_ones_own(folder, tmp_path):
    assert read_folder(folder([f"plus/{name}" for name in EMOTIONS]) / "plus").heads == {"ferplus": EMOTIONS}
    assert read_folder(folder(["own/smile", "own/blank"]) / "own").heads == {"classes": ("blank", "smile")}


def test_a_part_of_each_class_validates_and_stays_the_same_when_images_are_added(folder):
    root = folder(["a", "b"], count=100)
    before = dict(zip([f"{c}{n}" for c in "ab" for n in range(100)], sorted_splits(root), strict=True))

    assert 8 <= sum(split == "PublicTest" for split in before.values()) <= 35
    cv2.imwrite(str(root / "a" / "0.jpg"), np.full((48, 48), 9, np.uint8))
    assert len(read_folder(root)) == 201
    (root / "a" / "0.jpg").unlink()
    assert sorted_splits(root) == list(before.values())


def sorted_splits(root):
    return read_folder(root).splits.tolist()


@pytest.mark.parametrize("shape", [(96, 96), (30, 34), (200, 160)])
def test_images_of_other_sizes_are_resized(folder, shape):
    faces = read_folder(folder(["a", "b"], shape=shape))

    assert faces.images.shape == (4, 48, 48)
    assert np.unique(faces.images).tolist() == [10, 11]


@pytest.mark.parametrize(("shape", "size"), [((10, 10), "10 × 10"), ((48, 200), "200 × 48")])
def test_images_that_can_be_no_face_crop_are_refused(folder, shape, size):
    with pytest.raises(DataError, match=rf"0\.png is {size} pixels; .*crop it"):
        read_folder(folder(["a", "b"], shape=shape))


def test_an_empty_class_is_named(folder):
    root = folder(["happy", "sad"])
    (root / "calm").mkdir()

    with pytest.raises(DataError, match=r"class 'calm' in .* has no images"):
        read_folder(root)


def test_a_class_that_one_split_lacks_is_named(folder):
    with pytest.raises(DataError, match=r"class 'b' in .*test has no images"):
        read_folder(folder(["train/a", "train/b", "test/a"]))


def test_a_broken_image_is_named(folder):
    root = folder(["a", "b"])
    (root / "b" / "torn.png").write_bytes(b"\x89PNG torn")

    with pytest.raises(DataError, match=r"torn\.png is not an image"):
        read_folder(root)


def test_one_class_or_no_folder_is_refused(folder, tmp_path):
    with pytest.raises(DataError, match="1 class folders"):
        read_folder(folder(["only"]))
    with pytest.raises(DataError, match="is no folder"):
        read_folder(tmp_path / "none")


def test_groups_of_people_are_read_and_a_broken_row_is_named(folder):
    root = folder(["a", "b"])
    (root / "groups.csv").write_text("image,group\na/0.png,older\nb/1.png,younger\n")

    assert read_folder(root).groups.tolist() == ["older", "", "", "younger"]

    (root / "groups.csv").write_text("image,group\na/0.png,older,80\n")
    with pytest.raises(DataError, match=r"groups\.csv, row 2"):
        read_folder(root)
