"""The report as a document: what is written, where, for whom, and what its pages say."""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pypdfium2 import PdfDocument

from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.demo.sessions import documents
from cloud.erasing import known
from cloud.reading import lines
from cloud.reports import document
from cloud.reports.chapters.course import glance
from cloud.reports.figures.canvas import timeline
from cloud.reports.paper import to_pdf
from device.contract.errors import ConfigError, DataError, RuntimeMissingError, StorageError
from device.contract.record import encode
from tests.cloud.reported import EMPTY, LONG, SHORT, one_sided, session_lines

Said = Callable[..., str]


class Page(HTMLParser):
    """The words of a page, and every address in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.policy = ""
        self._unread = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._unread += tag in ("style", "script")
        told = dict(attrs)
        self.addresses += [told[name] or "" for name in ("href", "src", "xlink:href", "data") if name in told]
        if told.get("http-equiv") == "Content-Security-Policy":
            self.policy = told["content"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.words).replace("\N{NO-BREAK SPACE}", " ")


@dataclass(frozen=True)
class Folder:
    """Files of sessions, and a folder in which nothing has been written yet."""

    path: Path

    def file(self, content: bytes) -> Path:
        path = self.path / "session.jsonl"
        path.write_bytes(content)
        return path


def source_of(path: Path) -> document.Source:
    table = lines.read(path).of(0)
    return document.Source(table, analyse(table))


@pytest.fixture(scope="module")
def short_lines() -> bytes:
    return session_lines(SHORT)


@pytest.fixture(scope="module")
def empty_lines() -> bytes:
    return session_lines(EMPTY)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, short_lines: bytes) -> Page:
    """The page of a simulated session of a minute and a half, with the digital face."""
    path = tmp_path_factory.mktemp("page") / "short.jsonl"
    path.write_bytes(short_lines)
    source = source_of(path)
    return Page(document.to_html(document.compose(source), document.face_of(source)))


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory, empty_lines: bytes) -> document.Source:
    """Ten records in which nobody was seen."""
    path = tmp_path_factory.mktemp("minimal") / "minimal.jsonl"
    path.write_bytes(b"\n".join(line for line in empty_lines.splitlines()[:20] if b'"event"' not in line))
    return source_of(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return Folder(tmp_path)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


def test_a_report_is_a_page_and_a_pdf_for_their_owners_eyes(said: Said, folder: Folder, empty_lines: bytes) -> None:
    printed = said("report", folder.file(empty_lines))
    written = sorted(Path().iterdir())
    assert [path.suffix for path in written] == [".html", ".pdf"]
    assert re.fullmatch(r"report-sim-room-1-2026-11-\d\d-\d{4}\.html", written[0].name)
    assert all(path.stat().st_mode & 0o777 == 0o600 and path.name in printed for path in written)
    assert written[1].read_bytes().startswith(b"%PDF")
    assert {(one.path.name, *one.patients) for one in known.written()} == {(path.name, "p-0007") for path in written}
    assert "Dominant" in printed


def test_the_first_page_says_what_a_therapist_asks(page: Page) -> None:
    for words in (
        "Session of p-0007",
        "27 November 2026",
        "sim-room-1",
        "Length 1:30 min",
        "Could be measured",
        "measured 85 % · turned away",
        "What stood out, and how surely",
        "well supported",
        "Against earlier sessions",
        "It does not see feelings, and does not diagnose.",
    ):
        assert words in page.text


def test_a_report_tells_all_that_was_measured(page: Page) -> None:
    for words in (
        "What showed when",
        "Phases and stimuli",
        "after breathing",
        "What the face looked like",
        "Rapid changes",
        "Where the face moved",
        "Left and right",
        "Eyes and head",
        "Pain score, experimental",
        "Smiles raise the cheeks, too",
        "Episodes",
        "What counts as movement",
        "Quality",
        "Methods and limits",
        "no medical device",
    ):
        assert words in page.text


def test_a_page_asks_for_nothing(page: Page) -> None:
    assert page.policy.startswith("default-src 'none'; ")
    (script,) = re.findall(r"<script>(.*?)</script>", page.html, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.policy.endswith(f"; script-src 'sha256-{digest}'")
    assert not [one for one in page.addresses if not one.startswith(("#", "data:"))]
    styles = "".join(re.findall(r"<style>.*?</style>|style=\"[^\"]*\"", page.html, re.S))
    assert not [one for one in re.findall(r"url\(([^)]*)\)", styles) if not one.startswith(("#", "data:"))]
    assert not {"link", "iframe", "object", "embed", "form"} & {*page.tags}


def test_diagrams_follow_the_digital_face_and_times_lead_to_it(page: Page, minimal: document.Source) -> None:
    assert page.html.count("data-face-end=") >= 4
    assert re.search(r'data-face-at="\d+\.\d+"', page.html)
    without = document.to_html(document.compose(minimal))
    assert 'id="affectbox-face"' not in without and "data-face-at" not in without


def test_what_people_wrote_is_never_markup(minimal: document.Source) -> None:
    table = minimal.table
    (session,) = table.sessions
    odd = "<script>alert(1)</script>"
    hostile = replace(session, patient=odd, device=odd)
    changed = replace(minimal, table=replace(table, sessions=(hostile,)))
    html = document.to_html(document.compose(changed))
    assert "<script" not in html and "&lt;script&gt;alert" in html


def test_without_weasyprint_the_page_is_written_and_the_way_to_a_pdf_told(
    said: Said, folder: Folder, empty_lines: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    path = folder.file(empty_lines)
    printed = said("report", path)
    assert [out.suffix for out in Path().iterdir()] == [".html"]
    assert "pip install weasyprint" in printed and "Dominant" in printed
    told = said("report", path, "--pdf", "a.pdf", code=RuntimeMissingError.exit_code)
    assert "pip install weasyprint" in told and len(told.splitlines()) == 1
    assert not Path("a.pdf").exists()


def test_words_alone_are_words_alone(said: Said, folder: Folder, empty_lines: bytes) -> None:
    assert "Dominant" in said("report", folder.file(empty_lines), "--text")
    assert not [*Path().iterdir()]


def test_a_session_in_which_nothing_was_measured_says_so_and_why(
    said: Said, folder: Folder, empty_lines: bytes
) -> None:
    said("report", folder.file(empty_lines), "--html", "a.html")
    text = Page(Path("a.html").read_text()).text
    assert "Nothing of the face could be measured" in text
    assert "too dark 100 %" in text


def test_the_glance_leaves_room_for_much_that_stood_out(folder: Folder, short_lines: bytes) -> None:
    source = source_of(folder.file(short_lines))

    def height(above: list[str]) -> float:
        made = glance(source.table, source.analysis, timeline(source.table), above)
        assert made
        found = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', made.svg)
        assert found
        return float(found[1])

    assert height(["A sentence of more than one line. " * 6] * 6) < height(["A sentence."] * 5) - 20


def test_one_record_is_too_little_for_a_report(said: Said, folder: Folder, short_lines: bytes) -> None:
    record = next(line for line in short_lines.splitlines() if b'"event"' not in line)
    path = folder.file(record)
    assert "has one record here" in said("report", path)
    assert "has one record here" in said("report", path, "--html", "a.html", code=DataError.exit_code)
    assert not [*Path().iterdir()]


def test_a_revoked_session_has_no_report(said: Said, folder: Folder, short_lines: bytes) -> None:
    rows = short_lines.splitlines()
    ended: dict[str, Any] = next(one for one in map(json.loads, rows) if one.get("event") == "ended")
    others = [line for line in rows if json.loads(line) != ended]
    path = folder.file(b"\n".join([*others, encode(ended | {"why": "revoked"})]))
    assert "The consent was revoked" in said("report", path, code=DataError.exit_code)
    assert not [*Path().iterdir()]


def test_a_disk_without_room_leaves_nothing_half_written(said: Said, folder: Folder, empty_lines: bytes) -> None:
    path = folder.file(empty_lines)
    told = said("report", path, "--html", "/dev/full", code=StorageError.exit_code)
    assert "No space left on device" in told and len(told.splitlines()) == 1


@pytest.mark.parametrize("covers", [["expressions"], ["units"]])
def test_what_nobody_agreed_to_is_said_and_the_rest_told(
    said: Said, folder: Folder, short_lines: bytes, covers: list[str]
) -> None:
    dropped = (
        ("aus", "left", "right", "pain") if covers == ["expressions"] else ("emotions", "expressions", "disagree")
    )
    rows = []
    for line in short_lines.splitlines()[:150]:
        one = json.loads(line)
        if "consent" in one:
            one["consent"]["covers"] = covers
        rows.append(encode({name: value for name, value in one.items() if name not in dropped}))
    said("report", folder.file(b"\n".join(rows)), "--html", "a.html")
    text = Page(Path("a.html").read_text()).text
    told = "Facial actions: not recorded" if covers == ["expressions"] else "Expressions: not recorded"
    assert f"{told}: not agreed to." in text
    assert ("Rapid changes None" in text) == (covers == ["expressions"])
    assert ("Left and right Not known" in text) == (covers == ["expressions"])


def test_a_clock_that_was_never_set_is_told(said: Said, folder: Folder, empty_lines: bytes) -> None:
    rows = []
    for line in empty_lines.splitlines():
        one = json.loads(line)
        one["time"] |= {"trusted": False}
        rows.append(encode(one))
    printed = said("report", folder.file(b"\n".join(rows)), "--html", "a.html")
    assert "Nobody knows when" in Page(Path("a.html").read_text()).text
    assert "nobody knows when" in printed


@pytest.mark.files
def test_a_left_right_asymmetric_session_says_which_side(folder: Folder) -> None:
    content = session_lines(replace(SHORT, minutes=4.0), one_sided)
    text = Page(document.to_html(document.compose(source_of(folder.file(content))))).text
    assert re.search(r"more on the(ir)? left", text)


def test_earlier_sessions_of_a_file_and_of_a_database_stand_in_the_document(
    said: Said, folder: Folder, short_lines: bytes, client: httpx.Client
) -> None:
    last_week = replace(SHORT, begins_s=SHORT.begins_s - 7 * 86_400, minutes=0.2, chance="report/before")
    both = session_lines(last_week) + b"\n".join(short_lines.splitlines()[:150]) + b"\n"
    told = "1 earlier, but too little was seen in them, or in this one, to compare."
    said("report", folder.file(both), "--html", "a.html")
    assert told in Page(Path("a.html").read_text()).text
    url = f"{str(client.base_url).rstrip('/')}/?ns={client.params['ns']}"
    client.patch("/.json", json=dict(documents(last_week)) | dict(documents(SHORT))).raise_for_status()
    said("report", "--database", url, "--patient", "p-0007", "--html", "b.html")
    assert told in Page(Path("b.html").read_text()).text


def test_what_could_not_be_read_and_a_session_recorded_twice_do_not_stop_a_document(
    said: Said, folder: Folder, empty_lines: bytes
) -> None:
    newer = json.loads(empty_lines.splitlines()[-1]) | {"v": 9}
    rest = empty_lines + encode(newer) + b"\n" + empty_lines[: len(empty_lines) // 2]
    said("report", folder.file(empty_lines), "--html", "whole.html")
    printed = said("report", folder.file(rest), "--html", "a.html")
    whole, text = (Page(Path(name).read_text()).text for name in ("whole.html", "a.html"))
    length = re.search(r"Length (\S+) min ([\d ]+) frames", whole)
    assert length and length.group() in text, "no record counts twice"
    assert re.search(r"version|v 9|newer", printed), printed
    assert re.search(r"cut|incomplete|not JSON|passed over", printed, re.I), printed


def test_a_report_is_named_and_a_folder_is_no_name(said: Said, folder: Folder, empty_lines: bytes) -> None:
    path = folder.file(empty_lines)
    printed = said("report", path, "--out", "2026.monday", "--csv", "a.csv")
    assert {one.name for one in Path().iterdir()} == {"2026.monday.html", "2026.monday.pdf", "a.csv"}
    assert "2026.monday.html" in printed and "2026.monday.pdf" in printed
    assert "name the report" in said("report", path, "--out", ".", code=ConfigError.exit_code)


SESSIONS: dict[str, Callable[[], bytes]] = {
    "fifty minutes": lambda: session_lines(LONG),
    "a minute and a half": lambda: session_lines(SHORT),
    "nothing measured": lambda: session_lines(EMPTY),
    "one-sided": lambda: session_lines(replace(SHORT, minutes=4.0), one_sided),
}


@pytest.mark.files
@pytest.mark.parametrize("name", SESSIONS)
def test_no_page_of_a_pdf_is_empty(folder: Folder, name: str) -> None:
    pages = PdfDocument(to_pdf(document.compose(source_of(folder.file(SESSIONS[name]())))))
    assert len(pages) >= 2
    for number, page in enumerate(pages, 1):
        drawn = np.asarray(page.render(scale=1).to_pil().convert("L"))
        inked = np.flatnonzero((drawn[60:-60] < 200).any(1))  # without the lines at its head and foot
        assert inked.size, f"page {number} of {len(pages)} is empty"
        least = 0.02 if number == len(pages) else 0.2
        assert inked.size > least * len(drawn), f"page {number} of {len(pages)} is nearly empty"
        assert f"Page {number} of {len(pages)}" in page.get_textpage().get_text_bounded()
