"""A soft vote on the expression: the mean of the probabilities of every network at hand, and how far opinions differ.

The networks are the face network, that of `models.expression`, and those that are named with `--vote`, each with its
head of the eight classes of FER+. A network may have been taught other annotators' classes beside them (`fer2013`,
seven): that is an opinion too, and counts where it is told how far they disagree, but has no part in the mean. On 2862
faces of FER2013's PublicTest on which more than half of FER+'s annotators agree, face-1.0.0 says what they say of
90.6 %, and the mean of both its heads of 88.3 %; where both heads name the same class of 93.4 % (2241 faces), else of
80.2 % (621). (Validation: temperatures were fitted on these faces.)

Who knows no contempt is asked about the rest alone: it gets the mean contempt of those who know it, and its own shares
are made smaller by as much. Disagreement is the Jensen–Shannon divergence (Lin 1991) of the opinions in shares of the
largest that so many can have: 0 where all say the same, 1 where each is sure of another class. What the box records is
not the vote but what the one network says whose figures its card tells.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from device.arrays import Array, ByteImage, FloatArray
from device.closing import Closing
from device.contract.errors import ModelError
from device.contract.labels import EMOTIONS
from device.contract.tasks import FACE_READING, FACIAL_EXPRESSION, require
from device.models import load_as
from device.observation import Observation
from device.runtime.model import Model
from device.settings import Settings
from device.stages.aligner import CROP_SIDE, align
from device.stages.expression import HEAD as MAIN
from device.stages.smoother import Smoother


@dataclass(frozen=True, eq=False)
class Vote:
    """What is thought of one face.

    Attributes:
        opinions: whose they are; networks first.
        shares: (opinions, 8) probabilities of `labels.EMOTIONS`, rows that sum to 1.
        networks: how many of the first opinions are networks, which vote.
    """

    opinions: tuple[str, ...]
    shares: FloatArray
    networks: int

    @property
    def mean(self) -> FloatArray:
        """(8,) the soft vote."""
        return np.asarray(self.shares[: self.networks].mean(0), np.float32)

    @property
    def leading(self) -> str:
        """The class with the largest share."""
        return EMOTIONS[int(self.mean.argmax())]

    @property
    def agreeing(self) -> int:
        """How many opinions would name that class by themselves."""
        return int((self.shares.argmax(1) == self.mean.argmax()).sum())

    @property
    def unanimous(self) -> bool:
        """Whether all would."""
        return self.agreeing == len(self.opinions)

    @property
    def disagreement(self) -> float:
        """0 to 1; see the module."""
        if len(self.shares) < 2:
            return 0.0
        apart = float(_entropy(self.shares.mean(0)) - _entropy(self.shares).mean())
        return min(max(apart / float(np.log2(len(self.shares))), 0.0), 1.0)


@dataclass(frozen=True)
class _Head:
    """An output that names emotions: of the network number `model` the output number `output`."""

    name: str
    model: int
    output: int
    labels: tuple[str, ...]
    votes: bool


class Voters(Closing):
    """The networks that vote, open; `opinions` names them, and then the further heads that they have."""

    def __init__(self, settings: Settings, more: Sequence[str] = ()) -> None:
        """`more`: names of further bundles, `NAME-VERSION`. Raises `ModelError`, `RuntimeMissingError`."""
        names = dict.fromkeys(filter(None, (settings.models.face, settings.models.expression, *more)))
        with ExitStack() as stack:
            self._models = [stack.enter_context(load_as(_voter, name, settings.models)) for name in names]
            self._open = stack.pop_all()
        self._heads = sorted(_heads(self._models), key=lambda head: not head.votes)
        self._known = np.array([[name in head.labels for name in EMOTIONS] for head in self._heads])
        self._smooth = Smoother(settings.smoothing.emotions_tau_s)
        self.opinions = tuple(head.name for head in self._heads)
        self.networks = sum(head.votes for head in self._heads)

    def __call__(self, observation: Observation) -> Vote | None:
        """The vote on a face that was measured, smoothed over a video as the emotions are; else None."""
        if observation.track is None or not len(observation.emotions):
            self._smooth.reset()
            return None
        said = self._said(align(observation.frame, observation.track.face))
        when = observation.track.number, observation.frame.time_s
        smooth = self._smooth(filled(said, self._known).reshape(-1), *when)
        return Vote(self.opinions, smooth.reshape(said.shape), self.networks)

    def close(self) -> None:
        self._open.close()

    def _said(self, crop: ByteImage) -> FloatArray:
        """(opinions, 8) of a crop, 0 where one does not know a class."""
        outputs = [model.on_image(crop) for model in self._models]
        shares = np.zeros((len(self._heads), len(EMOTIONS)), np.float32)
        for row, head in zip(shares, self._heads, strict=True):
            row[[EMOTIONS.index(label) for label in head.labels]] = outputs[head.model][head.output].reshape(-1)
        return shares


def _voter(model: Model) -> Model:
    require(model.manifest, FACE_READING if model.manifest.task == FACE_READING else FACIAL_EXPRESSION)
    if model.manifest.input.shape != (1, CROP_SIDE, CROP_SIDE, 1):
        raise ModelError(f"Bundle {model.manifest.id} does not take 48×48 grey crops: name another one.")
    return model


def _heads(models: Sequence[Model]) -> Iterator[_Head]:
    """The outputs that name emotions."""
    for number, model in enumerate(models):
        for at, output in enumerate(model.manifest.outputs):
            if output.labels and set(output.labels) <= set(EMOTIONS):
                votes, name = output.name == MAIN, model.manifest.id
                yield _Head(name if votes else f"{name}:{output.name}", number, at, output.labels, votes)


def filled(shares: FloatArray, known: Array) -> FloatArray:
    """The shares (voters, 8) with the mean of those who know a class where a voter does not, rows that sum to 1."""
    means = (shares * known).sum(0) / np.maximum(known.sum(0), 1)
    lent = np.where(known, 0.0, means)
    filled = shares * (1.0 - lent.sum(1, keepdims=True)) + lent
    return np.asarray(filled / filled.sum(1, keepdims=True), np.float32)


def _entropy(shares: FloatArray) -> FloatArray:
    """Bits, of the last axis."""
    return np.asarray(-(shares * np.log2(np.maximum(shares, 1e-12))).sum(-1), np.float64)
