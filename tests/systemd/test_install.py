"""What the installer refuses, in a sentence and with an exit code, before it changes anything.

It runs in a mount of its own, in which other files tell what kind of machine this is, and programs that would change
it are replaced.
"""

import base64
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from device.contract.signature import read_key, write_key
from device.signatures import SHIPPED_KEYS
from tests.releases import KEY, make_release

INSTALLER = Path(__file__).parents[2] / "systemd" / "install.sh"
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
#: Programs that would change the machine, or tell what it is.
ALL_THERE = 'printf "install ok installed"'
REPLACED = {"dpkg-query": ALL_THERE, "apt-get": "exit 100", "apt-cache": "exit 100", "systemd-sysusers": "exit 3"}


def why_not() -> str:
    if os.geteuid() != 0:
        return "a mount of its own needs root"
    return "" if shutil.which("unshare") and shutil.which("openssl") else "no unshare or no openssl on this machine"


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@dataclass
class Machine:
    """What kind of machine the installer finds."""

    folder: Path
    system: str = BOOKWORM
    architecture: str = "arm64"
    memory_kb: int = 1_000_000
    model: str = "Raspberry Pi 4 Model B Rev 1.5"
    boot: Path | None = None
    programs: dict[str, str] = field(default_factory=dict)
    umask: str = "022"
    runs: str = ""

    def install(self, *words: str | Path, installer: Path = INSTALLER) -> subprocess.CompletedProcess[str]:
        """Run it; /opt and /etc are the test's."""
        programs = self.folder / "programs"
        programs.mkdir(exist_ok=True)
        chosen = REPLACED | {"dpkg": f"echo {self.architecture}"} | self.programs
        for name, line in chosen.items():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        (self.folder / "os-release").write_text(self.system)
        (self.folder / "meminfo").write_text(f"MemTotal: {self.memory_kb} kB\n")
        mounts = [
            "for folder in /run /var/lib /var/cache; do mount -t tmpfs tmpfs $folder; done",
            *([f"mount --bind {self.boot} /boot"] if self.boot else []),
            "mount -t tmpfs tmpfs /opt",
            "mkdir /opt/upper /opt/work",
            "mount -t overlay overlay -o lowerdir=/etc,upperdir=/opt/upper,workdir=/opt/work /etc",
            f"mount --bind {self.folder}/os-release /etc/os-release",
            f"mount --bind {self.folder}/meminfo /proc/meminfo",
            f"export PATH={programs}:$PATH",
            f"umask {self.umask}",
            f"mkdir /opt/affectbox; ln -s releases/{self.runs} /opt/affectbox/proven" if self.runs else "",
            f'exec sh {installer} "$@"',
        ]
        command = ["unshare", "--mount", "sh", "-ec", "\n".join(mounts), "sh", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("differs", "code", "sentence"),
    [
        ({"architecture": "armhf"}, 31, "write Raspberry Pi OS (64-bit) to the card, the 32-bit one cannot"),
        ({"system": BOOKWORM.replace("bookworm", "bullseye")}, 31, "This is Debian GNU/Linux 12 (bullseye)"),
        ({"memory_kb": 240_000}, 32, "234 MB of memory"),
        ({"programs": {"df": "echo x; echo x x x 20"}}, 32, "The card has 20 MB left"),
        ({"programs": {"id": "echo 1000"}}, 30, "put sudo before it"),
        ({"programs": {"dpkg-query": "exit 1"}}, 33, "cannot be reached"),
    ],
    ids=["32 bit", "old system", "memory", "room", "not root", "no network"],
)
def test_a_machine_that_cannot_be_a_box_is_refused(
    machine: Machine, differs: dict[str, object], code: int, sentence: str
) -> None:
    for name, value in differs.items():
        setattr(machine, name, value)
    done = machine.install(make_release(machine.folder, "1.0"))
    assert (done.returncode, sentence in done.stderr) == (code, True), done.stderr


def test_offline_it_says_what_must_be_there(machine: Machine) -> None:
    machine.programs = {"dpkg-query": '[ "$4" = openssl ] || printf "install ok installed"'}
    done = machine.install("--offline", make_release(machine.folder, "1.0"))
    assert done.returncode == 33
    assert "these packages must be there already: openssl." in done.stderr


