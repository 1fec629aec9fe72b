"""`affectbox replay`: a recording goes through again: records into sinks, or a clip with what the box sees in it."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import cv2

from device.arrays import ByteImage
from device.camera.files import APART_S
from device.camera.opening import open_source
from device.clock import SystemClock
from device.commands.overlay import draw
from device.contract.errors import ConfigError, DataError, StorageError
from device.contract.fields import Json, encode
from device.contract.lines import decode
from device.contract.record import key
from device.contract.session import is_event
from device.delivery.opening import open_sinks
from device.delivery.sink import Line, Sink
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.neutral import Neutral

_GROUP = 100


def replay(recording: Path, settings: Settings, overlay: Path | None) -> int:
    """Send records again, or draw an overlay; returns the exit code.

    Raises:
        ConfigError: neither a sink for records nor an overlay for a clip was asked for.
        DataError: lines that are not records; the others were sent.
    """
    if recording.suffix == ".jsonl":
        return _send(recording, settings)
    if overlay is None:
        raise ConfigError(
            "Replaying a clip draws what the box sees: give --overlay OUT.mp4, or a folder for pictures."
        )
    return _draw(recording, settings, overlay)


def _send(recording: Path, settings: Settings) -> int:
    if not settings.run.sinks:
        raise ConfigError("Replaying records needs somewhere to send them: give --sink.")
    broken: list[str] = []
    with open_sinks(settings, SystemClock(), again=True) as opened:
        documents = list(_documents(recording, broken))
        for sink in opened.sinks:
            _send_to(sink, documents)
        if opened.uploader is not None:
            opened.uploader.drain()
        waiting = opened.outbox.counts().pending if opened.outbox else 0
    events = sum(map(is_event, documents))
    sent = f"{len(documents) - events} records and {events} events sent again"
    print(sent + (f", {waiting} still waiting in the outbox" if waiting else ""))
    if broken:
        raise DataError(
            f"{len(broken)} lines of {recording} are not records (first: {broken[0]}); the others were sent."
        )
    return 0


def _send_to(sink: Sink, documents: list[Json]) -> None:
    """Records go in groups, events at their places between them."""
    for of_events, run in groupby(documents, is_event):
        if of_events:
            for event in run:
                sink.tell(event)
        else:
            lines = [Line(key(record), encode(record)) for record in run]
            for start in range(0, len(lines), _GROUP):
                sink.write(lines[start : start + _GROUP])


def _documents(recording: Path, broken: list[str]) -> Iterator[Json]:
    try:
        texts = recording.read_bytes().splitlines()
    except OSError as error:
        raise StorageError(f"{recording} cannot be read ({error.strerror}): check the path.") from error
    for number, text in enumerate(texts, start=1):
        try:
            yield decode(text)
        except DataError as error:
            broken.append(f"line {number}: {error}")


def _draw(recording: Path, settings: Settings, out: Path) -> int:
    count = 0
    with ExitStack() as stack:
        show = _Pictures(out) if out.suffix != ".mp4" else _Video(out)
        stack.callback(show.close)
        for observation in observe(str(recording), settings):
            show.write(draw(observation), observation.frame)
            count += 1
    print(f"{count} frames drawn in {out}")
    return 0


def observe(source: str, settings: Settings, rest: Neutral | None = None) -> Generator[Observation, None, None]:
    """Run the pipeline over a source, frame by frame, in this thread.

    `rest` is the person's face at rest; without one, what is kept of the person whom the settings name.
    """
    clock = SystemClock()
    with open_models(settings.models) as models, open_source(source, settings.camera) as pictures:
        rest = rest or calibrated_neutral(settings, settings.session.patient, clock)
        pipeline, index = Pipeline(models, settings, rest), 0
        while (not settings.run.max_frames or index < settings.run.max_frames) and (picture := pictures.read()):
            yield pipeline(Frame(picture.image, index, clock.monotonic(), media_s=picture.media_s))
            index += 1


class _Video:
    """Writes frames to an .mp4 file at the rate of the clip's first two timestamps."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: cv2.VideoWriter | None = None
        self._held: tuple[ByteImage, Frame] | None = None

    def write(self, image: ByteImage, frame: Frame) -> None:
        if self._writer is None and self._held is None:
            self._held = image, frame
            return
        if self._writer is None and self._held is not None:
            first, before = self._held
            gap_s = frame.time_s - before.time_s
            self._open(first, 1 / gap_s if 0 < gap_s < APART_S else 1.0)
            self._put(first)
        self._put(image)

    def close(self) -> None:
        if self._writer is None and self._held is not None:
            self._open(self._held[0], 1.0)
            self._put(self._held[0])
        if self._writer is not None:
            self._writer.release()

    def _put(self, image: ByteImage) -> None:
        assert self._writer is not None
        self._writer.write(image)

    def _open(self, image: ByteImage, fps: float) -> None:
        height, width = image.shape[:2]
        self._writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
        if not self._writer.isOpened():
            raise StorageError(f"{self._path} cannot be written: check the folder and the free space.")


class _Pictures:
    """Writes each frame to a folder as a PNG file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} cannot be made ({error.strerror}): name another folder.") from error

    def write(self, image: ByteImage, frame: Frame) -> None:
        path = self._folder / f"{frame.index:06d}.png"
        if not cv2.imwrite(str(path), image):
            raise StorageError(f"{path} cannot be written: check the folder and the free space.")

    def close(self) -> None:
        pass
