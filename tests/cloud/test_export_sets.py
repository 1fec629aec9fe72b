"""The sets of columns that other programs expect, CSV and FHIR, and the dictionary that goes with each export.

What py-feat's and OpenFace readers' loaders need is asserted here; `make readers-test` runs the loaders themselves.
"""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.observation import Observation

from cloud.cli import main
from cloud.export import openface, pyfeat
from cloud.export.sets import SETS
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS
from tests.cloud.exports import CONSENT, FIRST, event, held, record, written

FRAME = {"width": 1280, "height": 720}
SEEN = {
    "aus": {"AU1": 0.5, "AU12": 2.5, "AU28": 1.0, "AU43": 4.0},
    "emotions": {"happiness": 0.7, "contempt": 0.2, "neutral": 0.1},
    "pose": {"yaw": 30.0, "pitch": 10.0, "roll": 90.0},
    "face": {"x": 0.25, "y": 0.5, "w": 0.1, "h": 0.2},
    "quality": {"presence": 0.9},
    "track": {"id": 3},
    "codes": ["AD52", "AD53"],
}
AWAY = {"status": "gated", "reasons": ["no_face", "blurred"]}
Exported = Callable[..., Path]


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    """A session of two records, one of them gated, in a set of columns."""
    away = {name: value for name, value in record(2).items() if name != "aus"} | AWAY
    told = [event(1, "began", FIRST, 0.1, consent=CONSENT), event(2, "camera", FIRST, 0.1, frame=FRAME)]
    whole = [*told, record(1, **SEEN), away, event(3, "ended", FIRST, 0.2, why="stopped")]
    recording = written(tmp_path / "a.jsonl", *whole)

    def export(name: str, *options: str) -> Path:
        out = tmp_path / name
        assert main(["export", str(recording), "--out", str(out), "--set", name, *options]) == 0
        (path,) = (path for path in (out / "data").rglob("*") if path.is_file())
        return path

    return export


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [*csv.DictReader(file)]


def test_openface_columns_are_those_of_its_own_program_in_their_order(exported: Exported) -> None:
    path = exported("openface")
    header = path.read_text().partition("\n")[0].split(",")
    assert path.name == f"{FIRST}.csv"
    assert len(header) == 714
    assert header[:5] == ["frame", "face_id", "timestamp", "confidence", "success"]
    assert header[5:13] == [*(f"gaze_{eye}_{axis}" for eye in "01" for axis in "xyz"), "gaze_angle_x", "gaze_angle_y"]
    assert header[293:299] == ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]
    assert header[299] == "x_0" and header[639] == "p_scale" and header[678] == "p_33"
    numbers = "01 02 04 05 06 07 09 10 12 14 15 17 20 23 25 26".split()
    assert header[679:696] == [f"AU{number}_r" for number in (*numbers, "45")]
    assert header[696:] == [f"AU{number}_c" for number in (*numbers, "28", "45")]


def test_openface_numbers_are_in_its_units_and_its_directions(exported: Exported) -> None:
    seen, away = rows(exported("openface"))
    assert {name: seen[name] for name in ("frame", "face_id", "timestamp", "confidence", "success")} == {
        "frame": "1", "face_id": "3", "timestamp": "0", "confidence": "0.9", "success": "1",
    }  # fmt: skip
    assert [float(seen[f"pose_R{axis}"]) for axis in "xyz"] == pytest.approx(
        [-math.radians(10), -math.radians(30), math.pi / 2], abs=1e-6
    )
    units = {"01_r": "0.5", "01_c": "0", "12_r": "2.5", "12_c": "1", "28_c": "1", "45_r": "4", "45_c": "1", "02_r": ""}
    assert {name: seen[f"AU{name}"] for name in units} == units
    assert {away[f"AU{number:02}_r"] for number in openface.INTENSITIES} == {""}
    assert (away["frame"], away["success"], away["pose_Rx"]) == ("2", "0", "")


def test_py_feat_columns_are_those_of_a_fex_with_angles_and_pixels_as_there(exported: Exported) -> None:
    path = exported("py-feat")
    seen, away = rows(path)
    units = [f"AU{number:02}" for number in pyfeat.UNITS]
    rectangle = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
    pose = ["Pitch", "Roll", "Yaw", "X", "Y", "Z"]
    assert [*seen] == ["frame", "approx_time", *rectangle, *pose, *units, *pyfeat.EMOTIONS, "input"]
    assert [float(seen[name]) for name in rectangle] == [320.0, 360.0, 128.0, 144.0, 0.9]
    angles = [math.radians(10), -math.pi / 2, -math.radians(30)]
    assert [float(seen[name]) for name in pose[:3]] == pytest.approx(angles, abs=1e-6)
    assert (seen["AU01"], seen["AU12"], seen["AU43"], seen["AU11"]) == ("0.5", "2.5", "4", "")
    assert (seen["happiness"], seen["neutral"], seen["frame"], seen["approx_time"]) == ("0.7", "0.1", "0", "00:00")
    assert seen["input"] == FIRST
    assert {away[name] for name in (*units, *pyfeat.EMOTIONS, *rectangle)} == {""}


