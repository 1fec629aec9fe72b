"""The network that reads a face, as a `Kind`.

Its teachers are asked first, once, of several views of every face; then it learns as every network here does. Faces
of `Training` that are near copies of a face in `PublicTest` are left out; the codes of the recipe's first unseen fold,
and `PublicTest`, are watched and choose nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, Manifest
from device.contract.tasks import FACE_READING
from training.candidate import Candidate, bundle_candidate
from training.data.faces import VALIDATION, Faces, load_faces
from training.expressions.evaluate import evaluate, text
from training.expressions.kind import FER, FER_LICENCE, FORBIDDEN_USE, INTENDED_USE, drawn
from training.kind import Exam, Kind, Lesson, Report, Say

if TYPE_CHECKING:
    from training.face.recipe import FaceRecipe
    from training.run_folder import Run


class FaceReading(Kind["FaceRecipe", Faces]):
    """Expressions, action units with their sides, and what is hidden."""

    name, task = "face", FACE_READING
    intended_use, forbidden_use = INTENDED_USE, FORBIDDEN_USE

    @property
    def recipe(self) -> "type[FaceRecipe]":
        from training.face.recipe import FaceRecipe  # noqa: PLC0415 - a bundle is evaluated without TensorFlow

        return FaceRecipe

    def load(self, path: Path) -> Faces:
        return load_faces(path)

    def require(self, recipe: "FaceRecipe", data: Faces) -> None:
        from training.face.train import require_codes  # noqa: PLC0415

        require_codes(data, recipe)

    def lesson(self, recipe: "FaceRecipe", data: Faces, fold: int, folder: Path, say: Say) -> Lesson:
        from training.face.train import lesson  # noqa: PLC0415

        return lesson(recipe, data, folder, say)

    def of_bundle(self, bundle: Bundle, data: Faces, split: str) -> Report:
        return _report(bundle_candidate(bundle), data, split)

    def of_run(self, folder: Path, data: Faces, split: str) -> Report:
        from training.face.evaluate import open_run, said_of  # noqa: PLC0415

        run, curves = open_run(folder, data)
        side = data.images.shape[1]
        return _report(
            Candidate(folder.name, run.heads, side, lambda images: said_of(run, images), curves), data, split
        )

    def exam(self, run: "Run[FaceRecipe]", data: Faces) -> Exam:
        from training.export import some  # noqa: PLC0415
        from training.face.calibrate import centre_hidden  # noqa: PLC0415
        from training.face.data import learnable, unseen  # noqa: PLC0415
        from training.face.receipt import measured  # noqa: PLC0415

        if run.recipe.units.only:
            raise ConfigError(
                f"{run.folder} is a teacher's run, which knows no expressions: export the run that it taught."
            )
        learnt = learnable(data)
        kept = unseen(learnt, run.recipe.units)
        centre_hidden(run, kept)
        return Exam(
            ranges=np.concatenate([some(images, run.recipe.seed) for images in (learnt.images, learnt.box)]),
            repeated=data.split(VALIDATION).images,
            measured=lambda network: measured(run, network, data, kept),
            data=f"{FER.format(len(learnt))} and action-unit codes made for this project",
            licence=f"{FER_LICENCE}; codes: this project's)",
        )

    def reading(self, head: str) -> tuple[str, str]:
        from training.face.data import ACTIVATIONS  # noqa: PLC0415

        activation = ACTIVATIONS.get(head, "softmax")
        return activation, "scale" if activation == "none" else "probability"

    def card(self, manifest: Manifest) -> str:
        from training.face.card import model_card  # noqa: PLC0415

        return model_card(manifest)


def _report(candidate: Candidate, data: Faces, split: str) -> Report:
    """That of expressions, with `units` where faces are coded; None if the candidate is not calibrated."""
    chosen = data.split(split or VALIDATION)
    coded = len(chosen.codings) > 0
    figures, found = evaluate(candidate, data, split or VALIDATION, needed=not coded)
    told = text(figures)
    if coded:
        from training.face.evaluate import units_result, units_text  # noqa: PLC0415 - loads TensorFlow

        figures["units"] = units_result(found, candidate.curves, chosen) if candidate.curves else None
        told = "\n".join([told, *units_text(figures["units"])])
    return Report(figures, told, lambda folder: drawn(figures, found, data, folder))
