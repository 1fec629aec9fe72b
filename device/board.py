"""Which machine this is: board, processor, memory, system; nothing that tells one of its kind from another.

Names of processors: "MIDR part numbers", Linux `arch/arm64/include/asm/cputype.h`.
"""

import platform
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PARTS = {0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD08: "Cortex-A72", 0xD0B: "Cortex-A76"}


@dataclass(frozen=True)
class Board:
    """What the kernel tells; empty and 0 where it does not.

    Attributes:
        model: of the board, as it calls itself.
        processor: the name of its cores.
        cores: how many of them.
        mhz: their highest frequency.
        memory_mb: of the machine, 10^6 bytes.
        system: the distribution.
        kernel: release and architecture.
    """

    model: str
    processor: str
    cores: int
    mhz: int
    memory_mb: int
    system: str
    kernel: str


def board(root: Path = Path("/")) -> Board:
    """This machine; `root`: below it lie `etc`, `proc` and `sys`."""
    told = _text(root / "proc/cpuinfo")
    frequency = _text(root / "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")
    return Board(
        model=_text(root / "proc/device-tree/model") or _text(root / "sys/class/dmi/id/product_name"),
        processor=_processor(told),
        cores=len(re.findall(r"^processor\s*:", told, re.M)),
        mhz=int(frequency) // 1000 if frequency.isdecimal() else 0,
        memory_mb=_memory_mb(_text(root / "proc/meminfo")),
        system=_system(_text(root / "etc/os-release")),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def _processor(cpuinfo: str) -> str:
    if named := re.search(r"^model name\s*: (.+)$", cpuinfo, re.M):
        return named[1].strip()
    part = re.search(r"^CPU part\s*: (0x[0-9a-f]+)$", cpuinfo, re.M)
    return _PARTS.get(int(part[1], 16), f"part {part[1]}") if part else ""


def _memory_mb(meminfo: str) -> int:
    found = re.search(r"^MemTotal:\s*(\d+) kB$", meminfo, re.M)
    return int(found[1]) * 1024 // 1_000_000 if found else 0


def _system(release: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]+)"?$', release, re.M)
    return found[1] if found else ""


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip().strip("\0")
    return ""
