"""What `affectbox au` is given, as people write it on Linux, macOS and Windows."""

from pathlib import Path, PureWindowsPath

import pytest

from device.camera.opening import open_source
from device.commands.au_given import called, free_names, given_as, unquoted
from device.contract.errors import SourceError
from device.settings import CameraSettings


@pytest.fixture
def folder(tmp_path):
    """Pictures and videos of somebody's, and what systems leave beside them."""
    for name in "b.JPG a.png clip.MP4 ._a.png Thumbs.db desktop.ini .DS_Store photo.HEIC".split():
        (tmp_path / name).write_bytes(b"of no matter")
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_is_its_pictures_and_videos_and_what_was_passed_over_is_told(folder, capsys):
    given = given_as([str(folder)])

    assert (names(given.pictures), names(given.videos)) == (["a.png", "b.JPG"], ["clip.MP4"])
    assert given.name == folder.name
    assert "1 (.heic)" in capsys.readouterr().err


def test_a_pattern_that_the_shell_left_is_what_fits_it(folder):
    assert names(given_as([str(folder / "*.png")]).paths) == ["a.png"]
    with pytest.raises(SourceError, match=r"Nothing is called .*\*\.bmp"):
        given_as([str(folder / "*.bmp")])


def test_a_file_with_the_letters_of_a_pattern_is_itself(folder):
    (folder / "what[1].png").write_bytes(b"of no matter")

    assert names(given_as([str(folder / "what[1].png")]).paths) == ["what[1].png"]


def test_what_is_given_twice_is_read_once(folder):
    given = given_as([str(folder), str(folder / "a.png")])

    assert names(given.paths) == ["a.png", "b.JPG", "clip.MP4"]


def test_files_of_one_name_are_told_apart_by_their_paths(tmp_path):
    for where in ("one", "two"):
        (tmp_path / where).mkdir()
        (tmp_path / where / "face.png").write_bytes(b"of no matter")

    given = given_as([str(tmp_path / "one"), str(tmp_path / "two")])

    assert sorted(given.names.values()) == [str(tmp_path / where / "face.png") for where in ("one", "two")]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("nothing.png", "nothing.png does not exist"),
        ("photo.HEIC", "convert it to JPEG"),
        ("empty", "holds no picture"),
    ],
)
def test_what_cannot_be_read_is_said(folder, monkeypatch, word, says):
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)

    with pytest.raises(SourceError, match=says):
        given_as([word])


def test_a_folder_of_folders_says_how_to_give_them(tmp_path):
    for whose in ("ben", "anna"):
        (tmp_path / whose).mkdir()
        (tmp_path / whose / "face.png").write_bytes(b"of no matter")

    with pytest.raises(SourceError) as refused:
        given_as([str(tmp_path)])

    assert f"such as {tmp_path / 'anna'}, or all of them with {tmp_path / '*'}" in str(refused.value)
    assert len(given_as([str(tmp_path / "*")]).names) == 2


def test_results_never_take_the_place_of_others(tmp_path):
    assert names(free_names(tmp_path, "faces", (".csv", ".html"))) == ["faces-au.csv", "faces-au.html"]
    (tmp_path / "faces-au.html").touch()
    assert names(free_names(tmp_path, "faces", (".csv", ".html"))) == ["faces-au-2.csv", "faces-au-2.html"]


def test_the_quotation_mark_that_windows_leaves_is_none_of_the_name():
    assert unquoted('C:\\Users\\Ann Lee\\My Faces"') == "C:\\Users\\Ann Lee\\My Faces"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("C:\\Users\\Ann Lee\\clip one.MP4", "clip one"),
        ("C:\\Faces\\", "Faces"),
        ("D:\\", "pictures"),
        ("\\\\server\\share\\Faces", "Faces"),
        ("..\\Faces\\b.final.jpg", "b.final"),
    ],
)
def test_results_are_named_after_a_path_of_windows(path, name):
    assert called([PureWindowsPath(path)]) == name


@pytest.mark.parametrize("name", ["con", "NUL", "aux", "com1"])
def test_no_result_has_a_name_that_windows_keeps_for_itself(tmp_path, name):
    made = [PureWindowsPath(path.name) for path in free_names(tmp_path, name, (".csv", ".html"))]

    assert not any(path.is_reserved() for path in made)


@pytest.mark.parametrize("text", ["C:\\clips\\one.mp4", "C:/clips/one.mp4", "d:one.mp4", "\\\\server\\clips\\one.mp4"])
def test_a_path_of_windows_is_a_file_and_no_camera_or_address(text):
    with pytest.raises(SourceError, match="does not exist"):
        open_source(text, CameraSettings())


def test_names_are_found_whatever_the_case_of_their_endings(tmp_path):
    (tmp_path / "A.PnG").write_bytes(b"of no matter")

    assert names(given_as([str(Path(tmp_path))]).pictures) == ["A.PnG"]
