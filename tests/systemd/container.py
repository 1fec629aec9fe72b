"""A machine that systemd boots, without a machine: systemd-nspawn over a throw-away copy of a root file system.

    with Container(tmp_path) as container:                     # of this machine's own root; nothing reaches it
        container.path("/etc/systemd/system/x.service").write_text(…)
        container.boot()                                       # returns when systemd says that it has booted
        container.run("systemctl", "start", "x.service")       # raises if it fails; `try_` does not
        container.until(lambda: container.show("x.service", "NRestarts") == "1", "x was started again")
        container.cut_the_power()                              # every process is gone at once; files stay
        container.boot()

`Container(folder, root=Path("/somewhere/bookworm"))` takes a root of mmdebstrap instead (any suite with systemd);
`network=True` gives it this machine's network, without it only its own loopback is there. What is written stays for
further boots, in memory, and is gone with the `with` block. `binds` shows folders of this machine inside, read-only.
Needs root, and is skipped where it cannot be had:

    pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Self
from uuid import uuid4

WAIT_S = 60.0
_LOOK_S = 0.05
_TOOLS = ("systemd-nspawn", "unshare", "nsenter")
#: $1: an empty folder, $2: the root that is copied, $3: a control group. The mounts are this process's own and go with
#: it; it lives until its standard input ends, and then takes everybody in the group with it. Debian 13's systemd knows
#: control groups of version 2 only.
_HOLD = """
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t tmpfs tmpfs /run
if [ ! -e /sys/fs/cgroup/cgroup.procs ]; then
    umount -R /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mkdir "/sys/fs/cgroup/$3"
