"""What a network says of a participant: the log-probabilities of their faces, averaged."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.diagnosis.crops.data import Faces
from training.predict import listed, pixels

_FEW = 512


def answers(network: keras.Model, white: float, faces: Faces) -> NDArray[np.float64]:
    """(P, C) log-probabilities of each participant, in the order of `faces.people`: the mean over their faces, scaled
    so that the probabilities sum to 1. `white` is the value of a white pixel at the network's input."""
    said = np.concatenate(
        [_log_probabilities(network, white, faces.images[at : at + _FEW]) for at in range(0, len(faces.images), _FEW)]
    )
    means = [said[faces.participants == person.pseudonym].mean(axis=0) for person in faces.people]
    return _normalized(np.array(means))


def log_loss(said: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """Mean over groups of the mean over their participants of −log p; (P, C) log-probabilities and (P,) groups."""
    own = -said[np.arange(len(truth)), truth]
    return float(np.mean([own[truth == group].mean() for group in np.unique(truth)]))


def balanced_accuracy(said: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """Mean over groups of the share of their participants for whom the group is the likeliest."""
    right = said.argmax(axis=1) == truth
    return float(np.mean([right[truth == group].mean() for group in np.unique(truth)]))


def _log_probabilities(network: keras.Model, white: float, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    logits = listed(network(pixels(images, white), training=False))[0]
    return _normalized(np.asarray(logits, np.float64))


def _normalized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities of logits, (N, C)."""
    shifted = values - values.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
