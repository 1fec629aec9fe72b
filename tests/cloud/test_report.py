"""`affectbox-cloud report` and `sessions`: which sessions files and databases hold, and what is said of one."""

import base64
import errno
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.cli import main
from cloud.reports.captured import captured
from device.contract import session
from device.contract.errors import ConfigError, DataError, SinkError, StorageError
from device.contract.pack import key as pack_key
from device.contract.pack import pack
from device.contract.record import encode, key
from device.contract.session import REVOKED_LATER
from tests.recordings import table_of

BOOT = "0123abcd-0000000001"
FIRST, SECOND = "0123abcd-00000003e8", "0123abcd-0000001388"


def record(seq: int, session_id: str = FIRST, **changes: Any) -> dict[str, Any]:
    start = int(session_id[9:], 16) / 1000
    own = {
        "v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "seq": seq, "status": "gated",
        "reasons": ["no_face"], "time": {"mono": start + seq / 10, "wall": 1.7e9 + start + seq / 10, "trusted": True},
        "frame": {"index": seq},
    }  # fmt: skip
    return own | changes


def event(number: int, kind: str, session_id: str, mono: float, patient: str = "p-0042", **changes: Any) -> dict:
    time = {"mono": mono, "wall": 1.7e9 + mono, "trusted": True}
    own = {"v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "number": number, "event": kind}
    found = own | {"patient": patient, "time": time} | changes
    session.validate(found)
    return found


CONSENT = {"covers": ["expressions", "units"], "by": "guardian", "given": 1.6e9}
RECORDS = [record(seq) for seq in range(1, 21)]
LATER = [record(seq, SECOND) for seq in range(1, 31)]
EVENTS = [
    event(1, "began", FIRST, 1.0, consent=CONSENT),
    event(2, "phase", FIRST, 1.5, name="rest"),
    event(3, "ended", FIRST, 3.1, why="stopped"),
    event(1, "began", SECOND, 5.0),
]


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    path = folder / "written.jsonl"
    path.write_bytes(b"\n".join(map(encode, documents)))
    return path


Said = Callable[..., str]
#: Without any of these, a report is written as a document, too: see test_report_document.py.
WRITTEN = {"--text", "--html", "--pdf", "--picture", "--json", "--csv"}


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str | Path, code: int = 0) -> str:
        words += ("--text",) if words[0] == "report" and not WRITTEN & {*words} else ()
        assert main([str(word) for word in words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join(map(encode, [*EVENTS[:3], *RECORDS, EVENTS[3], *LATER])))
    return path


_numbers = itertools.count()


@pytest.fixture
def databases(server):
    return [f"{server.url}/?ns=report-{next(_numbers)}" for _ in range(3)]


def keep(url, documents):
    httpx.patch(url.replace("/?", "/.json?"), json=documents).raise_for_status()


def records_at(records):
    return {key(record): record for record in records}


@pytest.fixture
def clinic(databases) -> str:
    """Two sessions, one in packs and one of single records, in two databases, some of it in both."""
    own, former, _ = databases
    keep(former, records_at(LATER[:20]))
    keep(own, records_at(LATER[10:]) | {pack_key(one): one for one in (pack(RECORDS[:15]), pack(RECORDS[15:]))})
    told = [document for one in EVENTS for document in session.documents(one)]
    keep(own, {path: json.loads(body) for path, body in told})
    return f"{own},{former}"


def test_a_file_says_which_sessions_it_holds_and_reports_the_last(said: Said, file: Path) -> None:
    printed = said("report", file)
    assert f"30 records of box-1, session {SECOND}" in printed
    assert f"Also there   1 more in {file}, see --session: {FIRST}" in printed


def test_another_session_of_a_file_is_told_with_consent_phases_and_why_it_ended(said: Said, file: Path) -> None:
    printed = said("report", file, "--session", FIRST[:17])
    for line in (
        f"20 records of box-1, session {FIRST}",
        "Watched      p-0042",
        "Consent      expressions, units; given by the guardian on 2020-09-13 12:26:40 UTC",
        "Phases       rest 0:00.4–0:02.0",
        "Ended        somebody stopped it",
    ):
        assert line in printed


def test_the_last_day_of_a_consent_is_told(said: Said, tmp_path: Path) -> None:
    for until, words in (
        (1801440000.0, "to the end of 2027-01-31 (2027-02-01 00:00:00 UTC)"),
        (1801440000.0 + 10 * 3600, "to the end of 2027-01-31 (2027-02-01 10:00:00 UTC)"),
        (1801440000.0 - 13 * 3600, "to the end of 2027-01-31 (2027-01-31 11:00:00 UTC)"),
        (1801440000.5, "until 2027-02-01 00:00:00 UTC"),
    ):
        began = event(1, "began", FIRST, 1.0, consent=CONSENT | {"until": until})
        assert f"12:26:40 UTC, {words}" in said("report", written(tmp_path, began, *RECORDS))


def test_a_consent_by_a_clock_that_was_not_set_is_no_date(said: Said, tmp_path: Path) -> None:
    unset = {"wall": 1.6e9, "trusted": False}
    began = event(1, "began", FIRST, 1.0, consent=CONSENT, time={"mono": 1.0, **unset})
    rows = [one | {"time": one["time"] | unset} for one in RECORDS]
    path = written(tmp_path, began, *rows)
    assert "guardian on 2020-09-13 12:26:40 by a clock that was not set\n" in said("report", path)
    assert json.loads(said("report", path, "--json", "-"))["recorded"]["consent"]["given_known"] is False
    path = written(tmp_path, began, *rows[:-1], RECORDS[-1])
    assert "guardian on 2023-11-14 22:13:21 UTC\n" in said("report", path)


MEASURED = {"status": "measured", "reasons": None}
SMILE = {"emotions": {"happiness": 1.0}, "expressions": {"happy": 0.9}}
UNITS = {"aus": {"AU6": 3.0, "AU12": 3.0}}


@pytest.mark.parametrize(
    ("covers", "fields", "told", "untold"),
    [
        (
            ["units"],
            UNITS,
            ["Dominant     emotions and expressions not recorded: not agreed to"],
            ["no expression", "Action units not"],
        ),
        (["expressions"], SMILE, ["Dominant     happiness 100 %", "Action units not recorded: not agreed to"], []),
        (["units", "expressions"], SMILE | UNITS, ["Dominant     happiness 100 %"], ["not agreed to"]),
        (
            ["diagnosis", "live"],
            {},
            [
                "Dominant     emotions and expressions not recorded",
                "Action units not recorded",
                "Measured     only where the face was",
            ],
            ["stood out"],
        ),
    ],
)
def test_what_nobody_agreed_to_is_said_not_to_be_recorded(
    said: Said, tmp_path: Path, covers: list[str], fields: dict[str, Any], told: list[str], untold: list[str]
) -> None:
    began = event(1, "began", FIRST, 1.0, consent=CONSENT | {"covers": covers})
    rows = [
        {name: value for name, value in (record(seq) | MEASURED | fields).items() if value is not None}
        for seq in range(1, 21)
    ]
    path = written(tmp_path, began, *rows)
    picture = tmp_path / "session.svg"
    printed = said("report", path, "--picture", picture)
    for words in told:
        assert words in printed
    for words in ("no expression recognised", *untold):
        assert words not in printed
    assert set(json.loads(said("report", path, "--json", "-"))["withheld"]) == {"expressions", "units"} - {*covers}


def test_an_expression_begins_and_ends_also_where_no_action_unit_was_agreed_to(said: Said, tmp_path: Path) -> None:
    began = event(1, "began", FIRST, 1.0, consent=CONSENT | {"covers": ["expressions"]})
    rows = []
    for seq in range(1, 51):
        looks = {"happy": 0.9} if 20 <= seq < 40 else {"surprised": 0.1}
        rows.append(record(seq) | {"status": "measured", "emotions": {"happiness": 1.0}, "expressions": looks})
        del rows[-1]["reasons"]
    (episode,) = json.loads(said("report", written(tmp_path, began, *rows), "--json", "-"))["episodes"]
    assert (episode["key"], episode["onset_s"], episode["cut_start"], episode["cut_end"]) == (
        "happy",
        1.9,
        False,
        False,
    )


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_report_is_never_written_over_its_recording(said: Said, file: Path, option: str) -> None:
    before = file.read_bytes()
    other = file.with_name("other.jsonl")
    other.symlink_to(file)
    for out in (file, other, file.parent / "x" / ".." / file.name):
        assert "would write over" in said("report", file, option, out, code=ConfigError.exit_code)
    assert file.read_bytes() == before


def test_two_outputs_are_two_files(said: Said, file: Path) -> None:
    out = file.with_name("out")
    assert "name one file" in said("report", file, "--json", out, "--csv", out, code=ConfigError.exit_code)
    assert not out.exists()


@pytest.mark.parametrize("name", ["x.exe", "x", "x.jpg"])
def test_only_three_kinds_of_pictures_are_drawn(said: Said, file: Path, name: str) -> None:
    printed = said("report", file, "--picture", file.with_name(name), code=ConfigError.exit_code)
    assert "let it end in .png, .svg or .pdf" in printed
    assert len(printed.splitlines()) == 1


def test_what_is_written_of_a_person_is_for_its_owners_eyes(said: Said, file: Path) -> None:
    outputs = {
        "--picture": file.with_name("a.PNG"),
        "--json": file.with_name("a.json"),
        "--csv": file.with_name("a.csv"),
    }
    outputs["--json"].write_text("{}")
    outputs["--json"].chmod(0o644)
    said("report", file, *itertools.chain.from_iterable(outputs.items()))
    assert {option: out.stat().st_mode & 0o777 for option, out in outputs.items()} == dict.fromkeys(outputs, 0o600)


@pytest.mark.parametrize("option", ["--picture", "--json", "--csv", "--html"])
def test_a_full_disk_leaves_what_was_there(
    said: Said, file: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        if Path(f"/proc/self/fd/{number}").readlink().suffix == ".part":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cloud.reports.output.os.fsync", full)
    out = file.parent / "reports" / "out.svg"
    out.parent.mkdir()
    assert "No space left on device" in said("report", file, option, out, code=StorageError.exit_code)
    assert not [*out.parent.iterdir()]
    out.write_text("of before")
    said("report", file, option, out, code=StorageError.exit_code)
    assert out.read_text() == "of before"
    assert [*out.parent.iterdir()] == [out]


def test_one_record_is_no_records(said: Said, file: Path) -> None:
    file.write_bytes(encode(RECORDS[0]))
    printed = said("report", file)
    assert "1 record of box-1" in printed
    assert "no face (1 record)" in printed
    assert "1 records" not in printed


def test_records_that_are_missing_are_told(said: Said, file: Path) -> None:
    assert "Missing" not in said("report", file)
    file.write_bytes(b"\n".join(map(encode, [*RECORDS[2:9], *RECORDS[10:]])))
    assert "Missing      3 of 20 records" in said("report", file)


def test_a_session_that_is_not_there_is_an_error(said: Said, file: Path) -> None:
    assert "'x' is no session there" in said("report", file, "--session", "x", code=DataError.exit_code)
    assert "begins several" in said("report", file, "--session", "0123", code=DataError.exit_code)


@pytest.mark.parametrize("number", [3, REVOKED_LATER], ids=["in the session", "after it"])
def test_a_session_whose_consent_was_revoked_is_not_told_of_by_the_way(
    said: Said, tmp_path: Path, databases: list[str], number: int
) -> None:
    ended = [event(3, "ended", FIRST, 3.1, why="stopped")] if number == REVOKED_LATER else []
    events = [*EVENTS[:2], *ended, event(number, "ended", FIRST, 999.0, why="revoked")]
    path, picture = written(tmp_path, *RECORDS, *events), tmp_path / "out.png"
    documents = [document for one in events for document in session.documents(one)]
    keep(databases[0], records_at(RECORDS) | {path: json.loads(body) for path, body in documents})
    for where in ([path], ["--database", databases[0], "--patient", "p-0042"]):
        told = said("report", *where, "--picture", picture, code=DataError.exit_code)
        assert f"The consent was revoked for session {FIRST}" in told
        assert not picture.exists()
        assert "CONSENT WAS REVOKED" in said("sessions", *where)
        told = said("report", *where, "--revoked")
        assert "Captured     CONSENT REVOKED, not to be used" in told
        assert "the consent was revoked: what is here is not to be used" in told
        assert "rest 0:00" in told


def test_a_session_that_goes_on_from_another_says_so(said: Said, tmp_path: Path) -> None:
    began = event(1, "began", SECOND, 5.0, continues=FIRST)
    path = written(tmp_path, *LATER, began, event(2, "ended", SECOND, 9.0, why="paused"))
    told = said("report", path)
    assert f"Goes on from {FIRST}" in told
    assert "somebody paused it" in told


def test_the_sessions_of_a_file_are_listed(said: Said, file: Path) -> None:
    rows = said("sessions", file).splitlines()
    assert [row.split()[3] for row in rows[1:]] == [FIRST, SECOND]
    assert "p-0042" in rows[1] and "stopped" in rows[1] and "20 records, rest" in rows[1]


@pytest.mark.parametrize("whose", [("--patient", "p-0042"), ("--device", "box-1")])
def test_sessions_of_a_patient_or_a_box_are_listed_and_read(said: Said, clinic: str, whose: tuple[str, str]) -> None:
    rows = said("sessions", "--database", clinic, *whose).splitlines()
    assert [row.split()[3] for row in rows[1:]] == [FIRST, SECOND]
    printed = said("report", "--database", clinic, *whose)
    assert f"30 records of box-1, session {SECOND}" in printed
    assert "Passed over  10 came more than once, and count once" in printed
    assert f"see --session: {FIRST}" in printed
    printed = said("report", "--database", clinic, *whose, "--session", FIRST)
    for line in ("20 records", "Captured     2023-11-14 22:13:21", "Consent      expressions, units", "rest 0:00.4"):
        assert line in printed


def test_a_file_and_a_database_give_the_same_report(said: Said, file: Path, clinic: str) -> None:
    of_file = json.loads(said("report", file, "--json", "-"))
    of_database = json.loads(said("report", "--database", clinic, "--device", "box-1", "--json", "-"))
    assert of_file.pop("recording") != of_database.pop("recording")
    assert of_file == of_database


def test_what_boxes_of_before_wrote_is_read(said: Said, databases: list[str]) -> None:
    old = [{name: value for name, value in one.items() if name != "session"} for one in RECORDS]
    packed = pack(old)
    keep(databases[0], {pack_key(packed).replace("packs/", "frames/"): packed})
    printed = said("report", "--database", databases[0], "--device", "box-1")
    assert f"20 records of box-1, session {BOOT}" in printed
    assert "Consent" not in printed


def test_a_box_that_moved_is_found_in_both_databases_and_nothing_counts_twice(
    said: Said, tmp_path: Path, databases: list[str]
) -> None:
    own, former, never = databases
    keep(former, records_at(RECORDS[:12]))
    keep(own, records_at(RECORDS[10:]))
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(map(encode, [*RECORDS, RECORDS[3]])))
    assert "holds 20 of 20 records" in said("report", path, "--database", ",".join(databases))
    assert "holds 10 of 20 records" in said("report", path, "--database", own)
    assert "holds 0 of 20 records" in said("report", path, "--database", never)


def test_an_altered_record_is_not_the_same(said: Said, file: Path, databases: list[str]) -> None:
    keep(databases[0], records_at([*LATER[1:], LATER[0] | {"reasons": ["too_dark"]}]))
    assert "holds 29 of 30 records" in said("report", file, "--database", databases[0])


def test_a_silent_database_is_an_error(said: Said, file: Path) -> None:
    assert "cannot be reached" in said("report", file, "--database", "http://127.0.0.1:9?ns=x", code=21)


CLOCKS = (
    3, "x", None, [], {}, {"offset": "x"}, {"v": 1}, {"v": 9, "offset": 1},
    {"v": 1, "device": "box-1", "boot": BOOT, "offset": True, "mono": 1, "trusted": True},
    {"v": 1, "device": "box-1", "boot": BOOT, "offset": 1e300, "mono": 1, "trusted": True},
)  # fmt: skip


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_a_clock_that_is_none_stops_nothing(said: Said, clinic: str, file: Path, clock: Any) -> None:
    keep(clinic.partition(",")[0], {f"boots/box-1/{BOOT}": clock})
    for words in (("report", file), ("report", "--device", "box-1"), ("sessions", "--device", "box-1")):
        assert "2023-11-14" in said(*words, "--database", clinic)


def test_what_does_not_unpack_is_told_and_the_rest_reported(said: Said, clinic: str) -> None:
    picture = pack(RECORDS[:2]) | {"columns": base64.b64encode(b"\xff\xd8\xff\xe0 JFIF").decode()}
    keep(clinic.partition(",")[0], {f"packs/box-1/{FIRST}/s000000099": picture})
    printed = said("report", "--database", clinic, "--device", "box-1", "--session", FIRST)
    assert "20 records of box-1" in printed
    assert "Passed over  1 × Not a pack" in printed


def misplaced() -> dict[str, Any]:
    """Documents of another session and patient, below the paths of the first session of p-0042."""
    other = [record(seq, SECOND, device="box-2") for seq in range(40, 43)]
    began = event(9, "began", FIRST, 1.0, "p-0202") | {"consent": CONSENT}
    foreign = event(8, "mark", SECOND, 1.0)
    return {
        f"packs/box-1/{FIRST}/s000000040": pack(other),
        f"records/box-1/{FIRST}/s000000041": record(41, SECOND),
        f"visits/p-0042/box-1~{FIRST}/e000000": began,
        f"visits/p-0042/box-1~{FIRST}/e000008": foreign,
        f"boots/box-1/{BOOT}": {
            "v": 1, "device": "box-2", "boot": BOOT, "offset": 5.0, "mono": 1, "trusted": True
        },
    }  # fmt: skip


def test_what_stands_where_it_does_not_belong_is_told_and_the_rest_reported(said: Said, clinic: str) -> None:
    keep(clinic.partition(",")[0], misplaced())
    printed = said("report", "--database", clinic, "--patient", "p-0042", "--session", FIRST)
    assert f"20 records of box-1, session {FIRST}" in printed
    assert "Watched      p-0042" in printed
    assert "Captured     2023-11-14" in printed
    for sentence in (
        "1 × pack of another device than its place says",
        "1 × record of another session than its place says",
        "1 × event of another session than its place says",
        "1 × event of another patient than its place says",
        "1 × clock of another device than its place says",
    ):
        assert sentence in printed


@pytest.mark.parametrize("odd", ["evil", "box-1~", "~x", "Box~x", f"box-1~{FIRST}~x", "box-1~a b"])
def test_an_odd_key_among_visits_is_no_session(said: Said, clinic: str, odd: str) -> None:
    keep(clinic.partition(",")[0], {f"visits/p-0042/{odd}": {"e000001": 1}})
    for command in ("sessions", "report"):
        printed = said(command, "--database", clinic, "--patient", "p-0042")
        assert SECOND in printed
        assert odd not in printed
        assert "1 × visit of no box and session" in printed
    rows = said("sessions", "--database", clinic, "--patient", "p-0042").splitlines()
    assert len(rows) == 1 + 2 + 1


@pytest.mark.parametrize(
    ("patient", "note"),
    [("p-0042", "p-0042"), ("p-0099", "p-0042"), ("p-0042", None)],
    ids=["copied", "rewritten", "copied, and not noted"],
)
def test_a_visit_below_another_patient_is_not_theirs(said: Said, clinic: str, patient: str, note: str | None) -> None:
    copied = {f"e{number:06d}": event(number, "mark", FIRST, 1.0, patient) for number in (1, 2)}
    noted = {f"patients/box-1/{FIRST}": note}
    keep(clinic.partition(",")[0], {f"visits/p-0099/box-1~{FIRST}": copied, **noted})
    whose = ("--database", clinic, "--patient", "p-0099")
    passed_over = "1 × visit that is not this patient's"
    assert said("sessions", *whose).splitlines()[1:] == ["no session", f"Passed over  {passed_over}"]
    assert f"of p-0099 holds no session: {passed_over}" in said("report", *whose, code=DataError.exit_code)


def test_the_list_tells_no_event_of_somebody_else(said: Said, clinic: str) -> None:
    own, _, _ = clinic.partition(",")
    keep(own, {f"visits/p-0042/box-1~{SECOND}/e000009": event(9, "ended", SECOND, 9.0, "p-0202", why="failed")})
    for whose in (("--patient", "p-0042"), ("--device", "box-1")):
        assert "failed" not in said("sessions", "--database", clinic, *whose)


@pytest.mark.parametrize(
    ("events", "consent"),
    [
        (EVENTS[:1], "Consent      expressions, units"),
        (EVENTS[1:3], "Consent      not known: the beginning is missing"),
        ([], "Consent      not known: the beginning is missing"),
        ([event(1, "began", FIRST, 1.0)], "Consent      none is recorded"),
    ],
    ids=["given", "torn", "no event", "none"],
)
def test_consent_is_told_as_far_as_it_is_known(said: Said, file: Path, events: list[Any], consent: str) -> None:
    file.write_bytes(b"\n".join(map(encode, [*events, *RECORDS])))
    assert consent in said("report", file)


def test_of_a_file_only_the_sessions_of_the_patient_or_box_are_told(said: Said, file: Path) -> None:
    third = "0123abcd-0000002710"
    others = [event(1, "began", third, 10.0, "p-0101") | {"device": "box-2"}]
    others += [record(seq, third, device="box-2") for seq in range(1, 4)]
    file.write_bytes(file.read_bytes() + b"\n" + b"\n".join(map(encode, others)))
    for whose in (("--patient", "p-0042"), ("--device", "box-1")):
        assert [row.split()[3] for row in said("sessions", file, *whose).splitlines()[1:]] == [FIRST, SECOND]
        printed = said("report", file, *whose)
        assert f"session {SECOND}" in printed
        assert f"Also there   1 more in {file}, see --session: {FIRST}\n" in printed
    assert third in said("report", file)
    assert [*said("sessions", file, "--patient", "p-0077").splitlines()[1:]] == ["no session"]
    printed = said("report", file, "--patient", "p-0077", code=DataError.exit_code)
    assert f"{file} of p-0077 holds no session" in printed
    assert "is no session there" in said(
        "report", file, "--patient", "p-0042", "--session", third, code=DataError.exit_code
    )
    for words in (("--patient", "Maria"), ("--device", "../x")):
        assert words[1] not in said("sessions", file, *words, code=ConfigError.exit_code)


def test_a_record_that_came_again_with_other_content_is_compared_as_it_is_reported(
    said: Said, file: Path, databases: list[str]
) -> None:
    keep(databases[0], records_at(LATER))
    file.write_bytes(b"\n".join(map(encode, [*LATER, LATER[0] | {"reasons": ["too_dark"]}])))
    printed = said("report", file, "--database", databases[0])
    assert "holds 30 of 30 records" in printed
    assert "1 came again with other content" in printed


def test_what_a_box_writes_moves_no_terminal_and_leads_nowhere(said: Said, databases: list[str]) -> None:
    odd = "s\u202e"
    keep(databases[0], {f"packs/box-1/{odd}/s000000001": pack([record(1) | {"session": odd}])})
    keep(databases[0], {f"patients/box-1/{odd}": "../../x\x1b[2J"})
    for command, code in (("sessions", 0), ("report", DataError.exit_code)):
        printed = said(command, "--database", databases[0], "--device", "box-1", code=code)
        assert all(line.isprintable() for line in printed.splitlines())
        assert "../" not in printed


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        (("report",), ConfigError, "Name a file of records"),
        (("sessions",), ConfigError, "Name a file of records"),
        (("report", "--database", "http://127.0.0.1:9"), ConfigError, "Say whose sessions"),
        (("report", "--database", "http://127.0.0.1:9", "--patient", "Maria"), ConfigError, "looks like a name"),
        (("report", "--database", "http://127.0.0.1:9", "--device", "../x"), ConfigError, "is a box's id"),
        (("report", "--database", "http://[::1", "--device", "b"), SinkError, "is not a database address"),
        (("report", "--database", "localhost:99999", "--device", "b"), SinkError, "a port is 1 to 65535"),
        (("load", "--url", "localhost"), SinkError, "is not a database address"),
    ],
)
def test_wrong_use_is_one_sentence(said: Said, words: tuple[str, ...], error: type[Exception], sentence: str) -> None:
    printed = said(*words, code=error.exit_code)
    assert sentence in printed
    assert "Maria" not in printed
    assert len(printed.splitlines()) == 1


