"""Networks of expressions alone, as a `Kind`.

They learn from the split `Training`. `PublicTest` is watched and chooses nothing; whoever chooses a recipe by it makes
it validation data all the same, and no test.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.contract.manifest import Bundle, Manifest
from device.contract.tasks import FACIAL_EXPRESSION
from training.candidate import Answers, Candidate, bundle_candidate
from training.data.faces import TRAINING, VALIDATION, Faces, load_faces
from training.expressions.card import model_card
from training.expressions.evaluate import evaluate, text
from training.kind import Exam, Kind, Lesson, Measured, Report, Say
from training.metrics import accuracy, compare, report, softmax

if TYPE_CHECKING:
    import keras

    from training.quantize import Int8Network
    from training.recipe import Recipe
    from training.run_folder import Run

INTENDED_USE = (
    "Research, teaching and demonstration: an estimate, frame by frame, of the expression that people looking at the "
    "picture would name, shown to a therapist beside the therapist's own observation."
)
FORBIDDEN_USE = (
    "No diagnosis, no triage, no measure of treatment, no claim about what a person feels or intends, no decision "
    "about a person, no emotion recognition at work or in education, no surveillance, no identification, no "
    "commercial use of these weights."
)


class Expressions(Kind["Recipe", Faces]):
    """Which expression annotators would name, as probabilities of one head or several."""

    name, task = "fer", FACIAL_EXPRESSION
    intended_use, forbidden_use = INTENDED_USE, FORBIDDEN_USE

    @property
    def recipe(self) -> "type[Recipe]":
        from training.recipe import Recipe  # noqa: PLC0415 - a bundle is evaluated without TensorFlow

        return Recipe

    def load(self, path: Path) -> Faces:
        return load_faces(path)

    def lesson(self, recipe: "Recipe", data: Faces, fold: int, folder: Path, say: Say) -> Lesson:
        from training.expressions.learning import Batches, Learner  # noqa: PLC0415

        training, validation = data.split(TRAINING), data.split(VALIDATION)
        sizes = {head: len(labels) for head, labels in data.heads.items()}
        return Lesson(
            data.heads,
            Batches(training, recipe),
            lambda machines: Learner(recipe, sizes, machines),
            lambda network: accuracies(network, recipe.network.white, validation),
        )

    def of_bundle(self, bundle: Bundle, data: Faces, split: str) -> Report:
        return self._report(bundle_candidate(bundle), data, split)

    def of_run(self, folder: Path, data: Faces, split: str) -> Report:
        from training.predict import predict  # noqa: PLC0415
        from training.run_folder import load_run_of  # noqa: PLC0415

        run = load_run_of(self.recipe, folder)

        def answer(images: Any) -> Answers:
            logits = predict(run.network, run.recipe.network.white, images)
            return {head: softmax(values) for head, values in logits.items()}

        return self._report(Candidate(folder.name, run.heads, data.images.shape[1], answer), data, split)

    def exam(self, run: "Run[Recipe]", data: Faces) -> Exam:
        from training.export import some  # noqa: PLC0415

        training, validation = data.split(TRAINING), data.split(VALIDATION)
        ours = "ferplus" in run.heads and "fer2013" in run.heads
        return Exam(
            ranges=some(training.images, run.recipe.seed),
            repeated=validation.images,
            measured=lambda network: _measured(run, network, validation),
            data=FER.format(len(training)) if ours else f"{len(training)} faces of the Training split of its data",
            licence=f"{FER_LICENCE})" if "fer2013" in run.heads else "that of the data, which the commands name",
        )

    def reading(self, head: str) -> tuple[str, str]:
        return "softmax", "probability"

    def card(self, manifest: Manifest) -> str:
        return model_card(manifest)

    def _report(self, candidate: Candidate, data: Faces, split: str) -> Report:
        figures, found = evaluate(candidate, data, split or VALIDATION)
        return Report(figures, text(figures), lambda folder: drawn(figures, found, data, folder))


FER = "FER2013 (Goodfellow et al. 2013), {} faces of its Training split, with FER+ votes (Barsoum et al. 2016)"
FER_LICENCE = "research use (FER2013 challenge licence: research and teaching; FER+ votes: MIT"


def drawn(figures: dict[str, Any], found: Answers, data: Faces, folder: Path) -> None:
    """Pictures of an evaluation; see `training.expressions.pictures`."""
    from training.expressions.pictures import draw_all  # noqa: PLC0415 - loads matplotlib

    draw_all(figures, found, data.split(figures["split"]), folder)


def accuracies(network: "keras.Model", white: float, faces: Faces) -> dict[str, float]:
    """Accuracy of each head on the data set's crops, and `box_HEAD` on those faces that the box finds."""
    from training.predict import predict  # noqa: PLC0415

    logits = predict(network, white, faces.images)
    scores = {head: accuracy(logits[head], answers.truth) for head, answers in faces.answers.items()}
    if faces.has_box and faces.found.any():
        seen = faces.at(faces.found)
        logits = predict(network, white, seen.box)
        scores |= {f"box_{head}": accuracy(logits[head], answers.truth) for head, answers in seen.answers.items()}
    return {name: round(score, 4) for name, score in scores.items()}


def compared(exact: Mapping[str, Any], rounded: Mapping[str, Any], faces: Faces) -> dict[str, Any]:
    """Each head in float against int8, on `PublicTest`, and where that was."""
    return {
        "validation_split": VALIDATION,
        "validation_faces": len(faces),
        **{h: compare(exact[h], rounded[h], a.truth, a.labels) for h, a in faces.answers.items()},
        "temperature_fitted_on": VALIDATION,
    }


def _measured(run: "Run[Recipe]", network: "Int8Network", faces: Faces) -> Measured:
    """Both networks on all of `PublicTest`; and that in int8 on the box's crops of the faces that the box finds, where
    they were prepared."""
    from training.predict import predict  # noqa: PLC0415

    exact = predict(run.network, run.recipe.network.white, faces.images)
    figures = compared(exact, network.predict(faces.images), faces)
    fitted = {head: {"temperature": figures[head]["temperature"]} for head in faces.answers}
    if faces.has_box and faces.found.any():
        figures["box"] = _on_box_crops(network, faces.at(faces.found), faces)
    return Measured(figures, fitted)


def _on_box_crops(network: "Int8Network", seen: Faces, faces: Faces) -> dict[str, Any]:
    """Accuracy of each head on the same faces, as the box crops them and as the data set does."""
    box, dataset = network.predict(seen.box), network.predict(seen.images)
    figures: dict[str, Any] = {"faces": len(seen), "found": round(len(seen) / len(faces), 4)}
    for head, answers in seen.answers.items():
        for name, logits in (("box", box), ("dataset", dataset)):
            figures[f"{head}_{name}"] = report(softmax(logits[head]), answers.truth, answers.labels)["accuracy"]
    return figures
