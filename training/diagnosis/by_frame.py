"""What a split by frame would have claimed: frames of the same people on both sides. Never use it: it is the lesson.

A network that has seen a person's other frames knows the person, and with them their group. Its accuracy on the rest
of the frames says nothing of anybody new, and a test that takes frames for independent observations is sure of it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from training.diagnosis.folds import Ints
from training.diagnosis.logistic import learn
from training.diagnosis.preparation import Floats
from training.diagnosis.recipe import Recipe


@dataclass(frozen=True)
class Claim:
    """Accuracy on held-out frames, and the p-value of a binomial test that takes frames for independent."""

    accuracy: float
    p_value: float


def claimed(frames: Floats, labels: Ints, groups: int, recipe: Recipe, seed: int) -> Claim:
    """What a 7:2 split of frames (P, W, columns) claims of people whose groups (P,) are known."""
    people, each, columns = frames.shape
    matrix, truth = frames.reshape(-1, columns), labels.repeat(each)
    order = np.random.default_rng(seed).permutation(people * each)
    known, unknown = np.split(order, [len(order) * 7 // 9])
    learnt = learn(matrix[known], truth[known], np.zeros(len(known), np.intp), groups, recipe, seed)
    right = int((learnt.logits(matrix[unknown]).argmax(axis=1) == truth[unknown]).sum())
    largest = np.bincount(truth[unknown]).max() / len(unknown)
    test = binomtest(right, len(unknown), float(largest), alternative="greater")
    return Claim(right / len(unknown), float(test.pvalue))
