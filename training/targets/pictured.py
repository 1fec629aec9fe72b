"""Pictures of people who agreed to it: heat of key points over them, and the part of them that has certain colours."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cloud.face.heat import colour_table
from device.arrays import ByteImage, FloatArray
from training.targets.colours import FACE, PICTURE, Share
from training.targets.heat import in_picture, round_up
from training.targets.pictures import INK, PAPER, SOFT, bar

#: Most of the picture that heat covers, and the share of the top below which it lets the picture through more.
_COVER, _THIN = 0.72, 0.25
_HIGH_PX = 1000
#: What is shown about a face, on each side of its middle, in its height.
_ABOUT = 0.95
_LEVELS = (0.25, 0.5, 0.75)
#: How often the blur of the outline's edge goes into the face's width.
_SOFT_EDGE = 40
#: Lines are drawn from here on, where the soft edge is nearly over.
_WITHIN = 0.9


def attention(
    image: ByteImage, landmarks: NDArray[np.floating], weights: NDArray[np.floating], top: float | None = None
) -> tuple[ByteImage, float]:
    """Heat of key points over a picture.

    Args:
        image: (height, width, 3) BGR.
        landmarks: (K, 2) pixels.
        weights: (K,), none below 0; NaN: not known.
        top: where the colours end; else a round number.

    Returns:
        (height, width, 3) BGR, the picture in grey under the heat with lines at quarters of the scale, and where the
        colours end.
    """
    heat = in_picture(image.shape[:2], landmarks, weights)
    end = top or round_up(float(heat.max()))
    shares = np.clip(heat / end, 0, 1)
    colours = colour_table()[np.rint(shares * 255).astype(np.intp)][..., ::-1].astype(np.float32)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.float32)
    face = _face(shares.shape, landmarks)
    cover = (_COVER * np.clip(shares / _THIN, 0, 1) * face)[..., None]
    lit = colours * (0.45 + 0.55 * grey / 255)  # the face stays to be seen
    shown = np.asarray(np.rint(grey + cover * (lit - grey)), np.uint8)
    lined = shown.copy()
    _lines(lined, shares)
    return np.where(face[..., None] > _WITHIN, lined, shown), end


def face_of(image: ByteImage, landmarks: NDArray[np.floating]) -> tuple[ByteImage, FloatArray]:
    """The part of a picture about a face, as high as it is shown, and the landmarks (K, 2) in it: who else may stand
    in the picture agreed to nothing."""
    low, high = landmarks.min(0), landmarks.max(0)
    reach = float((high - low).max()) * _ABOUT
    middle, size = (low + high) / 2, np.array(image.shape[1::-1])
    left, top = np.clip(np.floor(middle - reach), 0, size - 1).astype(int).tolist()
    right, bottom = np.clip(np.ceil(middle + reach), 1, size).astype(int).tolist()
    part = image[top:bottom, left:right]
    scale = _HIGH_PX / part.shape[0]
    wide = max(round(part.shape[1] * scale), 1), _HIGH_PX
    shown = cv2.resize(part, wide, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(shown, np.uint8), np.asarray((landmarks - (left, top)) * scale, np.float32)


def _lines(image: ByteImage, shares: NDArray[np.floating]) -> None:
    """Lines at a quarter, a half and three quarters of the scale, the thicker the more: to be read without colours."""
    width = max(image.shape[1] / 1000, 0.5)
    for number, level in enumerate(_LEVELS, 1):
        found, _ = cv2.findContours((shares >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        thick = max(round(width * number), 1)
        cv2.drawContours(image, found, -1, (235, 235, 235), thick + 2, cv2.LINE_AA)
        cv2.drawContours(image, found, -1, (40, 40, 40), thick, cv2.LINE_AA)


def _face(shape: tuple[int, ...], landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """1 in the outline of the landmarks, 0 away from it, with a soft edge (height, width)."""
    filled = np.zeros(shape, np.float32)
    cv2.fillPoly(filled, [np.rint(cv2.convexHull(landmarks.astype(np.float32))).astype(np.int32)], 1.0)
    blur = max(float(np.ptp(landmarks[:, 0])) / _SOFT_EDGE, 0.5)
    return np.asarray(cv2.GaussianBlur(filled, (0, 0), blur), np.float32)


def attention_page(image: ByteImage, end: float, title: str, note: str, unit: str) -> bytes:
    """A PNG of what `attention` gave, with its colour bar."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    height, width = image.shape[:2]
    wide = 6.4
    tall = wide * 0.9 * height / width
    figure = Figure(figsize=(wide, tall + 1.55), dpi=150, facecolor=PAPER)
    total = figure.get_figheight()
    axes = figure.add_axes((0.05, 1.0 / total, 0.9, tall / total))
    axes.imshow(image[..., ::-1], interpolation="antialiased")
    axes.set_axis_off()
    bar(figure.add_axes((0.05, 0.58 / total, 0.9, 0.16 / total)), end, unit)
    figure.text(0.05, 1 - 0.3 / total, title, fontsize=13, color=INK, weight="bold", va="center")
    figure.text(0.05, 0.1 / total, note, fontsize=8, color=SOFT, va="bottom")
    return _png(figure)


def colours_page(image: ByteImage, kept: ByteImage, shares: Sequence[Share], title: str, note: str) -> bytes:
    """A PNG: the picture, what of it lies in the range, and the shares as bars."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(12, 5.2), dpi=150, facecolor=PAPER)
    figure.text(0.02, 0.94, title, fontsize=14, color=INK, weight="bold", va="center")
    figure.text(0.02, 0.02, note, fontsize=8.5, color=SOFT, va="bottom")
    for left, shown in ((0.02, image), (0.33, kept)):
        axes = figure.add_axes((left, 0.09, 0.3, 0.79))
        axes.imshow(shown[..., ::-1], interpolation="antialiased")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#c9ced4")
    axes = figure.add_axes((0.75, 0.09, 0.2, 0.79), facecolor=PAPER)
    places = np.arange(len(shares), dtype=float)
    places[[share.region in (FACE, PICTURE) for share in shares]] += 0.6
    values = np.nan_to_num([share.share for share in shares])
    axes.barh(places, 100 * values, height=0.62, color="#c9641f")
    for place, share in zip(places, shares, strict=True):
        text = f"{100 * share.share:.0f} %" if share.pixels else "not in the picture"
        axes.text(100 * (share.share if share.pixels else 0) + 2, place, text, fontsize=8.5, color=INK, va="center")
    axes.set_yticks(places, [share.region for share in shares], fontsize=9.5, color=INK)
    axes.set_xlim(0, 118)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return _png(figure)


def shown_size(image: ByteImage) -> ByteImage:
    """A large picture made smaller, so that a page of it stays small."""
    scale = _HIGH_PX / image.shape[0]
    if scale >= 1:
        return image
    size = max(round(image.shape[1] * scale), 1), _HIGH_PX
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _png(figure: "object") -> bytes:
    held = io.BytesIO()
    figure.savefig(held, format="png", facecolor=PAPER)  # type: ignore[attr-defined]
    return held.getvalue()
