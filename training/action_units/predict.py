"""`predict`: presence and intensity of action units in one picture, a folder of pictures or a video, as csv.

    image,frame,seconds,face,AU1,AU1_intensity,…
    anna/0001.png,,,1,0.93,2.41,…
    visit.mp4,12,0.48,0,,,…

`AU1` is the probability of presence, `AU1_intensity` 0–5, as in the tables of `prepare --layout csv`. `face` is 1
where the box finds a face; without one there are no answers.
"""

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from device.arrays import ByteImage
from device.contract.errors import DataError
from device.contract.manifest import open_bundle
from device.stages.appearance import PRESENCE
from device.stages.frame import Frame
from training.action_units.crops import APART_S, open_cropper, read_image
from training.action_units.data import HEADS
from training.action_units.estimators import bundle_estimator, runs_estimator
from training.action_units.table import SUFFIX
from training.candidate import Candidate
from training.videos.frames import Sampler

IMAGES = frozenset(".bmp .jpeg .jpg .pgm .png .tif .tiff .webp".split())
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Look:
    """One picture: where it comes from (`image`, `frame`, `seconds`, '' where there is none), and the crop of its
    face, (side, side), or None."""

    where: tuple[str, str, str]
    crop: ByteImage | None


def open_estimator(bundle: Path | None, run: Path | None) -> Candidate:
    """A bundle, or the mean of the folds of a run. Raises `ModelError`, `RuntimeMissingError`, `ConfigError`."""
    if bundle is not None:
        return bundle_estimator(open_bundle(bundle))
    if run is None:
        raise ValueError("neither a bundle nor a run")
    from training.action_units.recipe import AuRecipe  # noqa: PLC0415 - a bundle needs no TensorFlow
    from training.run_folder import runs_of  # noqa: PLC0415

    return runs_estimator(run.name, runs_of(AuRecipe, run))


def predict(estimator: Candidate, looks: Iterator[Look], out: Path) -> tuple[int, int]:
    """Write one row for each picture; returns how many there are, and in how many a face was found."""
    columns = [
        (label if head == PRESENCE else label + SUFFIX, head, place)
        for head in HEADS
        for place, label in enumerate(estimator.heads.get(head, ()))
    ]
    count = seen = 0
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "frame", "seconds", "face", *(name for name, _, _ in columns)])
        while chunk := list(islice(looks, CHUNK)):
            crops = [look.crop for look in chunk if look.crop is not None]
            answers = estimator.answer(np.stack(crops)) if crops else {}
            rows = iter(range(len(crops)))
            for look in chunk:
                row = None if look.crop is None else next(rows)
                found = [""] * len(columns) if row is None else [f"{answers[h][row, p]:.4f}" for _, h, p in columns]
                writer.writerow([*look.where, int(row is not None), *found])
            count, seen = count + len(chunk), seen + len(crops)
    return count, seen


def look_at_images(folder: Path, paths: list[Path], side: int) -> Iterator[Look]:
    """Each picture by itself, named by its path below `folder`. Raises `DataError`."""
    with open_cropper(side, bordered=True) as find_crop:
        for number, path in enumerate(paths):
            frame = Frame(read_image(path), number, number * APART_S)
            yield Look((path.relative_to(folder).as_posix(), "", ""), find_crop(frame))


def images_in(folder: Path) -> list[Path]:
    """Every picture below a folder, in the order of names. Raises `DataError` when there are none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES)
    if not found:
        raise DataError(f"{folder} holds no picture ({', '.join(sorted(IMAGES))}): give another --folder.")
    return found


def look_at_video(path: Path, every_s: float, side: int) -> Iterator[Look]:
    """A frame of a video every `every_s` seconds. Raises `DataError`."""
    with open_cropper(side, bordered=False) as find_crop, closing(Sampler(path, every_s)) as frames:
        try:
            for frame in frames:
                where = (path.name, str(frame.index), f"{frame.time_s:.3f}")
                yield Look(where, find_crop(frame))
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
