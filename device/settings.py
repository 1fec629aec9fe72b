"""Every setting of the daemon, with its default and its limits; `config.toml` beside this file explains them.

Imports the contract alone, so that everybody may import it.
"""

from typing import Annotated

from msgspec import Meta

from device.contract.address import is_loopback
from device.contract.choices import AGES, COVERS, DEVICE_ID, GIVERS, MODES
from device.contract.errors import ConfigError
from device.contract.patient import check_pseudonym
from device.contract.toml import Share, Table, one_of

_DAY_S = 86_400
#: A pause or duration that may be left out, and one that may not; seconds.
_Pause = Annotated[float, Meta(ge=0, le=_DAY_S)]
_Duration = Annotated[float, Meta(ge=0.01, le=_DAY_S)]
_Timeout = Annotated[float, Meta(ge=0.1, le=600)]
_Angle = Annotated[float, Meta(ge=0, le=90)]
_Score = Annotated[float, Meta(ge=0.01, le=0.99)]
_BoxName = Annotated[
    str,
    Meta(pattern=rf"\A({DEVICE_ID.pattern})?\Z", description="1 to 40 lower-case letters, digits and hyphens"),
]
_Phase = Annotated[
    str,
    Meta(pattern=r"\A[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?=[0-9]{1,5}(\.[0-9]{1,3})?\Z", description="NAME=SECONDS"),
]
#: Of the 40-pin header, as Broadcom numbers them; -1 for none.
_Pin = Annotated[int, Meta(ge=-1, le=27)]
_Pseudonym = Annotated[
    str, Meta(description="a pseudonym in quotes, such as 'p-0042', never a name", extra={"private": True})
]
_SMALLEST_ZONE = 0.05
_MS = 1000  # in a second
_LAST_PORT = 65_535


class RunSettings(Table, frozen=True):
    """What to run."""

    source: str = ""
    sinks: tuple[str, ...] = ()
    max_frames: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    pace: Annotated[str, one_of(("auto", "realtime", "fast"))] = "auto"


class DeviceSettings(Table, frozen=True):
    """Which box this is."""

    id: _BoxName = ""


class SessionSettings(Table, frozen=True):
    """What the session begins with that a command holds; see `config.toml` for each."""

    patient: _Pseudonym = ""
    consent: tuple[Annotated[str, one_of(COVERS)], ...] = ()
    consent_by: Annotated[str, one_of(("", *GIVERS))] = ""
    consent_until: str = ""
    consent_age: Annotated[str, one_of(("", *AGES))] = ""
    phases: tuple[_Phase, ...] = ()

    def __post_init__(self) -> None:
        if self.patient:
            check_pseudonym(self.patient)


class CameraSettings(Table, frozen=True):
    """See `config.toml` for each."""

    width: Annotated[int, Meta(ge=64, le=8192)] = 640
    height: Annotated[int, Meta(ge=64, le=8192)] = 480
    fps: Annotated[int, Meta(ge=1, le=240)] = 25
    silence_s: Annotated[float, Meta(ge=1, le=600)] = 15.0
    exposure_ms: Annotated[float, Meta(ge=0, le=1000)] = 0.0
    gain: Annotated[float, Meta(ge=0, le=64)] = 0.0
    mains_hz: Annotated[int, Meta(ge=0, le=60)] = 50
    focus_m: Annotated[float, Meta(ge=0, le=100)] = 0.0
    pixels: Annotated[str, one_of(("yuv420", "bgr"))] = "yuv420"
    turned: Annotated[int, Meta(ge=0, le=180)] = 0

    def __post_init__(self) -> None:
        if self.turned not in (0, 180):
            raise ConfigError("'camera.turned' must be 0, or 180 for a camera that is mounted upside down.")
        if self.mains_hz not in (0, 50, 60):
            raise ConfigError("'camera.mains_hz' must be 50 or 60, or 0 for lamps that do not flicker.")
        if self.exposure_ms * self.fps > _MS:
            raise ConfigError(
                f"'camera.exposure_ms' is longer than a frame: at {self.fps} frames a second it is at most "
                f"{_MS / self.fps:g}."
            )

    @property
    def patience_s(self) -> float:
        """How long a picture is waited for, seconds: the rest of `silence_s` is for letting go of the camera."""
        return 0.8 * self.silence_s


