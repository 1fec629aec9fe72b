"""Pose, identity and expression that explain landmarks: of one picture, or of frames of one person.

    min Σ_k w_k |s R (μ + Bα + Eβ)_k + t − p_k|² / s² + λ|α|² + γ|β|²,   0 ≤ β ≤ 1

over pose (R, s, t) and β of each frame and one α for all, in centimetres, by Gauss and Newton's method. α is found
with everything else eliminated that is not held at a bound (Schur's complement), then each frame's own by an active
set.
Depths of landmarks count little: the landmark network guesses them. Projection is parallel: near cameras make noses
large, and that is taken for identity.

λ and γ: see docs/models.md.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from training.face.fit.kit import Kit

#: Of identity and of expression, square centimetres; how much a depth counts beside a place in the picture.
LAMBDA, GAMMA, DEPTH = 0.1, 0.5, 0.2
_ROUNDS, _TRIES = 15, 80
_DONE = 1e-4
_POSE = 7  # turn (3), size, shift (3)

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pose:
    """Where the head is: rotation (3, 3), pixels a centimetre, and shift (3,) on the picture's axes turned up: to the
    right, up, nearer."""

    rotation: Values
    scale: float
    shift: Values

    def placed(self, vertices: FloatArray) -> FloatArray:
        """Vertices (V, 3) as pixels to the right and down, and how near in pixels."""
        found = self.scale * vertices @ self.rotation.T + self.shift
        return np.asarray(found * (1, -1, 1), np.float32)


@dataclass(frozen=True, eq=False)
class Fitted:
    """One person: identity (I,), and of each frame pose, expression (E,) and how far each point is off, pixels
    (468,)."""

    identity: Values
    poses: tuple[Pose, ...]
    expressions: tuple[Values, ...]
    residuals: tuple[Values, ...]


@dataclass(frozen=True, eq=False)
class _Frame:
    """A frame on its way: landmarks (N, 3) turned up, pose, expression, and which of its unknowns are at a bound."""

    seen: Values
    pose: Pose
    expression: Values
    held: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Equations:
    """Of a frame: normal equations of its own unknowns (7 + E), of identity, and between the two."""

    own: Values
    own_right: Values
    between: Values
    identity: Values
    identity_right: Values


def fit(kit: Kit, landmarks: list[FloatArray], weights: FloatArray) -> Fitted:
    """Fit one person.

    Args:
        kit: at the landmarks' points.
        landmarks: (N, 3) pixels of each frame: to the right, down, away.
        weights: (N,) of points.
    """
    model = _Model(kit, weights)
    identity = np.zeros(len(kit.identities))
    frames = [_begun(model, np.asarray(points, np.float64) * (1, -1, -1)) for points in landmarks]
    for _ in range(_ROUNDS):
        equations = [model.equations(one, identity) for one in frames]
        step = _identity_step(equations, frames, identity)
        identity = identity + step
        frames = [_moved(one, own, step) for one, own in zip(frames, equations, strict=True)]
        if float(np.abs(step).max(initial=0)) < _DONE:
            break
    off = tuple(model.residual(one, identity) for one in frames)
    return Fitted(identity, tuple(one.pose for one in frames), tuple(one.expression for one in frames), off)


class _Model:
    def __init__(self, kit: Kit, weights: FloatArray) -> None:
        self.kit = kit
        self.neutral = kit.neutral.astype(np.float64)
        self.identities, self.shapes = (one.astype(np.float64) for one in (kit.identities, kit.shapes))
        self.weights = np.asarray(weights, np.float64)[:, None] * (1, 1, DEPTH)
        self._roots = np.sqrt(self.weights)

    def head(self, expression: Values, identity: Values) -> Values:
        moved = np.tensordot(identity, self.identities, 1) + np.tensordot(expression, self.shapes, 1)
        return np.asarray(self.neutral + moved)

    def equations(self, frame: _Frame, identity: Values) -> _Equations:
        pose = frame.pose
        turned = self.head(frame.expression, identity) @ pose.rotation.T
        off = (frame.seen - pose.shift) / pose.scale - turned
        of_identity = (self.identities @ pose.rotation.T).transpose(1, 2, 0)  # (N, 3, I)
        of_shapes = (self.shapes @ pose.rotation.T).transpose(1, 2, 0)
        own = np.concatenate([_of_pose(turned), of_shapes], axis=2)
        root = self._roots[:, :, None]
        mine, shared, right = ((one * root).reshape(-1, one.shape[2]) for one in (own, of_identity, off[:, :, None]))
        return _Equations(
            mine.T @ mine, mine.T @ right[:, 0], mine.T @ shared, shared.T @ shared, shared.T @ right[:, 0]
        )

    def residual(self, frame: _Frame, identity: Values) -> Values:
        """How far each point is off in the picture, pixels (N,)."""
        turned = self.head(frame.expression, identity) @ frame.pose.rotation.T
        off = frame.seen - frame.pose.shift - frame.pose.scale * turned
        return np.asarray(np.hypot(off[:, 0], off[:, 1]))


def _of_pose(turned: Values) -> Values:
    """How points (N, 3) move with turn, size and shift (N, 3, 7)."""
    x, y, z = turned.T
    none, one = np.zeros_like(x), np.ones_like(x)
    columns = [
        [none, -z, y],
        [z, none, -x],
        [-y, x, none],
        [x, y, z],
        [one, none, none],
        [none, one, none],
        [none, none, one],
    ]
    return np.asarray(np.array(columns).transpose(2, 1, 0))


def _begun(model: _Model, seen: Values) -> _Frame:
    """The pose of the neutral head (Umeyama 1991)."""
    weights = model.weights[:, 0] / model.weights[:, 0].sum()
    middle, other = weights @ model.neutral, weights @ seen
    spread = (model.neutral - middle) * weights[:, None]
    left, stretch, right = np.linalg.svd((seen - other).T @ spread)
    turn = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ turn @ right
    scale = float((stretch * np.diag(turn)).sum() / (spread * (model.neutral - middle)).sum())
    pose = Pose(rotation, scale, other - scale * rotation @ middle)
    count = len(model.shapes)
    return _Frame(seen, pose, np.zeros(count), np.zeros(_POSE + count, bool))


def _identity_step(equations: list[_Equations], frames: list[_Frame], identity: Values) -> Values:
    count = len(identity)
    # frames of one person repeat the same errors of the landmark network: more of them are no more evidence
    matrix, right = LAMBDA * len(frames) * np.eye(count), -LAMBDA * len(frames) * identity
    for own, frame in zip(equations, frames, strict=True):
        free = ~frame.held
        damped, pull = _damped(own, frame)
        gone = np.linalg.solve(damped[np.ix_(free, free)], np.column_stack([own.between[free], pull[free]]))
        matrix = matrix + own.identity - own.between[free].T @ gone[:, :-1]
        right = right + own.identity_right - own.between[free].T @ gone[:, -1]
    return np.asarray(np.linalg.solve(matrix, right))


def _damped(own: _Equations, frame: _Frame) -> tuple[Values, Values]:
    """A frame's own equations with the prior of its expression."""
    prior = np.concatenate([np.zeros(_POSE), np.full(len(frame.expression), GAMMA)])
    now = np.concatenate([np.zeros(_POSE), frame.expression])
    return own.own + np.diag(prior + 1e-9), own.own_right - prior * now


