"""Real faces with clear emotions: their features, for the spread of neutral faces, for calibration, and for a
plausibility check."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.arrays import FloatArray
from device.contract.errors import DataError
from device.contract.manifest import bundle_cache, find_bundle, open_bundle
from device.runtime.model import Model
from device.stages.blendshapes import BlendshapeEstimator
from device.stages.features import FaceFeatures
from device.stages.landmarks import Landmarker
from training.data.faces import Faces
from training.data.recrop import LANDMARKS, MIN_PRESENCE, box_look
from training.synthetic.recipe import RealFaces

BLENDSHAPE_BUNDLE = "face-blendshapes-1.0.0"
HEAD = "ferplus"
FEWEST = 10


@dataclass(frozen=True, eq=False)
class Measured:
    """Features (N, F) of real faces and the emotion (N,) that annotators agreed on."""

    features: FloatArray
    emotions: NDArray[np.str_]

    def of(self, *emotions: str) -> FloatArray:
        """Features of the faces with one of these emotions."""
        return self.features[np.isin(self.emotions, emotions)]

    def counts(self) -> dict[str, int]:
        """How many faces there are of each emotion."""
        return {emotion: int((self.emotions == emotion).sum()) for emotion in dict.fromkeys(self.emotions.tolist())}


def choose(faces: Faces, wanted: RealFaces, seed: int) -> tuple[NDArray[np.intp], NDArray[np.str_]]:
    """Positions and emotions of faces on whose emotion annotators agree.

    Raises:
        DataError: no FER+ votes, or too few such faces of an emotion.
    """
    if HEAD not in faces.answers:
        raise DataError("These faces have no FER+ votes: prepare them with --ferplus.")
    answers, rng = faces.answers[HEAD], np.random.default_rng(seed)
    positions: list[NDArray[np.intp]] = []
    emotions: list[str] = []
    for emotion, share in wanted.votes.items():
        clear = np.flatnonzero(answers.target[:, answers.labels.index(emotion)] >= share)
        chosen = rng.permutation(clear)[: wanted.most_neutral if emotion == "neutral" else wanted.most]
        if len(chosen) < FEWEST:
            raise DataError(
                f"Only {len(chosen)} faces are clearly '{emotion}', {FEWEST} are needed: use the whole set."
            )
        positions.append(chosen)
        emotions += [emotion] * len(chosen)
    return np.concatenate(positions), np.array(emotions)


def measure(faces: Faces, wanted: RealFaces, seed: int) -> Measured:
    """Features of clear faces, by the networks of the box. Raises `DataError`, `ModelError`."""
    positions, emotions = choose(faces, wanted, seed)
    rows: list[FloatArray] = []
    kept: list[str] = []
    with _network(LANDMARKS) as landmarks, _network(BLENDSHAPE_BUNDLE) as blendshapes:
        look, blend, features = Landmarker(landmarks), BlendshapeEstimator(blendshapes), FaceFeatures(landmarks.bundle)
        for position, emotion in zip(tqdm(positions, desc="real faces", unit="face"), emotions, strict=True):
            _, face = box_look(faces.images[position], look)
            if face.presence >= MIN_PRESENCE:
                rows.append(features(face, blend(face)))
                kept.append(emotion)
    return Measured(np.stack(rows), np.array(kept))


def _network(name: str) -> Model:
    return Model(open_bundle(find_bundle(name, [bundle_cache()])))