class ModelSettings(Table, frozen=True):
    """See `config.toml` for each. Names are `NAME-VERSION`; those of `full_range`, `expression` and `action_units` may
    be empty."""

    short_range: str = "blazeface-short-1.0.0"
    full_range: str = "blazeface-full-1.0.0"
    landmarks: str = "face-mesh-1.0.0"
    face: str = "face-1.0.0"
    expression: str = ""
    action_units: str = ""
    cache: str = ""
    folders: tuple[str, ...] = ()
    keys: str = ""
    allow_unsigned: bool = False
    threads: Annotated[int, Meta(ge=1, le=64)] = 1

    @property
    def estimators(self) -> str:
        """The bundles that give the action units, as records and calibrations name them."""
        return " ".join(filter(None, (self.face, self.action_units)))


class DiagnosisSettings(Table, frozen=True):
    """See `config.toml`; the name is `NAME-VERSION`, or empty."""

    bundle: str = ""


class AtypicalitySettings(Table, frozen=True):
    """See `config.toml`; the names are `NAME-VERSION`, or empty."""

    bundle: str = ""
    typical: str = ""


class PersonalSettings(Table, frozen=True):
    """See `config.toml` for each."""

    use: bool = False
    folder: str = ""


class DetectorSettings(Table, frozen=True):
    """See `config.toml` for each; `zone` is left, top, width, height in shares of the frame, or empty."""

    short_score: _Score = 0.5
    full_score: _Score = 0.6
    zone: tuple[Share, ...] = ()

    def __post_init__(self) -> None:
        if self.zone and not _is_zone(self.zone):
            raise ConfigError(
                "'detector.zone' must be [left, top, width, height] inside the frame, in shares from 0 to 1, and "
                f"width and height of at least {_SMALLEST_ZONE}."
            )


class TrackerSettings(Table, frozen=True):
    """See `config.toml` for each."""

    min_presence: Share = 0.5
    recheck_s: _Pause = 1.0
    far_recheck_s: _Pause = 10.0
    max_gap_s: _Duration = 1.0
    hold_s: _Pause = 20.0
    size_tolerance: Annotated[float, Meta(ge=1, le=100)] = 1.5
    forget_others_s: _Pause = 3.0


class QualitySettings(Table, frozen=True):
    """See `config.toml` for each."""

    min_width_px: Annotated[float, Meta(ge=0, le=8192)] = 32.0
    min_presence: Share = 0.7
    min_sharpness: Annotated[float, Meta(ge=0, le=100)] = 0.12
    min_brightness: Share = 0.12
    max_brightness: Share = 0.92
    max_yaw: _Angle = 40.0
    max_pitch: _Angle = 35.0
    min_in_view: Share = 0.95

    def __post_init__(self) -> None:
        if self.min_brightness >= self.max_brightness:
            raise ConfigError("'quality.min_brightness' must be below 'quality.max_brightness'.")


class NeutralSettings(Table, frozen=True):
    """See `config.toml` for each."""

    folder: str = ""
    expiry_days: Annotated[float, Meta(gt=0, le=36_500)] = 30.0


class SmoothingSettings(Table, frozen=True):
    """Time constants, seconds; 0 is off."""

    emotions_tau_s: Annotated[float, Meta(ge=0, le=60)] = 0.3
    aus_tau_s: Annotated[float, Meta(ge=0, le=60)] = 0.05


class RecorderSettings(Table, frozen=True):
    """See `config.toml` for each."""

    commit_s: Annotated[float, Meta(ge=0, le=60)] = 0.25
    commit_records: Annotated[int, Meta(ge=1, le=1000)] = 16
    costs_s: _Pause = 1.0


class DeliverySettings(Table, frozen=True):
    """See `config.toml` for each."""

    mode: Annotated[str, one_of(MODES)] = MODES[0]
    packed: bool = True
    telemetry_s: _Duration = 60.0


class BudgetSettings(Table, frozen=True):
    """See `config.toml` for each."""

    monthly_mb: Annotated[float, Meta(ge=1, le=1_000_000)] = 1000.0
    monthly_writes: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 700_000


class OutboxSettings(Table, frozen=True):
    """See `config.toml` for each."""

    path: str = ""
    max_mb: Annotated[float, Meta(ge=1, le=1_000_000)] = 500.0
    history: Annotated[int, Meta(ge=1, le=10_000)] = 300


class UploadSettings(Table, frozen=True):
    """See `config.toml` for each."""

    batch: Annotated[int, Meta(ge=1, le=10_000)] = 500
    interval_s: _Duration = 15.0
    timeout_s: _Timeout = 20.0
    gzip: bool = True
    backoff_base_s: _Duration = 1.0
    backoff_cap_s: _Duration = 300.0
    denied_s: _Duration = 300.0
    drain_s: Annotated[float, Meta(ge=0, le=600)] = 5.0
    allow_plain: bool = False


