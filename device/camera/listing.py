"""Which cameras are attached to this machine."""

from dataclasses import dataclass

from device.camera.picamera import import_picamera2, pi_cameras
from device.camera.picamera_api import PiLibrary
from device.camera.usb import usb_cameras
from device.contract.errors import SourceError


@dataclass(frozen=True)
class Attached:
    """A camera: what to write after `--source`, and what it is."""

    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.source} ({self.name})"


def cameras(library: PiLibrary | None = None) -> tuple[list[Attached], str]:
    """The cameras on ribbon cables, then those on USB; and why the former cannot be known, or are none.

    Args:
        library: the module `picamera2`, or one like it.
    """
    why, found = "nothing is connected there", []
    try:
        for number, camera in enumerate(pi_cameras(library or import_picamera2())):
            found.append(Attached(f"picamera2:{number}", camera["Model"]))
    except SourceError as error:
        why = str(error).rstrip(".")
    found += [
        Attached(f"usb:{camera.serial or camera.port}", f"{camera.name}, {camera.device}") for camera in usb_cameras()
    ]
    return found, why
