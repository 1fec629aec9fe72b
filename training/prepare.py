"""`prepare`: from the files of a data set to one `data.npz`.

Calling it again with the same sources changes nothing; an interrupted call goes on where it was.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from device.contract.errors import ConfigError
from training.data.codes import files_of, with_codes
from training.data.copies import near_copies
from training.data.faces import TRAINING, VALIDATION, Faces, load_faces, save_faces
from training.data.fer2013 import read_fer2013
from training.data.folders import read_folder
from training.progress import in_words


@dataclass(frozen=True)
class Source:
    """What to prepare: a FER2013 file, with votes or without, or a folder of images; and tables of action units."""

    csv: Path | None = None
    ferplus: Path | None = None
    images: Path | None = None
    codes: tuple[Path, ...] = ()

    def read(self) -> Faces:
        """The faces. Raises `DataError`."""
        faces = read_folder(self.images) if self.images else read_fer2013(_given(self.csv), self.ferplus)
        for path in self.codes:
            faces = with_codes(faces, path)
        return replace(faces, copies=near_copies(faces.images)) if self.codes else faces

    def digest(self) -> str:
        """SHA-256 over the source's files. Raises `DataError` by reading it if a file is missing."""
        whole = hashlib.sha256()
        files = sorted(p for p in self.images.rglob("*") if p.is_file()) if self.images else [self.csv, self.ferplus]
        coded = [file for path in self.codes for file in files_of(path)]
        for path in filter(None, [*files, *coded]):
            whole.update(f"{path.name}:{path.parent.name if self.images else ''}:".encode())
            whole.update(path.read_bytes())
        return whole.hexdigest()

    def command(self, recropped: bool) -> str:
        """What to type to prepare the same data, without folders of this machine."""
        given = {"--csv": self.csv, "--ferplus": self.ferplus, "--images": self.images}
        words = [f"{option} {path.name}" for option, path in given.items() if path]
        words += [f"--codes {path.name}" for path in self.codes]
        return " ".join(["affectbox-training prepare", *words, *["--recrop"] * recropped, "--out data.npz"])


def prepare(source: Source, out: Path, recropped: bool, processes: int, log: Callable[[str], None] = print) -> Faces:
    """Read the source and write `out`.

    Args:
        recropped: add the box's own crop of every face.
        processes: how many processes share that.

    Raises:
        DataError: the source is missing or broken.
        ConfigError: `out` holds other data.
        ModelError: `recropped`, and the landmark network has not been fetched.
    """
    faces = None
    if out.is_file():
        faces = load_faces(out)
        if faces.about.get("source") != source.digest():
            raise ConfigError(f"{out} holds data from other files: remove it, or give another --out.")
        if faces.has_box or not recropped:
            log(f"{out} is prepared already: {summary(faces)}")
            return faces
    if faces is None:
        faces = source.read()
    about = {**faces.about, "source": source.digest(), "command": source.command(recropped)}
    faces = replace(faces, about=about)
    out.parent.mkdir(parents=True, exist_ok=True)
    if recropped:
        from training.data.recrop import SECONDS_A_FACE, recrop  # noqa: PLC0415 - needs the inference library

        work = out.with_name(out.name + ".crops")
        takes = in_words(len(faces) * SECONDS_A_FACE / processes)
        log(f"cropping {len(faces)} faces as the box does takes some {takes}; interrupted, it goes on where it was")
        box, found = recrop(faces.images, work, processes)
        faces = replace(faces, box=box, found=found)
        save_faces(out, faces)
        shutil.rmtree(work, ignore_errors=True)
    else:
        save_faces(out, faces)
    log(f"wrote {out}: {summary(faces)}")
    return faces


def summary(faces: Faces) -> str:
    """How many faces there are in each split, what was dropped, and how many the box finds."""
    counts = Counter(faces.splits.tolist())
    text = ", ".join(f"{count} {split}" for split, count in counts.items())
    if dropped := faces.about.get("dropped_without_picture"):
        text += f"; {dropped} rows without a picture dropped"
    if len(faces.codings):
        text += f"; {len(faces.codings)} codings of {len(set(faces.codings.face.tolist()))} faces"
    if len(faces.copies):
        tested = np.isin(faces.copies, faces.copies[faces.splits == VALIDATION])
        text += f"; {int((tested & (faces.splits == TRAINING)).sum())} training faces are near copies of {VALIDATION}"
    if faces.has_box:
        text += f"; the box finds {faces.found.mean():.1%} of the faces"
    return text


def _given(path: Path | None) -> Path:
    if path is None:
        raise ConfigError("Give the data with --csv, --images or --kaggle.")
    return path