def _moved(frame: _Frame, own: _Equations, step: Values) -> _Frame:
    matrix, right = _damped(own, frame)
    endless = np.full(_POSE, np.inf)
    low = np.concatenate([-endless, -frame.expression])
    high = np.concatenate([endless, 1 - frame.expression])
    found, held = bounded(matrix, right - own.between @ step, low, high)
    pose, turn, size = frame.pose, found[:3], float(np.clip(found[3], -0.5, 0.5))
    rotation = _rotation(turn) @ pose.rotation
    scale = pose.scale * float(np.exp(size))
    shift = pose.shift + pose.scale * found[4:7]
    expression = np.clip(frame.expression + found[_POSE:], 0.0, 1.0)
    return replace(frame, pose=Pose(rotation, scale, shift), expression=expression, held=held)


def bounded(matrix: Values, right: Values, low: Values, high: Values) -> tuple[Values, NDArray[np.bool_]]:
    """The x (N,) within bounds at which xᵀ·matrix·x / 2 − right·x is least, and which are at a bound: by an active
    set."""
    held = np.zeros(len(right), bool)
    found = np.zeros(len(right))
    for _ in range(_TRIES):
        free = ~held
        found[free] = np.linalg.solve(
            matrix[np.ix_(free, free)], right[free] - matrix[np.ix_(free, held)] @ found[held]
        )
        beyond = free & ((found < low) | (found > high))
        found = np.clip(found, low, high)
        if beyond.any():
            held |= beyond
            continue
        slope = matrix @ found - right
        wrong = held & np.where(found <= low, slope < -1e-9, slope > 1e-9)
        if not wrong.any():
            break
        held[np.where(wrong, np.abs(slope), 0).argmax()] = False
    return found, held


def _rotation(turn: Values) -> Values:
    """The rotation about a vector by its length (Rodrigues)."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = turn / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
