"""An emulated machine with Debian's kernel, whose devices are real to whoever opens them: of cameras the kernel's own
`vivid`, and whatever other modules it has. Its root is this machine's, read-only, over 9p; no image is built.

It wants Debian, qemu-system-x86 and busybox-static, and fetches the kernel (70 MB) into build/vm. Without KVM it
boots in half a minute on a busy machine.
"""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path("build/vm").resolve()
_CARRIERS = ("virtio_pci", "9pnet_virtio", "9p")
_DONE = "THE-SCRIPT-ENDED-WITH"
_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
$b modprobe -a {carriers}
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /root
for there in proc sys dev; do $b mount -o bind /$there /root/$there; done
$b mount -t tmpfs t /root/run
{modules}
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
    kernel = _kernel()
    initrd = _initrd(kernel, script.resolve(), modules.splitlines())
    booted = subprocess.run(
        [
            *(
                "qemu-system-x86_64",
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                "max",
                "-m",
                "1200",
                "-nographic",
                "-no-reboot",
            ),
            *("-kernel", *map(str, kernel.glob("boot/vmlinuz-*")), "-initrd", str(initrd)),
            *("-append", "console=ttyS0 panic=1 quiet", "-nic", "none", "-monitor", "none", "-serial", "stdio"),
            *("-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=r,mount_tag=root"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit_s,
        check=True,
    )
    written, _, code = booted.stdout.partition(_DONE)
    return int(code.split()[0]), written


def _kernel() -> Path:
    """Debian's kernel with its modules, unpacked."""
    folder = FOLDER / "kernel"
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        depends = subprocess.run(
            ["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=True
        ).stdout
        (package,) = [word for word in depends.split() if word.startswith("linux-image-") and word.endswith("-amd64")][
            1:
        ]
        subprocess.run(["apt-get", "download", "-qq", package], cwd=FOLDER, check=True)
        (archive,) = FOLDER.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", archive, folder], check=True)
        (version,) = (folder / "lib/modules").iterdir()
        subprocess.run(["busybox", "depmod", "-b", folder, version.name], check=True)
    return folder


def _initrd(kernel: Path, script: Path, modules: list[str]) -> Path:
    """The first root: busybox, the modules, and what is done at the start."""
    root, made = FOLDER / "initrd", FOLDER / "initrd.cpio"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "proc", "sys", "dev", "root"):
        (root / name).mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), root / "bin/busybox")
    (version,) = (kernel / "lib/modules").iterdir()
    kept = root / "lib/modules" / version.name
    depends = dict(line.split(":") for line in (version / "modules.dep").read_text().splitlines())
    for wanted in (*_CARRIERS, *(line.split()[0] for line in modules)):
        (own,) = [file for file in depends if Path(file).stem == wanted]
        for file in (own, *depends[own].split()):
            (kept / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(version / file, kept / file)
    for table in version.glob("modules.*"):
        shutil.copy(table, kept / table.name)
    loads = "\n".join(f"$b modprobe {line}" for line in modules)
    init = root / "init"
    init.write_text(_INIT.format(carriers=" ".join(_CARRIERS), modules=loads, script=script, done=_DONE))
    init.chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with made.open("wb") as archive:
        subprocess.run(
            ["busybox", "cpio", "-o", "-H", "newc"], input=names.encode(), stdout=archive, cwd=root, check=True
        )
    return made
