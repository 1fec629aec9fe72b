"""What can be measured: a bundle, run by the code that runs it on the box, or the float networks of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device.contract.manifest import Bundle
from device.runtime.model import Model
from training.progress import bar

Floats = NDArray[np.float32]
#: Head → what is said of N faces, N × labels, with the activation that the manifest states.
Answers = dict[str, Floats]


@dataclass(frozen=True)
class Candidate:
    """Something that answers.

    name: for people; heads: head → labels; side: of the crops, pixels; answer: N × side × side images → what each head
    says; curves: of heads that give places on scales, where the intensities 0 to 5 stand, labels × 6.
    """

    name: str
    heads: dict[str, tuple[str, ...]]
    side: int
    answer: Callable[[NDArray[np.uint8]], Answers]
    curves: dict[str, Floats] = field(default_factory=dict)


def bundle_candidate(bundle: Bundle) -> Candidate:
    """A bundle. Raises `ModelError`, `RuntimeMissingError` when it is asked."""
    outputs = bundle.manifest.outputs
    heads = {spec.name: spec.labels for spec in outputs}

    def answer(images: NDArray[np.uint8]) -> Answers:
        with Model(bundle) as model:
            rows = [model.on_image(image) for image in bar(images, bundle.manifest.id, len(images))]
        return {head: np.concatenate(column) for head, column in zip(heads, zip(*rows, strict=True), strict=True)}

    curves = {spec.name: np.array(spec.curves, np.float32) for spec in outputs if spec.curves}
    return Candidate(bundle.manifest.id, heads, bundle.manifest.input.shape[1], answer, curves)
