"""Bundles of one person's own movement: a network of one layer, written down by hand. Nobody was watched for them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.bundle import Sign, write_bundle
from device.contract.manifest import InputSpec, Manifest, OutputSpec
from device.contract.personal_file import VERSION, Movement, PersonalFile
from device.contract.tasks import PERSONAL, PERSONAL_MOVEMENT
from tests.support_bundles import network

PERSON, SIDE = "p-0007", 48
#: The embedding is how light the left and the right half of the crop are, 0 to 1.
FILE = PersonalFile(
    embedding_version=VERSION,
    person=PERSON,
    light=(0.1, 0.9),
    centre=(0.5, 0.5),
    axes=((1.0, 0.0), (0.0, 1.0)),
    scale=(0.1, 0.1),
    quantiles=tuple(float(value) for value in np.linspace(0.0, 3.0, 11)),
    movements=(
        Movement((2.0, 0.0), 1.0, {"AU12": 2.4, "AU6": 1.1}, 0.2),
        Movement((0.0, 2.0), 1.0, {"AU4": 1.7}, 0.1),
    ),
)


def personal_bundle(
    parent: Path,
    person: str = PERSON,
    *,
    file: PersonalFile = FILE,
    sign: Sign | None = None,
    content: bytes | None = None,
    **changes: Any,
) -> Path:
    """A bundle `own-1.0.0`; `content`: of personal.json, as it is; `changes`: of its manifest."""
    halves = np.zeros((2, SIDE, SIDE))
    halves[0, :, : SIDE // 2] = halves[1, :, SIDE // 2 :] = 2 / SIDE**2
    shape = (1, SIDE, SIDE, 1)
    manifest = Manifest(
        name="own",
        version="1.0.0",
        task=PERSONAL_MOVEMENT,
        input=InputSpec(shape, "float32", "grey", "aligned"),
        outputs=(OutputSpec("embedding", (1, 2), "float32"),),
        provenance={"data": "made up"},
        intended_use="tests",
        forbidden_use="everything else",
    )
    data = network(halves.reshape(2, -1), np.zeros(2), shape=shape)
    extras = {PERSONAL: replace(file, person=person).to_bytes() if content is None else content}
    return write_bundle(parent, replace(manifest, **changes), data, "# made up", extras, sign)
