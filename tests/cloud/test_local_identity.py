"""Boxes that sign in at a local database: enrolled, renewed, kept apart by the rules, revoked."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cloud.cli import main as cloud_main
from cloud.local.accounts import FILE_NAME, BoxAccounts, NoTokenError
from cloud.local.evaluator import NODE_MODULES
from cloud.local.identity import REFRESH, SIGN_IN
from device.cli import main as device_main
from device.clock import FakeClock
from device.contract.errors import IdentityError
from device.delivery.identity import open_tokens
from device.delivery.signin import RefusedError
from device.delivery.tokens import TokenSource
from device.settings import IdentitySettings
from tests.servers import Server

RULES = {
    "rules": {
        "telemetry": {"$device": {".write": "auth.token.role === 'box' && auth.token.device === $device"}},
    }
}


needs_rules = pytest.mark.skipif(
    not ((NODE_MODULES / "targaryen").is_dir() and shutil.which("node")), reason="no targaryen: `make rules-evaluator`"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "database"


@pytest.fixture
def server(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    running = Server(folder, "--rules", str(rules), "--sign-in")
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", running.url.removeprefix("http://"))
    yield running
    running.end()


def enrolled(folder: Path, place: Path, device: str = "room-3") -> TokenSource:
    """A box that was provisioned and enrolled by the commands."""
    file = place / f"{device}.enrolment.json"
    words = ["--local", str(folder), "--database", "http://127.0.0.1:9000?ns=clinic", "--out", str(file)]
    assert cloud_main(["provision", device, *words]) == 0
    assert device_main(["enrol", str(file), f"--set=identity.file={place / device}"]) == 0
    tokens = open_tokens(IdentitySettings(str(place / device)), device, 10, FakeClock())
    assert tokens is not None
    return tokens


def status(url: str, body: bytes, method: str = "POST") -> int:
    try:
        with urlopen(Request(url, body, method=method), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@needs_rules
def test_a_box_signs_in_and_writes_what_is_its_own_alone(server: Server, folder: Path, tmp_path: Path) -> None:
    token = enrolled(folder, tmp_path).token()
    assert status(f"{server.url}/telemetry/room-3.json?ns=clinic&auth={token}", b'{"a": 1}', "PUT") == 200
    assert status(f"{server.url}/telemetry/room-4.json?ns=clinic&auth={token}", b'{"a": 1}', "PUT") == 401


@needs_rules
def test_a_revoked_box_hears_that_it_was_disabled_and_a_renewed_one_signs_in_again(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    first = enrolled(folder, tmp_path)
    first.token()
    assert cloud_main(["revoke", "room-3", "--local", str(folder)]) == 0
    first.renew()
    with pytest.raises(RefusedError, match="revoked"):
        open_tokens(IdentitySettings(str(tmp_path / "room-3")), "room-3", 10, FakeClock()).token()  # type: ignore[union-attr]
    (tmp_path / "again").mkdir()
    assert enrolled(folder, tmp_path / "again").token()


@needs_rules
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 7}', b"\xff", b"[" * 60_000, b"x" * 70_000])
def test_nonsense_is_refused_in_words(server: Server, body: bytes) -> None:
    for path in (SIGN_IN, REFRESH):
        assert status(f"{server.url}{path}?key=local", body) == 400


def test_an_enrolment_is_good_once_and_for_an_hour(tmp_path: Path) -> None:
    clock = FakeClock()
    accounts = BoxAccounts(tmp_path / FILE_NAME, clock.wall)
    custom = accounts.provision("room-3")
    accounts.enrol(custom)
    with pytest.raises(NoTokenError, match="INVALID_CUSTOM_TOKEN"):
        accounts.enrol(custom)
    late = accounts.provision("room-3")
    clock.advance(3601)
    with pytest.raises(NoTokenError):
        accounts.enrol(late)


def test_what_is_kept_signs_nobody_in(tmp_path: Path) -> None:
    accounts = BoxAccounts(tmp_path / FILE_NAME)
    custom = accounts.provision("room-3")
    device, refresh = accounts.enrol(custom)
    assert (device, accounts.box_of(refresh)) == ("room-3", "room-3")
    kept = (tmp_path / FILE_NAME).read_bytes()
    assert custom.encode() not in kept
    assert refresh.encode() not in kept
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_new_enrolment_signs_out_whoever_had_the_one_before(tmp_path: Path) -> None:
    accounts = BoxAccounts(tmp_path / FILE_NAME)
    _, refresh = accounts.enrol(accounts.provision("room-3"))
    accounts.provision("room-3")
    with pytest.raises(NoTokenError):
        accounts.box_of(refresh)
    with pytest.raises(NoTokenError):
        accounts.box_of("")


def test_who_is_no_box_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accounts = BoxAccounts(tmp_path / FILE_NAME)
    with pytest.raises(IdentityError, match="no box's id"):
        accounts.provision("Room 3")
    assert cloud_main(["revoke", "room-9", "--local", str(tmp_path)]) == IdentityError.exit_code
    assert cloud_main(["provision", "room-9", "--database", "http://x", "--out", str(tmp_path / "e")]) != 0
    assert "--api-key" in capsys.readouterr().err
