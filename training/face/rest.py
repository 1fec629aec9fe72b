"""`rest`: does a person's face at rest help, unit by unit?

No pictures of one person at rest and moving can be had freely. So they are made: real faces to which eight in ten
votes or more say neutral are moved by known amounts, as ICT-FaceKit's expression shapes move landmarks, in other light
and another crop; a further picture of each face unmoved is the face at rest. A unit is told by what is read in the
moved picture, or by that without what is read at rest (`device.stages.neutral`): AUC of what was planted, both ways.

Such faces move without wrinkles, and hair, glasses and weeks do not pass between their pictures. What helps here may
help on people; what does not, will not.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from device.arrays import ByteImage, FloatArray
from device.bundle_folders import bundle_cache, find_bundle
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.stages.geometry import similarity
from device.stages.landmarks import Landmarker
from device.stages.neutral import without
from device.stages.reader import FaceReader
from device.stills import border_px
from training.action_units.scores import area
from training.arguments import positive_count
from training.data.faces import TRAINING, Faces, load_faces
from training.data.recrop import LANDMARKS, box_look
from training.face.facekit import FaceKit, load_facekit

#: Shapes of ICT-FaceKit for each unit that moves skin without opening or closing anything; of both sides.
SHAPES = {
    "AU1": {"browInnerUp": 1.0},
    "AU2": {"browOuterUp": 1.0},
    "AU4": {"browDown": 1.0},
    "AU5": {"eyeWide": 1.0},
    "AU6": {"cheekRaiser": 1.0, "cheekSquint": 0.5, "eyeSquint": 0.3},
    "AU7": {"eyeSquint": 1.0},
    "AU9": {"noseSneer": 1.0, "browDown": 0.3},
    "AU10": {"mouthUpperUp": 1.0},
    "AU12": {"mouthSmile": 1.0},
    "AU14": {"mouthDimple": 1.0},
    "AU15": {"mouthFrown": 1.0},
    "AU17": {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.5},
    "AU18": {"mouthPucker": 1.0},
    "AU20": {"mouthStretch": 1.0},
    "AU22": {"mouthFunnel": 1.0},
    "AU23": {"mouthRollUpper": 0.4, "mouthRollLower": 0.4, "mouthPress": 0.4},
    "AU24": {"mouthPress": 1.0, "mouthRollUpper": 0.15, "mouthRollLower": 0.15},
}
#: A unit is helped when the AUC rises by at least this.
HELPS = 0.01
_OFTEN, _WEIGHTS = 0.22, (0.6, 1.3)
_ZOOM, _REACH_PX = 2, 3.0
_NEUTRAL_VOTES = 0.8


@dataclass(frozen=True)
class Helped:
    """One unit: mean intensity at rest, AUC as read, and AUC without the face at rest; None if it was always planted,
    or never."""

    unit: str
    at_rest: float
    raw: float | None
    relative: float | None

    @property
    def helps(self) -> bool:
        """Whether the face at rest makes the unit told better."""
        return self.raw is not None and self.relative is not None and self.relative - self.raw >= HELPS


def measure(faces: Faces, kit: FaceKit, bundle: Path, count: int, pictures: int, seed: int = 0) -> list[Helped]:
    """Move `count` neutral faces `pictures` times each. Raises `DataError` when there are too few."""
    rng = np.random.default_rng(seed)
    moves = {unit: _moved(kit, row) for unit, row in SHAPES.items()}
    with Model(open_bundle(bundle)) as network, Model(open_bundle(find_bundle(LANDMARKS, [bundle_cache()]))) as mesh:
        read, landmarker = FaceReader(network), Landmarker(mesh)
        rows = [_person(image, landmarker, read, kit, moves, pictures, rng) for image in _neutral(faces, count, rng)]
    raw, rest, planted = (np.concatenate(column) for column in zip(*rows, strict=True))
    relative = without(raw, rest)
    found = []
    for unit in SHAPES:
        at = ACTION_UNIT_KEYS.index(unit)
        areas = [area(values[:, at].astype(np.float64), planted[:, at]) for values in (raw, relative)]
        found.append(Helped(unit, float(rest[:, at].mean()), *areas))
    return found


def _neutral(faces: Faces, count: int, rng: Generator) -> NDArray[np.uint8]:
    """Faces that were called neutral and that nobody coded."""
    if "ferplus" not in faces.answers or not faces.has_box:
        raise DataError("These data have no FER+ votes or no box crops: prepare them with --ferplus and --recrop.")
    coded = np.zeros(len(faces), bool)
    coded[faces.codings.face] = True
    calm = faces.answers["ferplus"].target[:, EMOTIONS.index("neutral")] >= _NEUTRAL_VOTES
    found = np.flatnonzero((faces.splits == TRAINING) & ~coded & faces.found & calm)
    if len(found) < count:
        raise DataError(f"Only {len(found)} faces are neutral by nearly all votes: ask for fewer with --faces.")
    return np.asarray(faces.images[rng.choice(found, count, replace=False)])


def _moved(kit: FaceKit, row: dict[str, float]) -> FloatArray:
    def both(name: str) -> FloatArray:
        return kit.shapes[name] if name in kit.shapes else kit.shapes[f"{name}_L"] + kit.shapes[f"{name}_R"]

    try:
        moved = np.sum([weight * both(name) for name, weight in row.items()], axis=0)
        return np.asarray(moved[:, :2], np.float32)
    except KeyError as error:
        raise DataError(f"The face model lacks the shape {error}: give the whole of ICT-FaceKit.") from error


def _person(
    image: NDArray[np.uint8],
    landmarker: Landmarker,
    read: FaceReader,
    kit: FaceKit,
    moves: dict[str, FloatArray],
    pictures: int,
    rng: Generator,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """What is read in each picture of a person, what at rest, and what was planted: (pictures, 22) each."""
    _, face = box_look(image, landmarker)
    points = face.points[:468, :2] - border_px(image)
    to_picture = similarity(kit.neutral[:, :2], points)[:, :2]
    rest = np.nan_to_num(read(_another(image, rng)).actions.both)
    raw, planted = [], []
    for _ in range(pictures):
        weights = {unit: rng.uniform(*_WEIGHTS) for unit in moves if rng.random() < _OFTEN}
        by = np.sum([weight * moves[unit] for unit, weight in weights.items()] or [np.zeros_like(points)], axis=0)
        raw.append(np.nan_to_num(read(_another(_warped(image, points, by @ to_picture.T), rng)).actions.both))
        planted.append([unit in weights for unit in ACTION_UNIT_KEYS])
    return np.array(raw), np.repeat(rest[None], pictures, 0), np.array(planted)


def _warped(image: NDArray[np.uint8], points: FloatArray, by: FloatArray) -> ByteImage:
    """The picture with its landmarks moved `by` pixels, and what is near with them."""
    side = image.shape[0] * _ZOOM
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    there, moved = (points + by) * _ZOOM, (by * _ZOOM).astype(np.float32)
    away = (x[..., None] - there[:, 0]) ** 2 + (y[..., None] - there[:, 1]) ** 2
    near = np.exp(-away / (2 * _REACH_PX**2)).astype(np.float32)
    shift = (near @ moved) / (near.sum(-1, keepdims=True) + 0.05)
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    warped = cv2.remap(large, x - shift[..., 0], y - shift[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(warped, image.shape, interpolation=cv2.INTER_AREA), np.uint8)


def _another(image: ByteImage, rng: Generator) -> ByteImage:
    """Another picture of the same: light, contrast, crop and noise."""
    values: NDArray[Any] = image.astype(np.float32)
    values = (values - values.mean()) * rng.uniform(0.8, 1.2) + values.mean() + rng.uniform(-18, 18)
    middle = (image.shape[1] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), rng.uniform(-4, 4), rng.uniform(0.96, 1.04))
    matrix[:, 2] += np.asarray(rng.uniform(-1, 1, 2))
    values = cv2.warpAffine(values, matrix, image.shape, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(values + rng.normal(0, 2, values.shape), 0, 255), np.uint8)


def add_parser(commands: Any) -> None:
    """Register the `rest` command."""
    parser = commands.add_parser(
        "rest", help="measure for which action units a face at rest helps", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--ict", type=Path, required=True, metavar="FOLDER", help="FaceXModel of ICT-FaceKit, or .tar.xz"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="what `prepare --recrop` wrote")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="a bundle of a face network")
    parser.add_argument("--faces", type=positive_count, default=400, metavar="N", help="people (default: %(default)s)")
    parser.add_argument(
        "--pictures", type=positive_count, default=6, metavar="N", help="of each (default: %(default)s)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    faces, kit = load_faces(arguments.data), load_facekit(arguments.ict)
    found = measure(faces, kit, arguments.bundle, arguments.faces, arguments.pictures)
    print("unit   at rest   AUC as read   without rest")
    for one in found:
        raw, relative = ("-" if value is None else f"{value:.3f}" for value in (one.raw, one.relative))
        print(f"{one.unit:5}  {one.at_rest:7.2f}   {raw:>11}   {relative:>12}{'  helps' * one.helps}")
    return 0
