"""Near copies of a picture: the same photograph again, cropped, lit or compressed a little otherwise.

FER2013 holds many pictures twice, also across its splits. A figure on faces whose copies were trained on is better
than the network is, and folds that part copies are no folds.
"""

import hashlib
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

#: Correlation of the 24 × 24 means of two pictures from which they count as copies of each other.
ALIKE = 0.93
_CHUNK = 1024


def exact_copies(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(N,) a number that pictures have in common which are equal to the last pixel (SHA-256)."""
    groups: dict[bytes, int] = defaultdict(lambda: len(groups))
    return np.array([groups[hashlib.sha256(image.tobytes()).digest()] for image in images], np.int64)


def near_copies(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(N,) a number that near copies have in common, also those of a chain; N × 48 × 48 pictures."""
    count, side = len(images), images.shape[1]
    small = images.reshape(count, side // 2, 2, side // 2, 2).mean((2, 4), dtype=np.float32).reshape(count, -1)
    small -= small.mean(1, keepdims=True)
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)
    parent = np.arange(count)

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = int(parent[one])
        return one

    for start in range(0, count, _CHUNK):
        alike = small[start : start + _CHUNK] @ small[start:].T > ALIKE
        for first, second in np.argwhere(alike):
            if first < second:
                low, high = sorted((root(start + int(first)), root(start + int(second))))
                parent[high] = low
    return np.array([root(one) for one in range(count)], np.int64)
