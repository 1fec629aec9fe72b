"""What an export writes down of a network of action units, measured on participants who were held out.

The exported network is one that left participants out, so that the figures in its bundle are measured on people whom
it has never seen, in int8, and are not those of another network.
"""

import cv2
import numpy as np

from converter.reference import ROWS
from device.stages.appearance import PRESENCE
from training.action_units.data import Annotated
from training.action_units.estimators import answers_of, readable
from training.action_units.recipe import AuRecipe
from training.action_units.scores import THRESHOLD, Report, means, report, rounded
from training.candidate import Answers
from training.kind import Images, Measured
from training.quantize import Int8Network
from training.run_folder import Run


def noise(side: int, seed: int) -> Images:
    """ROWS × side × side inputs on which other machines repeat what was computed here. A bundle must hold nobody's
    face, so they are blurred noise, from fine to coarse."""
    rng = np.random.default_rng(seed)
    grains = np.geomspace(1, side / 4, ROWS).round().astype(int)
    coarse = [rng.integers(0, 256, (max(side // grain, 2),) * 2, np.uint8) for grain in grains]
    return np.stack([np.asarray(cv2.resize(grain, (side, side)), np.uint8) for grain in coarse])


def measured(run: Run[AuRecipe], quantized: Int8Network, held_out: Annotated) -> Measured:
    """The quantization receipt: both networks on the participants who were held out."""
    exact = answers_of(run.network, run.recipe.network.white, held_out.images)
    whole = {head: readable(head, raw) for head, raw in quantized.predict(held_out.images).items()}
    found = report(whole, held_out)
    return Measured(
        {
            "held_out_participants": len(set(held_out.participants.tolist())),
            "held_out_faces": len(held_out),
            "threshold": THRESHOLD,
            "action_units": rounded(found),
            "means": means(found),
            "means_float": means(report(exact, held_out)),
            **_difference(exact, whole),
            "not_measured": _not_measured(run, found),
        }
    )


def _difference(exact: Answers, whole: Answers) -> dict[str, float]:
    """Largest difference between the float and the int8 network, and how often they agree about presence."""
    found = {f"{head}_error_max": round(float(np.abs(exact[head] - whole[head]).max()), 4) for head in exact}
    if PRESENCE in exact:
        same = (exact[PRESENCE] >= THRESHOLD) == (whole[PRESENCE] >= THRESHOLD)
        found["presence_agreement"] = round(float(same.mean()), 4)
    return found


def _not_measured(run: Run[AuRecipe], found: Report) -> list[str]:
    """Action units that the network gives, and that nobody held out was coded for."""
    measured = {label for rows in found.values() for label in rows}
    return sorted({label for labels in run.heads.values() for label in labels} - measured)
