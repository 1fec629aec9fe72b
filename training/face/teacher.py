"""What teachers say of every face, asked once before a training: the mean of their probabilities over several views.

A view is the face as it is, mirrored, and shifted and scaled a little. Views and teachers together are surer than any
one of them, and a network that learns their mean says in one run what they say in many.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from device.contract.manifest import open_bundle
from device.runtime.model import Model, activate
from training.data.faces import Faces
from training.face.data import ACTIVATIONS, SIDES, Said, folds
from training.face.ordinal import Floats
from training.face.recipe import FaceRecipe
from training.files import write_there
from training.networks.face import UNITS
from training.predict import predict
from training.run_folder import Run, load_run_of

Images = NDArray[np.uint8]
#: Scale, shift in x and y in pixels.
_VIEWS = ((1.0, 0.0, 0.0), (1.05, 0.8, -0.8))


def taught(recipe: FaceRecipe, faces: Faces, digest: str, log: Callable[[str], None] = print) -> Said:
    """What the recipe's teachers say of the faces, which are those that may be learnt of the data with this digest;
    nothing without teachers.

    Raises:
        ConfigError: a teacher is no face network, or has other expressions, or learnt from other data: its folds would
            be others.
        ModelError: a bundle cannot be opened.
    """
    found: dict[str, list[Floats]] = {}
    for name in recipe.teacher.bundles:
        log(f"asking {name}")
        for head, answers in _of_bundle(Path(name), faces).items():
            found.setdefault(head, []).append(answers)
    said = {head: np.mean(answers, axis=0) for head, answers in found.items()}
    runs = [load_run_of(FaceRecipe, Path(run)) for run in recipe.teacher.runs]
    for run in runs:
        if run.meta.get("data") != digest:
            raise ConfigError(
                f"teacher.runs: {run.folder} was trained on other data, in other folds: train it on these."
            )
    return said | _of_runs(runs, faces, log)


def kept(path: Path, ask: Callable[[], Said]) -> Said:
    """What teachers said, as kept in `path`, else asked now and kept there: asking takes minutes."""
    if not path.is_file():
        said = ask()
        write_there(path, lambda file: np.savez(file, **said))  # type: ignore[arg-type]
    with np.load(path) as arrays:
        return dict(arrays)


def views(images: Images) -> Iterator[Images]:
    """The images in every view."""
    for scale, x, y in _VIEWS:
        shift = 23.5 * (1 - scale)
        matrix = np.array([[scale, 0, shift + x], [0, scale, shift + y]], np.float32)
        moved = [
            cv2.warpAffine(image, matrix, (48, 48), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for image in images
        ]
        seen = np.stack(moved).astype(np.uint8)
        yield seen
        yield np.ascontiguousarray(seen[:, :, ::-1])


def _of_bundle(folder: Path, faces: Faces) -> Said:
    bundle = open_bundle(folder)
    heads = [spec.name for spec in bundle.manifest.outputs]
    for spec in bundle.manifest.outputs:
        if faces.heads.get(spec.name) != spec.labels:
            raise ConfigError(f"teacher.bundles: {bundle.manifest.id} knows '{spec.name}', which the data do not ask.")
    total: dict[str, NDArray[Any]] = {}
    with Model(bundle) as model:
        for images in views(faces.images):
            rows = zip(*(model.on_image(image) for image in images), strict=True)
            for head, row in zip(heads, rows, strict=True):
                total[head] = total.get(head, 0) + np.concatenate(row) / (2 * len(_VIEWS))
    return total


def _of_runs(runs: list[Run[FaceRecipe]], faces: Faces, log: Callable[[str], None]) -> Said:
    """Of each face the mean of those runs that have not seen its codes; of all where all have."""
    if not runs:
        return {}
    asked = np.stack([np.isin(folds(faces, run.recipe.units), (0, *run.recipe.units.unseen)) for run in runs])
    asked[:, ~asked.any(0)] = True
    total: dict[str, NDArray[Any]] = {}
    for run, mask in zip(runs, asked, strict=True):
        log(f"asking {run.folder}")
        for head, answers in _of_run(run, faces.images).items():
            share = (mask / asked.sum(0)).reshape(-1, *[1] * (answers.ndim - 1))
            total[head] = total.get(head, 0) + share * answers
    return {head: np.asarray(answers, np.float32) for head, answers in total.items()}


def _of_run(run: Run[FaceRecipe], images: Images) -> Said:
    levels = np.asarray(run.network.get_layer(UNITS).levels())
    total: dict[str, NDArray[Any]] = {}
    for seen in views(images):
        said = predict(run.network, run.recipe.network.white, seen)
        scales = said.pop(UNITS)
        answers = {UNITS: activate(scales[..., None] - levels, "sigmoid")}
        answers |= {h: activate(values, ACTIVATIONS.get(h, "softmax")) for h, values in said.items() if h not in SIDES}
        for head, answer in answers.items():
            total[head] = total.get(head, 0) + answer / (2 * len(_VIEWS))
    return total
