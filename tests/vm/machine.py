"""An emulated machine with Debian's kernel, whose devices are real to whoever opens them: of cameras the kernel's own
`vivid`, and whatever other modules it has. Its root is this machine's, read-only, over 9p; no image is built.

It wants Debian, qemu-system-x86 and busybox-static, and fetches the kernel (70 MB) into build/vm. Without KVM it
boots in half a minute on a busy machine.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path("build/vm").resolve()
_CARRIERS = ("virtio_pci", "9pnet_virtio", "9p")
#: systemd of this machine's root, whose changes are in memory; what is in /box is copied onto it.
_INIT_OF_SYSTEMD = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
{modules}
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /root
$b mount -t tmpfs t /over; $b mkdir /over/upper /over/work
$b mount -t overlay -o lowerdir=/root,upperdir=/over/upper,workdir=/over/work o /new
$b rm -rf /new/etc/systemd/system/*.wants
$b cp -a /box/. /new/
$b umount /proc; $b umount /sys; $b mount -o move /dev /new/dev
exec $b switch_root /new /lib/systemd/systemd systemd.show_status=0 systemd.unit={unit}
"""
_DONE = "THE-SCRIPT-ENDED-WITH"
_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
{modules}
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /root
for there in proc sys dev; do $b mount -o bind /$there /root/$there; done
$b mount -t tmpfs t /root/run
$b chroot /root /bin/sh {script}
echo {done} $?
$b poweroff -f
"""


def why_not() -> str:
    """What is missing here; empty if nothing is."""
    wanted = {"qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static", "dpkg": "dpkg", "apt-get": "apt"}
    return " ".join(package for program, package in wanted.items() if shutil.which(program) is None)


def run(script: Path, modules: str, limit_s: float) -> tuple[int, str]:
    """Boot, load modules (a line of `modprobe` each), run a script of `sh` as root, and switch off.

    Returns:
        Its exit code, and what it wrote.
    """
    init = _INIT.format(modules="{modules}", script=script.resolve(), done=_DONE)
    written, _, code = _start(_kernel(), init, modules.splitlines(), limit_s).partition(_DONE)
    return int(code.split()[0]), written


def boot(files: Path, unit: str, modules: str, limit_s: float, suite: str, devices: Sequence[str] = ()) -> str:
    """Boot systemd with the kernel of a Debian suite; what it wrote on the console until it was switched off.

    Args:
        files: what is laid over this machine's root first, such as `files/etc/systemd/system/…`.
        unit: that is to be reached.
        modules: as of `run`; a line that begins with `>` is a line of `sh`.
        devices: of qemu.
    """
    init = _INIT_OF_SYSTEMD.format(modules="{modules}", unit=unit)
    return _start(_kernel(suite), init, ["overlay", *modules.splitlines()], limit_s, files, devices)


def _start(
    kernel: Path, init: str, modules: list[str], limit_s: float, box: Path | None = None, devices: Sequence[str] = ()
) -> str:
    first = _initrd(kernel, init, modules, box)
    booted = subprocess.run(
        [
            *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1200"),
            *("-nographic", "-no-reboot"),
            *("-kernel", *map(str, kernel.glob("boot/vmlinuz-*")), "-initrd", str(first)),
            *("-append", "console=ttyS0 panic=1 quiet", "-nic", "none", "-monitor", "none", "-serial", "stdio"),
            *("-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=r,mount_tag=root"),
            *(word for device in devices for word in ("-device", device)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit_s,
        check=True,
    )
    return booted.stdout


def _kernel(suite: str = "") -> Path:
    """Debian's kernel with its modules, unpacked: of this machine's suite, or of another."""
    folder = FOLDER / f"kernel-{suite}".rstrip("-")
    if not folder.exists():
        options = _apt_of(suite) if suite else []
        _do("mkdir", "-p", str(FOLDER))
        said = _do("apt-cache", *options, "depends", "linux-image-amd64")
        words = [word for word in said.split() if word.startswith("linux-image-") and word.endswith("-amd64")]
        package = next(word for word in words if word != "linux-image-amd64")
        _do("apt-get", *options, "download", "-qq", package)
        (archive,) = FOLDER.glob(f"{package}_*.deb")
        unpacked = FOLDER / "unpacking"
        shutil.rmtree(unpacked, ignore_errors=True)
        _do("dpkg", "-x", str(archive), str(unpacked))
        if not (unpacked / "lib").exists():
            (unpacked / "lib").symlink_to("usr/lib")
        (version,) = (unpacked / "lib/modules").iterdir()
        if packed := [str(path) for path in version.rglob("*.ko.xz")]:
            _do("xz", "-d", *packed)
        _do("busybox", "depmod", "-b", str(unpacked), version.name)
        unpacked.rename(folder)
    return folder


def _apt_of(suite: str) -> list[str]:
    """Options with which apt knows another suite, and keeps that apart; the archive's signature is checked."""
    lists = FOLDER / f"apt-{suite}"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    source = FOLDER / f"{suite}.list"
    source.write_text(f"deb [arch=amd64] {_archive()} {suite} main\n")
    where = {"Etc::SourceList": source, "Etc::SourceParts": "-", "State::Lists": lists, "Cache": lists}
    options = [f"-oDir::{name}={value}" for name, value in where.items()]
    _do("apt-get", *options, "update", "-qq")
    return options


def _archive() -> str:
    """Where this machine has Debian's packages from."""
    known = _do("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    return next(uri for uri in known if uri.rstrip("/").endswith("/debian"))


def _do(*command: str) -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True).stdout


def _initrd(kernel: Path, init: str, modules: list[str], box: Path | None) -> Path:
    """The first root: busybox, the modules, and what is done at the start, in which `{modules}` stands for loading
    them."""
    root, made = FOLDER / "initrd", FOLDER / "initrd.cpio"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "proc", "sys", "dev", "root", "over", "new", "box"):
        (root / name).mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), root / "bin/busybox")
    if box is not None:
        shutil.copytree(box, root / "box", symlinks=True, dirs_exist_ok=True)
        (root / "box").chmod(0o755)  # it becomes the mode of /, which a folder of a test keeps to itself
    (version,) = (kernel / "lib/modules").iterdir()
    kept = root / "lib/modules" / version.name
    depends = dict(line.split(":") for line in (version / "modules.dep").read_text().splitlines())
    files = {Path(file).stem: file for file in depends}
    lines = [*(name for name in _CARRIERS if name in files), *modules]  # others are part of the kernel
    for wanted in (line.split()[0] for line in lines if not line.startswith(">")):
        for file in (files[wanted], *depends[files[wanted]].split()):
            (kept / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(version / file, kept / file)
    for table in version.glob("modules.*"):
        shutil.copy(table, kept / table.name)
    loads = "\n".join(line[1:] if line.startswith(">") else f"$b modprobe {line}" for line in lines)
    (root / "init").write_text(init.replace("{modules}", loads))
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with made.open("wb") as archive:
        command = ["busybox", "cpio", "-o", "-H", "newc"]
        subprocess.run(command, input=names.encode(), stdout=archive, cwd=root, check=True, stderr=subprocess.DEVNULL)
    return made
