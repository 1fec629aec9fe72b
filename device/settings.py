"""Every setting of the daemon, as frozen dataclasses; `config.toml` beside this file lists and explains them."""

from dataclasses import dataclass, field

from device.contract.telemetry import MODES


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
class CameraSettings:
    """See `config.toml` for each."""

    width: int = 640
    height: int = 480
    fps: int = 25


@dataclass(frozen=True)
class ModelSettings:
    """See `config.toml` for each. Names are `NAME-VERSION`; those of `full_range`, `expression` and `action_units` may
    be empty."""

    short_range: str = "blazeface-short-1.0.0"
    full_range: str = "blazeface-full-1.0.0"
    landmarks: str = "face-mesh-1.0.0"
    face: str = "face-1.0.0"
    expression: str = ""
    action_units: str = ""
    cache: str = ""
    keys: str = ""
    allow_unsigned: bool = False
    threads: int = 1

    @property
    def estimators(self) -> str:
        """The bundles that give the action units, as records and calibrations name them."""
        return " ".join(filter(None, (self.face, self.action_units)))


@dataclass(frozen=True)
class DetectorSettings:
    """See `config.toml` for each; `zone` is left, top, width, height in shares of the frame, or empty."""

    short_score: float = 0.5
    full_score: float = 0.6
    zone: tuple[float, ...] = ()


@dataclass(frozen=True)
class TrackerSettings:
    """See `config.toml` for each."""

    min_presence: float = 0.5
    recheck_s: float = 1.0
    far_recheck_s: float = 10.0
    max_gap_s: float = 1.0
    hold_s: float = 20.0
    size_tolerance: float = 1.5
    forget_others_s: float = 3.0


@dataclass(frozen=True)
class QualitySettings:
    """See `config.toml` for each."""

    min_width_px: float = 32.0
    min_presence: float = 0.7
    min_sharpness: float = 0.12
    min_brightness: float = 0.12
    max_brightness: float = 0.92
    max_yaw: float = 40.0
    max_pitch: float = 35.0
    min_in_view: float = 0.95


@dataclass(frozen=True)
class NeutralSettings:
    """See `config.toml` for each."""

    folder: str = ""
    expiry_days: float = 30.0


@dataclass(frozen=True)
class SmoothingSettings:
    """Time constants, seconds; 0 is off."""

    emotions_tau_s: float = 0.3
    aus_tau_s: float = 0.05


@dataclass(frozen=True)
class RecorderSettings:
    """See `config.toml` for each."""

    commit_s: float = 0.25
    commit_records: int = 16
    costs_s: float = 1.0


@dataclass(frozen=True)
class DeliverySettings:
    """See `config.toml` for each."""

    mode: str = MODES[0]
    packed: bool = True
    telemetry_s: float = 60.0


@dataclass(frozen=True)
class BudgetSettings:
    """See `config.toml` for each."""

    monthly_mb: float = 400.0
    monthly_writes: int = 700_000


@dataclass(frozen=True)
class OutboxSettings:
    """See `config.toml` for each."""

    path: str = ""
    max_mb: float = 500.0
    history: int = 300


@dataclass(frozen=True)
class UploadSettings:
    """See `config.toml` for each."""

    batch: int = 500
    interval_s: float = 15.0
    timeout_s: float = 20.0
    gzip: bool = True
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 300.0
    denied_s: float = 300.0
    drain_s: float = 5.0
    allow_plain: bool = False


@dataclass(frozen=True)
class IdentitySettings:
    """See `config.toml` for each."""

    file: str = ""
    refresh_before_s: float = 300.0


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
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    supervision: SupervisionSettings = field(default_factory=SupervisionSettings)
