"""What readers tell of diagnosis support: last, with its limits, to whom it is for, and never as a diagnosis."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.dashboard.pages import sessions_support
from cloud.dashboard.records import words
from cloud.face.packed import to_json
from cloud.face.track import track
from cloud.reading import lines
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reports import document, support
from cloud.reports.chapters.support import section
from cloud.reports.page import Document
from device.contract import session as sessions
from device.contract.fields import Json
from tests.cloud.exports import CONSENT, FIRST, event, held, keep, written
from tests.cloud.test_rules import FILE, OWNER, needs_node, token
from tests.recordings import table_of
from tests.servers import Server

GROUPS = ("bipolar", "depressed", "healthy")
AGREED = CONSENT | {"covers": ["expressions", "units", "diagnosis"]}
LEFT = ("depressed", "healthy")
#: Of each group's people, the share whose set held it.
HELD = {"bipolar": 0.816, "depressed": 0.91, "healthy": 0.996}
OTHERS = "ruled out, as 18 of 100 of its own people in the study were"
MEASURED = "Of the people of the study the right group was ruled out: bipolar 18 of 100, depressed 9 of 100, healthy "
SAID: Json = {"bundle": "clinic-groups-2", "supported": True, "population": "Adults of one day clinic.", "n": 212}
SAID |= {"sites": 1, "alpha": 0.1, "coverage": 0.82}
Told = Callable[..., str]


def said(*left: str, computed: bool = True, held: dict[str, float] = HELD, **changes: Any) -> Json:
    """A `support`: these groups are left; why there is no answer, where there is none."""
    known = {name: {"held": share} for name, share in held.items()}
    told = SAID | {f"g{at}": {"name": name, "n": 60 + at} | known.get(name, {}) for at, name in enumerate(GROUPS, 1)}
    for group in (told["g1"], told["g2"], told["g3"]) if computed else ():
        group |= {"possible": group["name"] in left, "probability": 0.87}
    return told | ({"why": ["uncertain"]} if len(left) != 1 else {}) | changes


def watched(*supports: Json, consent: Json | None = AGREED, why: str = "stopped") -> list[Json]:
    """A session of two seconds, of which this was said."""
    began, *rest = held(FIRST, why=why)
    began = began | {"consent": consent} if consent else {key: one for key, one in began.items() if key != "consent"}
    told = [event(number, "support", FIRST, 2.0, support=one) for number, one in enumerate(supports, 5)]
    return [began, *rest, *told]


def table(*supports: Json, **more: Any) -> Table:
    """The session as readers see it."""
    found = watched(*supports, **more)
    return table_of([one for one in found if "event" not in one], [one for one in found if "event" in one])


def of(*supports: Json, **more: Any) -> Session:
    return table(*supports, **more).sessions[0]


@pytest.fixture(scope="module")
def page() -> Document:
    """A report on a session with an answer, and on a phase of it with one that the evidence does not carry."""
    found = table(said("depressed"), said(*LEFT, phase="talk", supported=False))
    return document.compose(document.Source(found, analyse(found)))


class Texts(HTMLParser):
    """The texts of a page, each as it stands alone."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.replace("\N{NO-BREAK SPACE}", " ").split()))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Run a command; what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


