"""The clip: people in the room, frame by frame, and the file it is written to."""

import argparse
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError, StorageError
from training.sample_clip.face import Points
from training.sample_clip.picture import HEIGHT, NECK, WIDTH, Person, room
from training.sample_clip.script import DIM, Moment, Pose, moment, script

FPS = 25
HOME = (-150.0, -8.0)  # where the canvas' origin lies in the frame when the patient sits still
SECOND_SCALE = 0.58
SECOND_X = 550.0  # where the second face comes to rest, frame pixels
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


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
    from training.face_finder import find_landmarks  # noqa: PLC0415 - loads the interpreter, which the rest does not need

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
