"""All samples, as they are now."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from device.board import board
from device.clock import Clock
from device.contract.fields import Json
from device.contract.telemetry import UPDATE_STATES
from device.contract.version import version
from device.host.asking import runtime_folder
from device.host.view import Snapshot, State
from device.identity import device_id
from device.monitor import machine, told
from device.monitor.text import Sample
from device.sensors import Sensors
from device.settings import Settings
from device.state import outbox_file
from device.update.standing import standing

_MB = 1_000_000
_KINDS = ("minute", "second", "record")
#: Of what the other process leaves: metric → where it stands, and by how much it is multiplied.
_TOLD = {
    "affectbox_daemon_cpu_utilization_ratio": ("host.cpu", 0.01),
    "affectbox_daemon_resident_memory_bytes": ("host.rss", _MB),
    "affectbox_frames_processed_total": ("frames.recorded", 1),
    "affectbox_frames_measured_total": ("frames.measured", 1),
    "affectbox_frames_skipped_total": ("frames.skipped", 1),
    "affectbox_frames_spared_total": ("frames.spared", 1),
    "affectbox_frame_rate_hertz": ("frames.rate", 1),
    "affectbox_frame_rate_target_hertz": ("frames.target", 1),
    "affectbox_records_unkept_total": ("unkept", 1),
    "affectbox_outbox_dead": ("refused", 1),
    "affectbox_outbox_size_bytes": ("waiting.bytes", 1),
    "affectbox_outbox_damaged_total": ("damaged", 1),
    "affectbox_upload_age_seconds": ("age", 1),
    "affectbox_upload_lag_seconds": ("lag", 1),
    "affectbox_upload_documents_total": ("sent", 1),
    "affectbox_network_month_bytes": ("month.bytes", 1),
    "affectbox_network_month_projected_bytes": ("month.projected", 1),
}


class Figures:
    """Collected when they are asked for; costs nothing in between."""

    def __init__(self, settings: Settings, clock: Clock, sensors: Sensors | None = None) -> None:
        self._clock = clock
        self._folder = runtime_folder(settings.host)
        self._card = outbox_file(settings.outbox).parent
        self._sensors = sensors or Sensors()
        self._about = {
            "service_name": "affectbox",
            "service_version": version(),
            "device": device_id(settings),
            "board": board().model,
        }

    def told(self) -> Json:
        """What the process that has the outbox told lately; empty where none did."""
        return told.read(self._folder, self._clock.monotonic())

    def __call__(self, now: Snapshot, said: Json) -> list[Sample]:
        """All samples; `said` as `told` gives it."""
        return [
            *self._target(said),
            *machine.process(),
            *self._host(now),
            *_daemon(said),
            *machine.board(self._sensors),
            *machine.memory(),
            *machine.card(self._card),
        ]

    def _target(self, said: Json) -> Iterator[Sample]:
        models = {
            name: _at(said, f"models.{kept}") for name, kept in (("emotions", "emotions"), ("action_units", "aus"))
        }
        names = {name: str(model or "") for name, model in models.items()}
        yield Sample("target_info", 1, self._about | names)

    def _host(self, now: Snapshot) -> Iterator[Sample]:
        step = standing().step.value
        yield from _states("affectbox_state", (state.value for state in State), now.state.value)
        yield from _states("affectbox_update_state", UPDATE_STATES, step)
        yield Sample("affectbox_camera_open", now.camera_open)
        yield Sample("affectbox_trouble", now.trouble is not None)
        yield Sample("affectbox_camera_process_failures_total", now.failures)
        yield Sample("affectbox_clock_trusted", now.clock_trusted)
        watchdog = os.environ.get("WATCHDOG_USEC", "")
        yield Sample("affectbox_watchdog_interval_seconds", int(watchdog) / 1e6 if watchdog.isdigit() else 0)


def _daemon(said: Json) -> Iterator[Sample]:
    yield Sample("affectbox_daemon_up", bool(said))
    for name, (path, times) in _TOLD.items():
        if (value := _number(_at(said, path))) is not None:
            yield Sample(name, round(value * times, 6))
    for kind in _KINDS:
        for name, group in (("affectbox_outbox_pending", "waiting"), ("affectbox_outbox_dropped_total", "dropped")):
            if (value := _number(_at(said, f"{group}.{kind}"))) is not None:
                yield Sample(name, value, {"kind": kind})
    if limit := _number(_at(said, "budget.mb")):
        yield Sample("affectbox_network_month_limit_bytes", limit * _MB)
    count = _number(_at(said, "stages.count")) or 0
    stages = _at(said, "stages.ms")
    for stage, sum_ms in sorted(stages.items()) if isinstance(stages, dict) else ():
        if (value := _number(sum_ms)) is not None:
            yield Sample("affectbox_frame_stage_seconds", round(value / 1000, 6), {"stage": str(stage)}, "_sum")
            yield Sample("affectbox_frame_stage_seconds", count, {"stage": str(stage)}, "_count")


def _states(name: str, states: Any, now: str) -> Iterator[Sample]:
    for state in states:
        yield Sample(name, state == now, {"state": state})


def _at(said: Mapping[str, Any], path: str) -> Any:
    node: Any = said
    for name in path.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
