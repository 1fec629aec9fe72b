"""What a frame costs on this machine: processor time in all, inside the networks, and against other pipelines."""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import psutil
from msgspec.structs import replace

from device.camera.opening import open_source
from device.clock import SystemClock
from device.commands.personal.opening import opened_own
from device.commands.rival import MediaPipe, compare, open_mediapipe
from device.commands.watch import Watch
from device.contract.errors import SourceError
from device.contract.session import Beginning, Event
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Line, MemorySink
from device.models import load
from device.service.service import Service
from device.settings import Settings
from device.summary import table

_CLASSIC_SIZE = (640, 360)
_STARTTIME_FIELD = 22  # of /proc/self/stat, in clock ticks since the machine started; see proc(5)


@dataclass(frozen=True)
class _Mark:
    records: int
    wall_s: float
    cpu_s: float
    invoke_s: float
    read_s: float


class _Probe(MemorySink):
    """A sink that notes, at each commit, what has been spent so far."""

    def __init__(self) -> None:
        super().__init__()
        self.service: Service | None = None
        self.marks: list[_Mark] = []
        self.first_record_s = 0.0

    def write(self, lines: Sequence[Line]) -> None:
        assert self.service is not None and self.service.models is not None
        super().write(lines)
        if not self.marks:
            self.first_record_s = _age_of_process()
        invoke_s = sum(model.invoke_cpu_s for model in self.service.models.loaded().values())
        spent_s = time.perf_counter(), time.process_time(), invoke_s, self.service.read_cpu_s
        self.marks.append(_Mark(len(self.lines), *spent_s))


def bench(
    settings: Settings, versus_haar: bool = False, mediapipe: Path | None = None, bundle: Path | None = None
) -> dict[str, Any]:
    """Run the daemon over the source as fast as possible, with its outbox on disk, and measure.

    Args:
        settings: with the source.
        versus_haar: also measure a classic pipeline.
        mediapipe: an interpreter that has MediaPipe, to measure that too, in turns with the box; None leaves it out.
        bundle: of the own movement of the person whom the settings name, to measure that too; see `opened_own`.

    Raises:
        SourceError: the source is too short to measure.
        ConfigError, ModelError: MediaPipe cannot be measured, or the bundle not be used.
    """
    settings = replace(
        settings,
        run=replace(settings.run, pace="fast", sinks=()),
        recorder=replace(settings.recorder, costs_s=0.0),
    )
    rival = open_mediapipe(mediapipe, settings) if mediapipe else None
    figures = _measured(settings)
    figures["frames_a_second_in_budget"] = settings.pace.cores * 1000 / figures["cpu_ms_per_frame"]
    if versus_haar:
        haar = _classic_cpu_ms(settings)
        figures |= {"haar_cpu_ms_per_frame": haar, "ratio_to_haar": figures["cpu_ms_per_frame"] / haar}
    figures |= _own_ms(settings, bundle)
    if rival is not None:
        figures |= _beside(rival, settings)
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}


def report(figures: dict[str, Any], as_json: bool) -> str:
    """The figures as one JSON object or as a table."""
    return json.dumps(figures) if as_json else table(list(figures.items()))


def _measured(settings: Settings) -> dict[str, Any]:
    """The figures of one run: differences between its first and its last commit, so starting up is not in them."""
    probe = _Probe()
    with (
        tempfile.TemporaryDirectory() as folder,
        Outbox(Path(folder) / "outbox.db", settings.outbox.max_mb) as outbox,
        Service(settings, SystemClock(), more_sinks=(OutboxSink(outbox), probe)) as service,
    ):
        probe.service = service
        service.watch(Beginning())
    if len(probe.marks) < 2:
        raise SourceError(f"{settings.run.source} is too short to measure: give a video of some seconds.")
    return _figures(probe)


def _beside(rival: MediaPipe, settings: Settings) -> dict[str, Any]:
    run = settings.run
    return compare(
        ours=lambda: float(_measured(settings)["cpu_ms_per_frame"]),
        theirs=lambda: rival.watch(run.source, run.max_frames),
    )


