"""Heat of key points, pictures of rankings, and pictures of a person who agreed to it."""

import csv
import itertools
import math
import re
import stat
from dataclasses import replace

import cv2
import numpy as np
import pytest

from cloud.face.heat import colour_table
from device.contract.errors import ConfigError, DataError
from training.cli import main
from training.targets.colours import in_range, kept, regions_of, shares_of
from training.targets.displacement import implied, lengths
from training.targets.drawn import draw
from training.targets.heat import heat_at, heat_image, in_picture, is_hatched, round_up
from training.targets.pictured import attention, face_of
from training.targets.pictures import draw_ranking, face_places
from training.targets.points import REGIONS, point_set
from training.targets.rows import Row


@pytest.fixture(scope="module")
def smile():
    return lengths(implied({"AU12": np.array([4.0])}, 68))[0]


@pytest.mark.parametrize("count", [68, 478])
def test_points_that_weigh_the_same_are_equally_hot_however_many_stand_together(count):
    points = point_set(count)
    even, _ = heat_at(points.xyz, points.xyz, np.ones(count))
    crowded, _ = heat_at(points.xyz, points.xyz, np.ones(count), crowded=True)

    assert even.min() > 0.5
    assert even.max() < 1.6
    assert crowded.max() / crowded.min() > 3
    assert crowded[0] == pytest.approx(np.exp(-((points.xyz - points.xyz[0]) ** 2).sum(1) / (2 * 0.08**2)).sum())


def test_heat_falls_with_the_distance_and_is_not_known_about_unknown_points():
    at = np.array([[0.0, 0, 0], [0.08, 0, 0], [2.0, 0, 0]])
    heat, missing = heat_at(at, at[:1], np.array([2.0]))
    assert heat == pytest.approx([2, 2 * np.exp(-0.5), 0])
    assert not missing.any()
    _, missing = heat_at(at, at, np.array([1.0, 1.0, np.nan]))
    assert missing == pytest.approx([0, 0, 1])
    with pytest.raises(DataError, match="below 0"):
        heat_at(at, at, np.array([1.0, -1.0, 1.0]))
    with pytest.raises(DataError, match="no point"):
        heat_at(at, at, np.full(3, np.nan))


def test_the_heat_of_a_smile_is_at_the_mouth_of_the_standard_face(smile):
    points = point_set(68)
    picture = heat_image(points, smile, 240).astype(float)
    places = np.rint(face_places(points, 240)).astype(int)

    def redness(name):
        x, y = places[points.names.index(name)]
        return picture[y, x, 0] - picture[y, x, 2]

    assert redness("left mouth corner") > 80
    assert abs(redness("nose root")) < 30


@pytest.mark.parametrize(("value", "end"), [(0, 1), (0.031, 0.05), (0.05, 0.05), (7.2, 10), (1.2, 1.5), (130, 150)])
def test_colours_end_at_round_numbers(value, end):
    assert round_up(value) == pytest.approx(end)


def row(point, phase, effect, simulated=True):
    points = point_set(68)
    numbers = {field: 0.5 for field in Row.__annotations__ if Row.__annotations__[field] is float}
    held = Row(**numbers, phase=phase, point=str(point), name=points.names[point], region=points.regions[point],
               first="control", second="case", simulated=simulated)  # fmt: skip
    return replace(held, effect=effect, rank=float(point + 1))


