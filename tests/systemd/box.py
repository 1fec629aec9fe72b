"""A box in a container: the units as they ship, and a release of what is in this checkout."""

import json
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from device.bundle_folders import bundle_cache
from device.contract.control import Order, Report
from device.contract.fields import Json
from device.contract.pack import unpack
from device.host.launcher import Connection, SocketLauncher
from tests.systemd.container import WAIT_S, Container

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
ENABLED = {
    "multi-user.target": ("affectbox-host.service", "affectbox-deliver.service", "database.service"),
    "sockets.target": ("affectbox-session.socket",),
    "timers.target": ("affectbox-maintenance.timer",),
}
_PYTHON, _SITE, _BUNDLES, _CLIP = "/opt/test/python", "/opt/test/site", "/opt/test/bundles", "/opt/affectbox/clip.mp4"
_NAME = Path(sys.executable).resolve().name
#: As a release's; the packages and the interpreter are those that run the tests.
_LAUNCHER = f"""#!/bin/sh
export AFFECTBOX_CACHE={_BUNDLES} PYTHONPATH=/opt/affectbox/current/site:{_SITE} PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH={_PYTHON}/lib
exec {_PYTHON}/bin/{_NAME} -s -m "${{AFFECTBOX_SIDE:-device}}" "$@"
"""
_CONFIG = """
[device]
id = "tester"
[upload]
interval_s = 0.1
[run]
source = "{source}"
sinks = ["rtdb:http://127.0.0.1:9000?ns=clinic"]
"""
_DATABASE = """
[Service]
Environment=AFFECTBOX_SIDE=cloud
ExecStart=/opt/affectbox/current/bin/affectbox local --port 9000 --data /var/lib/database
"""
_ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9000/.json?ns=clinic').read().decode())"


def container_of(folder: Path) -> Container:
    """A container that has what a box needs: this interpreter, its packages, the models."""
    binds = {
        Path(sys.base_prefix): _PYTHON,
        Path(sysconfig.get_path("purelib")): _SITE,
        bundle_cache(): _BUNDLES,
    }
    return Container(folder, binds=binds)


class Session:
    """A connection to the camera daemon, as the host process has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.heard: list[Report] = []

    def say(self, order: Order) -> None:
        self._connection.say(order)

    def until(self, so: Callable[[Report], bool]) -> Report:
        """The first report of which something is so."""
        while (report := self._connection.hear()) is not None:
            self.heard.append(report)
            if so(report):
                return report
        raise AssertionError(f"the daemon is gone; last it said {self.heard[-1:]}")

    def is_gone(self) -> bool:
        """Wait for the process to be gone."""
        while (report := self._connection.hear()) is not None:
            self.heard.append(report)
        return True


class Box:
    """What a test does with the box in a container. Make it before the container boots."""

    def __init__(self, container: Container, clip: Path, config: str = "") -> None:
        """Install the release, the units, a database, and a configuration that watches `clip`; `config` follows its
        `[run]`."""
        self.container = container
        self.python = ("env", f"LD_LIBRARY_PATH={_PYTHON}/lib", f"{_PYTHON}/bin/{_NAME}")
        for folder, place in PLACES.items():
            shutil.copytree(CHECKOUT / "systemd" / folder, container.path(place), dirs_exist_ok=True)
        release = container.path("/opt/affectbox/releases/test")
        for side in ("device", "cloud"):
            shutil.copytree(CHECKOUT / side, release / "site" / side)
        (release / "bin").mkdir()
        (release / "bin" / "affectbox").write_text(_LAUNCHER)
        (release / "bin" / "affectbox").chmod(0o755)
        container.path("/opt/affectbox/current").symlink_to("releases/test")
        container.path("/etc/affectbox").mkdir()
        shutil.copyfile(clip, container.path(_CLIP))
        configured = _CONFIG.format(source=f"standin:{_CLIP}") + config
        container.path("/etc/affectbox/config.toml").write_text(configured)
        container.path("/etc/systemd/system/database.service").write_text(_DATABASE)
        for target, units in ENABLED.items():
            wanted = container.path(f"/etc/systemd/system/{target}.wants")
            wanted.mkdir(exist_ok=True)
            for unit in units:
                (wanted / unit).symlink_to(f"/etc/systemd/system/{unit}")

    def drop_in(self, unit: str, text: str) -> None:
        """Change a unit; before the container boots."""
        folder = self.container.path(f"/etc/systemd/system/{unit}.d")
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text(text)

    @contextmanager
    def session(self, task: Order) -> Iterator[Session]:
        """The daemon at a task, which ends with the `with` block."""
        connection = SocketLauncher(self.container.path("/run/affectbox/session.sock")).launch()
        session = Session(connection)
        connection.say(task)
        try:
            yield session
        finally:
            connection.hang_up()
            connection.close()

    @contextmanager
    def broken_release(self) -> Iterator[None]:
        """Whatever the release runs fails at once, meanwhile."""
        launcher = self.container.path("/opt/affectbox/current/bin/affectbox")
        launcher.write_text("#!/bin/sh\nexit 1\n")
        try:
            yield
        finally:
            launcher.write_text(_LAUNCHER)

    def until_gone(self) -> None:
        """Until there is no camera process."""
        unit = "affectbox-session.service"
        self.container.until(lambda: self.container.show(unit, "ActiveState") in ("inactive", "failed"), "it is gone")

    def is_active(self, unit: str) -> bool:
        return self.container.show(unit, "ActiveState") == "active"

    def until_active(self, unit: str) -> None:
        self.container.until(lambda: self.is_active(unit), f"{unit} is active", WAIT_S)

    def ask(self, *asked: str) -> None:
        """`affectbox session …`, as a person types it."""
        self.container.run("/opt/affectbox/current/bin/affectbox", "session", *asked)

    def until_status(self, state: str, camera: bool, restarts: int = 0) -> None:
        """Until the host process says so in its file; at least so many `restarts`."""

        def said() -> bool:
            status = json.loads(self.container.path("/run/affectbox/status.json").read_text())
            return (status["state"], status["camera"]) == (state, camera) and status["restarts"] >= restarts

        self.container.until(said, f"the host process says {state}, camera {camera}, {restarts} restarts")

    def records(self) -> list[Json]:
        """What has arrived in the database."""
        held = json.loads(self.container.run(*self.python, "-c", _ASK)) or {}
        packs = [pack for boot in held.get("packs", {}).get("tester", {}).values() for pack in boot.values()]
        return [record for pack in packs for record in unpack(pack)]
