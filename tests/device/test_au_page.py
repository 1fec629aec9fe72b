"""The page of `affectbox au`: what somebody who does not program opens in a browser."""

import base64
import csv
import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cli import main
from device.commands.au_page import writing
from device.contract.errors import ConfigError, DataError, StorageError


@pytest.fixture
def faces(tmp_path, monkeypatch, portrait):
    """A folder with a face and a wall, and a name that is no HTML; the page is made beside it."""
    folder = tmp_path / "faces"
    folder.mkdir()
    cv2.imwrite(str(folder / "Ann & <Bob>.png"), portrait)
    cv2.imwrite(str(folder / "wall.png"), np.full((300, 300, 3), 128, np.uint8))
    monkeypatch.chdir(tmp_path)
    return folder


def tree(path: Path) -> ET.Element:
    """The page as XML but for its head: every tag is closed, and everything in it is escaped."""
    body = re.search(r"<body>.*</body>", path.read_text(encoding="utf-8"), re.DOTALL).group()
    return ET.fromstring(body)


def told(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def cells(card: ET.Element) -> dict[str, str]:
    """What stands at the end of each row, by its heading's first word."""
    rows = ((row.find("th"), row.findall("td")) for row in card.iter("tr"))
    return {told(head).split()[0].rstrip("~?"): told(last) for head, (*_, last) in rows}


def test_a_folder_alone_gives_the_table_and_the_page(faces, tmp_path, capsys):
    assert main(["au", "faces"]) == 0

    with (tmp_path / "faces-au.csv").open(newline="") as file:
        row, wall = csv.DictReader(file)
    page = tree(tmp_path / "faces-au.html")
    first, second = page.iter("article")
    assert told(first.find("h2")) == "Ann & <Bob>.png"
    shown = cells(first)
    assert shown["AU12"] == f"{float(row['AU12']):.1f}"
    assert (float(row["AU2"]) < 1) == (float(shown["AU2"]) < 1)
    assert shown["happiness"] == f"{float(row['vote_happiness']):.0%}"
    assert "Not measured: no face" in told(second)
    assert "2 pictures, 1 measured, 1 not (1 × no face)" in told(page)
    assert "--ungated reads it too" in told(page)
    assert row["vote"] == "happiness"
    assert (row["agreeing"], row["opinions"]) == ("2", "2")
    assert wall["vote"] == wall["nose_x"] == ""
    assert "The page is faces-au.html" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.part"))


def test_again_nothing_is_written_over(faces, tmp_path):
    (tmp_path / "faces-au.csv").write_text("corrected by hand")

    assert main(["au", "faces"]) == 0

    assert (tmp_path / "faces-au.csv").read_text() == "corrected by hand"
    assert (tmp_path / "faces-au-2.html").exists()


def test_the_page_asks_for_nothing_and_is_for_its_owners_eyes(faces, tmp_path):
    assert main(["au", "--folder", "faces", "--page", "out.html"]) == 0

    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|<script|<link|@import|url\(", text)
    assert "default-src 'none'" in text
    assert (tmp_path / "out.html").stat().st_mode & 0o777 == 0o600


def pictures(page: ET.Element) -> list[ET.Element]:
    return list(page.iter("image"))


def test_people_are_seen_on_it_only_when_that_is_asked_for(faces, tmp_path, portrait):
    assert main(["au", "faces", "--page", "without.html"]) == 0
    assert main(["au", "faces", "--page", "with.html", "--thumbnails"]) == 0

    without, page = tree(tmp_path / "without.html"), tree(tmp_path / "with.html")
    assert (pictures(without), "holds no pictures" in told(without)) == ([], True)
    face, _ = pictures(page)
    data = base64.b64decode(face.get("href").partition("base64,")[2])
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert max(image.shape) <= 240
    x, y, w, h = (int(face.get(name)) for name in ("x", "y", "width", "height"))
    cut = cv2.resize(portrait[y : y + h, x : x + w], image.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(cut.astype(int) - image).mean() < 6
    assert b"Exif" not in data
    assert "keep it as you keep their pictures" in told(page)


def test_box_and_five_points_are_where_the_face_is(faces, tmp_path):
    assert main(["au", "faces", "--page", "out.html", "--csv", "out.csv"]) == 0

    with (tmp_path / "out.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    figure = next(tree(tmp_path / "out.html").iter("svg"))
    drawn = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in figure.iter("circle")]
    names = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
    assert drawn == [(float(row[f"{name}_x"]), float(row[f"{name}_y"])) for name in names]
    right_eye, left_eye, nose, right_mouth, left_mouth = drawn
    assert right_eye[0] < nose[0] < left_eye[0]  # she looks at us: her right is at the picture's left
    assert right_mouth[0] < nose[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < left_mouth[1]
    box = next(rect for rect in figure.iter("rect") if rect.get("class") == "box")
    assert float(box.get("x")) == pytest.approx(float(row["left"]), abs=1)


def test_of_a_video_it_shows_the_course_and_the_moments_in_which_most_is_seen(tmp_path, clip):
    out = tmp_path / "out.html"

    assert main(["au", "--video", str(clip), "--page", str(out), "--set", "run.max_frames=120"]) == 0

    page = tree(out)
    lanes = {
        told(lane.find("span")).split(" ")[0]: lane
        for lane in page.iter("div")
        if lane.get("class") == "lane" and told(lane.find("span"))
    }
    assert {"happiness", "AU12", "AU25", "disagreement"} <= set(lanes)
    assert "AU28?" not in lanes
    assert lanes["AU12"].find("svg/path").get("d").count("H") == 120
    moments = [told(card.find("h4")) for card in page.iter("article")]
    assert any("happiness" in moment for moment in moments)
    assert "120 frames, 120 of them measured" in told(page)


def test_each_of_several_videos_has_its_own_course(tmp_path, clip, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4").symlink_to(clip)
    monkeypatch.chdir(tmp_path)

    assert main(["au", "one.mp4", "two.mp4", "--page", "out.html", "--set", "run.max_frames=60"]) == 0

    videos = [part for part in tree(tmp_path / "out.html").iter("section") if part.get("class") == "video"]
    assert [told(video.find("h2")) for video in videos] == ["one.mp4", "two.mp4"]
    assert all("60 frames" in told(video) for video in videos)


def test_where_opinions_differ_is_where_to_look_first(faces, tmp_path, monkeypatch):
    sad = np.array([[0.9, 0, 0, 0.1, 0, 0, 0, 0], [0.2, 0, 0, 0.8, 0, 0, 0, 0]], np.float32)
    monkeypatch.setattr("device.commands.vote.filled", lambda shares, known: sad)

    assert main(["au", "faces", "--page", "out.html"]) == 0

    page = tree(tmp_path / "out.html")
    assert "Opinions on the expression differ in 1 picture; look first at Ann & <Bob>.png." in told(page)
    assert page.find(".//*[@id='p0']") is not None
    assert "Opinions on the expression differ." in told(next(page.iter("article")))


def test_who_asked_for_everything_is_not_told_to(faces, tmp_path):
    assert main(["au", "faces", "--page", "out.html", "--ungated"]) == 0

    said = told(tree(tmp_path / "out.html"))
    assert "1 not (1 × no face)" in said and "reads it too" not in said


def test_what_could_not_be_read_stands_on_it(faces, tmp_path):
    (faces / "broken.png").write_bytes(b"no picture")
    (faces / "broken.mp4").write_bytes(b"no video")

    assert main(["au", "faces"]) == DataError.exit_code

    page = told(tree(tmp_path / "faces-au.html"))
    assert "2 files could not be read" in page
    assert "broken.mp4 is not a readable video" in page


def test_of_very_many_the_first_have_cards_and_it_says_so(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "MOST_CARDS", 1)

    assert main(["au", "faces"]) == 0

    page = tree(tmp_path / "faces-au.html")
    assert len(list(page.iter("article"))) == 1
    assert "the first 1; a table (--csv) has all 2" in told(page)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (["faces", "--page", "missing/out.html"], StorageError, "cannot be written"),
        (["faces", "--page", "faces"], StorageError, "is a folder"),
        (["faces", "--page", "faces/wall.png"], ConfigError, "give --page another file"),
        (["faces", "--page", "out.csv", "--csv", "out.csv"], ConfigError, "out.csv is read or written too"),
        (["faces", "--csv", "out.csv", "--thumbnails"], ConfigError, "--thumbnails are of the page"),
        (["faces", "--page", "out.html", "--landmarks", "68"], ConfigError, "give --csv for numbers"),
        (["--folder", "faces", "--thumbnails"], ConfigError, "--thumbnails are of the page"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_read(faces, tmp_path, capsys, options, error, says):
    before = (faces / "wall.png").read_bytes()

    assert main(["au", *options]) == error.exit_code

    captured = capsys.readouterr()
    assert says in unescape(captured.err)
    assert captured.out == ""
    assert (faces / "wall.png").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"faces"}
