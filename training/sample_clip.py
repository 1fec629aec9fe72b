"""Makes the sample clip: one person whose face does what a script says, so that tests assert what a user would see.

The person is Eileen Collins, from the NASA portrait that scikit-image ships (`skimage.data.astronaut()`, public
domain). Her 478 face landmarks carry a triangle mesh; a pose moves the landmarks, the mesh carries the picture along,
and lids and lips part because what lies between them (eyeballs, teeth, the dark of the mouth) is a layer of its own.

    portrait ─► cut out (grabCut) ─► warped by the pose of the moment ─► placed over a plain room, dimmed ─► video

Nothing is random: two runs on one machine give the same frames. Units: pixels of the *canvas* (the portrait enlarged
`ZOOM` times) unless said otherwise; pushes are in spans, one span being the distance between the outer eye corners
(landmarks 33 and 263). Landmark numbers are MediaPipe's face mesh.
"""

import argparse
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError, StorageError

Points = npt.NDArray[np.float64]

WIDTH, HEIGHT, FPS = 640, 480, 25
ZOOM = 1.9
ROWS = 360  # of the portrait; further down are gloves and a helmet
HOME = (-150.0, -8.0)  # where the canvas' origin lies in the frame when the patient sits still
SECOND_SCALE = 0.58
SECOND_X = 550.0  # where the second face comes to rest, frame pixels
DIM = 0.06
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


@dataclass(frozen=True)
class Segment:
    """One scripted interval: something rises from nothing at `start_s`, lasts, and is over at `end_s`."""

    name: str
    start_s: float
    end_s: float
    ramp_s: float
    action_units: tuple[str, ...]
    expect: str
    stays: bool = False  # True: there is no way back at the end

    def envelope(self, t: float) -> float:
        """Raised cosine, 0 outside the segment and at its ends, 1 between the ramps."""
        until_end = math.inf if self.stays else self.end_s - t
        edge = min(t - self.start_s, until_end) / self.ramp_s
        return 0.5 - 0.5 * math.cos(math.pi * min(max(edge, 0.0), 1.0))


def script() -> tuple[Segment, ...]:
    """What happens in the clip, in order. Between segments, and wherever none says otherwise, the face is neutral."""
    return (
        Segment("neutral", 0.0, 2.0, 0.4, (), "a still, neutral face: no action unit stands out"),
        Segment("smile", 2.0, 4.2, 0.4, ("AU6", "AU12"), "lip corners and cheeks rise; happiness"),
        Segment("brows", 4.9, 6.4, 0.3, ("AU1", "AU2"), "inner and outer brows rise"),
        Segment("blink", 7.1, 7.6, 0.16, ("AU43",), "both eyes close once, shut for about 0.2 s"),
        Segment("jaw_drop", 8.3, 10.0, 0.4, ("AU25", "AU26"), "the jaw drops and the lips part"),
        Segment("head_roll", 10.7, 13.0, 0.5, (), "the head moves aside and rolls 15 degrees each way; still neutral"),
        Segment("dim", 13.7, 15.2, 0.3, (), "light falls to 6 %: frames are refused as too_dark, no guess"),
        Segment("away", 15.9, 18.9, 1.0, (), "the patient leaves, no_face for 1 s, and comes back as the same person"),
        Segment(
            "second_face", 19.6, 22.0, 0.6, (), "someone enters at the right; the patient stays the patient", True
        ),
        Segment("smile_again", 20.4, 21.6, 0.3, ("AU6", "AU12"), "the patient smiles; the other face stays neutral"),
    )


@dataclass(frozen=True)
class Pose:
    """How far each movement has gone, 0 to 1."""

    smile: float = 0.0
    brows: float = 0.0
    blink: float = 0.0
    jaw: float = 0.0


@dataclass(frozen=True)
class Moment:
    """Everything a frame shows."""

    pose: Pose
    roll_deg: float
    shift: tuple[float, float]  # of the patient, frame pixels
    light: float
    second: float  # 0: out of the frame, 1: in its place