def _own_ms(settings: Settings, bundle: Path | None) -> dict[str, float]:
    """Milliseconds a frame of the person's own movement; nothing where no bundle watches it."""
    with opened_own(settings, bundle) as own:
        if own is None:
            return {}
        with Watch(settings.run.source, settings, own=own) as seen:
            spent = [observation.ms["personal"] for observation in seen if observation.personal]
    if not spent:
        raise SourceError(
            f"In no frame of {settings.run.source} was the person's own movement measured: give another."
        )
    return {"personal_ms": statistics.median(spent), "personal_p95_ms": _p95(spent)}


def _figures(probe: _Probe) -> dict[str, Any]:
    first, last = probe.marks[0], probe.marks[-1]
    records = [json.loads(line.body) for line in probe.lines]
    stages = [record["ms"] for record in records]
    names = sorted({name for ms in stages for name in ms})
    frames = last.records - first.records
    cpu_ms = (last.cpu_s - first.cpu_s) * 1000 / frames
    invoke_ms = (last.invoke_s - first.invoke_s) * 1000 / frames
    decode_ms = (last.read_s - first.read_s) * 1000 / frames
    return {
        "frames": len(records),
        "face_share": statistics.mean("face" in record for record in records),
        "wall_ms_per_frame": (last.wall_s - first.wall_s) * 1000 / frames,
        "cpu_ms_per_frame": cpu_ms,
        "invoke_ms_per_frame": invoke_ms,
        "decode_ms_per_frame": decode_ms,
        "overhead_ratio": cpu_ms / invoke_ms,
        "overhead_ratio_without_decoding": (cpu_ms - decode_ms) / invoke_ms,
        "stage_ms": {name: round(statistics.median(ms[name] for ms in stages if name in ms), 3) for name in names},
        "stage_p95_ms": {name: round(_p95([ms[name] for ms in stages if name in ms]), 3) for name in names},
        "rss_mb": psutil.Process().memory_info().rss / 1e6,
        "first_record_s": probe.first_record_s,
        "bytes_per_record": statistics.mean(len(line.body) for line in probe.lines),
        "size": _size(probe.events),
    } | _temperatures(records)


def _p95(values: list[float]) -> float:
    """Above which one in twenty lies."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _size(events: list[dict[str, Any]]) -> str:
    """Width and height of the frames."""
    frame = next(event["frame"] for event in events if event["event"] == Event.CAMERA.value)
    return f"{frame['width']}×{frame['height']}"


def _temperatures(records: list[dict[str, Any]]) -> dict[str, float]:
    """Of the processor, at first and at most; nothing where it is not told."""
    seen = [record["host"]["temperature"] for record in records if "temperature" in record.get("host", {})]
    return {"temperature_first": seen[0], "temperature_highest": max(seen)} if seen else {}


def _classic_cpu_ms(settings: Settings) -> float:
    """Processor milliseconds a frame of Haar detection at 640×360 and the network of emotions on each face."""
    folder = Path(cv2.__file__).parent / "data"
    cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    frames, spent = 0, 0.0
    with (
        load(settings.models.expression or settings.models.face, settings.models) as network,
        open_source(settings.run.source, settings.camera) as source,
    ):
        start = time.process_time()
        while picture := source.read():
            grey = cv2.cvtColor(cv2.resize(picture.image, _CLASSIC_SIZE), cv2.COLOR_BGR2GRAY)
            for x, y, w, h in cascade.detectMultiScale(grey, 1.3, 5):
                network.on_image(cv2.resize(grey[y : y + h, x : x + w], (48, 48)))  # type: ignore[arg-type]
            frames, spent = frames + 1, time.process_time() - start
            if frames == settings.run.max_frames:
                break
    return spent * 1000 / frames


def _age_of_process() -> float:
    started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[_STARTTIME_FIELD - 3])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
