"""The face's geometry: landmarks, and what each movement does to them.

Lengths are in spans: one span is the distance between the outer eye corners (landmarks 33 and 263).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from training.sample_clip.script import Pose

Points = npt.NDArray[np.float64]

# Four rings a lip, inner to outer, each from the subject's right corner to the left one.
UPPER_LIP = np.array((
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308), (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306), (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
))  # fmt: skip
LOWER_LIP = np.array((
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308), (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306), (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
))  # fmt: skip
# Lids, subject's right then left: the upper edge and the lower edge in pairs, then the folds above.
UPPER_LIDS = np.array(((33, 246, 161, 160, 159, 158, 157, 173, 133), (263, 466, 388, 387, 386, 385, 384, 398, 362)))
LOWER_LIDS = np.array(((33, 7, 163, 144, 145, 153, 154, 155, 133), (263, 249, 390, 373, 374, 380, 381, 382, 362)))
LID_FOLDS = np.array(((247, 30, 29, 27, 28, 56, 190), (467, 260, 259, 257, 258, 286, 414)))
HIGH_FOLDS = np.array(((113, 225, 224, 223, 222, 221, 189), (342, 445, 444, 443, 442, 441, 413)))
LID_EDGES = np.unique(np.concatenate((UPPER_LIDS, LOWER_LIDS), axis=None))
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)


@dataclass(frozen=True)
class Push:
    """A soft push: every landmark moves with the Gaussian of its distance to the nearest of `at` (all in spans)."""

    at: tuple[int, ...]
    outward: float  # away from the face's midline
    down: float
    radius: float


NEUTRAL_PUSHES = (Push((61, 291), -0.11, 0.13, 0.16), Push((50, 280, 205, 425), 0.0, 0.02, 0.15))
SMILE_PUSHES = (Push((50, 280, 205, 425), 0.01, -0.03, 0.15), Push((61, 291), 0.01, -0.01, 0.12))
BROW_PUSHES = (Push(BROWS, 0.0, -0.16, 0.12),)
NEUTRAL_LIDS = (0.0, 0.005)  # upper lid up, lower lid down: the portrait squints
JAW_DROP = 0.30
JAW_CORNERS = 0.60  # the mouth's corners' part of it
LOWER_LID_RISE = 0.03
BLINK_PUSHES = (Push((145, 374), 0.0, 0.04, 0.07), Push((50, 280), 0.0, 0.03, 0.15))
BLINK_DEPTH = 1.1  # of the eye's opening
BLINK_FOLDS = (1.0, 0.1)  # the lid's own fold and the one under the brow


def smooth(x: Points) -> Points:
    """0 below 0, 1 above 1, and a smooth step between."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


class Face:
    """Landmarks and what each movement does to them.

    Args:
        landmarks: (468 or more, 2 or more) x, y in canvas pixels; irises (468 and on) are not used.
    """

    def __init__(self, landmarks: Points) -> None:
        self.points = landmarks[:468, :2]
        across = self.points[263] - self.points[33]
        self.span = float(np.hypot(*across))
        right = across / self.span
        self.axes = np.array((right, (-right[1], right[0]))) * self.span  # one span right, one span down
        self.local: Points = (self.points - self.points[168]) @ np.linalg.inv(self.axes)  # spans from the nose's root

    def place(self, pose: Pose) -> Points:
        """Where the landmarks are in a pose: (468, 2) canvas pixels."""
        moved = (1.0 - pose.smile) * self.neutral + pose.smile * self.smile
        moved = moved + pose.brows * self.brows + pose.jaw * self.jaw + pose.blink * self.blink
        return np.asarray(self.points + moved @ self.axes)

    @cached_property
    def neutral(self) -> Points:
        """From the portrait's broad smile to rest: corners in and down, lips closed over the teeth, eyes opened."""
        move = self._pushed(NEUTRAL_PUSHES)
        here = self.local + move
        gap = here[LOWER_LIP[0]] - here[UPPER_LIP[0]]
        move[UPPER_LIDS[:, 1:-1], 1] -= NEUTRAL_LIDS[0]
        move[LOWER_LIDS[:, 1:-1], 1] += NEUTRAL_LIDS[1]
        for ring, follow in enumerate((1.0, 0.9, 0.75, 0.6)):
            move[UPPER_LIP[ring, 1:-1]] += 0.55 * follow * gap[1:-1]
            move[LOWER_LIP[ring, 1:-1]] -= 0.45 * follow * gap[1:-1]
        return move

    @cached_property
    def smile(self) -> Points:
        """The portrait's own smile, made a little broader."""
        move = self._pushed(SMILE_PUSHES)
        move[LOWER_LIDS[:, 1:-1], 1] -= LOWER_LID_RISE
        return move

    @cached_property
    def brows(self) -> Points:
        """Both brows up; lids and lashes stay, the skin between stretches evenly."""
        apart = self._apart(LID_EDGES)
        free = smooth((apart - 0.02) / (0.6 * float(apart[list(BROWS)].min())))
        return np.asarray(self._pushed(BROW_PUSHES) * free[:, None])

    @cached_property
    def blink(self) -> Points:
        """From rest: the upper lid slides over the eye, just below its lower edge, and draws the folds after it."""
        move = self._pushed(BLINK_PUSHES)
        gap = self.local[LOWER_LIDS] - self.local[UPPER_LIDS]
        move[UPPER_LIDS] = BLINK_DEPTH * gap
        move[LOWER_LIDS] = (BLINK_DEPTH - 1.0) * gap
        move[UPPER_LIDS[:, 1:-1], 1] += NEUTRAL_LIDS[0]
        move[LOWER_LIDS[:, 1:-1], 1] -= NEUTRAL_LIDS[1]
        move[LID_FOLDS] = BLINK_FOLDS[0] * gap[:, 1:-1]
        move[HIGH_FOLDS] = BLINK_FOLDS[1] * gap[:, 1:-1]
        return move

    @cached_property
    def jaw(self) -> Points:
        """All below the mouth moves down, most at the chin; the upper lip stays, the corners follow in part."""
        top, full = self.local[2, 1], self.local[17, 1]
        weight = smooth((self.local[:, 1] - top) / (full - top))
        weight *= 1.0 - 0.8 * np.clip(np.abs(self.local[:, 0]) / np.abs(self.local[:, 0]).max(), 0.0, 1.0) ** 2
        arch = np.sin(np.linspace(0.0, math.pi, UPPER_LIP.shape[1])) ** 0.6
        weight[LOWER_LIP] = JAW_CORNERS + (1.0 - JAW_CORNERS) * arch
        weight[UPPER_LIP] = JAW_CORNERS * (1.0 - arch)
        return np.stack((np.zeros_like(weight), JAW_DROP * weight), axis=1)

    def _pushed(self, pushes: tuple[Push, ...]) -> Points:
        side = np.clip(self.local[:, 0] / 0.1, -1.0, 1.0)
        total = np.zeros_like(self.local)
        for push in pushes:
            near = np.exp(-0.5 * (self._apart(push.at) / push.radius) ** 2)
            total += near[:, None] * np.stack((push.outward * side, np.full_like(side, push.down)), axis=1)
        return total

    def _apart(self, others: npt.ArrayLike) -> Points:
        """Each landmark's distance to the nearest of `others`, in spans."""
        ways: Points = self.local[:, None] - self.local[np.asarray(others)][None]
        return np.asarray(np.sqrt((ways**2).sum(axis=2)).min(axis=1))
