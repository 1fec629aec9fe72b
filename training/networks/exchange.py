"""What the networks of personal movement have in common: their parts, and how these work together.

    x ─ encoder ─ embedding ─ flow ─ f                     to the neutral face; back: b = -W(f, f)
    G(x, f): features of x, moved by f (and what is filled in), painted

Such a network is one Keras model from B × side × side × channels to `embedding`, `flow` and `neutral`, whose parts are
its layers of these names; the box has need of the encoder alone.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from training.networks.warping import Warp, resized, warped
from training.predict import listed

EMBEDDING = "embedding"
ENCODER, FLOW, FEATURES, FILLING, PAINTER = "encoder", "flow", "features", "filling", "painter"


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a network.

    Attributes:
        encoder: B × side × side × channels → B × D, within ±1.
        flow: B × D → B × s × s × (2 and more): where to take the neutral face from, and further maps for the painter.
        features: an image → maps of it, the largest first; None: the image itself.
        filling: maps → what is added to them once they are moved; None: nothing.
        painter: maps that were moved, and the flow → an image.
        blank: whether beyond the edge of an image is 0, else the edge goes on.
    """

    encoder: keras.Model
    flow: keras.Model
    features: keras.Model | None
    filling: keras.Model | None
    painter: keras.Model
    blank: bool

    def whole(self, image: Any) -> keras.Model:
        """The network from an input of Keras."""
        embedding = self.encoder(image)
        flow = self.flow(embedding)
        neutral = self.generated(image, flow)
        return keras.Model(image, {EMBEDDING: embedding, FLOW: flow[..., :2], "neutral": neutral})

    def generated(self, image: Any, flow: Any, training: bool = False) -> Any:
        """G(image, flow); with a flow of zeros, what is not moved."""
        maps = self._maps(image)
        moved = [Warp(self.blank)([one, flow[..., :2]]) for one in maps]
        if self.filling:
            added = self.filling(maps, training=training)
            moved = [one + more for one, more in zip(moved, added, strict=True)]
        return self.painter([*moved, flow])

    def unmoved(self, image: tf.Tensor) -> tf.Tensor:
        """G(image, ∅)."""
        side = self.flow.output.shape[1:]
        return self.painter([*self._maps(image), tf.zeros((tf.shape(image)[0], *side))])

    def back(self, flow: tf.Tensor) -> tf.Tensor:
        """The way back from the neutral face: -W(f, f), for all its maps."""
        return -warped(flow, flow[..., :2], self.blank)

    def moved(self, image: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
        """W(image, flow): the pixels themselves."""
        return warped(image, resized(flow[..., :2], int(image.shape[1])), self.blank)

    def _maps(self, image: Any) -> list[Any]:
        return listed(self.features(image)) if self.features else [image]


def parts_of(network: keras.Model, blank: bool) -> Parts:
    """Those of a network that `Parts.whole` made."""
    named = {layer.name: layer for layer in network.layers}
    features, filling = named.get(FEATURES), named.get(FILLING)
    return Parts(named[ENCODER], named[FLOW], features, filling, named[PAINTER], blank)