Change = Callable[[Path], None]


def nothing(file: Path) -> None:
    """The release as it was made."""


def flipped(mark: bytes) -> Change:
    def flip(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[data.index(mark) + len(mark) // 2] ^= 1
        file.write_bytes(data)

    return flip


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip(b"\0")[:-9])


@pytest.mark.parametrize(
    ("suite", "architecture", "trusts", "change", "sentence"),
    [
        ("bookworm", "arm64", False, nothing, "signed with the key"),
        ("trixie", "arm64", True, nothing, "is for trixie, and this system is bookworm"),
        ("bookworm", "amd64", True, nothing, "is for amd64, and this system is arm64"),
        ("bookworm", "arm64", True, flipped(b'"sha256"'), "its signature is wrong"),
        ("bookworm", "arm64", True, flipped(b'"version": "1.0"'), "is no release of Affectbox"),
        ("bookworm", "arm64", True, flipped(b"\xfd7zXZ\0"), "is damaged"),
        ("bookworm", "arm64", True, torn, "is damaged"),
    ],
    ids=["stranger", "suite", "architecture", "manifest", "altered", "files", "torn"],
)
def test_a_release_that_is_not_to_be_trusted_is_refused(
    machine: Machine, suite: str, architecture: str, trusts: bool, change: Change, sentence: str
) -> None:
    file = make_release(machine.folder, "1.0", suite=suite, architecture=architecture)
    change(file)
    key = machine.folder / "own.pub"
    key.write_text(write_key(bytes(KEY.verify_key), "of tests"))
    done = machine.install(file, *(("--key", key) if trusts else ()))
    assert (done.returncode, sentence in done.stderr) == (34, True), done.stderr


def test_beside_a_release_it_takes_that_and_unpacks_it(machine: Machine) -> None:
    make_release(machine.folder, "1.0")
    shutil.copy(INSTALLER, machine.folder)
    key = machine.folder / "own.pub"
    key.write_text(write_key(bytes(KEY.verify_key), "of tests"))
    machine.programs = {"systemd-sysusers": "ls $(dirname $(dirname $(dirname $1))) >&2; exit 3"}
    done = machine.install("--offline", "--key", key, installer=machine.folder / "install.sh")
    assert done.returncode == 39, "the first step that changes more than the folder of releases"
    assert {"bin", "site", "systemd", "release.json"} <= set(done.stderr.split())


@pytest.fixture
def key(machine: Machine) -> Path:
    file = machine.folder / "own.pub"
    file.write_text(write_key(bytes(KEY.verify_key), "of tests"))
    return file


def test_whoever_installs_the_box_may_read_what_is_installed(machine: Machine, key: Path) -> None:
    machine.umask = "077"
    machine.programs = {"systemd-sysusers": "find /opt/affectbox /etc/affectbox/keys ! -perm -o+r >&2; exit 3"}
    done = machine.install("--offline", "--key", key, make_release(machine.folder, "1.0"))
    assert (done.returncode, "/opt/affectbox" in done.stderr, "own.pub" in done.stderr) == (39, False, False)


def test_what_was_checked_is_what_is_unpacked(machine: Machine, key: Path) -> None:
    file = make_release(machine.folder, "1.0")
    machine.programs = {
        "sha256sum": f'/usr/bin/sha256sum "$@"; echo other >{file}',
        "systemd-sysusers": "cat $(dirname $(dirname $(dirname $1)))/site/version >&2; exit 3",
    }
    done = machine.install("--offline", "--key", key, file)
    assert (done.returncode, done.stderr[:3]) == (39, "1.0"), done.stderr


def test_the_box_takes_the_camera_that_there_is_and_says_that_it_keeps_nothing(machine: Machine, key: Path) -> None:
    machine.programs = dict.fromkeys(("systemd-sysusers", "install", "chown"), "exit 0")
    shows = {"bin/affectbox-update": "#!/bin/sh\ncat /etc/affectbox/config.toml\nexit 1\n"}
    done = machine.install("--offline", "--key", key, make_release(machine.folder, "1.0", more=shows))
    assert done.returncode == 36
    assert 'source = "auto"' in done.stdout
    assert "nothing of a session is kept" in done.stdout


def test_an_older_release_than_what_runs_is_refused(machine: Machine, key: Path) -> None:
    machine.runs = "1.1"
    older, newer = (make_release(machine.folder, version) for version in ("1.1.dev9+gabc", "1.1.0.1"))
    done = machine.install("--offline", "--key", key, older)
    assert (done.returncode, "is older than 1.1, which runs" in done.stderr) == (34, True), done.stderr
    assert machine.install("--offline", "--key", key, newer).returncode == 39


#: A program kills everything that belongs to the installation, as a power cut does, if it is the first one.
CUT = "[ ! -e /opt/first ] || kill -9 0\n"
ADOPT = """#!/bin/sh
CUTmv "$2" /opt/affectbox/releases/1.0
cat /etc/affectbox/config.toml
ls -A /opt/affectbox/releases
"""


@pytest.mark.parametrize(
    "program", ["openssl", "sha256sum", "tar", "cp", "systemd-sysusers", "install", "mv", "affectbox-update"]
)
def test_cut_off_at_any_step_it_is_done_again(machine: Machine, key: Path, program: str) -> None:
    machine.programs = dict.fromkeys(("systemd-sysusers", "chown"), "exit 0") | {"install": "exit 0"}
    does = machine.programs.get(program, f'exec {shutil.which(program) or "true"} "$@"')
    machine.programs[program] = CUT + does
    more = {"bin/affectbox-update": ADOPT.replace("CUT", CUT if program == "affectbox-update" else "")}
    twice = machine.folder / "twice.sh"
    again = f'{INSTALLER} "$@"'
    twice.write_text(f"touch /opt/first; setsid sh {again} >/dev/null && exit 1; rm /opt/first; exec sh {again}\n")
    done = machine.install("--offline", "--key", key, make_release(machine.folder, "1.0", more=more), installer=twice)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('source = "auto"') == 1
    assert re.search(r"^1\.0$", done.stdout, re.MULTILINE) and ".part" not in done.stdout


ENROLLED = {"sinks": ["rtdb:https://clinic.firebaseio.com"], "source": "auto"}


@pytest.mark.parametrize(
    "config",
    [
        '[run]\nsource = "auto"\n',
        '[device]\nid = ""  # ours\n[run] # what\nsinks = []\nsource = "auto"\n[page]\nport = 81\n',
        '[page]\nport = 81\n\n[device]\n[run]\nsource = "auto"',
    ],
)
def test_enrolled_the_configuration_names_the_database(tmp_path: Path, config: str) -> None:
    script = re.search(r"^ENROLLED='\n(.*?)^'$", INSTALLER.read_text(), re.MULTILINE | re.DOTALL)
    assert script
    identity, file = tmp_path / "identity.json", tmp_path / "config.toml"
    identity.write_text('{"database": "https://clinic.firebaseio.com", "device": "room-3"}')
    file.write_text(config)
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script[1], identity, file], check=True)
        read = tomllib.loads(file.read_text())
        assert (read["run"], read["device"]) == (ENROLLED, {"id": "room-3"})
        assert ("page" in read) == ("[page]" in config)


