"""Gradients of a network at the key points, of every person and phase of a study of faces."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from device.contract.errors import ConfigError, DataError
from device.contract.features import SESSION
from device.stages.aligner import CROP_SIDE, TEMPLATE, align
from device.stages.frame import Frame
from device.stages.geometry import Box, similarity
from device.stages.landmarks import Face, sixty_eight
from training.cohort.people import Participant
from training.cohort.study import Stimulus, of_recording
from training.diagnosis.crops.data import crops_of, index_of, spread
from training.face_finder import FaceFinder
from training.predict import pixels
from training.targets.gradients import point_gradients, shares, standard_places
from training.targets.matrix import Matrix, key_points
from training.targets.points import Floats

#: Where key points lie in a crop: as in the standard face, aligned alike, or where the landmark network finds them.
STANDARD, FOUND = PLACES = ("standard", "found")
_ENLARGED, _APART_S = 240, 10.0
_NETWORKS = {68: "", 478: "face-landmarks-1.0.0"}

Crops = NDArray[np.uint8]


@dataclass(frozen=True)
class Asked:
    """What gradients are of: an answer of networks (several: their mean), by a method, at so many points."""

    head: str
    output: int
    method: str
    count: int = 68
    places: str = STANDARD
    most: int = 100


@dataclass(frozen=True, eq=False)
class Attended:
    """Mean gradients (P, S, K) of people's faces in phases, NaN where there is none, and how many faces (P, S)."""

    people: tuple[Participant, ...]
    phases: tuple[str, ...]
    values: Floats
    faces: NDArray[np.int64]

    @property
    def spread(self) -> float:
        """Between the least and the most of a point's mean, in means of all points; 0 of one that knows no places."""
        known = ~np.isnan(self.values).all((0, 1))
        means = np.nanmean(self.values[..., known], (0, 1))
        return float(np.ptp(means) / max(float(np.abs(means).mean()), 1e-30)) if len(means) else 0.0

    def matrix(self) -> Matrix:
        """The same as what `targets` compares."""
        return Matrix(self.people, self.phases, key_points(self.values.shape[2]), self.values[..., None], "gradient")

    def table(self) -> bytes:
        """CSV: participant, group, phase, faces, point, name, region, gradient, share of the phase's sum."""
        points, out = key_points(self.values.shape[2]), io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow("participant group phase faces point name region gradient share".split())
        for person, rows, counts in zip(self.people, self.values, self.faces, strict=True):
            for phase, values, faces in zip(self.phases, rows, counts.tolist(), strict=True):
                told = zip(points.keys, points.names, points.regions, values, shares(values), strict=True)
                for *where, value, share in told:
                    numbers = ("" if np.isnan(one) else f"{one:.6g}" for one in (value, share))
                    writer.writerow([person.pseudonym, person.group, phase, faces, *where, *numbers])
        return out.getvalue().encode()


def attended(
    networks: Sequence[keras.Model],
    white: float,
    folder: Path,
    people: Sequence[Participant],
    stimuli: Sequence[Stimulus],
    asked: Asked,
    say: Callable[[str], object] = lambda line: None,
) -> Attended:
    """Look at the faces that `affectbox-training faces` made.

    Args:
        networks: as `training.run_folder.runs_of` gives them.
        white: value of a white pixel at their input.
        people: of the study; those without a face are left out.
        stimuli: phases of videos, by a video's path or name; without any, a video is one phase.

    Raises:
        ConfigError: crops of another size than the network takes; as `point_gradients`.
        DataError: no such folder, no face of anybody, faces of somebody who is not among `people`.
    """
    rows = index_of(folder, people)
    held: dict[tuple[str, str], list[Crops]] = defaultdict(list)
    for row in rows:
        for phase, crops in _phases(folder / row["file"], row["video"], stimuli):
            held[row["participant"], phase].append(crops)
    phases = tuple(dict.fromkeys(phase for _, phase in held))
    kept = tuple(person for person in people if any((person.pseudonym, phase) in held for phase in phases))
    if not kept:
        raise DataError(f"In {folder} there is no face in any phase: see --stimuli and its names of videos.")
    values = np.full((len(kept), len(phases), asked.count), np.nan)
    faces = np.zeros((len(kept), len(phases)), np.int64)
    for p, person in enumerate(kept):
        for s, phase in enumerate(phases):
            crops = spread(held.get((person.pseudonym, phase), []), asked.most)
            faces[p, s] = len(crops)
            if len(crops):
                values[p, s] = _mean(networks, white, crops, asked)
        say(f"{p + 1} of {len(kept)} people")
    return Attended(kept, phases, values, faces)


