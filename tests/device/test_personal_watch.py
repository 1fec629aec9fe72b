"""Commands that watch a video of a person whose own movement a bundle learnt."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cli import main
from device.contract import record, session
from tests.cloud import rules_cases
from tests.personal_bundles import FILE, PERSON, personal_bundle

WIDE = replace(FILE, movements=tuple(replace(one, radius=50.0) for one in FILE.movements))
MINE = ["--patient", PERSON, "--set", "models.allow_unsigned=true"]
FEW = [*MINE, "--set", "run.max_frames=24"]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return personal_bundle(tmp_path / "bundles", file=WIDE)


def told(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, object]], str]:
    """Lines of JSON, and what was said beside them."""
    read = capsys.readouterr()
    return [json.loads(line) for line in read.out.splitlines()], read.err


def test_each_frame_of_a_video_has_its_line_and_all_of_it_one(
    clip: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["personal", "watch", str(clip), "--bundle", str(bundle), *FEW]) == 0
    lines, said = told(capsys)
    *frames, last = lines
    assert [line["frame"]["index"] for line in frames] == [*range(24)]  # type: ignore[index]
    assert frames[5]["personal"]["movement"] in (1, 2)  # type: ignore[index]
    what = {"bundle": "own-1.0.0", "supported": True}
    assert last == {"session": what | {"seconds": 0.9, "refused": "little"}}
    assert "Too little was measured to say anything of it: 0.9 s, and needed are 80 s." in said


def test_of_a_long_video_it_says_what_an_event_of_a_session_would(
    clip: Path, bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.personal.gathered.STRETCH_S", 0.2)
    monkeypatch.setattr("device.personal.gathered.LEAST_S", 0.8)
    assert main(["personal", "watch", str(clip), "--bundle", str(bundle), *FEW]) == 0
    lines, said = told(capsys)
    content = lines[-1]["session"]
    session.validate(rules_cases.PERSONAL | {"personal": {**content, "earlier": 0}})  # type: ignore[dict-item]
    assert content["low"] <= content["mean"] <= content["high"]  # type: ignore[index]
    assert content["near"] == 1 and sum(content["shares"].values()) == pytest.approx(1)  # type: ignore[index]
    assert "known movements was near 100% of that time" in said and "no diagnosis" in said


def test_a_bundle_that_is_kept_is_found_by_the_person(
    clip: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["personal", "add", str(bundle), "--set", "models.allow_unsigned=true"]) == 0
    capsys.readouterr()
    assert main(["personal", "watch", str(clip), *FEW]) == 0
    assert told(capsys)[0][-1]["session"]["bundle"] == "own-1.0.0"  # type: ignore[index]


def test_a_bundle_that_is_given_may_lie_in_a_folder_of_any_name(
    portrait: np.ndarray, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, table = tmp_path / "one.png", tmp_path / "one.csv"
    cv2.imwrite(str(picture), portrait)
    monkeypatch.chdir(bundle.rename(tmp_path / "of-monday"))
    assert main(["au", "--image", str(picture), "--csv", str(table), "--bundle", ".", *MINE]) == 0
    assert next(csv.DictReader(table.open()))["own_movement"] in ("1", "2")


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--patient", "p-0043", "--bundle", "BUNDLE"], 13, "is of somebody else than 'p-0043'"),
        (["--patient", "p-0043"], 19, "No bundle of 'p-0043' is kept on this box"),
        (["--patient", PERSON, "--bundle", "nowhere"], 13, "There is no model bundle at nowhere"),
    ],
)
def test_what_cannot_be_watched_is_told(
    clip: Path, bundle: Path, options: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(bundle) if word == "BUNDLE" else word for word in options]
    assert main(["personal", "watch", str(clip), "--set", "models.allow_unsigned=true", *given]) == code
    lines, said = told(capsys)
    assert sentence in said and lines == []


def test_a_bundle_without_a_person_is_for_nobody(
    clip: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "seen.mp4"
    assert main(["replay", str(clip), "--overlay", str(out), "--bundle", str(bundle)]) == 11
    assert "say whose it is with --patient ID" in told(capsys)[1] and not out.exists()


def test_pictures_are_drawn_and_listed_with_a_person_s_own_movement(
    portrait: np.ndarray, bundle: Path, tmp_path: Path
) -> None:
    picture, table = tmp_path / "one.png", tmp_path / "one.csv"
    cv2.imwrite(str(picture), portrait)
    drawn = []
    for name, more in (("plain", []), ("own", ["--bundle", str(bundle)])):
        assert main(["replay", str(picture), "--overlay", str(tmp_path / f"{name}.png"), *MINE, *more]) == 0
        drawn.append(cv2.imread(str(tmp_path / f"{name}.png")))
    assert 300 < (drawn[0] != drawn[1]).any(axis=2).sum() < 12000
    assert main(["au", "--image", str(picture), "--csv", str(table), "--bundle", str(bundle), *MINE]) == 0
    (row,) = csv.DictReader(table.open())
    assert float(row["own_distance"]) > 0 and row["own_movement"] in ("1", "2")


def test_a_kept_bundle_watches_a_replay_only_where_sessions_use_it(
    portrait: np.ndarray, bundle: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), portrait)
    assert main(["personal", "add", str(bundle), "--set", "models.allow_unsigned=true"]) == 0
    columns = []
    for name, more in (("unused", []), ("used", ["--set", "personal.use=true"])):
        table = tmp_path / f"{name}.csv"
        assert main(["au", "--image", str(picture), "--csv", str(table), *MINE, *more]) == 0
        columns.append(next(csv.reader(table.open())))
    assert "own_distance" not in columns[0] and columns[1][-2:] == ["own_distance", "own_movement"]


def test_no_field_of_a_record_is_what_the_network_made_of_the_face() -> None:
    assert [field.path for field in record.FIELDS if field.path.startswith("personal.")] == [
        "personal.distance",
        "personal.movement",
    ]
