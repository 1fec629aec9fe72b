"""An update ends with the new release or with the old one, wherever it is cut off."""

import io
import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from nacl.signing import SigningKey

from device.contract.errors import UpdateError
from device.service.noticed import update
from device.update.layout import read
from device.update.package import damage
from device.update.standing import Step, busy, standing, updating
from device.update.units import COMMAND, PLACES
from tests.disk import Disk, why_not
from tests.releases import Box, make_release

CUT = 99
DONE = 0
REFUSED = 27
#: What the updater does to a file system.
TOUCHES = ("open", "os.rename", "os.remove", "os.symlink", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree")


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, if there is one, for tests that make a hundred boxes."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path / "box", tmp_path)
    made.begin_with("1.0")
    return made


def runs(box: Box) -> str:
    """The version that the box runs; fails if it is not whole, or the system has anything of another."""
    layout = box.layout
    version = layout.current
    assert version == layout.proven
    assert damage(layout.folder(version), read(layout.folder(version))) == []
    units = layout.root / PLACES["units"]
    assert not [path for path in units.iterdir() if path.name.endswith(".new")]
    for link in [*units.iterdir(), *(units / "multi-user.target.wants").iterdir(), layout.root / COMMAND]:
        if link.is_symlink():
            target = link.readlink()
            seen = layout.root / target.relative_to("/") if target.is_absolute() else link.parent / target
            assert os.path.lexists(seen), f"{link} leads nowhere"
    only = version.partition("+")[0]
    assert [path.name for path in units.glob("affectbox-only-*")] == [f"affectbox-only-{only}.service"]
    assert (units / "affectbox-confirm.service").read_text().startswith(f"# {version}\n")
    return version


def test_a_good_release_is_kept(box: Box) -> None:
    box.updater.install(make_release(box.files, "1.1"))
    assert runs(box) == "1.1"
    assert standing(box.layout).step is Step.DONE
    assert box.layout.installed() == ["1.0", "1.1"]


@pytest.mark.parametrize("health", ["crash", "no frames"])
def test_a_release_that_does_not_work_is_taken_back(box: Box, health: str) -> None:
    with pytest.raises(UpdateError, match=r"1\.1 did not prove itself .*: 1\.0 runs again"):
        box.updater.install(make_release(box.files, "1.1", health))
    assert runs(box) == "1.0"
    assert box.machine.started == ["1.0", "1.1", "1.0"]
    assert standing(box.layout).step is Step.BACK
    told = update(box.layout)
    assert (told["version"], told["state"]) == ("1.1", "back"), "an engineer far away reads it in telemetry"
    assert "1.0 runs again" in told["text"]
    assert box.layout.installed() == ["1.0"]


def test_three_releases_one_after_the_other_leave_two(box: Box) -> None:
    for version in ("1.1", "1.2.dev3+gabc", "1.2"):
        box.updater.install(make_release(box.files, version))
    assert runs(box) == "1.2"
    assert box.layout.installed() == ["1.2.dev3+gabc", "1.2"]


def cut_off_at(number: int, work: Callable[[], None], cut: Callable[[], None] = lambda: None) -> int:
    """Do it in a process that is gone at its `number`th touch of the file system, after `cut`; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    touched = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in TOUCHES and not (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR) == 0):
            touched += 1
            if touched > number:
                cut()
                os._exit(CUT)

    sys.addaudithook(count)
    try:
        work()
    except UpdateError:
        os._exit(REFUSED)
    finally:
        os._exit(DONE)


@pytest.mark.parametrize(("health", "end", "step"), [("good", "1.1", 1), ("crash", "1.0", 4)])
def test_cut_off_anywhere_it_starts_with_one_of_the_two(fast: Path, health: str, end: str, step: int) -> None:
    file = make_release(fast, "1.1", health)
    number, code, seen = 0, CUT, set()
    while code == CUT:
        box = Box(fast / f"box{number}", fast)
        box.begin_with("1.0")
        code = cut_off_at(number, lambda box=box: box.updater.install(file))
        box.updater.settle()  # as the next boot does
        seen.add(runs(box))
        assert not updating(box.layout)
        assert not [path for path in box.layout.releases.iterdir() if path.name.startswith(".")]
        number += step
    assert number > 20
    assert seen == {"1.0", end}
    assert runs(box) == end


@pytest.mark.chaos
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_power_cut_of_a_real_file_system_leaves_one_of_the_two(tmp_path: Path) -> None:
    file = make_release(tmp_path, "1.1")
    number, code, seen = 0, CUT, set()
    while code == CUT:
        with Disk(tmp_path / f"disk{number}") as disk:
            box = Box(disk.folder / "box", tmp_path)
            box.begin_with("1.0")
            os.sync()  # the box has run for some days
            code = cut_off_at(number, lambda box=box: box.updater.install(file), disk.cut_the_power)
            disk.cut_the_power()
            disk.mount_again()
            box.updater.settle()
            seen.add(runs(box))
        number += 3
    assert seen == {"1.0", "1.1"}


def test_cut_off_again_while_it_goes_back(fast: Path) -> None:
    number, code = 0, CUT
    while code == CUT:
        box = Box(fast / f"box{number}", fast)
        box.begin_with("1.0")
        tried = box.layout.folder("1.1")
        box.layout.folder("1.0").rename(tried)  # a release that was being tried when the power went
        box.begin_with("1.0")
        code = cut_off_at(number, box.updater.settle)
        box.updater.settle()
        assert runs(box) == "1.0"
        number += 1


def test_the_next_boot_takes_back_what_was_being_tried(box: Box) -> None:
    file = make_release(box.files, "1.1")
    box.machine.prove = lambda: os._exit(CUT)  # type: ignore[method-assign]
    assert cut_off_at(10**6, lambda: box.updater.install(file)) == CUT
    assert (box.layout.current, updating(box.layout)) == ("1.1", True)
    box.updater.settle()
    assert (runs(box), updating(box.layout)) == ("1.0", False)


def signed_places(archive: bytes) -> list[int]:
    """Every byte of the outer archive but those of its headers, of which the owner says nothing."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [at for member in opened for at in range(member.offset_data, member.offset_data + member.size)]


def altered(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_an_altered_file_is_refused_wherever_it_was_altered(box: Box) -> None:
    file = make_release(box.files, "1.1")
    whole = file.read_bytes()
    contents = signed_places(whole)
    for at in (*contents[:: len(contents) // 40], contents[-1]):
        file.write_bytes(whole)
        altered(file, at)
        with pytest.raises(UpdateError, match=r"altered|is no release|not signed|unknown key"):
            box.updater.install(file)
    assert runs(box) == "1.0"


def test_a_file_that_breaks_off_is_refused(box: Box) -> None:
    file = make_release(box.files, "1.1")
    data = file.read_bytes()
    for size in (0, 100, 600, 2000, len(data.rstrip(b"\0")) - 9):
        file.write_bytes(data[:size])
        with pytest.raises(UpdateError, match=r"affectbox-1\.1-bookworm\.tar"):
            box.updater.install(file)
    assert runs(box) == "1.0"


def test_an_older_release_is_refused_unless_forced(box: Box) -> None:
    file = make_release(box.files, "0.9")
    with pytest.raises(UpdateError, match=r"0\.9 is older than 1\.0, which runs"):
        box.updater.install(file)
    box.updater.install(file, force=True)
    assert runs(box) == "0.9"


def test_the_installer_takes_no_older_release_and_ends_no_session(box: Box) -> None:
    def unpacked(version: str) -> Path:
        other = Box(box.files / version, box.files)
        other.begin_with(version)
        return other.layout.folder(version)

    with pytest.raises(UpdateError, match=r"0\.9 is older than 1\.0, which runs"):
        box.updater.adopt(unpacked("0.9"))
    box.machine.idle = False
    for version in ("1.0", "1.1"):
        with pytest.raises(UpdateError, match="A session is open"):
            box.updater.adopt(unpacked(version))
    assert runs(box) == "1.0"
    assert box.machine.started == ["1.0"]


def test_the_release_that_runs_is_not_installed_again_unless_it_is_damaged(box: Box) -> None:
    file = make_release(box.files, "1.0")
    with pytest.raises(UpdateError, match=r"1\.0 is what runs already"):
        box.updater.install(file)
    (box.layout.folder("1.0") / "site/version").write_text("1.0 with a bad spot")
    box.updater.install(file)
    assert runs(box) == "1.0"


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        ({"suite": "trixie"}, "is for bookworm, and this box has trixie"),
        ({"architecture": "amd64"}, "is for arm64 processors, and this box has amd64"),
        ({"bytes_free": 1000}, "the card has 0 MB left"),
        ({"idle": False}, "A session is open"),
    ],
)
def test_what_does_not_fit_this_box_now_is_refused(box: Box, machine: dict[str, object], sentence: str) -> None:
    for name, value in machine.items():
        setattr(box.machine, name, value)
    with pytest.raises(UpdateError, match=sentence):
        box.updater.install(make_release(box.files, "1.1"))
    assert runs(box) == "1.0"


def test_a_stranger_s_signature_is_refused(box: Box) -> None:
    with pytest.raises(UpdateError, match="signed by the unknown key"):
        box.updater.install(make_release(box.files, "1.1", key=SigningKey(bytes(32))))


@pytest.mark.parametrize("what", ["folder", "pipe", "nothing"])
def test_what_is_no_file_is_refused(box: Box, what: str) -> None:
    path = box.files / "affectbox-1.1-bookworm.tar"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    with pytest.raises(UpdateError, match="check the path"):
        box.updater.install(path)


def test_one_update_at_a_time_and_no_session_meanwhile(box: Box) -> None:
    assert not updating(box.layout)
    with busy(box.layout):
        assert updating(box.layout)
        with pytest.raises(UpdateError, match="Another update is under way"):
            box.updater.install(make_release(box.files, "1.1"))
        assert updating(box.layout)
    assert not updating(box.layout)
