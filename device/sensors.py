"""What the machine tells of its heat and its power, read from the kernel's own files.

*Throttling.* A Raspberry Pi's firmware slows the processor when it is hot or its power supply is weak, and says so in
`get_throttled`: bits 0 to 3 now, 16 to 19 since the machine started. Three ways lead to it, and a board may have any:

1. the firmware's mailbox, `/dev/vcio` (group `video`), as `vcgencmd get_throttled` asks it: tag 0x00030046. The value
   that is sent along says which bits of the past to forget, and we send 0, for the kernel's own driver clears them;
2. `get_throttled` in sysfs, in hexadecimal, at `/sys/devices/platform/soc/soc:firmware/` up to the Pi 4 and at
   `soc@107c000000/soc@107c000000:firmware/` on the Pi 5; later kernels have neither;
3. the driver `rpi_volt` of hwmon, which tells low voltage alone: `in0_lcrit_alarm`.

Sources: Raspberry Pi documentation, "vcgencmd: get_throttled"; Linux `include/soc/bcm2835/raspberrypi-firmware.h`,
`drivers/hwmon/raspberrypi-hwmon.c`, `drivers/char/broadcom/vcio.c`.

*Temperature.* Of the thermal zone that names itself after the processor, else of the first one.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path

#: As `fcntl.ioctl`: file, request, buffer, and that the answer is written into it.
Ioctl = Callable[[int, int, bytearray, bool], int]

_MAILBOX = "dev/vcio"
_PROPERTY = 0xC0006400 | struct.calcsize("P") << 16  # _IOWR(100, 0, char *)
_GET_THROTTLED, _REQUEST, _SUCCESS, _END = 0x00030046, 0, 0x80000000, 0
_MESSAGE = struct.Struct("=7I")  # size, request or its outcome, tag, bytes of its value, their number, the value, end
_SYSFS = ("soc*/soc*:firmware/get_throttled", "soc:firmware/get_throttled")
_PAST_BIT = 16
_PROCESSORS = ("cpu-thermal", "cpu_thermal", "x86_pkg_temp", "soc-thermal", "soc_thermal")
_COLDEST_C, _HOTTEST_C = -50.0, 150.0  # what is outside was not measured


class Limit(IntFlag):
    """Why the processor is slower than it could be."""

    UNDER_VOLTAGE = 1
    CAPPED = 2  # its frequency
    THROTTLED = 4
    SOFT_LIMIT = 8  # above 60 °C on a Pi 3B+: a little slower


_EVERY = Limit.UNDER_VOLTAGE | Limit.CAPPED | Limit.THROTTLED | Limit.SOFT_LIMIT


@dataclass(frozen=True)
class Throttling:
    """What limits the processor now, and what has since the machine started; None where that is not told."""

    now: Limit
    past: Limit | None


class Sensors:
    """Reads the machine; what it does not tell is None."""

    def __init__(self, root: Path = Path("/"), ioctl: Ioctl = fcntl.ioctl) -> None:
        """`root`: below it lie `dev` and `sys`."""
        self._root = root
        self._ioctl = ioctl

    def temperature(self) -> float | None:
        """Of the processor, degrees Celsius."""
        zones = sorted((self._root / "sys/class/thermal").glob("thermal_zone*"))
        named = [zone for zone in zones if _text(zone / "type") in _PROCESSORS]
        for zone in named or zones[:1]:
            with contextlib.suppress(ValueError):
                celsius = int(_text(zone / "temp")) / 1000
                if _COLDEST_C <= celsius <= _HOTTEST_C:
                    return celsius
        return None

    def throttling(self) -> Throttling | None:
        """Of the first of the three ways that answers."""
        bits = self._asked()
        for path in self._told_in() if bits is None else ():
            with contextlib.suppress(ValueError):
                bits = int(_text(path), 16)
                break
        if bits is not None:
            return Throttling(Limit(bits & _EVERY), Limit(bits >> _PAST_BIT & _EVERY))
        return self._voltage()

    def _asked(self) -> int | None:
        """The mailbox's answer."""
        message = bytearray(_MESSAGE.pack(_MESSAGE.size, _REQUEST, _GET_THROTTLED, 4, 0, 0, _END))
        try:
            file = os.open(self._root / _MAILBOX, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            self._ioctl(file, _PROPERTY, message, True)
        except OSError:
            return None
        finally:
            os.close(file)
        _, outcome, _, _, answered, value, _ = _MESSAGE.unpack(message)
        return value if outcome == _SUCCESS and answered & _SUCCESS else None

    def _told_in(self) -> Iterator[Path]:
        for pattern in _SYSFS:
            yield from sorted((self._root / "sys/devices/platform").glob(pattern))

    def _voltage(self) -> Throttling | None:
        for driver in sorted((self._root / "sys/class/hwmon").glob("hwmon*")):
            if _text(driver / "name") == "rpi_volt" and (alarm := _text(driver / "in0_lcrit_alarm")) in ("0", "1"):
                return Throttling(Limit.UNDER_VOLTAGE if alarm == "1" else Limit(0), None)
        return None


def _text(path: Path) -> str:
    """Content of a small file, '' where it cannot be read."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
