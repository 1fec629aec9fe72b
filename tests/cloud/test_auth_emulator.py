"""Accounts for real: provision, enrol, refresh, disable, delete, against the Auth emulator of Google's firebase-tools.

It takes half a minute to start and 400 MB to install, so it runs where `make auth-emulator` has installed it.
"""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

auth = pytest.importorskip("firebase_admin.auth")
import firebase_admin  # noqa: E402  only if installed

from cloud.cli import main as cloud_main  # noqa: E402
from cloud.dashboard.access.firebase import FirebaseIdentity  # noqa: E402
from cloud.dashboard.access.identities import EndedError, NeedsCodeError, WrongCredentialsError  # noqa: E402
from device.cli import main as device_main  # noqa: E402
from device.clock import FakeClock  # noqa: E402
from device.commands.doctor import findings  # noqa: E402
from device.config import load_settings  # noqa: E402
from device.contract.enrolment import claims, uid  # noqa: E402
from device.delivery.identity import open_tokens  # noqa: E402
from device.delivery.signin import RefusedError  # noqa: E402
from device.delivery.tokens import TokenSource  # noqa: E402
from device.settings import IdentitySettings  # noqa: E402

FIREBASE = Path(__file__).parents[2] / "build" / "auth-emulator" / "node_modules" / ".bin" / "firebase"
START_S = 120.0
PROJECT = "demo-affectbox"
DEVICE = "room-3"
pytestmark = pytest.mark.skipif(not FIREBASE.exists(), reason="`make auth-emulator` has not been run")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a running Auth emulator."""
    folder = tmp_path_factory.mktemp("emulator")
    ports = free_ports(3)
    services = dict(
        zip(("auth", "hub", "logging"), ({"host": "127.0.0.1", "port": port} for port in ports), strict=True)
    )
    (folder / "firebase.json").write_text(json.dumps({"emulators": services | {"ui": {"enabled": False}}}))
    command = [FIREBASE, "emulators:start", "--only", "auth", "--project", PROJECT]
    environment = os.environ | {"CI": "1", "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watchdog = threading.Timer(START_S, process.kill)
        watchdog.start()
        assert process.stdout is not None
        printed: list[str] = []
        for line in process.stdout:
            printed.append(line)
            if "All emulators ready" in line:
                break
        watchdog.cancel()
        assert process.poll() is None, "".join(printed)
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        yield f"127.0.0.1:{ports[0]}"
        process.send_signal(signal.SIGINT)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


@pytest.fixture
def project(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The emulated project, empty at first, as its administrator sees it."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", emulator)
    app = firebase_admin.initialize_app(None, {"projectId": PROJECT}, name="test")
    yield app
    for user in auth.list_users(app=app).users:
        auth.delete_user(user.uid, app=app)
    firebase_admin.delete_app(app)


@pytest.fixture
def identity(project: Any, tmp_path: Path) -> Path:
    """The identity file of a box that was provisioned and enrolled by the commands."""
    file, place = tmp_path / "enrolment.json", tmp_path / "identity.json"
    assert provision(file) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert enrol(file, place) == 0
    return place


def provision(file: Path) -> int:
    words = ["--api-key", "any", "--database", "https://clinic.firebaseio.com", "--out", str(file)]
    return cloud_main(["provision", DEVICE, *words])


def enrol(file: Path, place: Path) -> int:
    return device_main(["enrol", str(file), f"--set=identity.file={place}"])


def signed_in(identity: Path) -> TokenSource:
    """A box that starts with this identity file."""
    tokens = open_tokens(IdentitySettings(str(identity)), DEVICE, 10, FakeClock())
    assert tokens is not None
    return tokens


def claims_in(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_an_enrolled_box_has_the_claims_that_the_rules_know(identity: Path) -> None:
    found = claims_in(signed_in(identity).token())
    assert found["user_id"] == uid(DEVICE)
    assert {name: found[name] for name in claims(DEVICE)} == claims(DEVICE)
    assert found["exp"] - found["iat"] == 3600


def test_a_token_is_renewed_after_an_hour_with_the_same_claims(identity: Path) -> None:
    clock = FakeClock()
    tokens = open_tokens(IdentitySettings(str(identity)), DEVICE, 10, clock)
    assert tokens is not None
    first = claims_in(tokens.token())
    clock.advance(3600)
    second = claims_in(tokens.token())
    assert tokens.trouble == ""
    assert {name: second[name] for name in ("user_id", "role", "device")} == {
        name: first[name] for name in ("user_id", "role", "device")
    }


def test_a_revoked_box_is_refused_and_its_doctor_says_so(identity: Path) -> None:
    tokens = signed_in(identity)
    tokens.token()
    assert cloud_main(["revoke", DEVICE]) == 0
    with pytest.raises(RefusedError, match="disabled"):
        signed_in(identity).token()
    settings = load_settings(None, [f"identity.file={identity}", f"device.id={DEVICE}"])
    account = next(finding for finding in findings(settings) if finding.what == "account")
    assert account.level == "fail"
    assert "disabled" in account.text


def test_a_revocation_takes_effect_within_the_hour(identity: Path) -> None:
    clock = FakeClock()
    tokens = open_tokens(IdentitySettings(str(identity)), DEVICE, 10, clock)
    assert tokens is not None
    tokens.token()
    cloud_main(["revoke", DEVICE])
    clock.advance(3600)
    with pytest.raises(RefusedError, match="disabled"):
        tokens.token()
    assert "disabled" in tokens.trouble


def test_a_deleted_account_is_refused(identity: Path, project: Any) -> None:
    auth.delete_user(uid(DEVICE), app=project)
    with pytest.raises(RefusedError, match=r"does not exist|not accepted"):
        signed_in(identity).token()


def test_an_account_that_is_enabled_again_needs_no_visit(identity: Path, project: Any) -> None:
    auth.update_user(uid(DEVICE), disabled=True, app=project)
    with pytest.raises(RefusedError):
        signed_in(identity).token()
    auth.update_user(uid(DEVICE), disabled=False, app=project)
    assert signed_in(identity).token()


def test_a_revoked_box_can_be_provisioned_anew(identity: Path, tmp_path: Path) -> None:
    cloud_main(["revoke", DEVICE])
    file, place = tmp_path / "again.json", tmp_path / "again-identity.json"
    assert provision(file) == 0
    assert enrol(file, place) == 0
    assert signed_in(place).token()


def test_an_enrolment_of_nobody_is_refused(project: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "enrolment.json"
    provision(file)
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"custom_token": "not.a.token"}))
    assert enrol(file, tmp_path / "identity.json") == 25
    assert "cannot be enrolled" in capsys.readouterr().err


def test_revoking_a_box_that_there_is_not(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cloud_main(["revoke", "no-such-box"]) == 25
    assert "no such box" in capsys.readouterr().err


EMAIL, PASSWORD, NEW = "clara@clinic.example", "four plain words here", "quite another four words"


def test_a_person_signs_in_to_the_dashboard_with_an_account_of_the_project(project: Any) -> None:
    user = auth.create_user(email=EMAIL, password=PASSWORD, app=project)
    identity = FirebaseIdentity("any")
    with pytest.raises(WrongCredentialsError):
        asyncio.run(identity.sign_in(EMAIL, "other"))
    first = asyncio.run(identity.sign_in(EMAIL, PASSWORD))
    assert (first.uid, first.email) == (user.uid, EMAIL)
    token = asyncio.run(identity.token(first))
    assert claims_in(token.text)["user_id"] == user.uid
    asyncio.run(identity.check(first, token))
    asyncio.run(identity.change_password(first, PASSWORD, NEW))
    with pytest.raises(WrongCredentialsError):
        asyncio.run(identity.sign_in(EMAIL, PASSWORD))
    again = asyncio.run(identity.sign_in(EMAIL, NEW))
    token = asyncio.run(identity.token(again))
    auth.update_user(user.uid, disabled=True, app=project)
    for asked in (identity.sign_in(EMAIL, NEW), identity.token(again), identity.check(again, token)):
        with pytest.raises(EndedError, match="disabled"):
            asyncio.run(asked)


def test_a_person_with_a_second_factor_gives_the_code_that_was_sent(project: Any, emulator: str) -> None:
    user = auth.create_user(email=EMAIL, password=PASSWORD, email_verified=True, app=project)
    enrolled = {"localId": user.uid, "mfa": {"enrollments": [{"phoneInfo": "+15555550100", "displayName": "phone"}]}}
    place = f"http://{emulator}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}"
    owner = {"Authorization": "Bearer owner"}
    httpx.post(f"{place}/accounts:update", json=enrolled, headers=owner).raise_for_status()
    identity = FirebaseIdentity("any")
    with pytest.raises(NeedsCodeError, match="was sent to") as needs:
        asyncio.run(identity.sign_in(EMAIL, PASSWORD))
    sent = httpx.get(f"http://{emulator}/emulator/v1/projects/{PROJECT}/verificationCodes").json()["verificationCodes"]
    with pytest.raises(WrongCredentialsError, match="not the code"):
        asyncio.run(identity.second(needs.value.pending, "000000"))
    signed = asyncio.run(identity.second(needs.value.pending, sent[-1]["code"]))
    assert signed.uid == user.uid
    assert claims_in(asyncio.run(identity.token(signed)).text)["user_id"] == user.uid
