"""How systemd sees the box's units: which run, which failed, which were restarted."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from device.contract.finding import Finding, Level

HOST, SOCKET = "affectbox-host.service", "affectbox-session.socket"
#: What must be active all the time: without the first two no session can begin.
ALWAYS = (HOST, SOCKET, "affectbox-maintenance.timer", "affectbox-update.path")
#: What comes and goes.
NOW_AND_THEN = (
    "affectbox-session.service",
    "affectbox-deliver.service",
    "affectbox-maintenance.service",
    "affectbox-update.service",
    "affectbox-confirm.service",
)
#: What the kernel can limit (cgroups(7), version 2); a Raspberry Pi's firmware takes memory out of it.
_CONTROLLERS = Path("/sys/fs/cgroup/cgroup.controllers")
_NO_LIMIT = (
    "the kernel limits no process's memory, so that one that grows may take the box with it: after an installation "
    "restart the box; on a Raspberry Pi /boot/firmware/cmdline.txt must say cgroup_enable=memory"
)
_BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_PROPERTIES = "Id,LoadState,ActiveState,Result,NRestarts"
_TIMEOUT_S = 10.0


def examine() -> Iterator[Finding]:
    """What there is to say of the units on this machine; one finding when all is well."""
    if not _BOOTED.is_dir():
        yield Finding(Level.OK, "units", "no systemd runs this machine: the box runs while its command does")
        return
    command = ["systemctl", "show", f"--property={_PROPERTIES}", *ALWAYS, *NOW_AND_THEN]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding(Level.WARNING, "units", f"systemd cannot be asked ({error})")
        return
    if done.returncode:
        yield Finding(Level.WARNING, "units", f"systemd cannot be asked ({done.stderr.strip()})")
        return
    yield from judge(done.stdout, limits_memory(_CONTROLLERS))


def limits_memory(controllers: Path) -> bool:
    """Whether the kernel can limit memory; true, too, where it does not tell, as with the cgroups of before."""
    try:
        return "memory" in controllers.read_text(encoding="ascii").split()
    except OSError:
        return True


def judge(shown: str, limits_memory: bool = True) -> Iterator[Finding]:
    """The findings, of what `systemctl show` prints: lines NAME=VALUE, an empty line between units."""
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip().split("\n\n")]
    units = {block["Id"]: block for block in blocks if block.get("LoadState") == "loaded"}
    if HOST not in units:
        yield Finding(Level.OK, "units", "not installed as a service: the box runs while its command does")
        return
    troubles = [finding for name in (*ALWAYS, *NOW_AND_THEN) for finding in _of(name, units.get(name))]
    if not limits_memory:
        troubles.append(Finding(Level.WARNING, "units", _NO_LIMIT))
    yield from troubles or [Finding(Level.OK, "units", f"{len(units)} of the box are as they should be")]


def _of(name: str, unit: dict[str, str] | None) -> Iterator[Finding]:
    if unit is None:
        if name in ALWAYS:
            yield _finding(name, "is not there: install the box again")
        return
    if unit["ActiveState"] == "failed":
        yield _finding(name, f"failed ({unit.get('Result', '')}): `journalctl -u {name} -e` says why")
    elif name in ALWAYS and unit["ActiveState"] not in ("active", "activating", "reloading"):
        yield _finding(name, f"does not run: `sudo systemctl enable --now {name}`")
    restarts = int(unit.get("NRestarts", "0") or 0)
    if name == HOST and restarts:
        times = "once" if restarts == 1 else f"{restarts} times"
        text = f"{name} was started again {times} by itself: `journalctl -u {name} -e` says why"
        yield Finding(Level.WARNING, "units", text)


def _finding(name: str, text: str) -> Finding:
    return Finding(Level.FAIL if name in (HOST, SOCKET) else Level.WARNING, "units", f"{name} {text}")
