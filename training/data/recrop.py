"""The training images as the box would crop them: its own landmarks and aligner on each of them (`device.stills`)."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.bundle_folders import bundle_cache, find_bundle
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.stages.aligner import align
from device.stages.frame import Frame
from device.stages.landmarks import Face, Landmarker
from device.stills import filling_face, with_border
from training.files import write_there
from training.progress import bar

LANDMARKS = "face-mesh-1.0.0"
MIN_PRESENCE = 0.5
CHUNK = 500
#: What a face takes one processor of a PC, roughly.
SECONDS_A_FACE = 0.07
Crops = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def recrop(images: NDArray[np.uint8], work: Path, processes: int) -> Crops:
    """Crop every image as the box would.

    Args:
        images: N × 48 × 48.
        work: folder for finished chunks, from which an interrupted call goes on.
        processes: how many share the work.

    Returns:
        N × 48 × 48 crops, the image itself where the box finds no face; and N, whether it does.

    Raises:
        ModelError: the landmark network has not been fetched.
    """
    open_bundle(find_bundle(LANDMARKS, [bundle_cache()]))  # fails here in one sentence, not in every process
    work.mkdir(parents=True, exist_ok=True)
    chunks = [images[start : start + CHUNK] for start in range(0, len(images), CHUNK)]
    paths = [work / f"{hashlib.sha256(chunk.tobytes()).hexdigest()[:24]}.npz" for chunk in chunks]
    todo = [(chunk, path) for chunk, path in zip(chunks, paths, strict=True) if not path.is_file()]
    with bar(None, "box crops", len(chunks), "chunk", len(chunks) - len(todo)) as shown:
        for _ in _spread(todo, processes):
            shown.update()
    crops, found = zip(*map(_load, paths), strict=True)
    return np.concatenate(crops), np.concatenate(found)


def _spread(todo: list[tuple[NDArray[np.uint8], Path]], processes: int) -> Iterator[None]:
    if processes == 1 or len(todo) < 2:
        yield from map(_crop_chunk, todo)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(_crop_chunk, todo)


def _crop_chunk(job: tuple[NDArray[np.uint8], Path]) -> None:
    images, path = job
    cv2.setNumThreads(1)
    with Model(open_bundle(find_bundle(LANDMARKS, [bundle_cache()]))) as network:
        landmarker = Landmarker(network)
        results = [box_crop(image, landmarker) for image in images]
    found = np.array([crop is not None for crop in results])
    crops = np.stack([image if crop is None else crop for image, crop in zip(images, results, strict=True)])
    write_there(path, lambda file: np.savez(file, crops=crops, found=found))


def _load(path: Path) -> Crops:
    with np.load(path) as arrays:
        return arrays["crops"], arrays["found"]


def box_crop(image: NDArray[np.uint8], landmarker: Landmarker) -> NDArray[np.uint8] | None:
    """The box's crop of a small image that a face fills, or None where there is no face for it."""
    frame, face = box_look(image, landmarker)
    return align(frame, face) if face.presence >= MIN_PRESENCE else None


def box_look(image: NDArray[np.uint8], landmarker: Landmarker) -> tuple[Frame, Face]:
    """A small image that a face fills, with its border, and the face as the box would find it; check its presence."""
    frame = Frame(with_border(np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)), 0, 0.0)
    return frame, filling_face(frame, landmarker)
