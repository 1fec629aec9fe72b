"""Bundles that watch one person's own movement: a network of one layer, written down by hand. It learnt nobody."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.bundle import Sign, write_bundle
from device.contract.evidence import KEY, Interval
from device.contract.manifest import InputSpec, Manifest, OutputSpec
from device.contract.personal_evidence import PersonalEvidence
from device.contract.personal_file import VERSION, Movement, PersonalFile
from device.contract.tasks import PERSONAL, PERSONAL_MOVEMENT
from tests.support_bundles import network

PERSON = "p-0042"
SIDE = 48
#: Usual is a face whose left and right half of the crop are equally bright, both half bright.
FILE = PersonalFile(
    embedding_version=VERSION,
    person=PERSON,
    light=(0.1, 0.9),
    centre=(0.5, 0.5),
    axes=((0.7071, -0.7071), (0.7071, 0.7071)),
    scale=(0.1, 0.4),
    quantiles=tuple(float(value) for value in np.linspace(0.1, 3.0, 11)),
    movements=(
        Movement(centre=(3.0, 0.0), radius=1.0, units={"AU12": 2.4, "AU6": 1.1}, share=0.12),
        Movement(centre=(-3.0, 0.0), radius=1.0, units={"AU4": 1.8}, share=0.05),
    ),
)


EVIDENCE = PersonalEvidence(
    supported=True,
    unsupported=(),
    recordings=2,
    seconds=300.0,
    faces=2400,
    held_out=500,
    movements=2,
    simulated=False,
    figures={"distance": Interval(1.1, 0.9, 1.3), "auc": Interval(0.8, 0.7, 0.88)},
)


def halves(left: float, right: float) -> np.ndarray:
    """A crop (48, 48) whose halves are so bright, 0 to 1."""
    crop = np.empty((SIDE, SIDE), np.uint8)
    crop[:, : SIDE // 2], crop[:, SIDE // 2 :] = round(255 * left), round(255 * right)
    return crop


def personal_bundle(
    parent: Path,
    *,
    file: PersonalFile = FILE,
    evidence: PersonalEvidence | None = EVIDENCE,
    int8: bool = False,
    sign: Sign | None = None,
    content: bytes | None = None,
    **changes: Any,
) -> Path:
    """A bundle `own-1.0.0`, whose embedding is how bright the left and the right half of the crop are.

    `content`: of personal.json, as it is; `changes`: of the manifest.
    """
    shape = (1, SIDE, SIDE, 1)
    weights = np.zeros((2, SIDE, SIDE))
    weights[0, :, : SIDE // 2] = weights[1, :, SIDE // 2 :] = 2 / SIDE**2
    dtype = "int8" if int8 else "float32"
    steps = (float(np.float32(1 / 127)), float(np.float32(1 / 127))) if int8 else (0.0, 0.0)
    manifest = Manifest(
        name="own",
        version="1.0.0",
        task=PERSONAL_MOVEMENT,
        input=InputSpec(shape, dtype, "grey", "aligned", scale=steps[0], range=(0.0, 1.0)),
        outputs=(OutputSpec("embedding", (1, 2), dtype, steps[1]),),
        provenance={"data": "made up"},
        intended_use="tests",
        forbidden_use="everything else",
        receipt={} if evidence is None else {KEY: evidence.to_json()},
    )
    data = network(weights.reshape(2, -1), np.zeros(2), int8, clip=1.0, shape=shape)
    extras = {PERSONAL: file.to_bytes() if content is None else content}
    return write_bundle(parent, replace(manifest, **changes), data, "# made up", extras, sign)
