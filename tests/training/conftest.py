"""Small files in the layouts of FER2013 and FER+, made on the spot."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

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
