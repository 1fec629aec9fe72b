"""The person as a picture that takes on a pose: cut out of the portrait, and carried along by a mesh of landmarks.

Units: pixels of the *canvas*, the portrait enlarged `ZOOM` times, unless said otherwise.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from device.arrays import ByteImage, FloatArray
from training.sample_clip.face import LOWER_LIDS, LOWER_LIP, UPPER_LIDS, UPPER_LIP, Face, Points
from training.sample_clip.script import Pose

WIDTH, HEIGHT = 640, 480
ZOOM = 1.9
ROWS = 360  # of the portrait; further down are gloves and a helmet

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
SEAM = 0.7  # how dark the line between closed lips is
#: Landmarks of the folds and cheeks that the portrait's smile makes; at rest their skin is smooth.
FOLDS = (205, 425, 206, 426, 216, 436, 207, 427, 212, 432, 203, 423, 36, 266, 142, 371)
CHEEKS = (50, 280, 118, 347, 119, 348, 101, 330, 117, 346, 123, 352)
FOLD_REACH, SMOOTH_PX = 0.1, 16.0  # spans; canvas pixels
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
        self._at_rest = self._smooth()
        self._lay_mesh()
        self._last: tuple[Pose, FloatArray] | None = None

    def _smooth(self) -> FloatArray:
        """The canvas without the folds and the cheeks of a smile."""
        y, x = np.mgrid[0 : self.canvas.shape[0], 0 : self.canvas.shape[1]].astype(np.float32)
        near = np.zeros(x.shape, np.float32)
        for at_x, at_y in self.face.points[[*FOLDS, *CHEEKS]]:
            away = (x - at_x) ** 2 + (y - at_y) ** 2
            near = np.maximum(near, np.exp(-away / (2 * (FOLD_REACH * self.face.span) ** 2)))
        smooth = self.canvas.copy()
        blurred = np.asarray(cv2.GaussianBlur(smooth[..., :3], (0, 0), SMOOTH_PX), np.float32)
        smooth[..., :3] = mix(smooth[..., :3], blurred, near)
        return smooth

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
            canvas = self._at_rest + (self.canvas - self._at_rest) * np.float32(pose.smile)
            canvas[self.y0 : self.y1, self.x0 : self.x1] = self._warped(pose, canvas)
            canvas[..., :3] *= canvas[..., 3:]
            self._last = pose, canvas
        return self._last[1]

    def _warped(self, pose: Pose, canvas: FloatArray) -> FloatArray:
        """The region of the mesh in a pose: skin, and between the lids and lips what lies behind them."""
        moved, origin = self.face.place(pose), np.array((self.x0, self.y0))
        here = canvas[self.y0 : self.y1, self.x0 : self.x1]
        shape = here.shape[:2]
        skin = self._skin(moved, canvas)
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

    def _skin(self, moved: Points, canvas: FloatArray) -> FloatArray:
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
        skin = cv2.remap(canvas, across_x, down_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(skin, np.float32)
