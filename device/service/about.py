"""What telemetry says of the daemon beside its delivery."""

import shutil
from typing import TYPE_CHECKING

from device.contract.fields import LONGEST, Json
from device.contract.version import version
from device.state import outbox_file

if TYPE_CHECKING:
    from device.service.service import Service


def about(service: "Service") -> Json:
    """The fields of `device.contract.telemetry` that the service knows; nothing clinical."""
    summary, host, folder = service.summary, service.meter(), outbox_file(service.settings.outbox).parent
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
        "disk": {"free": shutil.disk_usage(folder).free // 1_000_000},
    }
    if service.models is not None:
        known["models"] = service.models.named()
    if summary.ms:
        known["ms"] = summary.ms
    if service.session is not None:
        known["session"] = service.session.id
        known["frames"]["rate"] = round(summary.rate, 1)
    if service.pace is not None:
        known["pace"] = service.pace.to_json()
    if service.control is not None and service.control.answered is not None:
        known["control"] = {"id": service.control.answered.id, "answer": service.control.answered.answer}
    if service.failure:
        known["trouble"] = service.failure[:LONGEST]
    return known
