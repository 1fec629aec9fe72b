"""What a fit comes to: meshes, numbers and a picture, as the files that the command writes."""

import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import StorageError
from device.stages.pose import angles
from training.face.fit.comparison import compared, error, fitted_points
from training.face.fit.detail import relief
from training.face.fit.kit import Kit, weights
from training.face.fit.light import light_of, lit
from training.face.fit.mesh import obj, risen
from training.face.fit.solve import Fitted, Pose, Values, fit
from training.face.fit.sources import Shot
from training.face.fit.view import seen, square_about

VERSION = 1
_ABOUT = "A likeness of a person who agreed to it being made. Keep it on this machine."
_LEAST = 0.005
_UP = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Result:
    """The files by name, and how far the head is off: median over the points of the frame that is shown, pixels, and
    as a share of the distance between the outer corners of the eyes."""

    files: dict[str, bytes]
    off_px: float
    off_share: float


def made(kit: Kit, shots: list[Shot], detail: bool) -> Result:
    """Fit one person to a picture or to frames, and make the files. Raises `DataError`: hardly any skin is seen."""
    points = kit.at_points()
    fitted = fit(points, [one.landmarks for one in shots], weights())
    off = [float(np.median(own)) / one.between for own, one in zip(fitted.residuals, shots, strict=True)]
    best = int(np.argmin(off))
    shot, pose, expression = shots[best], fitted.poses[best], fitted.expressions[best]
    head = kit.head(fitted.identity, expression)
    square = square_about(shot.landmarks)
    view, picture = seen(kit, head, pose, square, shot.landmarks), square.cut(shot.picture)
    light = light_of(picture, view)
    found = relief(picture, view, light) if detail else None
    files = {"rough.obj": obj(head, kit.parts)}
    if found:
        files["detailed.obj"] = obj(*risen(kit, head, pose, square, view, found.rise))
    bright = {"rough": error(picture, lit(view, light), view.bare)}
    if found:
        bright["detailed"] = error(picture, lit(view, light, found.normals), view.bare)
    files["codes.json"] = _codes(kit, shots, fitted, light, bright)
    placed = fitted_points(square, pose.placed(points.head(fitted.identity, expression)))
    off_px = float(np.median(fitted.residuals[best]))
    note = f"Landmarks are off by {off_px:.1f} px in the median, {100 * off[best]:.1f} % of the eyes' outer distance."
    page = compared(picture, view, light, found, square.placed(shot.landmarks)[:, :2], placed, note)
    files["comparison.png"] = _png(page)
    return Result(files, off_px, off[best])


def described(result: Result, frames: int) -> str:
    """How well it fits, a sentence."""
    of = "the picture" if frames == 1 else f"the best of {frames} frames"
    return (
        f"Fitted: in {of} landmarks are off by {result.off_px:.1f} pixels in the median, "
        f"{100 * result.off_share:.1f} % of the distance between the eyes' outer corners."
    )


def _codes(kit: Kit, shots: list[Shot], fitted: Fitted, light: FloatArray, bright: dict[str, float]) -> bytes:
    frames = [
        _frame(kit, shot, pose, expression, off)
        for shot, pose, expression, off in zip(shots, fitted.poses, fitted.expressions, fitted.residuals, strict=True)
    ]
    codes = {
        "v": VERSION,
        "about": _ABOUT,
        "model": "ICT-FaceKit",
        "identity": [round(float(one), 4) for one in fitted.identity],
        "light": [[round(float(one), 5) for one in row] for row in light],
        "brightness_error": {name: round(value, 4) for name, value in bright.items()},
        "frames": frames,
    }
    return (json.dumps(codes, indent=1) + "\n").encode()


def _frame(kit: Kit, shot: Shot, pose: Pose, expression: Values, off: Values) -> dict[str, Any]:
    turned = angles(np.asarray(_UP @ pose.rotation @ _UP, np.float32))
    median, high = float(np.median(off)), float(np.percentile(off, 95))
    return {
        "at_s": round(shot.at_s, 3),
        "expression": {
            name: round(float(one), 4) for name, one in zip(kit.names, expression, strict=True) if one >= _LEAST
        },
        "pose": {
            **{name: round(float(one), 2) for name, one in vars(turned).items()},
            "pixels_per_cm": round(pose.scale, 4),
            "x": round(float(pose.shift[0]), 2),
            "y": round(-float(pose.shift[1]), 2),
        },
        "residual": {
            "median_px": round(median, 3),
            "p95_px": round(high, 3),
            "median_share": round(median / shot.between, 5),
            "p95_share": round(high / shot.between, 5),
        },
    }


def _png(page: ByteImage) -> bytes:
    done, content = cv2.imencode(".png", np.asarray(page[..., ::-1]))
    if not done:
        raise StorageError("The comparison cannot be encoded as PNG.")
    return bytes(content.tobytes())