@pytest.mark.parametrize(
    ("what", "sentences"),
    [
        (
            said(*LEFT),
            [
                "Diagnosis support: no answer. The measurements do not rule out: depressed, healthy (of bipolar, "
                "depressed, healthy).",
                "people of each of these two groups measured like this",
                "“No answer” is an ordinary outcome, and no fault. Of the groups that are left it prefers none.",
                f"{MEASURED}fewer than 1 of 100. Aimed at: one of ten (alpha 0.1). Of people unlike those of the "
                "study it is not known.",
                "When one group is left: How often the one group that is left is the right one was not measured.",
                "212 people at one site: bipolar 61, depressed 62, healthy 63. Adults of one day clinic.",
            ],
        ),
        (
            said("depressed", alpha=0.05),
            [
                "Diagnosis support: only depressed is not ruled out (of bipolar, depressed, healthy). Such an answer "
                "can be wrong. How often the one group that is left is the right one was not measured.",
                "Aimed at: one of 20 (alpha 0.05). Of",
                "That does not make this person one of them",
                "unusual for people of the study in the group “bipolar” or “healthy”",
            ],
        ),
        (
            said("depressed", answered_right=0.814),
            ["Of the people of the study for whom one group was left, it was the right one for 81 of 100. Where"],
        ),
        (
            said("depressed", answered_right=0.814, answered_right_low=0.7, answered_right_high=0.9),
            [
                "Such an answer can be wrong. Of the people of the study for whom one group was left, it was the "
                "right one for 81 of 100 (70 to 90). Where groups are not as frequent as in the study",
            ],
        ),
        (
            said(*GROUPS),
            ["people of each of these three groups", "no fault. It speaks neither for nor against any group."],
        ),
        (
            said(),
            [
                "no answer. The measurements rule out every group (of bipolar,",
                "That is no sign of another illness.",
                "no fault. It speaks neither for nor against any group.",
            ],
        ),
        (
            said("depressed", why=["outside"], alpha=0.07),
            ["no answer. The measurements do not rule out: depressed (of", "unlike those of everybody", "7 of 100"],
        ),
        (
            said(*LEFT, held={}),
            [
                "How often it is wrong: Aimed at, not measured: the right group is ruled out for one of ten people "
                "(alpha 0.1).",
            ],
        ),
        (
            said(*LEFT, held={"bipolar": 1.0}),
            ["group was ruled out: bipolar none of 61, depressed not measured, healthy not measured. Aimed at: one"],
        ),
        (
            said(computed=False, why=["short", "coverage"], phase="talk"),
            [
                "Diagnosis support: no answer. Nothing was computed.",
                "Of the phase “talk”",
                "Why: too little time was measured in all; the face could be measured in too little of the time.",
            ],
        ),
        (
            said("depressed", supported=False),
            [
                "NOT SUPPORTED BY ITS EVIDENCE: DO NOT USE WHAT FOLLOWS.",
                "Diagnosis support: not to be used. The measurements do not rule out: depressed (of",
                "does not show that it can tell these groups apart",
                "its evidence does not show that this holds",
            ],
        ),
        (said(*LEFT, population="day clinic B"), ["healthy 63. Day clinic B."]),
        (said(*LEFT, simulated=True), ["SIMULATED: THE PEOPLE OF ITS EVIDENCE DO NOT EXIST."]),
    ],
)
def test_it_is_told_what_is_not_ruled_out_how_surely_and_why_not_more(what: Json, sentences: list[str]) -> None:
    text = "\n".join(support.lines(of(what)))
    for sentence in (*sentences, "This is no diagnosis, and none may rest on it.", support.LIMITS, "clinic-groups-2"):
        assert sentence in text, sentence
    assert "0.87" not in text and "87 %" not in text


def test_what_the_box_could_not_compute_is_told_as_its_fault_and_without_a_number_of_the_person() -> None:
    broken = {name: one for name, one in said(computed=False, why=["fault"]).items() if name != "coverage"}
    text = "\n".join(support.lines(of(broken)))
    assert "no answer. The box could not compute it. The journal of the box says why.\n" in text
    assert "That is a fault of the box and says nothing of the person." in text
    for absent in ("ordinary outcome", "What it rests on", "Why:", "not ruled out", "None"):
        assert absent not in text, absent
    assert "not computed" in str(sessions_support.shown(of(broken)))
    assert "The journal of the box says why." in str([*section(table(broken))])


@pytest.mark.parametrize("show", [sessions_support.shown, support.said])
def test_what_was_aimed_at_is_not_taken_for_what_was_measured(show: Callable[[Session], Any]) -> None:
    measured, older = (str(show(of(said("depressed", held=held)))) for held in (HELD, {}))
    assert OTHERS in measured and "aimed at, not measured" not in measured
    assert "ruled out; aimed at, not measured: as one of ten of its own people would be" in older
    assert "in the study were" not in older


def test_what_its_evidence_does_not_carry_is_no_answer() -> None:
    text = "\n".join(support.lines(of(said("depressed", supported=False, answered_right=0.81))))
    assert MEASURED not in text
    assert "81 of 100" not in text and "How often it is then the right one is not known" in text
    assert "only depressed" not in text
    assert "not unusual for" not in text


def test_it_comes_last_and_no_group_is_named_before(page: Document) -> None:
    *before, last = page.sections
    assert (last.title, last.css) == (support.TITLE, "support")
    first = [str(getattr(page, one.name)) for one in fields(Document) if one.name != "sections"]
    for name in (*GROUPS, support.TITLE, "ruled out"):
        assert name not in "".join([*first, *map(str, before)]), name
    assert [part.title for part in last.parts if part.title] == ["Of the whole session", "Of the phase “talk”"]


