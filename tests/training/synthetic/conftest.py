"""A head of random bumps: neither ICT-FaceKit nor a data set is needed."""

import json

import numpy as np
import pytest

from training.data.faces import Answers, Faces
from training.synthetic.facekit import FaceKit
from training.synthetic.recipe import load_recipe

RECIPE = load_recipe()
UNSIDED = ("jawOpen", "jawLeft", "jawRight", "jawForward", "mouthLeft", "mouthRight", "mouthPucker", "mouthFunnel",
           "mouthShrugLower", "mouthShrugUpper", "mouthRollUpper", "mouthRollLower")  # fmt: skip


@pytest.fixture(scope="session")
def canonical(models):
    mesh = json.loads(models.landmarks.bundle.contents["canonical_face.json"])
    return (np.array(mesh["points"]) * [1, -1, -1]).astype(np.float32)


@pytest.fixture(scope="session")
def kit(canonical):
    """A head on which every shape moves some points of its own by some millimetres."""
    rng = np.random.default_rng(3)

    def bump(side):
        centre = canonical[rng.integers(468)] * [abs(side) or 1, 1, 1]
        near = np.exp(-((np.linalg.norm(canonical - centre, axis=1) / 1.5) ** 2))
        there = near * (np.sign(canonical[:, 0]) == side if side else 1)
        return (there[:, None] * rng.normal(0, 0.6, 3)).astype(np.float32)

    names = RECIPE.shape_names()
    shapes = {name: bump(0) for name in names if name in UNSIDED}
    shapes |= {f"{name}_{s}": bump(1 if s == "L" else -1) for name in names if name not in UNSIDED for s in "LR"}
    identities = rng.normal(0, 0.1, (5, 1, 3)) * rng.normal(0, 1, (5, 468, 1))
    return FaceKit(canonical, identities.astype(np.float32), shapes)


@pytest.fixture(scope="session")
def make_faces():
    """Called with images, their emotions and splits: labelled faces."""

    def make(images, emotions, splits):
        labels = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
        truth = np.array([labels.index(emotion) for emotion in emotions])
        answers = {"ferplus": Answers.single(labels, truth)}
        return Faces(images, np.array(splits), answers, np.array([""] * len(images)))

    return make
