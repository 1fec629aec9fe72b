"""A soft vote on the expression: the mean of the probabilities of every network at hand, and how far they disagree.

Who votes: the face network with each head that names emotions (`ferplus`, eight classes; `fer2013`, seven), the
network of `models.expression`, and those that are named with `--vote`. Two heads of one network are two kinds of
annotators, seen by one eye: that they agree says less than that two networks do.

A voter that knows no contempt (FER2013's seven classes) is asked about the rest alone: it gets the mean contempt of
those that know it, and its own shares are made smaller by as much. Disagreement is the Jensen–Shannon divergence of
the voters in shares of the largest that so many can have: 0 where all say the same, 1 where each is sure of another
class (Lin 1991). What the box records is not the vote: a session has the one network whose figures are measured.
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
from device.models import load
from device.observation import Observation
from device.runtime.model import Model
from device.settings import Settings
from device.stages.aligner import CROP_SIDE, align
from device.stages.smoother import Smoother

_MAIN = "ferplus"


@dataclass(frozen=True, eq=False)
class Vote:
    """What the voters say of one face: `shares` (voters, 8) probabilities of `labels.EMOTIONS`, rows that sum to 1."""

    voters: tuple[str, ...]
    shares: FloatArray

    @property
    def mean(self) -> FloatArray:
        """(8,) the soft vote."""
        return np.asarray(self.shares.mean(0), np.float32)

    @property
    def leading(self) -> str:
        """The class with the largest share."""
        return EMOTIONS[int(self.mean.argmax())]

    @property
    def agreeing(self) -> int:
        """How many voters would name that class by themselves."""
        return int((self.shares.argmax(1) == self.mean.argmax()).sum())

    @property
    def disagreement(self) -> float:
        """0 to 1; see the module."""
        if len(self.shares) < 2:
            return 0.0
        apart = float(_entropy(self.mean) - _entropy(self.shares).mean())
        return min(max(apart / float(np.log2(len(self.shares))), 0.0), 1.0)


class Voters(Closing):
    """The networks that vote, open."""

    def __init__(self, settings: Settings, more: Sequence[str] = ()) -> None:
        """`more`: names of further bundles, `NAME-VERSION`. Raises `ModelError`, `RuntimeMissingError`."""
        names = dict.fromkeys(filter(None, (settings.models.face, settings.models.expression, *more)))
        with ExitStack() as stack:
            self._models = [stack.enter_context(_voter(name, settings)) for name in names]
            self._open = stack.pop_all()
        heads = [(model, head) for model in self._models for head in _heads(model)]
        self.names = tuple(_called(model, model.manifest.outputs[head].name) for model, head in heads)
        self._known = np.array([_known(model.manifest.outputs[head].labels) for model, head in heads])
        self._smooth = Smoother(settings.smoothing.emotions_tau_s)

    def __call__(self, observation: Observation) -> Vote | None:
        """The vote on a face that was measured, smoothed over a video as the emotions are; else None."""
        if observation.track is None or not len(observation.emotions):
            self._smooth.reset()
            return None
        crop = align(observation.frame, observation.track.face)
        said = np.array(list(_said(self._models, crop)), np.float32)
        when = observation.track.number, observation.frame.time_s
        smooth = self._smooth(filled(said, self._known).reshape(-1), *when)
        return Vote(self.names, smooth.reshape(said.shape))

    def close(self) -> None:
        self._open.close()


def _voter(name: str, settings: Settings) -> Model:
    model = load(name, settings.models)
    task = FACE_READING if model.manifest.task == FACE_READING else FACIAL_EXPRESSION
    try:
        require(model.manifest, task)
        if model.manifest.input.shape != (1, CROP_SIDE, CROP_SIDE, 1):
            raise ModelError(f"Bundle {name} does not take 48×48 grey crops: name another one.")
    except ModelError:
        model.close()
        raise
    return model


def _heads(model: Model) -> Iterator[int]:
    """Which outputs of a network name emotions, the one of the box's contract first."""
    outputs = model.manifest.outputs
    named = [at for at, output in enumerate(outputs) if output.labels and set(output.labels) <= set(EMOTIONS)]
    yield from sorted(named, key=lambda at: outputs[at].name != _MAIN)


def _called(model: Model, head: str) -> str:
    return model.manifest.id if head == _MAIN else f"{model.manifest.id}:{head}"


def _known(labels: Sequence[str]) -> list[bool]:
    return [name in labels for name in EMOTIONS]


def _said(models: Sequence[Model], crop: ByteImage) -> Iterator[FloatArray]:
    """(8,) of each voter, 0 where it does not know a class."""
    for model in models:
        outputs = model.on_image(crop)
        for head in _heads(model):
            shares = np.zeros(len(EMOTIONS), np.float32)
            shares[[EMOTIONS.index(label) for label in model.manifest.outputs[head].labels]] = outputs[head].reshape(
                -1
            )
            yield shares


def filled(shares: FloatArray, known: Array) -> FloatArray:
    """The shares (voters, 8) with the mean of those who know a class where a voter does not, rows that sum to 1."""
    means = (shares * known).sum(0) / np.maximum(known.sum(0), 1)
    lent = np.where(known, 0.0, means)
    filled = shares * (1.0 - lent.sum(1, keepdims=True)) + lent
    return np.asarray(filled / filled.sum(1, keepdims=True), np.float32)


def _entropy(shares: FloatArray) -> FloatArray:
    """Bits, of the last axis."""
    return np.asarray(-(shares * np.log2(np.maximum(shares, 1e-12))).sum(-1), np.float64)