def moment(t: float) -> Moment:
    """What the frame at `t` seconds shows."""
    on = {segment.name: segment.envelope(t) for segment in script()}
    roll = next(segment for segment in script() if segment.name == "head_roll")
    turn = math.sin(2 * math.pi * (t - roll.start_s) / (roll.end_s - roll.start_s)) * on["head_roll"]
    pose = Pose(max(on["smile"], on["smile_again"]), on["brows"], on["blink"], on["jaw_drop"])
    shift = (30.0 * turn - 660.0 * on["away"], 6.0 * on["head_roll"])
    return Moment(pose, 15.0 * turn, shift, 1.0 - (1.0 - DIM) * on["dim"], on["second_face"])


# --- The face's geometry -------------------------------------------------------------------------------------------

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


NEUTRAL_PUSHES = (Push((61, 291), -0.075, 0.10, 0.16), Push((50, 280, 205, 425), 0.0, 0.02, 0.15))
SMILE_PUSHES = (Push((50, 280, 205, 425), 0.01, -0.03, 0.15), Push((61, 291), 0.01, -0.01, 0.12))
BROW_PUSHES = (Push(BROWS, 0.0, -0.12, 0.11),)
NEUTRAL_LIDS = (0.005, 0.02)  # upper lid up, lower lid down: the portrait squints
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


# --- The picture ---------------------------------------------------------------------------------------------------

# Portrait pixels. Beyond `OUTLINE` nothing, within `CORE` all is the person; grabCut decides about what lies between.
OUTLINE = (
    (150, 60), (160, 40), (190, 20), (230, 12), (270, 20), (298, 50), (305, 90), (290, 120), (276, 135), (272, 165),
    (300, 205), (310, 245), (340, 255), (362, 300), (366, 360), (15, 360), (22, 330), (40, 280), (60, 250), (112, 215),
    (110, 190), (130, 160), (172, 150), (176, 132), (155, 100),
)  # fmt: skip
CORE = (
    (172, 60), (200, 32), (250, 30), (282, 60), (285, 95), (258, 130), (252, 180), (280, 215), (290, 250), (330, 275),
    (345, 359), (45, 359), (60, 290), (120, 245), (128, 200), (160, 165), (190, 180), (186, 110), (165, 90),
)  # fmt: skip
MOUTH_RGB = (46.0, 18.0, 18.0)
LASHES = 0.7  # how dark closed lashes are
SEAM = 0.75  # how dark the line between closed lips is
NECK = (225.0 * ZOOM, 225.0 * ZOOM)  # canvas pixels; the head rolls about it


def cut_out(portrait: ByteImage) -> ByteImage:
    """The person's mask: (H, W) of 0 and 255 for an (H, W, 3) portrait."""
    mask = np.full(portrait.shape[:2], cv2.GC_BGD, np.uint8)
    outline = np.array(OUTLINE, np.int32)
    cv2.fillPoly(mask, [outline], cv2.GC_PR_FGD)
    cv2.polylines(mask, [outline], True, cv2.GC_PR_FGD, 9)
    cv2.fillPoly(mask, [np.array(CORE, np.int32)], cv2.GC_FGD)
    cv2.setRNGSeed(0)
    cv2.grabCut(portrait, mask, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    return np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)


def room() -> FloatArray:
    """An empty room, (HEIGHT, WIDTH, 3) RGB 0-255: a plain wall lit from the left, a darker band below."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = 1.0 - 0.22 * x / WIDTH - 0.10 * (y / HEIGHT) ** 2
    light += 0.08 * np.exp(-(((x - 120) / 170) ** 2) - ((y - 110) / 150) ** 2)
    light *= 1.0 - 0.16 / (1.0 + np.exp(np.clip((392 - y) / 1.2, -40, 40)))
    return np.asarray(light[..., None] * np.array((206.0, 199.0, 190.0), np.float32))


def triangulate(points: Points) -> npt.NDArray[np.int64]:
    """Delaunay's triangles, (n, 3) indices into (m, 2) points."""
    low, high = points.min(axis=0) - 1, points.max(axis=0) + 1
    plan = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]) + 2, int(high[1] - low[1]) + 2))
    known: dict[tuple[float, ...], int] = {}  # the plan's own spelling of each point
    for number, (x, y) in enumerate(points):
        vertex, _ = plan.getVertex(plan.insert((float(x), float(y))))
        known.setdefault(tuple(vertex), number)
    corners = np.asarray(plan.getTriangleList()).reshape(-1, 3, 2).tolist()
    found = [[known.get((x, y)) for x, y in triangle] for triangle in corners]
    return np.array([triangle for triangle in found if None not in triangle], np.int64)


