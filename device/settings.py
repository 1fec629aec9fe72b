"""Every setting of the daemon, as frozen dataclasses; `config.toml` beside this file lists and explains them."""

import socket
from dataclasses import dataclass, field

from device.camera.source import CameraSettings
from device.contract.record import DEVICE_ID
from device.delivery.identity import IdentitySettings
from device.delivery.outbox import OutboxSettings
from device.delivery.uploader import UploadSettings
from device.models import ModelSettings
from device.recorder import RecorderSettings
from device.stages.detector import DetectorSettings
from device.stages.neutral import NeutralSettings
from device.stages.quality import QualitySettings
from device.stages.smoother import SmoothingSettings
from device.stages.tracker import TrackerSettings


@dataclass(frozen=True)
class RunSettings:
    """What to run."""

    source: str = ""
    sinks: tuple[str, ...] = ()
    max_frames: int = 0
    pace: str = "auto"


@dataclass(frozen=True)
class DeviceSettings:
    """Which box this is."""

    id: str = ""


@dataclass(frozen=True)
class PatientSettings:
    """Who is watched: a pseudonym."""

    id: str = ""


@dataclass(frozen=True)
class SupervisionSettings:
    """When a silent worker counts as dead."""

    stall_s: float = 30.0


@dataclass(frozen=True)
class Settings:
    """The whole configuration, a section per field."""

    run: RunSettings = field(default_factory=RunSettings)
    device: DeviceSettings = field(default_factory=DeviceSettings)
    patient: PatientSettings = field(default_factory=PatientSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    neutral: NeutralSettings = field(default_factory=NeutralSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    recorder: RecorderSettings = field(default_factory=RecorderSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    supervision: SupervisionSettings = field(default_factory=SupervisionSettings)


def device_id(settings: Settings) -> str:
    """The box's name in records: the configured one, else made from the host name."""
    if settings.device.id:
        return settings.device.id
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in socket.gethostname().lower()).strip("-")[:40]
    return name if DEVICE_ID.fullmatch(name) else "affectbox"