def test_csv_holds_what_parquet_holds(exported: Exported, tmp_path: Path) -> None:
    seen, away = rows(exported("affectbox", "--format", "csv"))
    assert (seen["codes"], away["reasons"], seen["status"], away["aus.AU12"]) == (
        "AD52|AD53",
        "no_face|blurred",
        "measured",
        "",
    )
    assert main(["export", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "b")]) == 0
    found = duckdb.sql(f"SELECT * FROM read_parquet('{tmp_path}/b/data/*/*/*.parquet', hive_partitioning = false)")
    assert found.columns == [*seen]
    assert float(seen["time.wall"]) == found.fetchall()[0][found.columns.index("time.wall")]


def described(out: Path) -> dict[str, dict[str, str]]:
    return {row["column"]: row for row in rows(out / "dictionary.csv")}


@pytest.mark.parametrize("name", ["affectbox", "openface", "py-feat", "fhir"])
def test_a_dictionary_beside_the_data_says_what_every_column_means(
    exported: Exported, name: str, tmp_path: Path
) -> None:
    exported(name)
    found = described(tmp_path / name)
    assert [*found] == [column.name for column in SETS[name].columns]
    assert all(row["meaning"] for row in found.values())
    measured = [
        row for row in found.values() if row["type"] in ("number", "integer") and "empty" not in row["meaning"]
    ]
    assert measured and all(row["unit"] for row in measured)
    page = (tmp_path / name / "dictionary.md").read_text()
    assert all(f"| `{column}` |" in page for column in found)


def test_the_dictionary_tells_ranges_and_how_far_each_estimate_can_be_relied_on(
    exported: Exported, tmp_path: Path
) -> None:
    exported("affectbox")
    found = described(tmp_path / "affectbox")
    assert found["aus.AU12"] | {"meaning": ""} == {
        "column": "aus.AU12", "type": "number", "unit": "FACS intensity, A–E = 1–5", "low": "0", "high": "5",
        "tier": "reported", "meaning": "",
    }  # fmt: skip
    assert {found[f"aus.{key}"]["tier"] for key in ACTION_UNIT_KEYS} == {"reported", "low-confidence", "experimental"}
    assert found["session_time"]["unit"] == "s"


def components(observation: Json) -> dict[str, Any]:
    found = {}
    for one in observation["component"]:
        ((coding),) = one["code"]["coding"]
        assert coding["system"] == "urn:x-affectbox:measures"
        absent = one.get("dataAbsentReason", {}).get("coding", [{}])[0].get("code")
        assert ("valueQuantity" in one) != bool(absent)
        found[coding["code"]] = absent or one["valueQuantity"]["value"]
    return found


def test_a_summary_is_a_valid_observation_that_says_what_was_not_measured(exported: Exported, tmp_path: Path) -> None:
    (line,) = exported("fhir").read_text().splitlines()
    observation = json.loads(line)
    Observation.model_validate(observation)
    codes = CodeSystem.model_validate_json((tmp_path / "fhir" / "codesystem.json").read_text())
    assert observation["subject"]["identifier"]["value"] == "p-0042"
    assert observation["status"] == "final"
    found = components(observation)
    assert set(found) == {concept.code for concept in codes.concept} - {"session-summary"}
    assert found["measured"] == 50.0
    assert (found["au12-mean"], found["au2-mean"], found["emotion-happiness"]) == (2.5, "not-performed", 50.0)
    assert "loinc" not in line.lower()


def test_a_session_whose_clock_was_never_set_has_no_time_and_one_without_consent_no_estimates(tmp_path: Path) -> None:
    consent = CONSENT | {"covers": ["live"]}
    rows_ = [
        {name: value for name, value in one.items() if name != "aus"} for one in held(FIRST) if "event" not in one
    ]
    whole = [event(1, "began", FIRST, 0.1, consent=consent), *rows_]
    lost = [one | {"time": one["time"] | {"trusted": False}} for one in whole]
    recording = written(tmp_path / "a.jsonl", *lost)
    assert main(["export", str(recording), "--out", str(tmp_path / "out"), "--set", "fhir"]) == 0
    (path,) = (tmp_path / "out" / "data" / "device=box-1" / "month=unknown").iterdir()
    observation = json.loads(path.read_text())
    Observation.model_validate(observation)
    assert observation["status"] == "preliminary"
    assert "effectivePeriod" not in observation
    found = components(observation)
    assert (found["au12-mean"], found["emotion-happiness"], found["measured"]) == (
        "not-permitted",
        "not-permitted",
        100.0,
    )
