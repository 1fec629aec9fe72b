import subprocess
import sys

import pytest

from device.contract.errors import DataError
from training.cli import main


def test_missing_file_is_one_sentence_and_its_exit_code(tmp_path, capsys):
    code = main(["fer", "--csv", str(tmp_path / "no.csv"), "--ferplus", "no.csv", "--out", str(tmp_path)])

    message = capsys.readouterr().err
    assert code == DataError.exit_code
    assert "no.csv" in message and "training/README.md" in message and message.count("\n") == 1


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["fer", "--help"])

    text = capsys.readouterr().out
    for option in ("--csv", "--ferplus", "--out", "--bundles", "--epochs", "--seed", "--resume"):
        assert option in text


def test_epochs_must_be_positive(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["fer", "--csv", "a", "--ferplus", "b", "--out", "c", "--epochs", "0"])

    assert "at least 1" in capsys.readouterr().err


def test_command_line_starts_without_tensorflow():
    code = "import sys, training.cli; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
