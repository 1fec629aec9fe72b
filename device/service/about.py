"""What telemetry says of the daemon beside its delivery."""

import shutil
from typing import TYPE_CHECKING

from device.contract.fields import LONGEST, Json
from device.contract.version import version
from device.sensors import Limit
from device.service.afar import Afar
from device.service.noticed import machine
from device.state import outbox_file

if TYPE_CHECKING:
    from device.service.service import Service


def about(service: "Service") -> Json:
    """The fields of `device.contract.telemetry` that the service knows; nothing clinical."""
    summary, host, settings = service.summary, service.meter(), service.settings
    disk = shutil.disk_usage(outbox_file(settings.outbox).parent)
    known: Json = {
        "version": version(),
        "state": service.state.value,
        "frames": {
            "recorded": summary.records,
            "measured": summary.measured,
            "skipped": summary.dropped,
            "spared": summary.spared,
        },
        "host": host.to_json(),
        "disk": {"free": disk.free // 1_000_000, "size": disk.total // 1_000_000},
    }
    known |= machine() | service.noticed.tell()
    if host.throttling is not None:
        known["host"]["under_voltage"] = Limit.UNDER_VOLTAGE in host.throttling.now
    if service.models is not None:
        known["models"] = service.models.named()
    if summary.ms:
        known["ms"] = summary.ms
    if service.session is not None:
        known["session"] = service.session.id
        known["frames"]["rate"] = round(summary.rate, 1)
    if service.pace is not None:
        known["pace"] = service.pace.to_json()
    known |= _afar(service.afar)
    if service.failure:
        known["trouble"] = service.failure[:LONGEST]
    return known


def _afar(afar: Afar) -> Json:
    """What whoever is far away is answered, and why they see nothing."""
    known: Json = {}
    answered = afar.control.answered if afar.control else None
    if answered is not None:
        known["control"] = {"id": answered.id, "answer": answered.answer, "done": answered.done}
    if afar.live is not None and (refused := afar.live.refused):
        known["live"] = {"refused": refused[:LONGEST]}
    return known
