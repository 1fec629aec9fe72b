"""A box in a container: the units as they ship, and a release of what is in this checkout."""

import shutil
import sys
import sysconfig
from pathlib import Path

from device.bundle_folders import bundle_cache
from tests.systemd.container import Container

CHECKOUT = Path(__file__).parents[2]
#: Folder of `systemd/` → where its files belong on a box.
PLACES = {
    "units": "/etc/systemd/system",
    "sysusers.d": "/etc/sysusers.d",
    "tmpfiles.d": "/etc/tmpfiles.d",
    "udev": "/etc/udev/rules.d",
    "journald.conf.d": "/etc/systemd/journald.conf.d",
    "system.conf.d": "/etc/systemd/system.conf.d",
    "sysctl.d": "/etc/sysctl.d",
}
UNITS = (
    "affectbox-host.service",
    "affectbox-session.socket",
    "affectbox-deliver.service",
    "affectbox-maintenance.timer",
)
DATABASE = "http://127.0.0.1:9000?ns=clinic"
_PYTHON, _SITE, _BUNDLES, _CLIP = "/opt/test/python", "/opt/test/site", "/opt/test/bundles", "/opt/test/clip"
#: As a release's; the packages and the interpreter are those that run the tests.
_LAUNCHER = f"""#!/bin/sh
export AFFECTBOX_CACHE={_BUNDLES} PYTHONPATH=/opt/affectbox/current/site:{_SITE} PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH={_PYTHON}/lib
exec {_PYTHON}/bin/{Path(sys.executable).resolve().name} -s -m "${{AFFECTBOX_SIDE:-device}}" "$@"
"""
_CONFIG = f"""
[run]
source = "{{source}}"
sinks = ["rtdb:{DATABASE}"]
[device]
id = "tester"
[upload]
interval_s = 0.2
"""


def container_of(folder: Path, clip: Path) -> Container:
    """A container that has what a box needs: this interpreter, its packages, the models, and a video."""
    binds = {
        Path(sys.base_prefix): _PYTHON,
        Path(sysconfig.get_path("purelib")): _SITE,
        bundle_cache(): _BUNDLES,
        clip.parent: _CLIP,
    }
    return Container(folder, binds=binds)


class Box:
    """What a test does with the box in a container. Make it before the container boots."""

    def __init__(self, container: Container, source: str, config: str = "") -> None:
        """Install the release, the units and a configuration that watches `source`."""
        self.container = container
        for folder, place in PLACES.items():
            shutil.copytree(CHECKOUT / "systemd" / folder, container.path(place), dirs_exist_ok=True)
        release = container.path("/opt/affectbox/releases/test")
        for side in ("device", "cloud"):
            shutil.copytree(CHECKOUT / side, release / "site" / side, ignore=shutil.ignore_patterns("__pycache__"))
        (release / "bin").mkdir()
        (release / "bin" / "affectbox").write_text(_LAUNCHER)
        (release / "bin" / "affectbox").chmod(0o755)
        container.path("/opt/affectbox/current").symlink_to("releases/test")
        container.path("/etc/affectbox").mkdir()
        container.path("/etc/affectbox/config.toml").write_text(_CONFIG.format(source=source) + config)