def test_a_comparison_has_pictures_of_each_phase_in_which_something_was_measured(tmp_path):
    rows = [row(point, "talk/1", 0.1 * point / 68 if point != 3 else float("nan")) for point in range(68)]
    rows += [row(point, "rest", float("nan")) for point in range(68)]

    draw(tmp_path, rows, 68)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["heat-talk-1.png", "ranking-talk-1.png", "ranking-talk-1.svg"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    drawn = cv2.imread(str(tmp_path / "ranking-talk-1.png"))
    assert drawn.shape[1] > drawn.shape[0] > 1000
    svg = (tmp_path / "ranking-talk-1.svg").read_text()
    assert "case against control, talk/1" in svg
    assert "no finding about anybody" in svg
    assert "<dc:date>" not in svg


def heat_of(path):
    picture = cv2.imread(str(path)).astype(int)[:980]  # above the colour bar
    return (picture[..., 2] - picture[..., 0] > 40).sum()


def test_nothing_is_hot_and_nothing_coloured_where_no_point_differs(tmp_path):
    rows = [replace(row(point, "talk", 0.3), p_max=0.2) for point in range(68)]
    draw(tmp_path, rows, 68)

    assert heat_of(tmp_path / "heat-talk.png") == 0
    assert heat_of(tmp_path / "ranking-talk.png") == 0
    assert "No point differs beyond chance" in (tmp_path / "ranking-talk.svg").read_text()


def test_only_points_that_differ_are_hot_and_a_small_effect_looks_small(tmp_path):
    for name, effect in (("small", 0.3), ("large", 0.9)):
        (tmp_path / name).mkdir()
        rows = [replace(row(at, "b − a", effect), p_max=0.01 if at in (48, 54) else 0.2) for at in range(68)]
        draw(tmp_path / name, [replace(one, first="a", second="b") for one in rows], 68)
    drawn = cv2.imread(str(tmp_path / "large" / "heat-b-a.png")).astype(int)

    assert heat_of(tmp_path / "large" / "heat-b-a.png") > 2 * heat_of(tmp_path / "small" / "heat-b-a.png") > 0
    assert (drawn[:600, :, 2] - drawn[:600, :, 0]).max() < 20, "above the mouth"
    svg = (tmp_path / "large" / "ranking-b-a.svg").read_text()
    assert "b against a" in svg and "b − a" not in svg and "No point differs" not in svg


def test_every_number_of_points_at_one_place_is_seen(tmp_path):
    values = np.full(478, 0.1)
    values[[61, 291, 183, 191, 407, 415, 57, 287, 185, 409]] = 0.9  # 183 and 191 are one place of the standard face

    draw_ranking(tmp_path / "ranking.svg", point_set(478), values)

    svg = (tmp_path / "ranking.svg").read_text()
    found = re.findall(r'fill: #ffffff" x="([\d.]+)" y="([\d.]+)"[^>]*>\d+</text>', svg)
    places = [(float(x), float(y)) for x, y in found]
    assert len(places) == 10
    assert min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) > 8


def test_a_heat_of_which_no_eye_was_measured_has_no_word_of_hatching(tmp_path):
    points = point_set(478)
    weights = np.where([region.endswith("iris") for region in points.regions], np.nan, 0.5)
    assert not is_hatched(points, weights)
    assert is_hatched(points, np.where([region == "mouth" for region in points.regions], np.nan, 0.5))


def test_only_pngs_and_svgs_are_drawn(smile, tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.png or \.svg"):
        draw_ranking(tmp_path / "ranking.jpg", point_set(68), smile)


# --- pictures of a person


def test_heat_lies_on_the_landmarks_of_a_picture_and_leaves_the_rest():
    landmarks = (point_set(68).xyz[:, :2] * 180 + (300, 270)).astype(np.float32)
    weights = np.zeros(68)
    weights[48] = 1.0
    image = np.full((600, 600, 3), 128, np.uint8)

    shown, end = attention(image, landmarks, weights)

    x, y = np.rint(landmarks[48]).astype(int)
    assert (shown[:8] == 128).all()
    assert int(shown[y, x, 2]) - int(shown[y, x, 0]) > 60
    assert 0.1 < end <= 1
    heat = in_picture((600, 600), landmarks, weights)
    assert np.unravel_index(heat.argmax(), heat.shape) == pytest.approx((y, x), abs=8)


def test_of_a_picture_the_face_is_shown_and_landmarks_stay_on_it():
    image = np.full((600, 900, 3), 60, np.uint8)
    landmarks = point_set(68).xyz[:, :2] * 50 + (120, 90)
    x, y = np.rint(landmarks[48]).astype(int)
    image[y - 1 : y + 2, x - 1 : x + 2] = 250

    shown, moved = face_of(image, landmarks)

    assert shown.shape[0] == 1000 > shown.shape[1] * 0.8
    u, v = np.rint(moved[48]).astype(int)
    assert shown[v, u].min() > 200
    assert shown.mean() < 70


def colour(hue, saturation=200, value=200):
    return cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]


