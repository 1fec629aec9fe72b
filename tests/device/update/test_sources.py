"""Where releases come from: a stick, a folder in the network, a file that root named."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from device.contract.errors import UpdateError
from device.contract.release import age, pointer_name
from device.settings import UpdateSettings
from device.update import request
from device.update.carrying import GIVEN, carry_out, fetch
from device.update.request import Source, take
from device.update.standing import Offer, Step, offered, standing
from device.update.stick import STICK, look, mounted
from tests.disk import why_not
from tests.releases import Box, make_release


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path / "box", tmp_path)
    made.begin_with("1.0")
    return made


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


# --- a stick


def test_the_newest_release_of_a_stick_that_fits_is_offered_and_installed_without_it(box: Box, stick: Path) -> None:
    for version, suite in (("1.1", "bookworm"), ("1.2", "bookworm"), ("1.3", "trixie")):
        make_release(stick, version, suite=suite)
    assert look(stick, box.layout, box.machine) == offered(box.layout)
    assert offered(box.layout) == Offer(
        "1.2", "Release 1.2 is ready to be installed; the stick is not needed any more."
    )
    for file in stick.glob("*.tar"):
        file.unlink()
    ask(box, Source.STICK)
    assert (box.layout.current, standing(box.layout).step) == ("1.2", Step.DONE)
    assert not (box.layout.spool / STICK).exists()


@pytest.mark.parametrize(
    ("version", "suite", "sentence"),
    [
        ("0.9", "bookworm", "is 0.9, and 1.0 runs already"),
        ("1.1", "trixie", "is for trixie, and this box has bookworm"),
    ],
)
def test_a_stick_without_anything_new_says_so(box: Box, stick: Path, version: str, suite: str, sentence: str) -> None:
    make_release(stick, version, suite=suite)
    made = look(stick, box.layout, box.machine)
    assert made is not None
    assert (made.version, sentence in made.text) == ("", True), made.text


def test_an_altered_file_on_a_stick_is_not_offered(box: Box, stick: Path) -> None:
    file = make_release(stick, "1.1")
    file.write_bytes(file.read_bytes().rstrip(b"\0")[:-9])
    made = look(stick, box.layout, box.machine)
    assert made is not None
    assert made.text == "affectbox-1.1-bookworm.tar is damaged or was altered: copy or fetch it again."
    assert list(box.layout.spool.iterdir()) == []


def test_a_stick_of_holiday_pictures_is_none_of_ours(box: Box, stick: Path) -> None:
    (stick / "beach.jpg").write_bytes(b"")
    assert look(stick, box.layout, box.machine) is None
    assert offered(box.layout) is None


# --- the network


class Folder(BaseHTTPRequestHandler):
    """Files by name; hangs up after `most` bytes of each answer."""

    files: dict[str, bytes]
    most = 10**9
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        wanted = self.headers.get("Range", "bytes=0-")
        self.asked.append((name, wanted))
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        data = self.files.get(name)
        if data is None or self.path.startswith("/moved/"):
            self.send_response(404 if data is None else 302)
            self.send_header("Location", f"/new/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start : start + self.most])
        self.close_connection = True

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def serving(files: dict[str, bytes], most: int = 10**9) -> Iterator[tuple[str, type[Folder]]]:
    handler = type("Handler", (Folder,), {"files": files, "most": most, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


def folder_of(*files: Path) -> dict[str, bytes]:
    """As `make release` leaves it."""
    named = {pointer_name("bookworm", "arm64"): f"{files[-1].name}\n".encode()}
    return named | {file.name: file.read_bytes() for file in files}


def test_the_newest_release_of_the_network_is_installed(box: Box) -> None:
    with serving(folder_of(make_release(box.files, "1.1"))) as (url, _):
        ask(box, Source.NETWORK, f"{url}/moved/")
    assert (box.layout.current, standing(box.layout).step) == ("1.1", Step.DONE)
    assert [path.name for path in box.layout.spool.iterdir()] == ["newest.txt"]


def test_a_transfer_that_breaks_off_goes_on_where_it_did(box: Box) -> None:
    file = make_release(box.files, "1.1")
    quarter = file.stat().st_size // 4
    with serving(folder_of(file), most=quarter) as (url, handler):
        for _ in range(3):
            with pytest.raises(UpdateError, match="goes on where it broke off"):
                fetch(url, box.layout, box.machine)
        handler.most = 10**9
        fetched = fetch(url, box.layout, box.machine)
    assert fetched.read_bytes() == file.read_bytes()
    assert [wanted for name, wanted in handler.asked if name == file.name] == [
        f"bytes={times * quarter}-" for times in range(4)
    ]


@pytest.mark.parametrize(
    ("files", "url", "sentence"),
    [
        ({}, "", "cannot be had (404)"),
        ({pointer_name("bookworm", "arm64"): b"../../etc/shadow"}, "", "is no name of a release"),
        ({pointer_name("bookworm", "arm64"): b"x" * 10_000}, "", "is larger than"),
        ({}, "ftp://127.0.0.1", "is no address of a release"),
        ({}, "http://127.0.0.1:1", "cannot be had to its end"),
    ],
    ids=["nothing there", "no name", "a long name", "no address", "nobody there"],
)
def test_what_cannot_be_fetched_is_told(box: Box, files: dict[str, bytes], url: str, sentence: str) -> None:
    with serving(files) as (served, _), pytest.raises(UpdateError) as refused:
        ask(box, Source.NETWORK, url or served)
    assert sentence in str(refused.value)
    assert standing(box.layout).text == str(refused.value)
    assert box.layout.current == "1.0"


def test_a_release_larger_than_the_card_is_not_fetched(box: Box) -> None:
    box.machine.bytes_free = 300 * 2**20 + 1000
    with serving(folder_of(make_release(box.files, "1.1"))) as (url, _), pytest.raises(UpdateError, match="no room"):
        fetch(url, box.layout, box.machine)


# --- asking


def ask(box: Box, source: Source, url: str = "") -> None:
    """As the host process asks, and the updater answers."""
    box.layout.request.parent.mkdir(parents=True, exist_ok=True)
    request.ask(source, box.layout)
    carry_out(box.layout, box.updater, box.machine, UpdateSettings(url=url))


def test_a_file_that_root_named_is_not_called_by_the_name_of_its_copy(box: Box) -> None:
    file = make_release(box.files, "1.1")
    box.layout.spool.mkdir(parents=True)
    (box.layout.spool / GIVEN).write_bytes(file.read_bytes().rstrip(b"\0")[:-9])
    with pytest.raises(UpdateError, match=r"^The file is damaged or was altered"):
        ask(box, Source.GIVEN)
    assert box.said[-2] == "The file is being checked."


def test_what_is_asked_for_is_asked_for_once(box: Box) -> None:
    box.layout.request.parent.mkdir(parents=True)
    request.ask(Source.STICK, box.layout)
    assert [take(box.layout), take(box.layout)] == [Source.STICK, None]


@pytest.mark.parametrize("what", ["link", "words"])
def test_a_request_that_is_none_is_passed_over(box: Box, what: str) -> None:
    path = box.layout.request
    path.parent.mkdir(parents=True)
    if what == "link":
        path.symlink_to("/etc/shadow")
    elif what == "words":
        path.write_text("everything, please" * 1000)
    assert take(box.layout) is None
    assert not path.exists()


def test_nothing_given_is_told(box: Box) -> None:
    with pytest.raises(UpdateError, match="No release waits"):
        ask(box, Source.GIVEN)
    assert standing(box.layout).step is Step.REFUSED


def test_versions_are_in_order() -> None:
    versions = ["0.1.dev3+gabc", "0.1", "0.1.1.dev2", "0.1.1", "0.2.0.dev10+gabc.d20261127", "0.2.0", "0.10", "1.0"]
    assert sorted(versions[3:] + versions[:3], key=age) == versions
    assert age("0.2") == age("0.2.0") == age("0.2+gabc")


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_stick_is_mounted_for_reading_alone(tmp_path: Path) -> None:
    image, folder = tmp_path / "stick.img", tmp_path / "mounted"
    with image.open("wb") as file:
        file.truncate(16 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, capture_output=True)
    loop = ["losetup", "--find", "--show", "--read-only", str(image)]
    device = subprocess.run(loop, check=True, capture_output=True, text=True).stdout.strip()
    try:
        with mounted(Path(device), folder) as place:
            assert (place / "lost+found").is_dir()
            with pytest.raises(OSError, match="Read-only"):
                (place / "file").touch()
        assert list(folder.iterdir()) == []
        with pytest.raises(UpdateError, match="cannot be read"), mounted(tmp_path / "none", folder):
            pass
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
