"""`affectbox bench --report`: one block of text to send in from a board, with nothing in it that names anybody.

What the table of docs/pi.md waits for. No host name, no path, no serial number, no address: of a source only its kind.
"""

import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from device.board import Board
from device.contract.version import version
from device.examination.conditions import in_words
from device.sensors import Limit, Throttling
from device.settings import Settings

VERSION = 1
_BEGIN, _END = f"--- affectbox bench, form {VERSION} ---", "--- end ---"
_LIBRARIES = ("ai-edge-litert", "tflite-runtime", "numpy", "opencv-python-headless", "picamera2")


def block(figures: dict[str, Any], settings: Settings, board: Board, throttling: Throttling | None) -> str:
    """The block, of what `bench` measured on a machine."""
    source = kind_of(settings.run.source)
    rows = [*_machine(board), *_software(settings), *_measured(figures, source, settings.pace.cores)]
    rows.append(("limits", _limits(throttling)))
    return "\n".join([_BEGIN, *(f"{name:<12} {text}" for name, text in rows), _END])


def kind_of(source: str) -> str:
    """What sort of source it is, without its name."""
    for sort in ("picamera2", "v4l2", "usb", "standin"):
        if source.startswith(f"{sort}:"):
            return f"camera ({sort})"
    return "camera (v4l2)" if source.startswith("/dev/") or source.isdecimal() else "a video"


def _machine(board: Board) -> Iterator[tuple[str, str]]:
    yield "board", board.model or "not told"
    speed = f", up to {board.mhz} MHz" if board.mhz else ""
    yield "processor", f"{board.cores} × {board.processor or 'not told'}{speed}"
    yield "memory", f"{board.memory_mb} MB"
    yield "system", ", ".join(filter(None, (board.system, board.kernel)))


def _software(settings: Settings) -> Iterator[tuple[str, str]]:
    installed = [f"{name} {found}" for name in _LIBRARIES if (found := _installed(name))]
    yield "affectbox", f"{version()}, Python {platform.python_version()}"
    yield "libraries", ", ".join(installed)
    models = settings.models
    named = (models.short_range, models.full_range, models.landmarks, models.face, models.expression)
    threads = f"{models.threads} thread{'s' if models.threads > 1 else ''}"
    yield "networks", f"{', '.join(filter(None, (*named, models.action_units)))}; {threads}"


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _measured(figures: dict[str, Any], source: str, cores: float) -> Iterator[tuple[str, str]]:
    yield "source", f"{source}, {figures['size']}"
    yield "frames", f"{figures['frames']}, with a face {figures['face_share']:.0%}"
    for stage, median in figures["stage_ms"].items():
        yield f"ms {stage}", f"median {median:.2f}, 95 % below {figures['stage_p95_ms'][stage]:.2f}"
    if "personal_ms" in figures:
        yield "ms personal", f"median {figures['personal_ms']:.2f}, 95 % below {figures['personal_p95_ms']:.2f}"
    cpu_ms = figures["cpu_ms_per_frame"]
    networks, reading = figures["invoke_ms_per_frame"], figures["decode_ms_per_frame"]
    yield "cpu ms", f"{cpu_ms:.2f} a frame, of it networks {networks:.2f}, reading the source {reading:.2f}"
    most = 1000 / figures["wall_ms_per_frame"]
    yield (
        "rate",
        f"{most:.1f} frames a second at most; {figures['frames_a_second_in_budget']:.1f} with {cores:g} of a core",
    )
    yield "rss", f"{figures['rss_mb']:.0f} MB; first record after {figures['first_record_s']:.1f} s"
    if "temperature_first" in figures:
        first, highest = figures["temperature_first"], figures["temperature_highest"]
        yield "temperature", f"{first:.0f} °C at first, {highest:.0f} °C at most"
    else:
        yield "temperature", "not told"


def _limits(throttling: Throttling | None) -> str:
    """What slowed the processor since the machine started."""
    if throttling is None:
        return "not told"
    ever = throttling.now | (throttling.past or Limit(0))
    return in_words(ever) or "none since the machine was switched on"
