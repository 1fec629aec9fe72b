"""Small files in the layouts of FER2013 and FER+, and of codes of action units, made on the spot."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.labels import ACTION_UNITS, UPPER
from training.data.faces import Faces
from training.prepare import Source

SIDE = 48
FERPLUS_OF_FER2013 = (4, 5, 6, 1, 3, 2, 0)  # anger … neutral as positions in the order of FER+
FERPLUS_COLUMNS = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


@dataclass
class FerFiles:
    """The rows of both files, to be changed by a test before `write`. Each label is a bright block of its own."""

    folder: Path
    rows: list[list[str]] = field(default_factory=list)
    votes: list[list[str]] = field(default_factory=list)
    header: str = "emotion,pixels,Usage"

    def add(self, count: int, usage: str) -> "FerFiles":
        rng = np.random.default_rng(count)
        for _ in range(count):
            number = len(self.rows)
            label = number % 7
            image = rng.integers(0, 60, (SIDE, SIDE))
            image[6 * label : 6 * label + 8, 8:40] += 180
            self.rows.append([str(label), " ".join(map(str, image.ravel())), usage])
            votes = [0] * 10
            votes[FERPLUS_OF_FER2013[label]] = 8
            votes[7] = votes[8] = 1
            self.votes.append([usage, f"fer{number:07}.png", *map(str, votes)])
        return self

    def write(self) -> tuple[Path, Path]:
        paths = self.folder / "fer2013.csv", self.folder / "fer2013new.csv"
        headers = self.header, f"Usage,Image name,{FERPLUS_COLUMNS}"
        for path, header, rows in zip(paths, headers, (self.rows, self.votes), strict=True):
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([header.split(","), *rows])
        return paths


@pytest.fixture(scope="session")
def make_fer_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], FerFiles]:
    """Called with the number of Training and of PublicTest rows."""

    def make(training: int, validation: int) -> FerFiles:
        files = FerFiles(tmp_path_factory.mktemp("fer"))
        return files.add(training, "Training").add(validation, "PublicTest")

    return make


CODED_COLUMNS = "row,usage,coder," + ",".join(unit.key for unit in ACTION_UNITS) + ",up,low,bad"


@dataclass
class CodedFiles:
    """A FER2013 of pictures of which none is like another, its votes, and codes of every row, by two coders in
    `PublicTest`. How bright the upper half is, is the intensity of all upper units, likewise the lower half; what
    is plain is hidden."""

    files: FerFiles
    codes: list[list[str]] = field(default_factory=list)

    def add(self, count: int, usage: str, coders: tuple[str, ...]) -> "CodedFiles":
        begun = len(self.files.rows)
        self.files.add(count, usage)
        rng = np.random.default_rng(count)
        for number in range(begun, begun + count):
            upper, lower = (int(rng.choice([0, 0, 0, 1, 2, 3, 4, 5])) for _ in range(2))
            up, low = number % 6 == 1, number % 6 == 2
            image = np.kron(rng.integers(10, 160, (6, 6)), np.ones((8, 8), int))
            image[8:20] += 18 * upper
            image[28:40] += 18 * lower
            image[:24][np.full(24, up)] = 90
            image[24:][np.full(24, low)] = 90
            self.files.rows[number][1] = " ".join(map(str, image.ravel()))
            for coder in coders:
                units = [upper if unit.part == UPPER else lower for unit in ACTION_UNITS]
                if coder != coders[0] and number % 4 == 0:
                    units = [min(value + 1, 5) for value in units]
                self.codes.append([str(number), usage, coder, *map(str, units), str(int(up)), str(int(low)), "0"])
        return self

    def write(self) -> tuple[Path, Path, Path]:
        path = self.files.folder / "codes.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([CODED_COLUMNS.split(","), *self.codes])
        return (*self.files.write(), path)


@pytest.fixture(scope="session")
def make_coded_files(make_fer_files: Callable[[int, int], FerFiles]) -> Callable[[int, int], CodedFiles]:
    """Called with the number of Training and of PublicTest rows."""

    def make(training: int, validation: int) -> CodedFiles:
        files = CodedFiles(make_fer_files(0, 0))
        return files.add(training, "Training", ("a",)).add(validation, "PublicTest", ("a", "b"))

    return make


@pytest.fixture(scope="session")
def coded_faces(make_coded_files: Callable[[int, int], CodedFiles]) -> Faces:
    """96 training faces and 36 of `PublicTest`, read; the box crops them a pixel further up and finds all but ten."""
    csv_path, ferplus, codes = make_coded_files(96, 36).write()
    faces = Source(csv_path, ferplus, codes=(codes,)).read()
    return replace(faces, box=np.roll(faces.images, -1, axis=1), found=np.arange(len(faces)) >= 10)


TINY = """\
epochs = 6
batch = 16
seed = 5
[network]
widths = [8, 8, 16, 16]
dropout = 0.0
[optimizer]
learning_rate = 1e-2
average = 0.9
[augmentation]
rotation = 3
scale = 0.03
shift = 1
cutout = 4
"""


@pytest.fixture(scope="session")
def tiny_text() -> str:
    """A recipe that learns the made-up faces in seconds."""
    return TINY


@pytest.fixture
def tiny(tmp_path: Path, tiny_text: str) -> Path:
    """The same as a file."""
    path = tmp_path / "tiny.toml"
    path.write_text(tiny_text)
    return path


TINY_FACE = """\
epochs = 4
batch = 16
seed = 3
[network]
kind = "face"
widths = [4, 8]
places = 4
dropout = 0.0
places_dropout = 0.0
[units]
folds = 3
unseen = [1]
[optimizer]
learning_rate = 2e-2
average = 0.8
[augmentation]
rotation = 1
scale = 0.01
shift = 0.5
cutout = 0
"""


@pytest.fixture(scope="session")
def tiny_face_text() -> str:
    """A recipe of a face network that learns the coded faces in seconds."""
    return TINY_FACE