class IdentitySettings(Table, frozen=True):
    """See `config.toml` for each."""

    file: str = ""
    refresh_before_s: Annotated[float, Meta(ge=0, le=1500)] = 300.0


class SupervisionSettings(Table, frozen=True):
    """When a silent worker counts as dead."""

    stall_s: Annotated[float, Meta(ge=0.3, le=3600)] = 30.0


class PaceSettings(Table, frozen=True):
    """See `config.toml` for each."""

    rate: Annotated[float, Meta(ge=3, le=240)] = 10.0
    least: Annotated[float, Meta(ge=3, le=240)] = 5.0
    cores: Annotated[float, Meta(ge=0.05, le=64)] = 0.5
    hot_c: Annotated[float, Meta(ge=30, le=120)] = 75.0
    calm_s: _Pause = 60.0


class HostSettings(Table, frozen=True):
    """See `config.toml` for each."""

    limit_min: Annotated[float, Meta(ge=1, le=1440)] = 90.0
    framing_min: Annotated[float, Meta(ge=0.1, le=60)] = 5.0
    unattended: bool = False
    lamp_pin: _Pin = -1
    button_pin: _Pin = -1
    launcher: Annotated[str, one_of(("auto", "socket", "child"))] = "auto"
    folder: str = ""


class PageSettings(Table, frozen=True):
    """See `config.toml` for each."""

    address: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080


class MetricsSettings(Table, frozen=True):
    """See `config.toml` for each."""

    listen: str = "127.0.0.1:9464"
    allow_plain: bool = False

    def __post_init__(self) -> None:
        if not self.listen:
            return
        host, port = self.place
        if not host or not 0 <= port <= _LAST_PORT:
            raise ConfigError("'metrics.listen' must be an address and a port, such as '127.0.0.1:9464', or empty.")
        if not self.allow_plain and not is_loopback(host):
            raise ConfigError(
                "'metrics.listen' opens the box's metrics to a network, to everybody there and without encryption: "
                "set 'metrics.allow_plain' to true if that is meant."
            )

    @property
    def place(self) -> tuple[str, int]:
        """Address and port; -1 where there is none."""
        host, _, port = self.listen.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port) if port.isascii() and port.isdigit() else -1


class UpdateSettings(Table, frozen=True):
    """See `config.toml` for each."""

    url: str = ""
    prove_s: _Duration = 120.0


class MaintenanceSettings(Table, frozen=True):
    """See `config.toml` for each."""

    keep_days: Annotated[float, Meta(ge=1, le=36_500)] = 90.0


class Settings(Table, frozen=True):
    """The whole configuration, a section per field."""

    run: RunSettings = RunSettings()
    device: DeviceSettings = DeviceSettings()
    session: SessionSettings = SessionSettings()
    camera: CameraSettings = CameraSettings()
    models: ModelSettings = ModelSettings()
    diagnosis: DiagnosisSettings = DiagnosisSettings()
    atypicality: AtypicalitySettings = AtypicalitySettings()
    personal: PersonalSettings = PersonalSettings()
    detector: DetectorSettings = DetectorSettings()
    tracker: TrackerSettings = TrackerSettings()
    quality: QualitySettings = QualitySettings()
    neutral: NeutralSettings = NeutralSettings()
    smoothing: SmoothingSettings = SmoothingSettings()
    recorder: RecorderSettings = RecorderSettings()
    delivery: DeliverySettings = DeliverySettings()
    budget: BudgetSettings = BudgetSettings()
    outbox: OutboxSettings = OutboxSettings()
    upload: UploadSettings = UploadSettings()
    identity: IdentitySettings = IdentitySettings()
    supervision: SupervisionSettings = SupervisionSettings()
    pace: PaceSettings = PaceSettings()
    host: HostSettings = HostSettings()
    page: PageSettings = PageSettings()
    metrics: MetricsSettings = MetricsSettings()
    update: UpdateSettings = UpdateSettings()
    maintenance: MaintenanceSettings = MaintenanceSettings()


def _is_zone(zone: tuple[float, ...]) -> bool:
    if len(zone) != 4:
        return False
    left, top, width, height = zone
    return min(width, height) >= _SMALLEST_ZONE and max(left + width, top + height) <= 1 + 1e-9
