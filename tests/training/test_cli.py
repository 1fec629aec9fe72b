import subprocess
import sys

import pytest

from device.contract.errors import DataError
from training.cli import main

EXPORT = ["export", "--run", "a", "--data", "b", "--bundles", "c"]


def test_missing_file_is_one_sentence_and_its_exit_code(tmp_path, capsys):
    code = main(["prepare", "--csv", str(tmp_path / "no.csv"), "--out", str(tmp_path / "data.npz")])

    message = capsys.readouterr().err
    assert code == DataError.exit_code
    assert "no.csv" in message and "training/README.md" in message and message.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["prepare", "--out", "x"], "one of the arguments"),
        (["prepare", "--csv", "a", "--images", "b", "--out", "x"], "not allowed with"),
        (["prepare", "--csv", "a", "--out", "x", "--jobs", "0"], "at least 1"),
        (["evaluate", "--bundle", "a"], "one of the arguments"),
        ([*EXPORT, "--version", "next"], "three numbers"),
        (
            ["export", "--run", "a", "--data", "b", "--bundles", "c", "--version", "1.0.0", "--name", "../x"],
            "lower-case",
        ),
    ],
)
def test_wrong_usage(argv, complaint, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(argv)

    assert complaint in capsys.readouterr().err


def test_command_line_starts_without_tensorflow():
    code = "import sys, training.cli; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