def test_in_the_report_no_text_is_a_groups_name_but_beside_what_is_said_of_it(page: Document) -> None:
    html = document.to_html(page)
    texts = [text for text in Texts(html).texts if text]
    at = [number for number, text in enumerate(texts) if text in GROUPS]
    assert [texts[number] for number in at] == [*GROUPS, *GROUPS]
    assert [texts[number + 2] for number in at] == [
        OTHERS,
        "not ruled out",
        "ruled out, as fewer than 1 of 100 of its own people in the study were",
        *("ruled out, not to be used", "not ruled out", "not ruled out"),
    ]
    body = html.partition("<body>")[2]
    assert body.count('<p class="warning large">') == 1
    assert body.index("only depressed is not ruled out") < body.index(
        f'<p class="warning large">{support.UNSUPPORTED}'
    )


@pytest.mark.parametrize("consent", [None, CONSENT])
def test_without_a_consent_that_covers_it_nothing_of_it_is_told(consent: Json | None) -> None:
    session = of(said("depressed"), consent=consent)
    assert support.said(session) == ()
    assert [*support.lines(session)] == [f"\n{support.TITLE}: {support.WITHHELD}"]
    (told,) = section(table(said("depressed"), consent=consent))
    assert (told.lead, told.parts) == ([support.WITHHELD], [])
    assert "depressed" not in str(sessions_support.shown(session))


def test_of_a_session_whose_consent_was_withdrawn_it_is_gone(told: Told, tmp_path: Path) -> None:
    assert of(said("depressed"), why="revoked").support == ()
    path = written(tmp_path / "a.jsonl", *watched(said("depressed"), why="revoked"))
    assert "depressed" not in told("report", path, "--text", "--revoked")


def test_a_report_in_words_ends_with_it_and_machines_get_it_as_it_was_written(told: Told, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", *watched(said(*LEFT)))
    printed = told("report", path, "--text")
    above, _, below = printed.partition("Diagnosis support (no diagnosis)")
    assert not any(name in above for name in GROUPS)
    assert below.rstrip().endswith("once, at the end.")
    assert json.loads(told("report", path, "--json", "-"))["recorded"]["support"] == [said(*LEFT)]
    assert "support" not in json.loads(told("report", written(path, *watched()), "--json", "-"))["recorded"]


def test_no_list_film_or_export_holds_it(told: Told, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", *watched(said("depressed")))
    (one,) = lines.read(path).sessions
    assert one.support and not [each for each in one.events if each["event"] == sessions.Event.SUPPORT]
    assert "depressed" not in told("sessions", path)
    assert "depressed" not in json.dumps(to_json(track(lines.read(path).of(0))))
    for name in ("affectbox", "openface", "py-feat", "fhir"):
        told("export", path, "--out", tmp_path / name, "--set", name)
    told("export", path, "--out", tmp_path / "csv", "--format", "csv")
    exported = [file for file in tmp_path.rglob("*") if file.is_file() and file != path]
    assert len(exported) > 10
    assert not [file for file in exported if b"depressed" in file.read_bytes()]
    (one_again,) = (tmp_path / "affectbox").rglob("*.parquet")
    assert support.TITLE not in told("report", one_again, "--text")


def test_the_sessions_page_shows_it_with_all_of_its_limits() -> None:
    session = of(said(*LEFT, supported=False))
    shown = str(sessions_support.shown(session))
    for text in (support.LEAD, support.LIMITS, support.UNSUPPORTED, "not ruled out", "not to be used"):
        assert text in shown, text
    assert "warn large" in shown
    assert sessions_support.shown(of()) == []
    found = table(said("depressed"))
    assert "depressed" not in str([words.opening(found), words.when(found), *words.facts(found)])


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that enforces the rules: of p-0042, on box-1."""
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    url = f"{server.url}/?ns=support"
    staff = {
        "clara": {"role": "clinician", "patients": {"p-0042": True}},
        "dina": {"role": "clinician", "patients": {"p-0007": True}, "devices": {"box-1": True}},
        "ada": {"role": "admin"},
    }
    put = {"params": {"ns": "support"}, "headers": OWNER}
    httpx.put(f"{server.url}/staff.json", json=staff, **put).raise_for_status()  # type: ignore[arg-type]
    keep(url, *watched(said("depressed")))
    yield url
    server.end()


@needs_node
@pytest.mark.parametrize(
    ("who", "whose", "reads"),
    [("clara", "--patient=p-0042", True), ("dina", "--device=box-1", False), ("ada", "--device=box-1", False)],
)
def test_only_the_persons_clinicians_get_it(
    ruled: str, told: Told, monkeypatch: pytest.MonkeyPatch, who: str, whose: str, reads: bool
) -> None:
    monkeypatch.setenv("AFFECTBOX_TOKEN", token({"sub": who})["auth"])
    printed = told("report", "--database", ruled, whose, "--text")
    assert "Watched      p-0042" in printed
    assert ("only depressed is not ruled out" in printed) is reads
    assert ("depressed" in printed) is reads
