"""Networks of personal movement as a `Kind`. They have commands of their own (`affectbox-training personal`), for what
they learn from, what is measured and who may have the bundle are a person's matter; the training itself is that of
every network."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, Manifest
from device.contract.tasks import PERSONAL_MOVEMENT
from training.kind import Exam, Kind, Lesson, Report, Say

if TYPE_CHECKING:
    import keras

    from training.personal.pairs import Learnt
    from training.personal.recipe import PersonalRecipe
    from training.run_folder import Run

_OWN = "Networks of one person's movement have commands of their own: use `affectbox-training personal {}`."


class Movement(Kind["PersonalRecipe", "Learnt"]):
    """How one person moves their face."""

    name, task = "movements", PERSONAL_MOVEMENT
    intended_use = forbidden_use = ""

    @property
    def recipe(self) -> "type[PersonalRecipe]":
        from training.personal.recipe import PersonalRecipe  # noqa: PLC0415 - loads TensorFlow

        return PersonalRecipe

    def load(self, path: Path) -> "Learnt":
        self._refuse("train")

    def require(self, recipe: "PersonalRecipe", data: "Learnt") -> None:
        from training.personal.fit import require  # noqa: PLC0415

        require(recipe, data.images)

    def lesson(self, recipe: "PersonalRecipe", data: "Learnt", fold: int, folder: Path, say: Say) -> Lesson:
        from training.personal.embedding import keep  # noqa: PLC0415
        from training.personal.learning import PairLearner  # noqa: PLC0415
        from training.personal.pairs import PairBatches  # noqa: PLC0415
        from training.personal.pictures import FACES, draw  # noqa: PLC0415
        from training.personal.watched import watched  # noqa: PLC0415

        def done(epoch: int, network: "keras.Model") -> None:
            if epoch in recipe.keep:
                keep(folder, epoch, network)
            if epoch == recipe.epochs:
                draw(folder / FACES, network, recipe, data)

        return Lesson(
            recipe.heads,
            PairBatches(data, recipe),
            lambda machines: PairLearner(recipe, machines),
            lambda network: watched(network, recipe, data),
            done,
        )

    def of_bundle(self, bundle: Bundle, data: "Learnt", split: str) -> Report:
        self._refuse("evaluate")

    def of_run(self, folder: Path, data: "Learnt", split: str) -> Report:
        self._refuse("evaluate")

    def exam(self, run: "Run[PersonalRecipe]", data: "Learnt") -> Exam:
        self._refuse("export")

    def reading(self, head: str) -> tuple[str, str]:
        return "none", "a value of the embedding, -1 to 1"

    def card(self, manifest: Manifest) -> str:
        self._refuse("export")

    def _refuse(self, command: str) -> NoReturn:
        raise ConfigError(_OWN.format(command))
