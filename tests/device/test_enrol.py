"""From an enrolment file to a box that signs in: what is kept, what is deleted, what is refused."""

import os
import time
from pathlib import Path

import pytest

from device.cli import main
from device.clock import FakeClock, SystemClock
from device.commands.doctor import findings
from device.commands.enrol import enrol
from device.config import load_settings
from device.contract.address import parse_url
from device.contract.enrolment import Enrolment, decode
from device.contract.errors import IdentityError, SinkError
from device.delivery.identity import Identity, identity_file, load, open_tokens, refuse_plain, save
from device.settings import IdentitySettings
from tests.identity_service import API_KEY, CUSTOM_TOKEN, REFRESH_TOKEN, SECRETS, IdentityService

ENROLMENT = Enrolment("room-3", CUSTOM_TOKEN, API_KEY, "https://clinic.firebaseio.com", time.time() + 3600)
IDENTITY = Identity("room-3", "https://clinic.firebaseio.com", API_KEY, REFRESH_TOKEN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "room-3.enrolment.json"
    path.write_bytes(ENROLMENT.encode())
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "new" / "identity.json"


def command(file: Path, place: Path, *more: str) -> int:
    return main(["enrol", str(file), f"--set=identity.file={place}", *more])


def account(place: Path, *more: str) -> tuple[str, str]:
    """What the doctor finds of the account: level and text."""
    settings = load_settings(None, [f"identity.file={place}", "device.id=room-3", *more])
    return next((finding.level, finding.text) for finding in findings(settings) if finding.what == "account")


def test_only_the_refresh_token_is_kept_and_the_file_is_gone(
    identity_service: IdentityService, file: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command(file, place) == 0
    assert not file.exists()
    assert load(place) == IDENTITY
    kept = place.read_text()
    assert place.stat().st_mode & 0o777 == 0o600
    assert CUSTOM_TOKEN not in kept
    assert "id-SECRET" not in kept
    assert list(place.parent.iterdir()) == [place]
    shown = "".join(capfd.readouterr())
    assert 'device.id = "room-3"' in shown
    assert [secret for secret in SECRETS if secret in shown] == []
    assert account(place) == ("ok", "signs in as 'room-3'")


def test_a_revoked_box_says_so(identity_service: IdentityService, file: Path, place: Path) -> None:
    command(file, place)
    identity_service.refuse = "USER_DISABLED"
    level, text = account(place)
    assert (level, "was disabled" in text) == ("fail", True)


def test_without_the_service_the_doctor_warns(identity_service: IdentityService, file: Path, place: Path) -> None:
    command(file, place)
    identity_service.answers = [(503, "")]
    assert account(place)[0] == "warning"


def test_a_box_that_is_not_enrolled_says_so(place: Path) -> None:
    level, text = account(place)
    assert (level, text.startswith("not enrolled")) == ("ok", True)


@pytest.mark.parametrize(
    "answer", [(503, ""), (400, '{"error": {"message": "INVALID_CUSTOM_TOKEN"}}'), (200, "<html>")]
)
def test_an_enrolment_that_fails_leaves_the_file_and_no_identity(
    identity_service: IdentityService,
    file: Path,
    place: Path,
    answer: tuple[int, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    identity_service.answers = [answer]
    assert command(file, place) == IdentityError.exit_code
    assert file.exists()
    assert not place.exists()
    errors = capfd.readouterr().err
    assert (errors.count("\n"), errors.startswith("affectbox: 'room-3' cannot be enrolled")) == (1, True)
    assert [secret for secret in SECRETS if secret in errors] == []


def test_a_place_that_cannot_be_written_keeps_the_file(
    identity_service: IdentityService, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "blocked").touch()
    assert command(file, tmp_path / "blocked" / "identity.json") == IdentityError.exit_code
    assert file.exists()


def test_an_expired_enrolment_is_refused_by_a_clock_that_knows(
    identity_service: IdentityService, file: Path, place: Path
) -> None:
    late = FakeClock(wall=ENROLMENT.expires + 1, trusted=True)
    with pytest.raises(IdentityError, match="has expired"):
        enrol(file, IdentitySettings(str(place)), 5, late)
    assert identity_service.asked == []
    late.set_wall(ENROLMENT.expires + 1, trusted=False)
    assert enrol(file, IdentitySettings(str(place)), 5, late) == IDENTITY


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no enrolment file"),
        (b"[]", "no enrolment file"),
        (b"\xff\xfe", "no enrolment file"),
        (b"[" * 60_000, "no enrolment file"),
        (b'{"device":' * 10_000, "no enrolment file"),
        (ENROLMENT.encode().replace(b"https://clinic", b"https://\\u001b]0;clinic"), "damaged"),
        (b'{"device": "room-3"}', "no enrolment file"),
        (ENROLMENT.encode().replace(b'"format": 1', b'"format": 2'), "another version"),
        (ENROLMENT.encode().replace(b'"room-3"', b'"Room 3"'), "names no box"),
        (ENROLMENT.encode().replace(CUSTOM_TOKEN.encode(), b""), "damaged"),
    ],
)
def test_what_is_no_enrolment_file_is_refused_without_repeating_it(content: bytes, sentence: str) -> None:
    with pytest.raises(IdentityError, match=sentence) as caught:
        decode(content)
    assert [secret for secret in SECRETS if secret in str(caught.value)] == []


def test_what_holds_secrets_does_not_show_them() -> None:
    assert [secret for secret in SECRETS if secret in repr(ENROLMENT) + repr(IDENTITY)] == []


def test_others_may_not_read_the_identity(place: Path) -> None:
    save(IDENTITY, place)
    place.chmod(0o640)
    with pytest.raises(IdentityError, match="Others can read"):
        load(place)


@pytest.mark.parametrize("content", ["", "{}", '{"device": 1}', "[]", '{"a": "b"}', "[" * 100_000])
def test_a_damaged_identity_is_said_in_one_sentence(place: Path, content: str) -> None:
    save(IDENTITY, place)
    place.write_text(content)
    with pytest.raises(IdentityError, match="is damaged"):
        load(place)


@pytest.mark.parametrize("what", ["a pipe", "a folder", "nothing"])
def test_what_is_no_file_is_said_in_one_sentence(what: str, tmp_path: Path, place: Path) -> None:
    path = tmp_path / "odd"
    if what == "a pipe":
        os.mkfifo(path)
    elif what == "a folder":
        path.mkdir()
    assert command(path, place) == IdentityError.exit_code
    if what != "nothing":
        with pytest.raises(IdentityError, match="is no file"):
            load(path)


def test_records_of_another_box_are_not_signed_with_this_ones_name(place: Path) -> None:
    save(IDENTITY, place)
    with pytest.raises(IdentityError, match=r"enrolled as 'room-3' and records as 'room-4': set device\.id"):
        open_tokens(IdentitySettings(str(place)), "room-4", 5, FakeClock())


def test_systemds_credential_comes_before_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert identity_file(IdentitySettings()) == tmp_path / "state" / "identity.json"
    credential = tmp_path / "affectbox-identity"
    save(IDENTITY, credential)
    credential.chmod(0o440)  # as systemd 252 hands it to a dynamic user
    assert identity_file(IdentitySettings()) == credential
    assert load(credential) == IDENTITY


def test_a_replaced_refresh_token_is_kept(identity_service: IdentityService, place: Path) -> None:
    save(IDENTITY, place)
    identity_service.refresh_token = "another"
    tokens = open_tokens(IdentitySettings(str(place)), "room-3", 5, SystemClock())
    assert tokens is not None
    tokens.token()
    kept = load(place)
    assert kept is not None
    assert kept.refresh_token == "another"
    assert place.stat().st_mode & 0o777 == 0o600


HERE = ["http://127.0.0.1:9000?ns=a", "http://localhost:9000", "http://[::1]:9000"]
ELSEWHERE = ["http://clinic.example", "http://192.0.2.1:9000"]


@pytest.mark.parametrize("url", ["https://clinic.firebaseio.com", *HERE])
@pytest.mark.parametrize("signs_in", [True, False])
def test_what_is_sent_goes_over_tls_or_stays_on_this_machine(url: str, signs_in: bool) -> None:
    refuse_plain(parse_url(url), signs_in, allowed=False)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_token_goes_nowhere_else_whatever_is_allowed(url: str) -> None:
    with pytest.raises(SinkError, match="show its token to the network: use https"):
        refuse_plain(parse_url(url), signs_in=True, allowed=True)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_records_go_to_another_machine_without_encryption_only_when_that_is_set(place: Path, url: str) -> None:
    def sink(*more: str) -> tuple[str, str]:
        settings = [f"identity.file={place}", f"run.sinks=['rtdb:{url}']", f"outbox.path={place.parent}/o", *more]
        found = findings(load_settings(None, [*settings, "upload.timeout_s=0.2"]))
        return next((finding.level, finding.text) for finding in found if finding.what == "sink")

    level, text = sink()
    assert (level, "would show the records to the network" in text) == ("fail", True)
    assert sink("upload.allow_plain=true")[0] == "warning", "nobody answers there"


def test_a_refresh_token_that_the_disk_does_not_take_is_kept_at_the_next_renewal(
    identity_service: IdentityService, tmp_path: Path
) -> None:
    place = tmp_path / "identity.json"
    save(IDENTITY, place)
    identity_service.refresh_token = "another"
    identity_service.lasts_s = 100
    clock = FakeClock()
    tokens = open_tokens(IdentitySettings(str(place)), "room-3", 5, clock)
    assert tokens is not None
    (tmp_path / "identity.part").mkdir()  # in the way of every write
    assert tokens.token()
    assert "another" not in place.read_text()
    (tmp_path / "identity.part").rmdir()
    identity_service.answers = [(200, '{"id_token": "i", "refresh_token": "another", "expires_in": "100"}')]
    clock.advance(99)
    assert tokens.token()
    assert "another" in place.read_text()
