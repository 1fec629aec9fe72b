"""Which USB cameras there are, and which is meant: a camera that was unplugged comes back under another number, so it
is named by what stays. Source: the kernel's *sysfs* of Video4Linux and USB devices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import SourceError

_NODES = Path("/sys/class/video4linux")
_DEVICES = Path("/dev")


@dataclass(frozen=True)
class UsbCamera:
    """A camera: where it is now, and what it is called.

    Attributes:
        device: such as /dev/video0; another after it was unplugged.
        name: maker and product.
        serial: as the camera says; empty for many cheap ones.
        port: the socket it is plugged into, as the kernel numbers them.
    """

    device: str
    name: str
    serial: str
    port: str

    def __str__(self) -> str:
        return f"usb:{self.serial or self.port} ({self.name}, {self.device})"


def usb_cameras(nodes: Path = _NODES, devices: Path = _DEVICES) -> list[UsbCamera]:
    """The cameras on USB, by their sockets; of each its first node, for others carry no pictures."""
    found = []
    for node in nodes.iterdir() if nodes.is_dir() else ():
        usb = next((above for above in node.resolve().parents if (above / "idVendor").exists()), None)
        if usb is None or _text(node / "index") not in ("", "0"):
            continue
        name = " ".join(filter(None, (_text(usb / "manufacturer"), _text(usb / "product"))))
        found.append(
            UsbCamera(str(devices / node.name), name or _text(node / "name"), _text(usb / "serial"), usb.name)
        )
    return sorted(found, key=lambda camera: (camera.port, camera.device))


def the_one(meant: str, cameras: Sequence[UsbCamera]) -> UsbCamera:
    """The camera that `meant` names: its serial number, its port, or a part of its name.

    Raises:
        SourceError: there is none such, or more than one.
    """
    wanted = _plain(meant)
    exact = [camera for camera in cameras if wanted in (_plain(camera.serial), _plain(camera.port)) and wanted]
    named = exact or [camera for camera in cameras if wanted in _plain(f"{camera.name} {camera.serial}")]
    if not named:
        raise SourceError(f"No camera on USB is '{meant}': plug it in; there is {there(cameras)}.")
    if len(named) > 1:
        raise SourceError(f"'usb:{meant}' may be any of {len(named)} cameras: write which, of {there(named)}.")
    return named[0]


def there(cameras: Sequence[UsbCamera]) -> str:
    """The cameras in words, as they can be named."""
    return ", ".join(map(str, cameras)) or "none"


def _plain(text: str) -> str:
    """As names are compared: `HD_Pro Webcam` and `hd pro webcam` are the same."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _text(file: Path) -> str:
    """The line of a file of sysfs; empty where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
