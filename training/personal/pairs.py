"""Which two frames are a pair, epoch after epoch, and the faces that they may be of: those of learnt blocks alone."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.augment import Batch
from training.personal.blocks import Blocks
from training.personal.people import Person
from training.personal.recipe import PersonalRecipe
from training.pipeline import Shuffled

#: Fewer faces of a person teach nothing of how they move: less than ten seconds at ten frames a second.
LEAST = 96
_FOLD = 10


@dataclass(frozen=True, eq=False)
class Learnt:
    """Faces to learn from, of one person or of several.

    Attributes:
        images: (N, side, side) uint8 grey, or (N, side, side, 3) RGB; those of a recording in the order of time.
        people, recordings: (N,) the number of whom and of which recording each is, both rising.
        frames: (N,) number of each in its recording, by its time, gaps counted.
        about: whose they are, for meta.json; source: digest of all their faces.
    """

    images: NDArray[np.uint8]
    people: NDArray[np.intp]
    recordings: NDArray[np.intp]
    frames: NDArray[np.intp]
    about: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def __len__(self) -> int:
        return len(self.images)

    def digest(self) -> str:
        """Of the faces of these people, those that are held out too: `Person.digest` where it is one person."""
        return self.source


def learnt(people: Sequence[Person], blocks: Blocks) -> Learnt:
    """The faces of these people that are to be learnt from.

    Raises:
        DataError: somebody has too few, or people have faces of several kinds.
    """
    if len({(person.side, person.coloured) for person in people}) > 1:
        raise DataError("These people have faces of several kinds: make them with one `affectbox-training faces`.")
    kept = [blocks.of(person).learnt for person in people]
    for person, mine in zip(people, kept, strict=True):
        if len(people) == 1 and mine.sum() < LEAST:
            raise DataError(
                f"{person.name} has {int(mine.sum())} faces to learn from, and a model of one person needs {LEAST} or "
                "more, better some thousand: add recordings."
            )
    images, frames, recordings, numbers = [], [], [], []
    before = 0
    for number, (person, mine) in enumerate(zip(people, kept, strict=True)):
        images.append(person.images[mine])
        frames.append(_frames(person)[mine])
        recordings.append(person.recordings[mine] + before)
        numbers.append(np.full(int(mine.sum()), number, np.intp))
        before += len(person.videos)
    digests = [person.digest() for person in people]
    source = digests[0] if len(people) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    told = {"people": [person.name for person in people], "faces": sum(map(len, images))}
    together = (np.concatenate(numbers), np.concatenate(recordings), np.concatenate(frames))
    return Learnt(np.concatenate(images), *together, told, source)


def _frames(person: Person) -> NDArray[np.intp]:
    """(N,) the number of each face in its recording, in steps of the usual time between two."""
    apart = np.diff(person.times)[np.diff(person.recordings) == 0]
    apart = apart[apart > 0]
    return np.rint(person.times / (float(np.median(apart)) if len(apart) else 1.0)).astype(np.intp)


class PairBatches(Shuffled):
    """Batches of pairs: `image`, 2P × side × side (× 3) uint8, first one side of all pairs, then the other; `neutral`,
    the weight of the neutral face in this epoch; `seed`."""

    def __init__(self, faces: Learnt, recipe: PersonalRecipe) -> None:
        super().__init__(len(faces), recipe)
        self._faces, self._recipe, self._number = faces, recipe, 0
        self._images = tf.constant(faces.images)

    def epoch(self, number: int, worker: int = 0, workers: int = 1, replicas: int = 1) -> tf.data.Dataset:
        """As `Shuffled.epoch`; the curriculum goes by its number."""
        self._number = number
        return super().epoch(number, worker, workers, replicas)

    def _draws(self, rng: np.random.Generator, order: NDArray[np.int64]) -> list[NDArray[Any]]:
        flat = order.reshape(-1)
        partners = partners_of(self._faces, flat, self._recipe.curriculum.span(self._number), rng)
        turned = (rng.random(flat.shape) < 0.5) & self._recipe.mirrored
        weight = self._recipe.losses.neutral_in(self._number, self._recipe.epochs)
        return [partners.reshape(order.shape), turned.reshape(order.shape), np.full(order.shape, weight, np.float32)]

    def _batch(self) -> Callable[..., Batch]:
        def make(first: tf.Tensor, second: tf.Tensor, turned: tf.Tensor, weight: tf.Tensor, seed: tf.Tensor) -> Batch:
            images = tf.gather(self._images, tf.concat([first, second], 0))
            turn = tf.reshape(tf.tile(turned, [2]), (-1, *[1] * (len(images.shape) - 1)))
            images = tf.where(turn, tf.reverse(images, [2]), images)
            return {"image": images, "neutral": weight[0], "seed": seed}

        return make


def partners_of(
    faces: Learnt, chosen: NDArray[np.int64], span: float | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each chosen face another one of the same person, evenly drawn.

    Args:
        span: of the same recording and at most so many frames away, or the nearest where there is none so near; None:
            any.
    """
    if span is None:
        low = np.searchsorted(faces.people, faces.people[chosen], "left")
        high = np.searchsorted(faces.people, faces.people[chosen], "right")
    else:
        places = _places(faces)
        low = np.searchsorted(places, places[chosen] - span, "left")
        high = np.searchsorted(places, places[chosen] + span, "right")
        begin, end = (np.searchsorted(faces.recordings, faces.recordings[chosen], side) for side in ("left", "right"))
        alone = high - low < 2
        low = np.where(alone, np.maximum(chosen - 1, begin), low)
        high = np.where(alone, np.minimum(chosen + 2, end), high)
    drawn = low + np.floor(rng.random(len(chosen)) * np.maximum(high - low - 1, 1)).astype(np.int64)
    return np.asarray(np.where((drawn >= chosen) & (high - low > 1), drawn + 1, drawn), np.int64)


def _places(faces: Learnt) -> NDArray[np.float64]:
    """(N,) rising: the frames of each recording far behind those of the one before."""
    longest = float(faces.frames.max() + 1) * _FOLD
    return np.asarray(faces.recordings * longest + faces.frames, np.float64)
