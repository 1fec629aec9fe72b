"""Which box this is."""

import socket

from device.contract.choices import DEVICE_ID
from device.settings import Settings


def device_id(settings: Settings) -> str:
    """The box's name in records: the configured one, else made from the host name."""
    if settings.device.id:
        return settings.device.id
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in socket.gethostname().lower()).strip("-")[:40]
    return name if DEVICE_ID.fullmatch(name) else "affectbox"
