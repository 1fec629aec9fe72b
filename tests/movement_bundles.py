"""Bundles that read how a face moves: a network of one layer, written down by hand. Nobody was measured for them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.bundle import Sign, write_bundle
from device.contract.evidence import KEY, Interval
from device.contract.manifest import InputSpec, Manifest, OutputSpec
from device.contract.movement import VERSION, MovementFile
from device.contract.movement_evidence import MovementEvidence
from device.contract.tasks import ATYPICALITY, MOVEMENT
from tests.support_bundles import network

#: Windows of two seconds; how far the left lip corner is above the right is what counts.
FILE = MovementFile(
    column_version=VERSION,
    step_s=0.2,
    steps=10,
    hop=10,
    columns=("aus.AU12", "sides.AU12"),
    centre=(1.0, 0.0),
    scale=(1.0, 1.0),
    clip=4.0,
    least_coverage=0.8,
    half_width=0.75,
    typical=2.0,
)
OF_SURPRISE = replace(
    FILE, half_width=None, typical=None, percentiles=tuple(float(value) for value in np.linspace(0.0, 4.0, 11))
)
EVIDENCE = MovementEvidence(
    supported=True,
    unsupported=(),
    population="simulated children, nobody",
    ages=("6-12", "13-17"),
    n=33,
    windows=660,
    simulated=True,
    raters=5,
    typical_people=21,
    figures={"pearson": Interval(0.8, 0.7, 0.88), "mae": Interval(0.31, 0.27, 0.36)},
)


def movement_bundle(
    parent: Path,
    task: str = ATYPICALITY,
    *,
    file: MovementFile | None = None,
    evidence: MovementEvidence = EVIDENCE,
    sign: Sign | None = None,
    content: bytes | None = None,
    **changes: Any,
) -> Path:
    """A bundle `moves-1.0.0`, or `typical-1.0.0`: 1 (or 0 nats) and as much more as the mean of the last column, cut.

    `content`: of movement.json, as it is; `changes`: of the manifest.
    """
    rates = task == ATYPICALITY
    file = file or (FILE if rates else OF_SURPRISE)
    shape = (1, file.steps, len(file.columns))
    weights = np.zeros(shape[1:])
    weights[:, -1] = 1 / file.steps
    manifest = Manifest(
        name="moves" if rates else "typical",
        version="1.0.0",
        task=task,
        input=InputSpec(shape, "float32", "none", "movement", range=(-file.clip, file.clip)),
        outputs=(OutputSpec("rating" if rates else "surprise", (1, 1), "float32"),),
        provenance={"data": "made up"},
        intended_use="tests",
        forbidden_use="everything else",
        receipt={KEY: evidence.to_json()},
    )
    data = network(weights.reshape(1, -1), np.array([float(rates)]), shape=shape)
    extras = {MOVEMENT: file.to_bytes() if content is None else content}
    return write_bundle(parent, replace(manifest, **changes), data, "# made up", extras, sign)
