"""What is wrong with ratings is said by the row; what `check` finds in a study."""

import csv
import json
import re
import shutil
from argparse import Namespace

import pytest

from device.contract.errors import CheckFailedError, DataError
from training.atypicality import refusal
from training.atypicality.ratings import read_ratings
from training.atypicality.sound import study_of
from training.cli import main

SOUND = "a.jsonl,0,3,r1,2"


def read(tmp_path, *rows, header="recording,from_s,to_s,rater,rating"):
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return read_ratings(path)


def test_sound_rows_are_read_with_whatever_stands_between_the_cells(tmp_path):
    found = read(tmp_path, "a.jsonl;0;3,5;R1;2", "a.jsonl;0;3,5;r2;2,5", header="recording;from_s;to_s;rater;rating")

    assert [(one.to_s, one.rater, one.rating) for one in found.rows] == [(3.5, "r1", 2), (3.5, "r2", 2.5)]
    assert found.findings == ()
    assert found.raters == ("r1", "r2")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a.jsonl,0,3,r1,6", "row 3: the rating '6' is no number from 1 to 5."),
        ("a.jsonl,0,3,r1,", "row 3: the rating '' is no number from 1 to 5."),
        ("a.jsonl,3,0,r1,2", "row 3: from '3' to '0' are no seconds in their order."),
        ("a.jsonl,-1,2,r1,2", "row 3: from '-1' to '2' are no seconds in their order."),
        ("a.jsonl,0,nan,r1,2", "row 3: from '0' to 'nan' are no seconds in their order."),
        ("a.jsonl,0,900,r1,2", "row 3: it is of 900 s: nobody rates more than 600 s as one."),
        (",0,3,r1,2", "row 3: it names no recording."),
        ("a.jsonl,0,3,,2", "row 3: it names no rater."),
        ("a.jsonl,0,3,r1", "row 3: it has 4 cells, and the header 5."),
        ("a.jsonl,2,4,r1,3", "row 3: r1 rated the same seconds of a.jsonl in row 2: leave one of them."),
    ],
)
def test_each_mistake_is_a_sentence_with_its_row(tmp_path, row, sentence):
    found = read(tmp_path, SOUND, row, "b.jsonl,0,3,r2,1")

    assert [one.text for one in found.findings] == [f"ratings.csv, {sentence}"]


def test_the_same_row_twice_counts_once(tmp_path):
    assert len(read(tmp_path, SOUND, SOUND, "b.jsonl,0,3,r2,1").rows) == 2


def test_a_rater_alone_and_one_who_says_always_the_same_are_told(tmp_path):
    (alone, same) = read(tmp_path, *(f"a.jsonl,{at},{at + 1},r1,2" for at in range(10))).findings

    assert alone.text.startswith("One rater alone rated")
    assert same.text == "r1 rated 2 all of 10 times: that says nothing of any movement."


@pytest.mark.parametrize(
    ("header", "sentence"),
    [("recording,from_s,to_s,rating", "no column 'rater'"), ("", "no column 'recording'")],
)
def test_a_table_without_a_column_is_refused(tmp_path, header, sentence):
    with pytest.raises(DataError, match=sentence):
        read(tmp_path, "a,0,3,2", header=header)


def check(folder, capsys):
    code = main(["atypicality", "check", str(folder), "--json", "--workers", "0"])
    return code, [one["text"] for one in json.loads(capsys.readouterr().out)["findings"]]


def test_a_sound_study_passes(folder, capsys):
    code, (*left_out, told) = check(folder, capsys)

    assert code == 0
    assert told.endswith("of 8 participants were rated by 5.")
    why = "fewer than 20. Figures are of all ages together, and hide what so few do."
    assert left_out == [
        f"People of 6-12 years are left out: 8 people of that age, {why}",
        f"People of 6-12 years are left out: 4 typical people of that age, {why}",
    ]


def test_an_age_of_enough_people_is_not_told(folder, capsys, monkeypatch):
    monkeypatch.setattr(refusal, "FEWEST_OF_AGE", 5)

    _, (left_out, _) = check(folder, capsys)

    assert left_out.startswith("People of 6-12 years are left out: 4 typical people of that age, fewer than 5.")


