"""What the units' sandboxes let a process open, on a kernel that has these devices; `make pi-vm` runs it."""

import re
import shutil
from pathlib import Path

import pytest

from tests.systemd.box import PLACES
from tests.vm.machine import boot, why_not

pytestmark = [pytest.mark.chaos, pytest.mark.skipif(why_not() != "", reason=f"wants packages: {why_not()}")]
SHIPPED = Path(__file__).parents[2] / "systemd"
#: Of these, whoever is in the right groups may open all but the last two; the serial line is then opened to everybody.
NODES = ("/dev/null", "/dev/dma_heap/system", "/dev/video0", "/dev/gpiochip0", "/dev/ttyS0", "/dev/kmsg")
#: In the place of what a unit runs: try to open each, and say so.
TRY = f"""[Unit]
RefuseManualStart=no
[Service]
Type=oneshot
RemainAfterExit=yes
Restart=no
WatchdogSec=0
StandardOutput=file:/run/affectbox/%N
ReadWritePaths=/run/affectbox
ExecStartPre=
ExecStart=
ExecStart=sh -c 'for n in {" ".join(NODES)}; do (exec 3<>$n) 2>/dev/null && echo %N opens $n; done; true'
"""
#: What the shipped unit once said: a folder, which is no device.
ONCE = "DeviceAllow=\nDeviceAllow=/dev/dma_heap rw\n"
#: Before the rules of devices are read, which name groups.
PEOPLE = """[Unit]
DefaultDependencies=no
Before=systemd-udevd.service
[Service]
Type=oneshot
ExecStart=systemd-sysusers /etc/sysusers.d/affectbox.conf
"""
ASK = """[Unit]
DefaultDependencies=no
Wants=people.service systemd-udevd.service systemd-udev-trigger.service systemd-udev-settle.service
After=systemd-udevd.service systemd-udev-trigger.service systemd-udev-settle.service
[Service]
Type=oneshot
StandardOutput=tty
TTYPath=/dev/ttyS0
ExecStart=systemd-tmpfiles --create /etc/tmpfiles.d/affectbox.conf
ExecStart=chmod a+rw /dev/ttyS0
ExecStart=-systemctl start affectbox-session.service affectbox-once.service
ExecStart=sh -c 'cat /run/affectbox/affectbox-*'
ExecStart=-ls -l /dev/dma_heap /dev/video0 /dev/gpiochip0
ExecStart=-systemctl --failed --no-pager
ExecStopPost=systemctl poweroff -ff
"""
#: Long, or of the machine that is copied.
NOT_HERE = ("systemd-tmpfiles-setup", "systemd-journal-flush", "systemd-sysusers", "apparmor")
#: A driver of GPIO that asks nothing of its card; it is told that a network card is one.
MODULES = """vivid n_devs=1 node_types=0x1
gpio-pci-idio-16
>echo "15ad 07b0" > /sys/bus/pci/drivers/pci-idio-16/new_id"""


def test_the_sandbox_opens_a_dma_heap_and_a_camera_and_nothing_else(tmp_path: Path) -> None:
    units = tmp_path / "etc/systemd/system"
    for folder, place in PLACES.items():
        shutil.copytree(SHIPPED / folder, tmp_path / place.lstrip("/"))
    once = (units / "affectbox-session.service").read_text().replace("BindsTo", "After")
    (units / "affectbox-once.service").write_text(once)
    for name, more in (("session", ""), ("host", ""), ("once", ONCE)):
        folder = units / f"affectbox-{name}.service.d"
        folder.mkdir()
        (folder / "try.conf").write_text(TRY + more)
    (units / "people.service").write_text(PEOPLE)
    (units / "ask.service").write_text(ASK)
    for name in NOT_HERE:
        (units / f"{name}.service").symlink_to("/dev/null")

    written = boot(tmp_path, "ask.service", MODULES, limit_s=600, suite="trixie", devices=["vmxnet3,addr=7"])
    opened = {name: set[str]() for name in ("session", "host", "once")}
    for name, node in re.findall(r"affectbox-(\w+) opens (\S+)", written):
        opened[name].add(node)
    assert opened == {
        "session": {"/dev/null", "/dev/dma_heap/system", "/dev/video0"},
        "host": {"/dev/null", "/dev/gpiochip0"},
        "once": {"/dev/null"},
    }, written