@pytest.mark.parametrize(
    "words", [("--enrol",), ("--what",), ("a", "b"), ("missing.tar",), ("--enrol", "missing")], ids=str
)
def test_a_wrong_use_is_refused(machine: Machine, words: tuple[str, ...]) -> None:
    assert machine.install(*words).returncode == 2


def test_it_knows_the_project_s_key() -> None:
    [told] = re.findall(r'^PROJECT_KEY="(.*)"$', INSTALLER.read_text(), re.MULTILINE)
    [shipped] = SHIPPED_KEYS.glob("*.pub")
    assert base64.b64decode(told) == read_key(shipped.read_text())


LINE = "console=serial0,115200 root=PARTUUID=4e0f2a1c-02 rootfstype=ext4 fsck.repair=yes rootwait quiet"
STEPS = dict.fromkeys(("systemd-sysusers", "install", "chown"), "exit 0")


@dataclass
class Firmware:
    """What the firmware of a Raspberry Pi reads at the start, and an installation as far as it concerns that."""

    machine: Machine
    trusted: Path
    file: Path

    @property
    def folder(self) -> Path:
        return self.file.parent

    def install(self, *words: str | Path) -> str:
        """What it says; the release itself does not run here."""
        done = self.machine.install("--offline", "--key", self.trusted, self.file.parents[2] / RELEASE, *words)
        assert done.returncode == 36, done.stderr
        return done.stdout

    def uninstall(self) -> str:
        self.machine.programs = {"id": '[ "$1" = -u ] && echo 0'}
        done = self.machine.install("--uninstall")
        assert done.returncode == 0, done.stderr
        return done.stdout


