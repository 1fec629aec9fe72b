"""What a process that delivers, or holds a session, leaves for whoever reads metrics; see `device.monitor.told`."""

from typing import TYPE_CHECKING

from device.contract.fields import Json
from device.host.asking import runtime_folder
from device.monitor.told import EVERY_S, leave
from device.sensors import Limit

if TYPE_CHECKING:
    from device.service.service import Service


class Figures:
    """`look` is called several times a second, in one thread."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._folder = runtime_folder(service.settings.host)
        self._left_s = -EVERY_S

    def look(self) -> None:
        """Leave figures when it is time."""
        now_s = self._service.clock.monotonic()
        if now_s - self._left_s >= EVERY_S and self._folder.is_dir():
            self._left_s = now_s
            leave(self._folder, figures(self._service) | {"mono": now_s})


def figures(service: "Service") -> Json:
    """Counts and costs; nothing of a person."""
    summary, host = service.summary, service.meter()
    frames = {"recorded": summary.records, "measured": summary.measured}
    known: Json = {
        "frames": frames | {"skipped": summary.dropped, "spared": summary.spared},
        "host": host.to_json(),
        "stages": {"count": summary.timed, "ms": summary.stages},
    }
    if host.throttling is not None:
        known["host"]["under_voltage"] = Limit.UNDER_VOLTAGE in host.throttling.now
    if service.models is not None:
        known["models"] = service.models.named()
    if service.session is not None:
        known["frames"]["rate"] = round(summary.rate, 2)
        fastest = service.settings.camera.fps
        known["frames"]["target"] = min(service.pace.rate, fastest) if service.pace and service.pace.rate else fastest
    return known | service.delivered()
