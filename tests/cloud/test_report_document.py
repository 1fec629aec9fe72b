"""The report as a document: what is written, where, for whom, and what its first page says."""

import json
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cloud.cli import main
from cloud.erasing import known
from device.contract.errors import DataError, RuntimeMissingError
from device.contract.record import encode
from tests.cloud.reported import EMPTY, SHORT, session_lines

Said = Callable[..., str]


class Page(HTMLParser):
    """The words of a page, and every address in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self._unread = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._unread += tag in ("style", "script")
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "data")]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.words).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Run a command in a folder of its own; what it prints."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


@pytest.fixture
def short(tmp_path: Path) -> Path:
    path = tmp_path / "short.jsonl"
    path.write_bytes(session_lines(SHORT))
    return path


def test_a_report_is_a_page_and_a_pdf_for_their_owners_eyes(said: Said, short: Path) -> None:
    printed = said("report", short)
    written = sorted(Path().iterdir())
    assert [path.suffix for path in written] == [".html", ".pdf"]
    assert re.fullmatch(r"report-sim-room-1-2026-11-\d\d-\d{4}\.html", written[0].name)
    assert all(path.stat().st_mode & 0o777 == 0o600 and path.name in printed for path in written)
    assert written[1].read_bytes().startswith(b"%PDF")
    assert {(one.path.name, *one.patients) for one in known.written()} == {(path.name, "p-0007") for path in written}


def test_the_first_page_says_what_a_therapist_asks(said: Said, short: Path) -> None:
    said("report", short, "--html", "a.html")
    page = Page(Path("a.html").read_text())
    for words in ("Session of p-0007", "Could be measured", "What stood out, and how surely", "sim-room-1"):
        assert words in page.text
    assert [*Path().iterdir()] == [Path("a.html")]


def test_a_page_asks_for_nothing(said: Said, short: Path) -> None:
    said("report", short, "--html", "a.html")
    html = Path("a.html").read_text()
    page = Page(html)
    assert not [one for one in page.addresses if not one.startswith(("#", "data:"))]
    assert not [one for one in re.findall(r"url\(([^)]*)\)", html) if not one.startswith(("#", "data:"))]
    assert "default-src &#39;none&#39;" in html
    assert not {"link", "iframe", "object", "embed", "form"} & {*page.tags}


def test_what_people_wrote_is_never_markup(said: Said, tmp_path: Path) -> None:
    odd = "<script>alert(1)</script>&\"'"
    lines = session_lines(SHORT).splitlines()
    events = [json.loads(line) for line in lines if b'"event"' in line]
    name = next(one for one in events if one["event"] == "phase")
    changed = [encode({**name, "name": odd[:24]}) if json.loads(line) == name else line for line in lines]
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b"\n".join(changed))
    said("report", path, "--html", "a.html")
    assert "<script>alert" not in Path("a.html").read_text()


def test_without_weasyprint_the_page_is_written_and_the_way_to_a_pdf_told(
    said: Said, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    printed = said("report", short)
    assert [path.suffix for path in Path().iterdir()] == [".html"]
    assert "pip install weasyprint" in printed
    assert "Dominant" in printed
    told = said("report", short, "--pdf", "a.pdf", code=RuntimeMissingError.exit_code)
    assert "pip install weasyprint" in told and len(told.splitlines()) == 1
    assert not Path("a.pdf").exists()


def test_words_alone_are_words_alone(said: Said, short: Path) -> None:
    assert "Dominant" in said("report", short, "--text")
    assert not [*Path().iterdir()]


def test_a_session_in_which_nothing_was_measured_says_so_and_why(said: Said, tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(session_lines(EMPTY))
    said("report", path, "--html", "a.html")
    text = Page(Path("a.html").read_text()).text
    assert "Nothing of the face could be measured" in text
    assert "too dark" in text


def test_a_revoked_session_has_no_report(said: Said, tmp_path: Path) -> None:
    lines = session_lines(SHORT).splitlines()
    ended: dict[str, Any] = next(one for one in map(json.loads, lines) if one.get("event") == "ended")
    path = tmp_path / "revoked.jsonl"
    path.write_bytes(
        b"\n".join([line for line in lines if json.loads(line) != ended] + [encode(ended | {"why": "revoked"})])
    )
    assert "The consent was revoked" in said("report", path, code=DataError.exit_code)
    assert not [*Path().iterdir()]