def _mean(networks: Sequence[keras.Model], white: float, crops: Crops, asked: Asked) -> Floats:
    side = networks[0].input_shape[1]
    if crops.shape[1] != side:
        raise ConfigError(f"The crops are {crops.shape[1]} pixels wide, and the network takes {side}: see --size.")
    places = standard_places(asked.count, side) if asked.places == STANDARD else _found(crops, asked.count)
    made = partial(point_gradients, head=asked.head, output=asked.output, method=asked.method)
    every = np.concatenate([made(network, pixels(crops, white), places) for network in networks])
    known = ~np.isnan(every)
    mean = np.full(asked.count, np.nan)
    mean[known.any(0)] = np.nanmean(every[:, known.any(0)], 0)
    return mean


def _found(crops: Crops, count: int) -> Floats:
    """Where the landmark network finds the points (N, K, 2); NaN where it finds no face."""
    side, found = crops.shape[1], np.full((len(crops), count, 2), np.nan)
    with FaceFinder(landmarks=_NETWORKS[count]) as finder:
        for at, crop in enumerate(crops):
            large = cv2.resize(crop, (_ENLARGED, _ENLARGED), interpolation=cv2.INTER_CUBIC)
            framed = cv2.copyMakeBorder(large, *(_ENLARGED // 2,) * 4, cv2.BORDER_REPLICATE)
            face = finder(Frame(cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR), at, at * _APART_S)).face
            if face is not None:
                points = sixty_eight(face.points) if count == 68 else face.points
                found[at] = (points[:, :2] - _ENLARGED // 2) * (side / _ENLARGED)
    return found


def _phases(path: Path, video: str, stimuli: Sequence[Stimulus]) -> Iterator[tuple[str, Crops]]:
    """The crops of each phase of a video; all of them where no phase is told of anything."""
    crops, times = crops_of(path)
    if not stimuli:
        yield SESSION, crops
        return
    for one in of_recording(stimuli, (video, Path(video).name)):
        chosen = (times >= one.from_s) & (times < one.to_s)
        if chosen.any():
            yield one.label, crops[chosen]


def output_of(heads: dict[str, tuple[str, ...]], head: str, answer: str) -> tuple[str, int]:
    """Head and number of an answer by their names; of one head its name may be left out. Raises `ConfigError`."""
    if not head and len(heads) == 1:
        head = next(iter(heads))
    if head not in heads:
        raise ConfigError(f"The network has no head '{head}': name one of {', '.join(heads)} with --head.")
    if answer not in heads[head]:
        raise ConfigError(f"The head '{head}' has no answer '{answer}': name one of {', '.join(heads[head])}.")
    return head, heads[head].index(answer)


def networks_of(folder: Path) -> tuple[list[keras.Model], float, dict[str, Any]]:
    """The networks of a run folder, one for each fold, the value of a white pixel, and its heads. Raises
    `ConfigError`."""
    from training.kinds import of_run  # noqa: PLC0415
    from training.run_folder import runs_of  # noqa: PLC0415

    runs = runs_of(of_run(folder).recipe, folder)
    return [run.network for run in runs], runs[0].recipe.network.white, runs[0].heads


def looked_at(
    folder: Path, image: NDArray[np.uint8], landmarks: FloatArray, head: str, answer: str, method: str
) -> Floats:
    """What the networks of a run folder look at in a picture: shares of the gradient (K,), mean over the networks.

    Args:
        image: (height, width, 3) BGR.
        landmarks: (K, 3) of the face in it, 468 or 478.

    Raises:
        ConfigError, DataError: as `networks_of`, `output_of` and `point_gradients`.
    """
    networks, white, heads = networks_of(folder)
    head, output = output_of(heads, head, answer)
    side = networks[0].input_shape[1]
    crop = align(Frame(image, 0, 0.0), Face(landmarks, 1.0, Box.around(landmarks)), side)
    target = np.array(list(TEMPLATE.values()), np.float32) * (side / CROP_SIDE)
    matrix = similarity(landmarks[list(TEMPLATE), :2], target)
    places = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    made = partial(point_gradients, images=pixels(crop[None], white), places=places, head=head, output=output)
    return np.asarray(np.mean([shares(made(network, method=method))[0] for network in networks], 0), np.float64)
