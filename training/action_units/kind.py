"""Networks of action units, learnt from annotated faces, as a `Kind`: a run for each fold, which never sees the
participants of that fold. Those choose nothing, neither epoch nor threshold, so that what is measured on them is a
test."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from device.contract import tasks
from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, Manifest
from device.stages.appearance import INTENSITY, PRESENCE
from training.action_units.card import model_card
from training.action_units.data import Annotated, load_annotated
from training.action_units.evaluate import evaluate_bundle, evaluate_run, held_out_of, text
from training.action_units.folds import folds
from training.action_units.scores import means, report
from training.folds import chosen_folds
from training.kind import Exam, Kind, Lesson, Report, Say

if TYPE_CHECKING:
    import keras

    from training.action_units.recipe import AuRecipe
    from training.run_folder import Run

#: Head → activation that the device applies, and unit.
_READINGS = {PRESENCE: ("sigmoid", "probability"), INTENSITY: ("none", "FACS intensity, 0–5")}


class ActionUnits(Kind["AuRecipe", Annotated]):
    """Presence and intensity of action units."""

    name, task = "au", tasks.ACTION_UNITS
    intended_use = (
        "Research only: an estimate, frame by frame, of the facial actions that a FACS coder would see in the "
        "picture, shown to a professional beside the professional's own observation."
    )
    forbidden_use = (
        "No diagnosis, no triage, no measure of treatment, no claim about what a person feels or intends, no decision "
        "about a person, no surveillance, no identification, nothing that the licence of the data forbids."
    )

    @property
    def recipe(self) -> "type[AuRecipe]":
        from training.action_units.recipe import AuRecipe  # noqa: PLC0415 - a bundle is evaluated without TensorFlow

        return AuRecipe

    def load(self, path: Path) -> Annotated:
        return load_annotated(path)

    def folds(self, recipe: "AuRecipe", chosen: Sequence[int]) -> tuple[int, ...]:
        return chosen_folds(recipe.folds, chosen)

    def require(self, recipe: "AuRecipe", data: Annotated) -> None:
        side = recipe.network.build({PRESENCE: 1}).input_shape[1]
        if side != data.side:
            raise ConfigError(
                f"The crops are {data.side} pixels wide, and the network takes {side}: prepare with --size."
            )
        folds(data, recipe.folds, recipe.seed)  # refuses fewer participants than folds
        if not data.only(recipe.wanted()).labels:
            coded = ", ".join(dict.fromkeys(label for labels in data.labels.values() for label in labels))
            raise ConfigError(f"Nobody coded any of labels = {recipe.labels!r} in these data; coded are {coded}.")
        if recipe.start:
            require_others(Path(recipe.start), data)

    def lesson(self, recipe: "AuRecipe", data: Annotated, fold: int, folder: Path, say: Say) -> Lesson:
        from training.action_units.learning import AuBatches, AuLearner  # noqa: PLC0415
        from training.action_units.teacher import taught  # noqa: PLC0415

        out = folds(data, recipe.folds, recipe.seed) == fold
        named = data.only(recipe.wanted())
        say(_learnt(recipe.wanted(), named))
        learnt, held_out = named.at(~out), named.at(out)
        answers = {head: said[~out] for head, said in taught(recipe, named, fold).items()}
        return Lesson(
            named.labels,
            AuBatches(learnt, recipe, answers),
            lambda machines: AuLearner(recipe, learnt, machines),
            lambda network: _watched(network, recipe.network.white, held_out),
        )

    def of_bundle(self, bundle: Bundle, data: Annotated, split: str) -> Report:
        _require_no(split)
        figures = evaluate_bundle(bundle, data)
        return Report(figures, text(figures))

    def of_run(self, folder: Path, data: Annotated, split: str) -> Report:
        _require_no(split)
        figures = evaluate_run(folder, data)
        return Report(figures, text(figures))

    def exam(self, run: "Run[AuRecipe]", data: Annotated) -> Exam:
        from training.action_units.receipt import measured, noise  # noqa: PLC0415
        from training.export import some  # noqa: PLC0415

        held_out = held_out_of(run, data)
        learnt = data.at(~np.isin(data.participants, held_out.participants))
        people = f"{len(learnt)} faces of {len(set(learnt.participants.tolist()))} participants"
        return Exam(
            ranges=some(learnt.images, run.recipe.seed),
            repeated=noise(data.side, run.recipe.seed),
            measured=lambda network: measured(run, network, held_out),
            data=f"{people}, of: {data.about['command']}{_begun(run.recipe.start)}",
            licence="that of the data named above, which may forbid passing this network on",
        )

    def reading(self, head: str) -> tuple[str, str]:
        return _READINGS[head]

    def card(self, manifest: Manifest) -> str:
        return model_card(manifest)


def require_others(start: Path, data: Annotated) -> None:
    """Raises `ConfigError` where a masked autoencoder has seen the very faces, those of every fold among them."""
    from training.run_folder import META  # noqa: PLC0415

    try:
        origin = json.loads((start / META).read_text(encoding="utf-8"))["data_about"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # a bundle, or no run, which `start_from` says
    if origin.get("source") == data.about.get("source", ""):
        raise ConfigError(
            f"start: {start} was pretrained on these very faces, and no fold would be new to it: pretrain on others."
        )


def _begun(start: str) -> str:
    return f"; and what {Path(start).name} learnt from, with whose weights it began" if start else ""


def _learnt(wanted: tuple[str, ...], named: Annotated) -> str:
    """Which of the recipe's actions are learnt, for people."""
    coded = dict.fromkeys(label for labels in named.labels.values() for label in labels)
    missing = [label for label in wanted if label not in coded]
    return f"learning {len(coded)} action units" + (f"; nobody coded {', '.join(missing)}" if missing else "")


def _require_no(split: str) -> None:
    if split:
        raise ConfigError("--split is for expressions: action units are measured on the participants held out.")


def _watched(network: "keras.Model", white: float, held_out: Annotated) -> dict[str, float]:
    """Mean figures on the held-out participants."""
    from training.action_units.estimators import answers_of  # noqa: PLC0415

    found = means(report(answers_of(network, white, held_out.images), held_out))
    figures = {PRESENCE: ("f1", "auc"), INTENSITY: ("icc", "mae")}
    return {
        name: value
        for head, names in figures.items()
        for name in names
        if (value := found.get(head, {}).get(name)) is not None
    }
