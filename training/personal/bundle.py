"""From the training of one person to the parts of a bundle: encoder in int8, `personal.json`, evidence, card."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import keras
import numpy as np
from numpy.typing import NDArray

from converter.describe import describe
from converter.keras_source import KerasSource
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, ROWS, make_reference
from converter.rows import with_both_ends
from device.contract.errors import ParityError
from device.contract.evidence import KEY, Interval
from device.contract.manifest import MODEL, Bundle, Manifest
from device.contract.personal_evidence import PersonalEvidence
from device.contract.personal_file import PersonalFile
from device.contract.tasks import PERSONAL, PERSONAL_MOVEMENT
from device.runtime.model import Model
from device.stages.personal import HEAD
from training.diagnosis.metrics import about
from training.export import some
from training.networks import count_macs
from training.networks.personal import Personal
from training.personal.card import FORBIDDEN, INTENDED, card
from training.personal.embedding import embed
from training.personal.evaluation import Measured, PersonFound
from training.personal.people import Person
from training.personal.recipe import PersonalRecipe
from training.personal.reference import read_units
from training.personal.refusal import reasons
from training.personal.turns import taken_out
from training.personal.usual import OnHeldOut, Seen, usual_of
from training.predict import pixels
from training.run_folder import Run, versions

#: Share of the embedding's variance that int8 may change.
FURTHEST = 0.1
_UNIT = "a value of the embedding, -1 to 1"


@dataclass(frozen=True, eq=False)
class Training:
    """What a bundle is made of: the run, the person's faces, what was found of them, and of this training."""

    run: Run[PersonalRecipe]
    person: Person
    found: PersonFound
    arm: Measured
    seed: int
    simulated: bool

    @property
    def others(self) -> tuple[str, ...]:
        """Whose faces are in the weights that the run began with."""
        return tuple(self.run.meta["data_about"].get("began_with", ()))


@dataclass(frozen=True, eq=False)
class Made:
    """A bundle, not yet written; evidence: what stands in its receipt."""

    manifest: Manifest
    model: bytes
    card: str
    extras: dict[str, bytes]
    evidence: PersonalEvidence


def made_of(of: Training, name: str, version: str) -> Made:
    """The parts of the bundle NAME-VERSION.

    Raises:
        ModelError: no box would take it, or the box's face network is not to be had.
        ConversionError: the encoder cannot be converted.
        ParityError: in int8 it says something else.
    """
    network = of.run.recipe.network
    encoder = cast(Personal, network).parts(of.run.network).encoder
    learnt = of.run.recipe.blocks.blocks.of(of.person).learnt
    model = _converted(encoder, of.run, of.person.images[learnt])
    manifest = describe(_conversion(name, version, network.white), model, _provenance(of, version))
    seen = _seen(of, _said(manifest, model, of.person.images))
    parity = _parity(embed(of.run, of.person.images[learnt]), seen.embeddings[learnt])
    file, box = usual_of(seen, of.seed)
    file.check(manifest.id)
    found = _evidence(of, file, box)
    found.check(manifest.id)
    receipt = {
        KEY: found.to_json(),
        **parity,
        "scheme": "int8",
        "size_bytes": len(model),
        "parameters": encoder.count_params(),
        "macs": count_macs(encoder),
        "seed": of.run.recipe.seed,
        "epochs": of.arm.epochs,
        "approach": of.arm.name,
        "began_with": len(of.others),
        "turns": taken_out(seen.embeddings, seen.pose[learnt]),
    }
    manifest = replace(manifest, receipt=receipt)
    noise = np.random.default_rng(of.seed).integers(0, 256, (ROWS, *of.person.images.shape[1:])).astype(np.uint8)
    extras = {
        PERSONAL: file.to_bytes(),
        REFERENCE: make_reference(manifest, model, pixels(noise, network.white)),  # nobody's face
    }
    return Made(manifest, model, card(manifest, found, file, box), extras, found)


def _converted(encoder: keras.Model, run: Run[PersonalRecipe], images: NDArray[np.uint8]) -> bytes:
    white = run.recipe.network.white
    shape = (1, *encoder.inputs[0].shape[1:])
    source = KerasSource(lambda image: encoder(image, training=False), [HEAD], shape, "Keras", run.folder.name)
    return source.to_tflite("int8", with_both_ends(pixels(some(images, run.recipe.seed), white), (0.0, white)))


def _conversion(name: str, version: str, white: float) -> Recipe:
    return Recipe(
        name=name,
        version=version,
        task=PERSONAL_MOVEMENT,
        outputs=(OutputRecipe(HEAD, (), "none", _UNIT),),
        intended_use=INTENDED,
        forbidden_use=FORBIDDEN,
        input=InputRecipe("grey", "aligned", (0.0, white)),
    )


def _provenance(of: Training, version: str) -> dict[str, str]:
    """Without the pseudonym: what names the person is in `personal.json` alone."""
    steps = (
        of.run.meta["command"],
        "affectbox-training personal evaluate --faces FACES --out EVALUATION RUNS",
        f"affectbox-training personal export --faces FACES --run RUN --evaluation EVALUATION --version {version}",
    )
    return {
        "source": "training/personal of this project",
        "command": " && ".join(steps),
        "data": "recordings of one simulated person" if of.simulated else "recordings of one person",
        "licence": "that of the person, who may take it back",
        "versions": versions(),
    }


def _said(manifest: Manifest, model: bytes, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, D) what the box's code says by this network."""
    with Model(Bundle(Path(), manifest, {MODEL: model})) as network:
        at, _ = manifest.output(HEAD)
        return np.concatenate([network.on_image(image)[at] for image in images])


def _seen(of: Training, embeddings: NDArray[np.float32]) -> Seen:
    blocks, person = of.run.recipe.blocks.blocks, of.person
    parts = blocks.of(person)
    return Seen(
        person.name,
        embeddings,
        person.images.reshape(len(person), -1).mean(axis=1) / 255,
        read_units(person.images),
        blocks.numbers(person),
        parts.learnt,
        parts.held_out,
        person.pose,
    )


def _parity(exact: NDArray[np.float32], said: NDArray[np.float32]) -> dict[str, float]:
    """How near the bundle's network is to the one that learnt. Raises `ParityError`."""
    off = said - exact
    changed = float(off.var(axis=0).sum() / max(exact.var(axis=0).sum(), 1e-12))
    if not changed <= FURTHEST:
        raise ParityError(
            f"In int8 the encoder says something else: {changed:.0%} of its variance changed, and {FURTHEST:.0%} may: "
            "train it longer, or with another seed."
        )
    return {
        "error_median": round(float(np.median(np.abs(off))), 6),
        "error_max": round(float(np.abs(off).max()), 6),
        "variance_changed": round(changed, 6),
    }


def _evidence(of: Training, file: PersonalFile, box: OnHeldOut) -> PersonalEvidence:
    against = reasons(of.found, of.arm, box, of.run.recipe.epochs)
    figures: dict[str, Interval] = {
        "distance": box.distance,
        "near": box.share,
        "same": box.same,
        "stability": box.stability,
        "f1": of.arm.f1,
        "auc": of.arm.auc,
    }
    return PersonalEvidence(
        supported=not against,
        unsupported=against,
        recordings=of.found.recordings,
        seconds=round(of.found.learnt_s + of.found.held_out_s, 1),
        faces=of.found.learnt,
        held_out=of.found.held_out,
        movements=len(file.movements),
        simulated=of.simulated,
        figures={name: about(one) for name, one in figures.items() if np.isfinite(one.value)},
    )
