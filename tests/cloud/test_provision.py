"""What `affectbox-cloud provision` refuses before it asks Firebase; the rest is in `test_auth_emulator.py`."""

from pathlib import Path

import pytest

from cloud.cli import main
from cloud.provision import write
from device.contract.enrolment import Enrolment, decode
from device.contract.errors import IdentityError

ENROLMENT = Enrolment("room-3", "custom-SECRET", "key", "https://clinic.firebaseio.com", 1e9)


def test_the_file_is_for_its_owner_alone_and_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "room-3.json"
    write(ENROLMENT, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert decode(file.read_bytes()) == ENROLMENT


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "room-3.json"
    file.write_text("something else")
    with pytest.raises(IdentityError, match="--out"):
        write(ENROLMENT, file)
    assert file.read_text() == "something else"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["provision", "Room 3", "--api-key", "k", "--database", "d"], "is no box's id"),
        (["revoke", "Room 3"], "is no box's id"),
        (["revoke", "room-3", "--service-account", "no-such-file.json"], "cannot be used"),
        (["revoke", "room-3"], "name its file with --service-account"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("firebase_admin")
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "FIREBASE_AUTH_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert main(words) == IdentityError.exit_code
    errors = capsys.readouterr().err
    assert (sentence in errors, errors.count("\n")) == (True, 1), errors
