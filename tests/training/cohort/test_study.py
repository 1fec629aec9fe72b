"""participants.csv and stimuli.csv, as people write them."""

import math
from pathlib import Path

import pytest

from device.contract.errors import DataError
from device.contract.finding import Level
from training.cohort.people import Participant
from training.cohort.study import Stimulus, Study, read_study

HEADER = "pseudonym,group,site,age,sex,medication\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "participants.csv"


def read(table: Path, text: str, stimuli: str | None = None) -> Study:
    table.write_text(text, encoding="utf-8")
    if stimuli is None:
        return read_study(table)
    path = table.with_name("stimuli.csv")
    path.write_text(stimuli, encoding="utf-8")
    return read_study(table, path)


def failed(study: Study) -> list[str]:
    return [finding.text for finding in study.findings if finding.level is Level.FAIL]


def test_people_are_read_in_the_order_of_their_pseudonyms(table: Path) -> None:
    study = read(table, HEADER + "p-2,Case,North,41.5,F,none\np-1, Healthy Control ,NORTH,,m,\n")
    assert study.people[1] == Participant("p-2", "case", "north", 41.5, "f", "none")
    assert (study.people[0].group, study.people[0].site) == ("healthy-control", "north")
    assert math.isnan(study.people[0].age)
    assert study.findings == ()


def test_columns_may_come_in_any_order_with_semicolons_as_spreadsheets_write_them(table: Path) -> None:
    study = read(table, "\ufeffGroup;Pseudonym;Age\ncase;p-1;41,5\n")
    assert study.people == (Participant("p-1", "case", age=41.5),)


def test_tabs_are_taken_as_they_are_pasted_from_spreadsheets(table: Path) -> None:
    assert read(table, "pseudonym\tgroup\tage\np-1\tcase\t41\n").people == (Participant("p-1", "case", age=41.0),)


def test_a_person_in_two_groups(table: Path) -> None:
    study = read(table, HEADER + "p-1,case,,,,\np-2,case,,,,\np-1,control,,,,\n")
    assert failed(study) == [
        "participants.csv: p-1 is in 2 groups (case and control; rows 2 and 4): a person is in one."
    ]
    with pytest.raises(DataError, match="p-1 is in 2 groups"):
        study.require_sound()


def test_a_person_twice(table: Path) -> None:
    study = read(table, HEADER + "p-1,case,,,,\np-1,case,,,,\n")
    assert failed(study) == ["participants.csv: p-1 stands there 2 times (rows 2 and 3): leave one row."]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("Anna,case,,,,", "row 2: the pseudonym looks like a name"),
        ("p-1,,,,,", "row 2: it names no group."),
        ("p-1,???,,,,", "row 2: '???' is no group's name"),
        ("p-1,case", "row 2: it has 2 cells, and the header 6."),
    ],
)
def test_what_is_wrong_with_a_row_names_the_row_and_no_person(table: Path, row: str, sentence: str) -> None:
    study = read(table, f"{HEADER}{row}\np-9,control,,,,\n")
    assert [sentence in text for text in failed(study)] == [True]
    assert "Anna" not in failed(study)[0]
    assert [person.pseudonym for person in study.people] == ["p-9"]


@pytest.mark.parametrize("age", ["old", "-3", "400", "nan", "inf"])
def test_an_age_that_is_none_counts_as_not_known(table: Path, age: str) -> None:
    study = read(table, f"{HEADER}p-1,case,,{age},,\n")
    assert math.isnan(study.people[0].age)
    assert [f.text for f in study.findings] == [
        f"participants.csv, row 2: '{age}' is no age in years, so it counts as not known."
    ]


def test_more_groups_than_a_bundle_tells_apart(table: Path) -> None:
    study = read(table, HEADER + "".join(f"p-{number},group-{number},,,,\n" for number in range(7)))
    assert failed(study) == ["7 groups are named: a bundle tells 6 apart."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no column 'pseudonym'"),
        (b"name,group\nx,y\n", "has no column 'pseudonym'"),
        (b"pseudonym,group\n", "has no row"),
        (b"pseudonym,group,group\np-1,a,b\n", "has the column 'group' twice"),
        (b"pseudonym,group\np-1,\xff\n", "is no text in UTF-8"),
        (b'pseudonym,group\n"p-1,a\n', "Cannot read .*give a CSV file"),
    ],
)
def test_what_is_no_table_at_all(table: Path, content: bytes, sentence: str) -> None:
    table.write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        read_study(table)


def test_no_table_is_there(table: Path) -> None:
    with pytest.raises(DataError, match=r"Cannot read .*participants\.csv"):
        read_study(table)


def test_stimuli_are_parts_of_recordings(table: Path) -> None:
    study = read(table, f"{HEADER}p-1,case,,,,\n", "recording,label,from,to\np-1.jsonl,Sad Film,10,70.5\n")
    assert study.stimuli == (Stimulus("p-1.jsonl", "sad-film", 10.0, 70.5),)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",film,0,1", "row 2: it names no recording."),
        ("a.jsonl,,0,1", "row 2: '' can be no label"),
        ("a.jsonl,whole-session,0,1", "row 2: 'whole-session' can be no label"),
        ("a.jsonl,film,5,5", "row 2: from '5' to '5' are no seconds in their order."),
        ("a.jsonl,film,x,5", "row 2: from 'x' to '5' are no seconds in their order."),
        ("a.jsonl,film,-1,5", "row 2: from '-1' to '5' are no seconds in their order."),
    ],
)
def test_what_is_wrong_with_a_stimulus(table: Path, row: str, sentence: str) -> None:
    study = read(table, f"{HEADER}p-1,case,,,,\n", f"recording,label,from,to\n{row}\n")
    assert [sentence in text for text in failed(study)] == [True]
    assert study.stimuli == ()
