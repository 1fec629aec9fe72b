"""What a probe finds without any learning of movement: principal components of the pixels."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from training.personal.probes import Mask

#: As many as our embeddings have values.
COMPONENTS = 32


def pixels(images: NDArray[np.uint8], learnt: Mask, seed: int) -> NDArray[np.float32]:
    """(N, 32) principal components of the faces, which are found in those that are learnt from.

    Args:
        images: as of `Person.images`.
        learnt: (N,) which.
    """
    rows = images.reshape(len(images), -1).astype(np.float32) / 255
    number = min(COMPONENTS, int(learnt.sum()), rows.shape[1])
    found = PCA(number, svd_solver="randomized", random_state=seed).fit(rows[learnt])
    return np.asarray(found.transform(rows), np.float32)