def polygon(shape: tuple[int, int], points: Points, soft: float) -> FloatArray:
    """A filled polygon with soft edges: (H, W) of 0 to 1."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / 255)


def stroke(shape: tuple[int, int], points: Points, soft: float) -> FloatArray:
    """A soft line of two pixels through points: (H, W) of 0 to 1."""
    mask = np.zeros(shape, np.uint8)
    cv2.polylines(mask, [np.round(points * 16).astype(np.int32)], False, 255, 2, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / 255)


def mix(below: FloatArray, above: FloatArray, share: FloatArray) -> FloatArray:
    """`above` over `below`, share (H, W) of 0 to 1."""
    return np.asarray(below + (above - below) * share[..., None], np.float32)


class Person:
    """The portrait on its canvas, cut out, ready to take on a pose.

    Args:
        portrait: (512, 512, 3) RGB.
        landmarks: (468 or more, 2 or more) x, y in portrait pixels.
    """

    def __init__(self, portrait: ByteImage, landmarks: FloatArray) -> None:
        size = (round(portrait.shape[1] * ZOOM), round(ROWS * ZOOM))
        part = np.ascontiguousarray(portrait[:ROWS])
        alpha = cv2.resize(cv2.GaussianBlur(cut_out(part), (0, 0), 0.8), size, interpolation=cv2.INTER_CUBIC)
        colour = cv2.resize(part, size, interpolation=cv2.INTER_LANCZOS4)
        tight = np.clip((np.asarray(alpha, np.float32) / 255 - 0.25) / 0.7, 0, 1)  # the outermost rim shows the wall
        # (H, W, 4) RGB 0-255, not premultiplied, and alpha 0-1
        self.canvas: FloatArray = np.dstack((colour, tight)).astype(np.float32)
        self.face = Face((landmarks[:, :2].astype(np.float64) + 0.5) * ZOOM - 0.5)
        self._lay_mesh()
        self._last: tuple[Pose, FloatArray] | None = None

    def _lay_mesh(self) -> None:
        """The mesh: landmarks, a ring around the face that follows a little, and a frame that stays."""
        points = self.face.points
        low, high = points.min(axis=0), points.max(axis=0)
        middle, half = (low + high) / 2, (high - low) / 2
        angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        circle = np.stack((np.cos(angles), np.sin(angles)), axis=1)
        ring, fixed = middle + circle * half * 1.3, middle + circle * half * 1.75
        self.leader = np.linalg.norm(ring[:, None] - points[None], axis=2).argmin(axis=1)
        self.mesh = np.concatenate((points, ring, fixed))
        self.triangles = triangulate(self.mesh)
        sides = self.mesh[self.triangles[:, 1:]] - self.mesh[self.triangles[:, :1]]
        self.turn = np.sign(np.linalg.det(sides))
        height, width = self.canvas.shape[:2]
        self.x0, self.y0 = np.maximum(np.floor(self.mesh.min(axis=0)).astype(int), 0)
        self.x1, self.y1 = np.minimum(np.ceil(self.mesh.max(axis=0)).astype(int) + 1, (width, height))

    def posed(self, pose: Pose) -> FloatArray:
        """The canvas with the face in a pose: (H, W, 4) RGB premultiplied with alpha (0-1), and alpha."""
        if self._last is None or self._last[0] != pose:
            canvas = self.canvas.copy()
            canvas[self.y0 : self.y1, self.x0 : self.x1] = self._warped(pose)
            canvas[..., :3] *= canvas[..., 3:]
            self._last = pose, canvas
        return self._last[1]

    def _warped(self, pose: Pose) -> FloatArray:
        """The region of the mesh in a pose: skin, and between the lids and lips what lies behind them."""
        moved, origin = self.face.place(pose), np.array((self.x0, self.y0))
        here = self.canvas[self.y0 : self.y1, self.x0 : self.x1]
        shape = here.shape[:2]
        skin = self._skin(moved)
        lips = np.concatenate((UPPER_LIP[0], LOWER_LIP[0, -2:0:-1]))
        dark = np.array((*MOUTH_RGB, 1.0), np.float32)
        mouth = mix(dark, here, polygon(shape, self.face.points[lips] - origin, 1.0))
        skin = mix(skin, mouth, polygon(shape, moved[lips] - origin, 0.7))
        seam = SEAM * max(0.0, 1.0 - 3.0 * pose.smile) * max(0.0, 1.0 - 3.0 * pose.jaw)
        skin = mix(skin, dark, seam * stroke(shape, moved[UPPER_LIP[0]] - origin, 0.8))
        for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
            lids = np.concatenate((upper, lower[-2:0:-1]))
            skin = mix(skin, dark, LASHES * pose.blink**2 * stroke(shape, moved[upper] - origin, 0.7))
            eyeball = min(1.0, 5.0 * pose.blink) * (1.0 - pose.blink) ** 0.25
            skin = mix(skin, here, eyeball * polygon(shape, moved[lids] - origin, 0.6))
        return skin

    def _skin(self, moved: Points) -> FloatArray:
        """The mesh's region, each triangle filled from where it lies in the portrait."""
        ring = self.mesh[468:492] + 0.4 * (moved - self.face.points)[self.leader]
        target = np.concatenate((moved, ring, self.mesh[492:]))
        origin = np.array((self.x0, self.y0))
        corners = np.concatenate((target[self.triangles] - origin, np.ones((len(self.triangles), 3, 1))), axis=2)
        source = self.mesh[self.triangles]
        upright = np.linalg.det(corners) * self.turn > 0.02
        corners, source = corners[upright], source[upright]
        number = np.full((self.y1 - self.y0, self.x1 - self.x0), len(source), np.int32)
        for index, triangle in enumerate(np.round(corners[:, :, :2] * 16).astype(np.int32)):
            cv2.fillConvexPoly(number, triangle, index, cv2.LINE_8, 4)
        affine = np.linalg.solve(corners, source)  # (n, 3, 2)
        bounds = np.stack((source.min(axis=1) - 0.5, source.max(axis=1) + 0.5), axis=1)
        rest = np.array(((1, 0), (0, 1), origin, (0, 0), (9999, 9999)))
        table = np.concatenate((np.concatenate((affine, bounds), axis=1), rest[None])).astype(np.float32)
        y, x = np.mgrid[0 : number.shape[0], 0 : number.shape[1]].astype(np.float32)
        across, down, start, low, high = np.moveaxis(table[number], 2, 0)
        at = np.clip(x[..., None] * across + y[..., None] * down + start, low, high)
        across_x, down_y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
        skin = cv2.remap(self.canvas, across_x, down_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(skin, np.float32)


# --- The clip ------------------------------------------------------------------------------------------------------


def paste(frame: FloatArray, person: FloatArray, to_frame: Points) -> FloatArray:
    """A posed person over a frame; `to_frame` (2, 3) takes canvas pixels to frame pixels."""
    layer = cv2.warpAffine(person, to_frame, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    return np.asarray(frame * (1.0 - layer[..., 3:]) + layer[..., :3])


def patient_place(roll_deg: float, shift: tuple[float, float]) -> Points:
    """Canvas to frame for the patient: rolled about the neck, then moved."""
    place = cv2.getRotationMatrix2D(NECK, -roll_deg, 1.0)
    place[:, 2] += np.add(HOME, shift)
    return np.asarray(place)


def second_place(person: Person, entered: float) -> Points:
    """Canvas to frame for the second person: mirrored, smaller, standing on the frame's lower edge."""
    x = SECOND_X + (1.0 - entered) * 330.0 + SECOND_SCALE * NECK[0]
    y = HEIGHT - SECOND_SCALE * (person.canvas.shape[0] - 1)
    return np.array(((-SECOND_SCALE, 0.0, x), (0.0, SECOND_SCALE, y)))


class Scene:
    """The room and the people in it.

    Args:
        portrait: (512, 512, 3) RGB.
        landmarks: (468 or more, 2 or more) x, y in portrait pixels.
    """

    def __init__(self, portrait: ByteImage, landmarks: FloatArray) -> None:
        self.person = Person(portrait, landmarks)
        self.wall = room()
        self._neutral = self.person.posed(Pose())

    def picture(self, now: Moment) -> ByteImage:
        """What is to be seen: (HEIGHT, WIDTH, 3) RGB."""
        frame = self.wall
        if now.second:
            frame = paste(frame, self._neutral, second_place(self.person, now.second))
        frame = paste(frame, self.person.posed(now.pose), patient_place(now.roll_deg, now.shift))
        return np.asarray(np.clip(frame * now.light + 0.5, 0, 255), np.uint8)

    def film(self) -> Iterator[ByteImage]:
        """Every frame of the clip in order."""
        last: tuple[Moment, ByteImage] | None = None
        for number in range(round(max(segment.end_s for segment in script()) * FPS)):
            now = moment(number / FPS)
            if last is None or last[0] != now:
                last = now, self.picture(now)
            yield last[1]


def load_portrait() -> ByteImage:
    """Eileen Collins, NASA, public domain: (512, 512, 3) RGB. Raises `DataError` without scikit-image."""
    try:
        from skimage import data  # noqa: PLC0415 - only this command needs it
    except ImportError:
        raise DataError("the portrait comes with scikit-image: pip install 'affectbox[demo]'") from None
    return np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]


def portrait_landmarks() -> FloatArray:
    """The portrait's landmarks, (478, 3) in portrait pixels, as the box's own detector and landmark stages see them.

    Raises:
        DataError: they see no face.
        ModelError: the models have not been fetched.
    """
    from device.faces import find_landmarks  # noqa: PLC0415 - loads the interpreter, which the rest does not need

    landmarks = find_landmarks(load_portrait())
    if landmarks is None:
        raise DataError("no face was found in the portrait: the fetched detector does not work")
    return landmarks


def script_file(clip: Path) -> Path:
    """Where a clip's script lies: `sample.mp4` has `sample.script.json` beside it."""
    return clip.with_suffix(".script.json")


def make_clip(out: Path, landmarks: FloatArray | None = None) -> Path:
    """Write the clip and its script, whole or not at all; return the clip's path.

    Args:
        out: a video file, `.mp4` (MPEG-4) or `.avi` (Motion JPEG).
        landmarks: as in `Scene`; found by `portrait_landmarks` when None.

    Raises:
        StorageError: the folder cannot be written, or the file name ends in something else.
    """
    if out.suffix not in CODECS:
        raise StorageError(f"{out.name}: the clip must be a file that ends in {' or '.join(CODECS)}")
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        landmarks = portrait_landmarks() if landmarks is None else landmarks
        _write_video(part, Scene(load_portrait(), landmarks).film())
        part.replace(out)
        script_file(out).write_text(json.dumps(_script_record(), indent=2) + "\n")
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return out


def _script_record() -> dict[str, object]:
    segments = [asdict(segment) for segment in script()]
    return {"width": WIDTH, "height": HEIGHT, "fps": FPS, "dimmed_to": DIM, "segments": segments}


def _write_video(path: Path, pictures: Iterator[ByteImage]) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODECS[path.suffix]), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise OSError("OpenCV cannot open it for writing")
    try:
        for picture in pictures:
            writer.write(picture[..., ::-1])
    finally:
        writer.release()


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `clip --out FILE`."""
    parser = subparsers.add_parser("clip", help="make the sample clip: one face that does what a script says")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="video file, .mp4 or .avi")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    print(make_clip(args.out))
    return 0
