"""What an export writes down of a face network: `training.face.measure` says what each table is measured on."""

from typing import Any

import numpy as np

from device.runtime.model import activate
from training.data.copies import exact_copies
from training.data.faces import TRAINING, VALIDATION, Faces
from training.expressions.kind import compared
from training.face.calibrate import DIGITS, curves_of, to_intensities
from training.face.data import SIDES, Said
from training.face.measure import Table, fold_table, hidden_table, means_of, sides_table, tiers, twice_table
from training.face.ordinal import Floats
from training.face.recipe import FaceRecipe
from training.kind import Measured
from training.metrics import accuracy
from training.networks.face import UNITS
from training.predict import predict
from training.quantize import Int8Network
from training.run_folder import Run

Curves = dict[str, Floats]


def measured(run: Run[FaceRecipe], network: Int8Network, data: Faces, kept: Faces) -> Measured:
    """Figures of the network in int8, and of the run's own for comparison; curves and temperatures.

    Args:
        data: all faces; kept: those whose codes were not seen, by which it is calibrated.
    """
    curves = curves_of(network.predict, kept)
    figures = _figures(run, network, curves, data, kept)
    fitted = {head: {"temperature": figures[head]["temperature"]} for head in data.answers}
    return Measured(figures, fitted | {head: {"curves": _rows(curve)} for head, curve in curves.items()})


def _rows(curves: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(x), DIGITS) for x in row) for row in curves)


def _figures(run: Run[FaceRecipe], network: Int8Network, curves: Curves, data: Faces, kept: Faces) -> dict[str, Any]:
    validation = data.split(VALIDATION)
    exact = predict(run.network, run.recipe.network.white, validation.images)
    said, boxed, of_kept = (network.predict(images) for images in (validation.images, validation.box, kept.images))
    coded = kept.codings.means(len(kept))
    return {
        **compared(exact, said, validation),
        "without_copies": _without_copies(said, validation, data),
        "box": {"found": round(float(validation.found.mean()), 4), **_accuracies(boxed, validation)},
        "copies": _copies(data),
        "units": {
            **_twice(exact, said, boxed, curves[UNITS], validation),
            **_of_kept(to_intensities(of_kept[UNITS], curves[UNITS]), coded[0]),
            "codings": len(data.codings),
        },
        "sides": _sides(network, curves, validation.at(np.unique(validation.codings.face))),
        "hidden": hidden_table(activate(of_kept["hidden"], "sigmoid"), coded[1]),
    }


def _accuracies(said: Said, faces: Faces) -> dict[str, float]:
    return {head: round(accuracy(said[head], one.truth), 4) for head, one in faces.answers.items()}


def _without_copies(said: Said, validation: Faces, data: Faces) -> dict[str, float]:
    """Accuracies on the faces that are no near copies of a training face."""
    new = ~np.isin(validation.copies, data.copies[data.splits == TRAINING])
    return {"faces": int(new.sum()), **_accuracies({h: values[new] for h, values in said.items()}, validation.at(new))}


def _copies(data: Faces) -> dict[str, int]:
    """How often pictures occur twice."""
    training, validation = (data.copies[data.splits == split] for split in (TRAINING, VALIDATION))
    return {
        "equal": len(data) - len(np.unique(exact_copies(data.images))),
        "near": len(data) - len(np.unique(data.copies)),
        "training_near_validation": int(np.isin(training, validation).sum()),
        "validation_near_training": int(np.isin(validation, training).sum()),
    }


def _twice(exact: Said, said: Said, boxed: Said, curves: Floats, faces: Faces) -> dict[str, Any]:
    """On faces coded twice, and the tiers that follow."""
    table = twice_table(said[UNITS], curves, faces)
    return {
        "twice": table,
        "twice_means": means_of(table),
        "twice_means_float": means_of(twice_table(exact[UNITS], curves, faces)),
        "twice_means_box": means_of(twice_table(boxed[UNITS], curves, faces)),
        "tiers": {unit: tier.value for unit, tier in tiers(table).items()},
    }


def _of_kept(intensities: Floats, coded: Floats) -> dict[str, Any]:
    table = fold_table(intensities, coded)
    return {"fold": table, "fold_means": means_of(table)}


def _sides(network: Int8Network, curves: Curves, faces: Faces) -> Table:
    """On faces of which the person's left half is another's."""
    order = np.random.default_rng(0).permutation(len(faces))
    joined = faces.images.copy()
    joined[:, :, 24:] = faces.images[order][:, :, 24:]
    said = network.predict(joined)
    return sides_table(faces, {side: to_intensities(said[side], curves[side]) for side in SIDES}, order)