def test_colours_in_a_range_are_kept_the_rest_is_white_and_shares_are_of_each_part():
    landmarks = (point_set(478).xyz[:, :2] * 60 + (100, 90)).astype(np.float32)
    image = np.full((200, 200, 3), 40, np.uint8)
    image[:, :100] = colour(20)
    image[:, 100:] = colour(120)

    within = in_range(image, (10, 50, 50), (30, 255, 255))
    shares = {one.region: one for one in shares_of(within, regions_of(image.shape[:2], landmarks))}

    assert within[:, :100].all()
    assert not within[:, 100:].any()
    assert (kept(image, within)[:, 100:] == 255).all()
    assert (kept(image, within)[:, :100] == image[:, :100]).all()
    assert (shares["right cheek"].share, shares["left cheek"].share) == (1, 0)
    assert shares["mouth"].share == pytest.approx(0.5, abs=0.06)
    assert shares["picture"].share == 0.5
    assert sum(shares[one].pixels for one in REGIONS if one in shares) == shares["face"].pixels > 5000
    reds = np.stack([[colour(178), colour(3), colour(60)]])
    assert list(in_range(reds, (170, 50, 50), (10, 255, 255))[0]) == [True, True, False]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [((0, 50, 50), (181, 255, 255), "hue is 0–180"), ((0, 90, 50), (180, 60, 255), "give the lower bound first")],
)
def test_bounds_that_hold_no_colour_are_refused(low, high, said):
    with pytest.raises(ConfigError, match=said):
        in_range(np.zeros((2, 2, 3), np.uint8), low, high)


@pytest.fixture
def picture(tmp_path, portrait):
    path = tmp_path / "person.png"
    cv2.imwrite(str(path), portrait[:300, 60:400])
    return path


def test_the_colours_of_a_picture_by_command(picture, tmp_path, capsys):
    out, table = tmp_path / "out.png", tmp_path / "out.csv"
    given = ["targets", "colours", str(picture), "--out", str(out), "--csv", str(table)]

    assert main(given) == ConfigError.exit_code
    assert "--consented" in capsys.readouterr().err
    assert not out.exists()
    assert main([*given, "--consented"]) == 0
    with table.open() as file:
        shares = {line["region"]: float(line["share"]) for line in csv.DictReader(file)}
    assert shares["left cheek"] > 0.8 > shares["picture"]
    assert cv2.imread(str(out)) is not None
    assert main([*given[:3], "--out", str(picture), "--consented"]) == ConfigError.exit_code


def test_targets_over_a_picture_by_command(picture, tmp_path, capsys):
    out, table = tmp_path / "out.png", tmp_path / "points-68.csv"
    table.write_text("phase,point,effect\n" + "".join(f"talk,{at},{'-0.8' if at > 47 else ''}\n" for at in range(68)))
    given = ["targets", "attention", str(picture), "--targets", str(table), "--out", str(out), "--consented"]

    assert main(given) == 0
    drawn = cv2.imread(str(out)).astype(int)
    assert (drawn[..., 2] - drawn[..., 0] > 60).mean() > 0.01, "something is hot"
    assert main([*given, "--phase", "rest"]) == ConfigError.exit_code
    assert "the phases talk" in capsys.readouterr().err
    assert main([*given, "--column", "phase"]) == DataError.exit_code
    assert "no numbers in the column phase" in capsys.readouterr().err
    table.write_text("phase,point,effect,p_max\n" + "".join(f"talk,{at},0.4,0.3\n" for at in range(68)))
    assert main(given) == 0
    drawn = cv2.imread(str(out)).astype(int)[:900]
    assert (drawn[..., 2] - drawn[..., 0]).max() < 20, "nothing that chance shows is hot"
    table.write_text("phase,point,effect\ntalk,3,1\ntalk,3,2\n")
    assert main(given) == DataError.exit_code
    assert "several rows of a point" in capsys.readouterr().err
    table.write_text("phase,point,effect\ntalk,AU12,1\n")
    assert main(given) == DataError.exit_code
    assert "points-68.csv" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*part"))


def test_a_picture_without_a_face_is_refused(tmp_path, capsys):
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((200, 200, 3), 99, np.uint8))
    assert main(["targets", "colours", str(path), "--consented", "--out", str(tmp_path / "o.png")]) == 21
    path.write_bytes(b"no picture")
    assert main(["targets", "colours", str(path), "--consented", "--out", str(tmp_path / "o.png")]) == 21
    assert "cannot be read as a picture" in capsys.readouterr().err


def test_a_picture_of_two_people_is_refused(portrait, tmp_path, capsys):
    path = tmp_path / "both.png"
    cv2.imwrite(str(path), np.concatenate([portrait, portrait[:, ::-1]], 1))
    assert main(["targets", "colours", str(path), "--consented", "--out", str(tmp_path / "o.png")]) == 21
    assert "shows 2 people" in capsys.readouterr().err
    assert not (tmp_path / "o.png").exists()


def test_the_colours_grow_darker_all_the_way():
    lightness = cv2.cvtColor(colour_table()[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness) <= 0).all()
