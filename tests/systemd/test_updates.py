"""Releases in a systemd that really runs: one that works is kept; one that does not, or a power cut, brings back the
one before, and nothing that was recorded is lost."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from converter.release import pack, write
from device.contract.control import Do, Order
from device.contract.errors import InterlockError, UpdateError
from device.contract.release import FILES, MANIFEST, SIGNATURE, file_name
from device.contract.signature import Signature, key_id, write_key
from device.update.machine import Debian
from tests.releases import KEY
from tests.systemd.box import CHECKOUT, Box, container_of
from tests.systemd.container import why_not

pytestmark = [pytest.mark.install, pytest.mark.skipif(bool(why_not()), reason=why_not())]
HOST = "affectbox-host.service"
UPDATER = "affectbox-update.service"
AFFECTBOX = "/usr/local/bin/affectbox"
PERSON = "p-0042"
CONFIG = ("--config", "/etc/affectbox/config.toml")
#: What is wrong with a release: a file of it, and what is put at its end.
CRASHES = ("site/device/host/hosting.py", "raise RuntimeError('a release that crashes')\n")
NO_FRAMES = (
    "site/device/camera/opening.py",
    "def open_source(*words, **more):\n    import time\n    time.sleep(3600)\n",
)


_OWN = '#!/bin/sh\nrelease=$(dirname "$(dirname "$(readlink -f "$0")")")\n'


class Releases:
    """Releases of the box in a container, made of what its first one holds."""

    def __init__(self, box: Box, folder: Path) -> None:
        self.box = box
        self._folder = folder
        self._machine = Debian()
        self._tree = folder / "tree"
        shutil.copytree(box.container.path("/opt/affectbox/releases/test"), self._tree)
        shutil.copytree(CHECKOUT / "systemd", self._tree / "systemd", ignore=lambda *_: ["bin", "install.sh"])
        launcher = self._tree / "bin/affectbox"
        own = launcher.read_text().replace("#!/bin/sh\n", _OWN).replace("/opt/affectbox/current", "$release")
        launcher.write_text(own)
        (self._tree / "bin/affectbox-update").write_text(own.replace(":-device}", ":-device.update}"))
        box.container.path("/opt/affectbox/current").unlink()
        shutil.rmtree(box.container.path("/opt/affectbox/releases/test"))

    def lay_first(self) -> None:
        """Lay the first release where the installer unpacks it; adopt it with the container booted."""
        version = "1.0"
        _, release = pack(self._tree, version, self._machine.suite, self._machine.architecture)
        place = self.box.container.path("/opt/affectbox/releases/.first")
        shutil.copytree(self._tree, place)
        for program in (place / "bin").iterdir():
            program.chmod(0o755)
        (place / MANIFEST).write_bytes(release.encode())
        keys = self.box.container.path("/etc/affectbox/keys")
        keys.mkdir()
        (keys / "test.pub").write_text(write_key(bytes(KEY.verify_key), "of tests"))

    def make(self, version: str, wrong: tuple[str, str] | None = None) -> str:
        """A signed file in the container; its path there."""
        tree = self._folder / f"tree-{version}"
        shutil.copytree(self._tree, tree)
        if wrong:
            with (tree / wrong[0]).open("a") as file:
                file.write(wrong[1])
        packed, release = pack(tree, version, self._machine.suite, self._machine.architecture)
        manifest = release.encode()
        signature = Signature.of(key_id(bytes(KEY.verify_key)), KEY.sign(manifest).signature).encode()
        path = f"/root/{file_name(version, self._machine.suite, self._machine.architecture)}"
        write(self.box.container.path(path), [(MANIFEST, manifest), (SIGNATURE, signature), (FILES, packed)])
        return path

    def install(self, version: str, wrong: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """`affectbox update FILE`, as root types it."""
        return self.box.container.try_(AFFECTBOX, "update", self.make(version, wrong), *CONFIG)

    def runs(self) -> str:
        """The version that runs, as the links say and, before long, the host process does."""
        container = self.box.container
        [version] = {container.path(f"/opt/affectbox/{link}").readlink().name for link in ("current", "proven")}

        def is_started() -> bool:
            process = container.show(HOST, "MainPID")
            with suppress(OSError):  # it ended meanwhile
                told = container.path(f"/proc/{process}/environ").read_text()
                return process != "0" and f"/opt/affectbox/releases/{version}/site" in told
            return False

        container.until(is_started, f"the host process of {version} runs")
        container.until(lambda: container.show(HOST, "ActiveState") == "active", "and is ready")
        return version

    def is_tried(self, version: str) -> bool:
        """Whether a release runs that has yet to prove itself."""
        return self.box.container.path("/opt/affectbox/current").readlink().name == version


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Releases]:
    """A box that has booted with release 1.0."""
    folder = tmp_path_factory.mktemp("updates")
    with container_of(folder) as container:
        made = Releases(Box(container, clip, "[update]\nprove_s = 25.0\n"), folder)
        made.lay_first()
        container.boot()
        container.run("/opt/affectbox/releases/.first/bin/affectbox-update", "adopt", "/opt/affectbox/releases/.first")
        container.run("systemctl", "restart", "database.service")
        yield made


def test_a_good_release_is_kept_and_what_was_recorded_stays(releases: Releases) -> None:
    box = releases.box
    assert releases.runs() == "1.0"
    with box.session(Order(Do.WATCH, 1)) as session:
        recorded = session.until(lambda report: report.recorded > 20).recorded
    box.until_gone()
    done = releases.install("1.1")
    assert done.returncode == 0, done.stderr
    assert "Release 1.1 runs." in done.stdout
    assert releases.runs() == "1.1"
    box.container.until(lambda: len(box.records()) >= recorded, "what was recorded before is in the database")


@pytest.mark.parametrize(("version", "wrong"), [("1.2", CRASHES), ("1.3", NO_FRAMES)], ids=["crashes", "no frames"])
def test_a_release_that_does_not_work_is_taken_back(releases: Releases, version: str, wrong: tuple[str, str]) -> None:
    done = releases.install(version, wrong)
    assert done.returncode == UpdateError.exit_code
    assert f"Release {version} did not prove itself" in done.stderr
    assert "1.1 runs again" in done.stderr
    assert releases.runs() == "1.1"


def test_a_power_cut_while_a_release_is_tried_brings_back_the_one_before(releases: Releases) -> None:
    container = releases.box.container
    container.run(
        "sh", "-c", f"{AFFECTBOX} update {releases.make('1.4', NO_FRAMES)} {' '.join(CONFIG)} >/dev/null 2>&1 &"
    )
    container.until(lambda: releases.is_tried("1.4"), "the release is tried")
    container.cut_the_power()
    container.boot()
    assert releases.runs() == "1.1"
    assert not container.path("/opt/affectbox/releases/1.4").exists()


def test_a_killed_updater_takes_back_what_it_tried(releases: Releases) -> None:
    container = releases.box.container
    container.run(
        "sh", "-c", f"{AFFECTBOX} update {releases.make('1.5', NO_FRAMES)} {' '.join(CONFIG)} >/dev/null 2>&1 &"
    )
    container.until(lambda: releases.is_tried("1.5"), "the release is tried")
    container.run("systemctl", "kill", "--signal=KILL", UPDATER)
    container.until(lambda: not releases.is_tried("1.5"), "it is taken back")
    container.until(lambda: container.show(UPDATER, "ActiveState") == "failed", "the updater is done")
    assert releases.runs() == "1.1"


def test_no_update_in_a_session_and_no_session_in_an_update(releases: Releases) -> None:
    box, container, before = releases.box, releases.box.container, releases.runs()
    box.ask("consent", PERSON, "--covers", "expressions,units", "--by", "patient")
    box.ask("begin", PERSON)
    box.until_status("watching", True)
    done = releases.install("1.6", NO_FRAMES)
    assert done.returncode == InterlockError.exit_code
    box.ask("end")
    box.until_gone()
    container.run("sh", "-c", f"{AFFECTBOX} update /root/*1.6* {' '.join(CONFIG)} >/dev/null 2>&1 &")
    container.until(lambda: releases.is_tried("1.6"), "the release is tried")
    begin = (AFFECTBOX, "session", "begin", PERSON, *CONFIG)
    container.until(lambda: "being updated" in container.try_(*begin).stderr, "no session begins meanwhile")
    container.until(lambda: not releases.is_tried("1.6"), "it is taken back")
    assert releases.runs() == before


def test_uninstalled_nothing_is_left_but_the_data(releases: Releases) -> None:
    container = releases.box.container
    script = (CHECKOUT / "systemd" / "install.sh").read_text()
    said = container.run("sh", "-s", "--", "--uninstall", stdin=script)
    assert "/var/lib/affectbox" in said
    left = container.run("find", "/etc", "/opt", "/usr/local", "/run", "/var", "-name", "*affectbox*").split()
    assert {path for path in left if "/test" not in path} <= {"/var/lib/affectbox", "/etc/affectbox"}
    assert container.path("/var/lib/affectbox/outbox.db").exists()
    assert container.run("systemctl", "list-units", "--all", "--no-legend", "affectbox*") == ""