echo held
cat
[ ! -e "/sys/fs/cgroup/$3/cgroup.kill" ] || echo 1 > "/sys/fs/cgroup/$3/cgroup.kill"
"""
_TRIAL = """
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt
"""
#: What a copied machine would start at boot, and what it logged.
_NOT_COPIED = ("etc/systemd/system/*.wants/*", "var/log/journal/*", "var/lib/systemd/timers/*")


@cache
def why_not() -> str:
    """Why no container can be had here; empty when it can."""
    if os.geteuid() != 0:
        return "booting systemd needs root"
    if missing := [tool for tool in _TOOLS if not shutil.which(tool)]:
        return f"no {missing[0]} on this machine"
    if not Path("/lib/systemd/systemd").exists():
        return "no systemd on this machine"
    trial = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _TRIAL]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f"this machine does not let root mount: {done.stderr.strip()}" if done.returncode else ""


class Container:
    """One container; see the module."""

    def __init__(
        self,
        folder: Path,
        root: Path = Path("/"),
        network: bool = False,
        binds: Mapping[Path, str] | None = None,
    ) -> None:
        """`folder`: for what it needs while it is there; `binds`: folder of this machine → its path inside."""
        self._folder = folder / f"container-{uuid4().hex[:8]}"
        self._root = root
        self._network = network
        self._binds = dict(binds or {})
        self._machine: subprocess.Popen[bytes] | None = None
        self._leader = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _HOLD, "sh"]
        self._holder = subprocess.Popen(
            [*command, str(self._folder), str(self._root), self._folder.name],
            stdin=subprocess.PIPE,
            start_new_session=True,
            stdout=subprocess.PIPE,
        )
        self._stack.callback(self._let_go)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"held\n", "the root could not be mounted"
        for pattern in _NOT_COPIED if self._root == Path("/") else ():
            for path in self.path("/").glob(pattern):
                path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def path(self, inside: str) -> Path:
        """A file inside, to be read and written from here, booted or not."""
        if self._machine is not None:
            return Path(f"/proc/{self._leader}/root") / inside.lstrip("/")
        return Path(f"/proc/{self._holder.pid}/root{self._folder}/root") / inside.lstrip("/")

    def boot(self) -> None:
        """Start systemd; returns when it says that all that starts at boot was started (or failed)."""
        told = self._folder.parent / f"{self._folder.name}.ready"
        told.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(told))
            ready.settimeout(_LOOK_S)
            self._machine = subprocess.Popen(
                self._command(told),
                stdin=subprocess.DEVNULL,
                stdout=self._console(),
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._stack.callback(self.cut_the_power)
            self._leader = 0
            self._wait_for(ready, self._machine)

    def shut_down(self) -> None:
        """As `systemctl poweroff` does."""
        if self._machine is not None:
            self._machine.terminate()
            self._machine.wait(WAIT_S)
            self._machine = None

    def cut_the_power(self) -> None:
        """End every process inside at once. What was not synced is there all the same: see `tests.disk` for that."""
        if self._machine is not None:
            (self._cgroup() / "cgroup.kill").write_text("1")
            self._machine.wait(WAIT_S)
            events = self._cgroup() / "cgroup.events"
            assert _comes_true(lambda: "populated 0" in events.read_text(), WAIT_S), "somebody inside does not die"
            self._machine = None

    def run(self, *command: str, stdin: str = "") -> str:
        """Standard output of a command inside, as root. Raises with its errors if it fails."""
        done = self.try_(*command, stdin=stdin)
        assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def try_(self, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The same, for a command that may fail."""
        enter = [
            "nsenter",
            f"--target={self._leader}",
            "--all",
            "--wd=/",
            "env",
            "-i",
            f"PATH={os.defpath}:/sbin:/usr/sbin",
        ]
        return subprocess.run([*enter, *command], input=stdin, capture_output=True, text=True, check=False)

    def show(self, unit: str, name: str) -> str:
        """A property of a unit, as `systemctl show` tells it."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def journal(self, *units: str) -> str:
        """What was logged by the units, or by all: messages only, all boots."""
        chosen = [f"--unit={unit}" for unit in units]
        return self.run("journalctl", "--no-pager", "--quiet", "--output=cat", *chosen)

    def until(self, condition: Callable[[], bool], what: str, seconds: float = WAIT_S) -> None:
        """Wait for something to be so; fails with the journal's end if it never is."""
        if not _comes_true(condition, seconds):
            end = "\n".join(self.journal().splitlines()[-40:])
            raise AssertionError(f"not within {seconds:.0f} s: {what}\n{end}")

    def _command(self, ready: Path) -> list[str]:
        join = 'echo $$ > "$0/cgroup.procs"; exec "$@"'
        binds = [f"--bind-ro={outside}:{inside}" for outside, inside in self._binds.items()]
        network = ["--resolv-conf=replace-host"] if self._network else ["--private-network", "--resolv-conf=off"]
        return [
            *("nsenter", f"--target={self._holder.pid}", "--mount"),
            *("env", f"NOTIFY_SOCKET={ready}", "sh", "-c", join, f"/sys/fs/cgroup/{self._folder.name}"),
            *("systemd-nspawn", "--quiet", "--settings=no", f"--directory={self._folder}/root", "--boot"),
            *("--register=no", "--keep-unit", "--console=pipe", "--notify-ready=yes", "--link-journal=no"),
            *(
                "--timezone=off",
                "--machine=affectbox",
                "--system-call-filter=adjtimex clock_adjtime",
                *network,
                *binds,
            ),
        ]

    def _wait_for(self, ready: socket.socket, machine: subprocess.Popen[bytes]) -> None:
        """Until systemd says that it has booted; learns which process is 1 inside."""
        deadline = time.monotonic() + WAIT_S
        while machine.poll() is None and time.monotonic() < deadline:
            with suppress(TimeoutError):
                for line in ready.recv(4096).decode().splitlines():
                    name, _, value = line.partition("=")
                    if name == "X_NSPAWN_LEADER_PID":
                        self._leader = int(value)
                    if line == "READY=1" and self._leader:
                        return
        self.cut_the_power()
        raise AssertionError(f"systemd did not boot; {self._folder.parent}/{self._folder.name}.log says why")

    def _console(self) -> int:
        file = os.open(self._folder.parent / f"{self._folder.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._stack.callback(os.close, file)
        return file

    def _cgroup(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root/sys/fs/cgroup/{self._folder.name}")

    def _let_go(self) -> None:
        for folder, _, _ in os.walk(self._cgroup(), topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait(WAIT_S)


def _comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK_S)
    return True
