"""Synthetic faces whose action units are known: identities × expressions × nuisance × pose × camera × noise."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from device.arrays import FloatArray
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.synthetic.facekit import WHERE, FaceKit
from training.synthetic.recipe import Recipe, Sampling

UPPER_LIP, LOWER_LIP = 13, 14  # on the inside, in the middle
_AT = {key: number for number, key in enumerate(ACTION_UNIT_KEYS)}
_WEAK_SIDE = 0.3


@dataclass(frozen=True, eq=False)
class SyntheticFace:
    """One face as MediaPipe would see it, and the same person at rest.

    Attributes:
        points: (468, 3), centimetres in the camera's picture.
        neutral: (468, 3), the same person at rest.
        left, right: (AUs,), weight 0–1 of each action unit on the person's sides.
    """

    points: FloatArray
    neutral: FloatArray
    left: FloatArray
    right: FloatArray


class Synthesizer:
    """Draws faces of people who wear different mixtures of the identities that it is given."""

    def __init__(self, kit: FaceKit, recipe: Recipe, rng: Generator) -> None:
        """Raises `DataError` when the model lacks a shape that the recipe names."""
        self._kit = kit
        self._recipe = recipe
        self._rng = rng
        self._shapes = {name: _sides(kit, name) for name in recipe.shape_names()}
        self._smooth = _smoothing(kit.neutral, recipe.sampling.smooth_noise_reach_cm)

    def __call__(self) -> SyntheticFace:
        """Draw one face."""
        rng, sampling = self._rng, self._recipe.sampling
        person = self._kit.neutral + np.tensordot(
            rng.normal(0, sampling.identity_sd, len(self._kit.identities)), self._kit.identities, 1
        )
        nuisance = {name: rng.uniform(0, most) for name, most in self._recipe.nuisance.items()}
        left, right = self._sided(self._intensities())
        face = person + self._moved(left, right, nuisance)
        rest = {name: weight * sampling.neutral_nuisance for name, weight in nuisance.items()}
        nothing = np.zeros_like(left)
        neutral = person + self._moved(nothing, nothing, rest)
        left[_AT["AU25"]] = right[_AT["AU25"]] = self._lips_part(face, person)
        return SyntheticFace(self._seen(face), self._seen(neutral), left, right)

    def _intensities(self) -> FloatArray:
        """How far each action unit is innervated, 0–1."""
        rng, sampling = self._rng, self._recipe.sampling
        if rng.random() < sampling.cooccurring:
            chosen = self._recipe.cooccurring[rng.integers(len(self._recipe.cooccurring))]
        elif rng.random() < sampling.neutral:
            chosen = ()
        else:
            share = rng.choice(sampling.independent)
            chosen = self._compatible([key for key in self._recipe.shapes if rng.random() < share])
        weights = np.zeros(len(ACTION_UNIT_KEYS), np.float32)
        for key in chosen:
            weights[_AT[key]] = _between(rng, sampling.intensity)
        if weights[_AT["AU1"]]:
            weights[_AT["AU4"]] *= sampling.au4_with_au1
        return weights

    def _compatible(self, keys: list[str]) -> tuple[str, ...]:
        kept = set(keys)
        for pair in self._recipe.exclusive:
            if kept >= set(pair):
                kept.remove(pair[self._rng.integers(2)])
        return tuple(key for key in keys if key in kept)

    def _sided(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        rng, sampling = self._rng, self._recipe.sampling
        tilt = rng.normal(0, sampling.asymmetry_sd, weights.shape)
        left, right = weights * (1 + tilt), weights * (1 - tilt)
        if rng.random() < sampling.one_sided:
            weak = rng.uniform(0, _WEAK_SIDE)
            left, right = (left * weak, right) if rng.random() < 0.5 else (left, right * weak)
        return tuple(np.clip(side, 0, 1).astype(np.float32) for side in (left, right))  # type: ignore[return-value]

    def _moved(self, left: FloatArray, right: FloatArray, nuisance: dict[str, float]) -> FloatArray:
        moved = np.zeros_like(self._kit.neutral)
        for name, weight in nuisance.items():
            moved += weight * self._shapes[name].sum(0)
        for key, shapes in self._recipe.shapes.items():
            sides = np.array([left[_AT[key]], right[_AT[key]]], np.float32)
            if sides.any():
                moved += sum(share * np.tensordot(sides, self._shapes[name], 1) for name, share in shapes.items())
        return moved

    def _lips_part(self, face: FloatArray, person: FloatArray) -> float:
        gap, usual = (points[LOWER_LIP, 1] - points[UPPER_LIP, 1] for points in (face, person))
        begin, end = self._recipe.sampling.lips_part_cm
        return float(np.clip((gap - usual - begin) / (end - begin), 0, 1))

    def _seen(self, points: FloatArray) -> FloatArray:
        """The points as a network sees them in a picture: turned, in perspective, flattened, noisy."""
        rng, sampling = self._rng, self._recipe.sampling
        turned = points @ _rotation(rng, sampling).T
        distance = _between(rng, sampling.distance_cm)
        middle = turned.mean(0)
        nearness = distance / (distance + turned[:, 2:] - middle[2])
        flat = (turned - middle) * np.array([1, 1, _between(rng, sampling.depth_scale)])
        noise = rng.normal(0, sampling.noise_cm, points.shape)
        smooth = self._smooth @ rng.normal(0, sampling.smooth_noise_cm, points.shape)
        return np.asarray(flat * nearness + noise + smooth, np.float32)


def _sides(kit: FaceKit, name: str) -> FloatArray:
    """(2, 468, 3): what the shape does on the left and on the right; a shape without sides is halved between them."""
    if {f"{name}_L", f"{name}_R"} <= kit.shapes.keys():
        return np.stack([kit.shapes[f"{name}_L"], kit.shapes[f"{name}_R"]])
    if name in kit.shapes:
        return np.stack([kit.shapes[name] / np.float32(2)] * 2)
    raise DataError(f"ICT-FaceKit's expression shape {name} is missing: {WHERE}.")


def _smoothing(points: FloatArray, reach_cm: float) -> FloatArray:
    """(468, 468): makes independent noise common to neighbours, at the same standard deviation."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    kernel = np.exp(-0.5 * (distance / reach_cm) ** 2)
    kernel /= np.linalg.norm(kernel, axis=1, keepdims=True)
    return np.asarray(kernel, np.float32)


def _between(rng: Generator, limits: tuple[float, ...]) -> float:
    low, high = limits
    return rng.uniform(low, high)


def _rotation(rng: Generator, sampling: Sampling) -> FloatArray:
    pitch, yaw, roll = (math.radians(rng.normal(0, sd)) for sd in sampling.pose_sd_deg)
    (cp, sp), (cy, sy), (cr, sr) = ((math.cos(angle), math.sin(angle)) for angle in (pitch, yaw, roll))
    up = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    aside = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    clockwise = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(aside @ up @ clockwise, np.float32)
