"""The list of files that were written about people."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.erasing import known
from device.contract.errors import StorageError


def test_a_file_is_of_everybody_whom_a_line_names(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    known.note(report, ["p-017", "", "unnamed"], ["box-01~k1"], "report")
    known.note(report, ["p-018"], ["box-01~k2"], "report")
    known.note(tmp_path / "folder" / ".." / "report.html", [], ["box-02~k3"], "report")
    (one,) = known.written()
    assert one == known.Written(
        report, "report", frozenset({"p-017", "p-018", "unnamed"}), frozenset({"box-01~k1", "box-01~k2", "box-02~k3"})
    )


def test_a_file_is_made_again_by_a_command_if_every_line_says_so(tmp_path: Path) -> None:
    for what, again in (("sessions", "make"), ("sessions", "make"), ("report", "")):
        known.note(tmp_path / what, ["p-017"], [], what, again)
    known.note(tmp_path / "mixed", ["p-017"], [], "report")
    known.note(tmp_path / "mixed", ["p-017"], [], "sessions", "make")
    known.rewrite(lambda one: replace(one, patients=frozenset({"p-018"})))
    assert {one.path.name: one.again for one in known.written()} == {"sessions": "make", "report": "", "mixed": ""}


def test_only_its_owner_reads_the_list(tmp_path: Path) -> None:
    known.note(tmp_path / "a.csv", ["p-017"], [], "episodes")
    assert stat.S_IMODE(known.registry().stat().st_mode) == 0o600


def test_what_is_no_file_is_not_noted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    known.note(tmp_path / "pipe", ["p-017"], [], "analysis")
    known.note(Path("/dev/null"), ["p-017"], [], "analysis")
    assert known.written() == []


def test_a_line_that_a_power_cut_left_torn_hides_no_other(tmp_path: Path) -> None:
    known.note(tmp_path / "a.csv", ["p-017"], [], "episodes")
    whole = known.registry().read_bytes()
    known.registry().write_bytes(whole + whole[:40])
    known.note(tmp_path / "b.csv", ["p-017"], [], "episodes")
    assert [one.path.name for one in known.written()] == ["a.csv", "b.csv"]


def test_notes_of_many_commands_at_once_are_all_there(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from cloud.erasing import known\n"
    code += "for n in range(20): known.note(Path(sys.argv[1], f'{n}.csv'), ['p-017'], [], 'episodes')"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / name)]) for name in ("one", "two")]
    known.rewrite(lambda one: replace(one, what="rewritten"))
    assert [process.wait(30) for process in started] == [0, 0]
    known.rewrite(lambda one: None if one.path.name == "7.csv" else one)
    assert len(known.written()) == 38


def test_where_it_cannot_be_noted_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "occupied").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "occupied"))
    with pytest.raises(StorageError, match=r"written\.jsonl, which lists the files .* cannot be used"):
        known.note(tmp_path / "a.csv", ["p-017"], [], "episodes")