RELEASE = "affectbox-1.0-bookworm.tar"


@pytest.fixture
def firmware(machine: Machine) -> Firmware:
    release = make_release(machine.folder, "1.0", more={"bin/affectbox-update": "#!/bin/sh\nexit 1\n"})
    assert release.name == RELEASE
    trusted = machine.folder / "own.pub"
    trusted.write_text(write_key(bytes(KEY.verify_key), "of tests"))
    machine.boot, machine.programs = machine.folder / "boot", STEPS
    file = machine.boot / "firmware" / "cmdline.txt"
    file.parent.mkdir(parents=True)
    return Firmware(machine, trusted, file)


@pytest.mark.parametrize("end", ["\n", " \r\n"], ids=["a line", "of an editor"])
def test_on_a_raspberry_pi_memory_can_be_limited_after_a_restart(firmware: Firmware, end: str) -> None:
    firmware.file.write_bytes((LINE + end).encode())
    told = firmware.install()
    assert "says cgroup_enable=memory: after the next restart" in told
    assert firmware.file.read_text().rstrip("\n") == f"{LINE} cgroup_enable=memory"
    assert (firmware.folder / "cmdline.txt.before-affectbox").read_bytes() == (LINE + end).encode()

    assert "cgroup_enable" not in firmware.install(), "the second time there is nothing to do"
    assert firmware.file.read_text().split().count("cgroup_enable=memory") == 1
    firmware.file.write_text(firmware.file.read_text().rstrip("\n") + " logo.nologo\n")
    firmware.uninstall()
    assert firmware.file.read_text() == f"{LINE} logo.nologo\n"
    assert [path.name for path in firmware.folder.iterdir()] == ["cmdline.txt"]


def test_what_somebody_else_wrote_stays(firmware: Firmware) -> None:
    firmware.file.write_text(f"{LINE} cgroup_enable=memory cgroup_memory=1\n")
    assert "cgroup_enable" not in firmware.install()
    firmware.uninstall()
    assert firmware.file.read_text() == f"{LINE} cgroup_enable=memory cgroup_memory=1\n"
    assert [path.name for path in firmware.folder.iterdir()] == ["cmdline.txt"]


@pytest.mark.parametrize(("program", "file"), [("sync", "cmdline.txt.before"), ("mv", "cmdline.txt.new")])
def test_where_the_line_cannot_be_written_it_stays_and_the_rest_is_installed(
    firmware: Firmware, program: str, file: str
) -> None:
    firmware.file.write_text(LINE + "\n")
    works = f'exec {shutil.which(program)} "$@"'
    refuses = f'case "$*" in *{file}*) exit 1 ;; esac; {works}'
    firmware.machine.programs = STEPS | {program: refuses}
    assert "cmdline.txt could not be written: add cgroup_enable=memory to its line" in firmware.install()
    assert firmware.file.read_text() == LINE + "\n"
    assert not list(firmware.folder.glob("*.new"))
    firmware.machine.programs = STEPS | {program: works}
    assert "after the next restart" in firmware.install()
    assert firmware.file.read_text() == f"{LINE} cgroup_enable=memory\n"


def test_other_machines_have_no_such_line(firmware: Firmware) -> None:
    assert "cgroup" not in firmware.install()
    assert not list(firmware.folder.iterdir())