def test_what_is_wrong_with_a_study_is_told(folder, capsys):
    shutil.copy(folder / "ratings.csv", folder / "all.csv")
    rows = [*csv.reader((folder / "all.csv").open())]
    with (folder / "ratings.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [rows[0], *(row for row in rows if row[0] <= "child-0003.jsonl"), ["x", 0, 3, "r1", 1]]
        )
    text = (folder / "recordings" / "child-0008.jsonl").read_text().replace('"atypicality"', '"diagnosis"')
    (folder / "recordings" / "child-0008.jsonl").write_text(text)
    (folder / "recordings" / "child-0007.jsonl").unlink()

    code, told = check(folder, capsys)

    assert code == CheckFailedError.exit_code
    assert "1 recordings that were rated are not there, such as x." in told
    assert "1 of 8 participants have no recording." in told
    consent = "The consent does not cover comparison with other people, of 1 participant: child-0008. Take their "
    assert f"{consent}recordings out." in told
    assert any(one.startswith("3 participants were rated: 6 at least are needed") for one in told)
    with pytest.raises(DataError, match="does not cover comparison with other people"):
        study_of(Namespace(folder=folder, scheduler=None, workers=0))


def test_a_recording_under_two_names_and_a_file_of_two_sessions_are_told(folder, capsys):
    with (folder / "ratings.csv").open("a") as file:
        file.write("child-0001,1.0,2.0,r1,5\n")
    second, third = (folder / "recordings" / f"child-000{number}.jsonl" for number in (2, 3))
    second.write_bytes(second.read_bytes() + third.read_bytes())
    third.unlink()
    real = folder / "recordings" / "child-0004.jsonl"
    real.write_text(real.read_text().replace("simulated-1.0.0", "face-1.0.0"))

    code, told = check(folder, capsys)

    assert "7 of 8 sessions are simulated and the others are not: keep them apart." in told

    assert code == CheckFailedError.exit_code
    assert any(
        one.startswith("r1 rated the same seconds of child-0001.jsonl and child-0001, which are one") for one in told
    )
    assert any(one.startswith("child-0002.jsonl, which is rated, is 2 sessions: name one of them") for one in told)


def test_where_nobody_said_an_age_or_recorded_a_consent_that_is_told(folder, capsys):
    people = folder / "participants.csv"
    people.write_text(re.sub(r",[0-9.]+,(?=\w+male|male)", ",,", people.read_text()))
    path = folder / "recordings" / "child-0005.jsonl"
    path.write_text(re.sub('"consent":{.*?},', "", path.read_text(), count=1))

    code, told = check(folder, capsys)

    assert code == 0
    assert any(one.startswith("The age of 8 participants is not told") for one in told)
    assert any(one.startswith("1 recordings with no consent on the box (child-0005.jsonl)") for one in told)


def test_windows_that_no_two_rated_say_nothing_of_how_far_raters_agree(folder, capsys):
    rows = (folder / "ratings.csv").read_text().splitlines()
    alone = [row for row in rows[1:] if row.split(",")[3] == ("r1" if row < "child-0004" else "r2")]
    (folder / "ratings.csv").write_text("\n".join([rows[0], *alone]))

    assert any(one.startswith("No window was rated by all raters") for one in check(folder, capsys)[1])


def test_ratings_after_the_end_of_a_recording_are_told(folder, capsys):
    with (folder / "ratings.csv").open("a") as file:
        file.write("child-0001.jsonl,300,303,r1,4\n")

    assert (
        "1 ratings are of seconds after the end of their recording: are they of another one?"
        in check(folder, capsys)[1]
    )


def test_a_study_without_ratings_is_one_for_the_companion(folder, capsys):
    (folder / "ratings.csv").unlink()

    code, told = check(folder, capsys)

    assert code == 0
    left_out, nothing = told
    assert left_out.startswith("People of 6-12 years are left out: 4 typical people of that age, fewer than 20.")
    assert nothing == "Nothing is rated: the companion can be learnt, and nothing that rates."


def test_no_folder_is_one_sentence(tmp_path, capsys):
    assert main(["atypicality", "check", str(tmp_path / "none")]) == DataError.exit_code
    assert "is no folder" in capsys.readouterr().err
