"""A person's face at rest, which is subtracted before action units are estimated."""

from dataclasses import dataclass

from device.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Neutral:
    """A face at rest.

    Attributes:
        features: (F,), what `device.stages.features` gives for it.
        version: how records name it.
    """

    features: FloatArray
    version: str
