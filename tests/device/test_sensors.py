"""The machine's own files, of which each board has others; and the mailbox, with a stand-in that answers as its driver
does."""

import fcntl
import os
import struct
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.metrics import SAMPLE_S, HostMeter
from device.sensors import Limit, Sensors, Throttling

WORDS = struct.Struct("=7I")
NOTHING = Limit(0)
SICK = 0x50005  # under-voltage and throttled, now and before


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


class Mailbox:
    """Answers as the driver `vcio` and the firmware do; `understood`: whether the firmware knows the tag."""

    def __init__(self, root: Path, bits: int, understood: bool = True) -> None:
        write(root, "dev/vcio", "")
        self._bits, self._understood = bits, understood

    def __call__(self, file: int, request: int, message: bytearray, mutate: bool) -> int:
        size = struct.calcsize("P")
        assert (request >> 30, request >> 16 & 0x3FFF, request >> 8 & 0xFF, request & 0xFF) == (3, size, 100, 0)
        assert os.fstat(file) and mutate
        length, asked, tag, room, _, forget, end = WORDS.unpack(message)
        assert (length, asked, tag, room, end) == (len(message), 0, 0x00030046, 4, 0)
        assert forget == 0, "the kernel's driver keeps what was: it is not ours to forget"
        answered = (
            (0x80000000, tag, room, 0x80000004, self._bits) if self._understood else (0x80000001, tag, room, 0, 0)
        )
        message[:] = WORDS.pack(length, *answered, end)
        return 0


def test_the_mailbox_tells_now_and_before(tmp_path: Path) -> None:
    told = Sensors(tmp_path, Mailbox(tmp_path, 0x50001)).throttling()
    assert told == Throttling(Limit.UNDER_VOLTAGE, Limit.UNDER_VOLTAGE | Limit.THROTTLED)


@pytest.mark.parametrize(
    "path",
    [
        "sys/devices/platform/soc/soc:firmware/get_throttled",
        "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",
    ],
)
@pytest.mark.parametrize("text", ["50005\n", "0x50005\n"])
def test_sysfs_tells_it_where_there_is_no_mailbox(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)
    both = Limit.UNDER_VOLTAGE | Limit.THROTTLED
    assert Sensors(tmp_path).throttling() == Throttling(both, both)


@pytest.mark.parametrize("why", ["not understood", "no such device", "not ours"])
def test_sysfs_tells_it_where_the_mailbox_does_not_answer(tmp_path: Path, why: str) -> None:
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "4\n")
    mailbox = Mailbox(tmp_path, SICK, understood=why != "not understood")
    if why == "not ours":
        (tmp_path / "dev/vcio").unlink()
        (tmp_path / "dev/vcio").mkdir()  # nobody, root included, opens it for writing
    sensors = Sensors(tmp_path, mailbox if why != "no such device" else fcntl.ioctl)  # the kernel's own refusal
    assert sensors.throttling() == Throttling(Limit.THROTTLED, NOTHING)


@pytest.mark.parametrize(("alarm", "now"), [("1", Limit.UNDER_VOLTAGE), ("0", NOTHING)])
def test_hwmon_tells_low_voltage_alone(tmp_path: Path, alarm: str, now: Limit) -> None:
    write(tmp_path, "sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
    write(tmp_path, "sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    write(tmp_path, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", f"{alarm}\n")
    assert Sensors(tmp_path).throttling() == Throttling(now, None)


def test_of_the_zones_the_processors_counts(tmp_path: Path) -> None:
    for number, (name, temp) in enumerate([("acpitz", "25000"), ("cpu-thermal", "61350"), ("iwlwifi_1", "48000")]):
        write(tmp_path, f"sys/class/thermal/thermal_zone{number}/type", name)
        write(tmp_path, f"sys/class/thermal/thermal_zone{number}/temp", temp)
    assert Sensors(tmp_path).temperature() == 61.35


@pytest.mark.parametrize(("temp", "celsius"), [("48500\n", 48.5), ("-273000", None), ("warm", None)])
def test_a_zone_without_a_known_name_is_better_than_none(tmp_path: Path, temp: str, celsius: float | None) -> None:
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", temp)
    assert Sensors(tmp_path).temperature() == celsius


def test_a_machine_that_tells_nothing_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "\xff")
    assert (Sensors(tmp_path).temperature(), Sensors(tmp_path).throttling()) == (None, None)
    told = HostMeter(FakeClock(), Sensors(tmp_path))().to_json()
    assert {"rss", "memory"} == told.keys()


def test_what_the_sensors_say_is_in_every_sample_and_a_sample_is_a_second_old_at_most(tmp_path: Path) -> None:
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "70000")
    clock, mailbox = FakeClock(), Mailbox(tmp_path, 0x80008)
    meter = HostMeter(clock, Sensors(tmp_path, mailbox))
    assert (meter().to_json()["temperature"], meter().to_json()["throttled"]) == (70, True)
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "81000")
    assert meter().temperature == 70
    clock.advance(SAMPLE_S)
    assert meter().temperature == 81
