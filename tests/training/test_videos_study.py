from pathlib import Path

import pytest

from device.contract.errors import ConfigError, DataError
from training.videos.study import Video, read_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("anna/one.mp4", "anna/deep/two.AVI", "ben/one.mkv", "ben/notes.txt", "ben/._one.mkv", ".bin/x.mp4"):
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "study"


def table(study: Path, text: str) -> Path:
    path = study.parent / "who.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_folder_names_the_participant(study):
    assert read_study(study, None, None) == [
        Video("anna/deep/two.AVI", "anna"),
        Video("anna/one.mp4", "anna"),
        Video("ben/one.mkv", "ben"),
    ]


def test_a_pattern_finds_the_participant(study):
    assert [v.participant for v in read_study(study, None, r"^(..).*/")] == ["an", "an", "be"]


def test_a_table_names_participants_and_labels(study):
    who = table(
        study, "\ufeffvideo,participant,label\nben/one.mkv, P2,control\n\nanna/one.mp4,P1,x\nanna/deep/two.AVI,P1,x\n"
    )

    assert read_study(study, who, None) == [
        Video("anna/deep/two.AVI", "P1", "x"),
        Video("anna/one.mp4", "P1", "x"),
        Video("ben/one.mkv", "P2", "control"),
    ]


def test_a_video_beside_the_folders_has_no_participant(study):
    (study / "stray.mp4").touch()

    with pytest.raises(DataError, match=r"stray\.mp4 has no participant: put it into a folder"):
        read_study(study, None, None)


@pytest.mark.parametrize("pattern", [r"(\d+)", r"anna|(x)"])
def test_a_video_that_the_pattern_does_not_fit_has_no_participant(study, pattern):
    with pytest.raises(DataError, match="has no participant"):
        read_study(study, None, pattern)


@pytest.mark.parametrize("pattern", ["(", "anna", "(a)(b)"])
def test_a_pattern_has_exactly_one_group(study, pattern):
    with pytest.raises(ConfigError, match="--participant-pattern"):
        read_study(study, None, pattern)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with"),
        ("file,who\n", "begins with 'file,who'"),
        ("video,participant\nanna/one.mp4\n", "row 2"),
        ("video,participant\nanna/one.mp4,P1\nben/one.mkv,\n", "row 3"),
        ("video,participant\nanna/one.mp4,P1\nanna/one.mp4,P2\n", "row 3: anna/one.mp4 stands there twice"),
        ("video,participant\nanna/one.mp4,P1\n", r"anna/deep/two.AVI \(and 1 more\) has no participant"),
        ("video,participant\nnone.mp4,P1\n", "names none.mp4, which --videos does not hold"),
    ],
)
def test_a_broken_table_is_one_sentence_that_names_the_row_or_video(study, text, message):
    with pytest.raises(DataError, match=message):
        read_study(study, table(study, text), None)


def test_one_person_in_two_spellings_is_refused(study):
    (study / "Anna").mkdir()
    (study / "Anna" / "three.mp4").touch()

    with pytest.raises(DataError, match="'Anna' and 'anna' differ in case"):
        read_study(study, None, None)


def test_no_folder_and_no_video(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        read_study(tmp_path / "none", None, None)
    with pytest.raises(DataError, match="holds no video"):
        read_study(tmp_path, None, None)


def test_a_table_that_cannot_be_read(study):
    with pytest.raises(DataError, match="Cannot read"):
        read_study(study, study.parent / "none.csv", None)
