"""Which machine the box takes itself to be on."""

from pathlib import Path

from device.board import board

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
    "proc/cpuinfo": "".join(f"processor\t: {n}\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n" for n in range(4))
    + "Serial\t\t: 100000001234abcd\n",
    "proc/meminfo": "MemTotal:        3880000 kB\nMemFree:          100 kB\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1800000\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n',
}


def test_a_pi_says_what_it_is_and_not_which_one(tmp_path: Path) -> None:
    for name, text in PI.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = board(tmp_path)
    assert (found.model, found.processor, found.cores, found.mhz) == (
        "Raspberry Pi 4 Model B Rev 1.5",
        "Cortex-A72",
        4,
        1800,
    )
    assert (found.memory_mb, found.system) == (3973, "Debian GNU/Linux 12 (bookworm)")
    assert "1234abcd" not in str(found)


def test_what_a_machine_does_not_tell_is_empty(tmp_path: Path) -> None:
    found = board(tmp_path)
    assert (found.model, found.processor, found.cores, found.mhz, found.memory_mb, found.system) == (
        "",
        "",
        0,
        0,
        0,
        "",
    )


def test_this_machine_has_a_processor_and_memory() -> None:
    found = board()
    assert found.cores >= 1
    assert found.memory_mb > 100
    assert found.processor