def test_when_it_was_is_told_as_far_as_it_is_known() -> None:
    def untrusted(seq: int) -> dict[str, Any]:
        return record(seq, time={"mono": 20.0 + 60 * seq, "wall": 5.0, "trusted": False})

    assert "nobody knows" in captured(table_of([untrusted(1), untrusted(2)]))
    known = {"mono": 200.0, "wall": 1_795_000_200.0, "trusted": True}
    assert captured(table_of([untrusted(1), untrusted(2), record(3, time=known)])) == (
        "2026-11-18 11:08:00 to 2026-11-18 11:10:00 UTC (2 records corrected, for the clock was set only later)"
    )


@pytest.mark.parametrize(
    ("paces", "says"),
    [
        ([{"rate": 10}], ""),
        (
            [{"rate": 5, "why": ["heat"]}],
            "5 frames a second for 0:02.0 (100 %), because the processor was hot; below 7",
        ),
        (
            [{"rate": 10}, {"rate": 8, "why": ["budget"]}, {"rate": 9, "why": ["heat", "budget"]}, {"rate": 10}],
            "8 to 9 frames a second for 0:01.0 (50 %), because the processor was hot and frames took more of the "
            "processor than they may\n",
        ),
    ],
)
def test_a_report_tells_where_the_box_was_slower_and_why(
    tmp_path: Path, said: Said, paces: list[dict[str, Any]], says: str
) -> None:
    slow = [record(seq, pace=paces[(seq - 1) * len(paces) // 20]) for seq in range(1, 21)]
    told = said("report", written(tmp_path, *slow))
    assert (f"Slower       {says}" in told) if says else "Slower" not in told
    recorded = json.loads(said("report", tmp_path / "written.jsonl", "--json", "-"))["recorded"]
    assert recorded.get("slower", {}).get("least") == min((p["rate"] for p in paces if "why" in p), default=None)
