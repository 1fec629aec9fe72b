"""The published tables: what stands in them, and what they say of what they lack."""

import csv
import io

import pytest

from training.action_units.published import published


def result(rows, folds=3, **more):
    """An evaluation with these figures: key → faces, present, accuracy, F1; and more of its report."""
    names = ("faces", "present", "accuracy", "f1")
    report = {key: dict(zip(names, row, strict=True)) for key, row in rows.items()}
    parts = [{"fold": fold, "faces": 20, "participants": 4} for fold in range(1, folds + 1)]
    return {"model": "x", "folds": parts, "report": {"presence": report, **more}, "means": {}}


SMALL = result({"AU43": (50, 5, 0.9, 0.25), "AU12": (60, 30, 0.8, 0.75), "AU26": (60, 0, 1.0, None)})
LARGE = result({"AU12": (60, 30, 0.85, 0.8), "AU43": (50, 5, 0.7, 0.5), "AU26": (60, 0, 0.9, None)})


def test_networks_stand_side_by_side_in_percent():
    table = published({"small": SMALL, "large": LARGE}, ())

    assert list(table.actions) == ["AU12", "AU26", "AU43"], "the order of the published tables"
    assert table.actions["AU12"] == pytest.approx([50, 80, 75, 85, 80])
    assert table.actions["AU26"] == [0, 100, None, 90, None]
    assert table.mean == pytest.approx([30, 85, 50, 77.5, 65]), "no part in it has what no face shows"
    assert "60 faces of 12 participants in 3 folds" in table.note


def test_the_three_forms_say_the_same():
    table = published({"small": SMALL, "large": LARGE}, ("AU12", "AU26", "AD19"))
    rows = list(csv.DictReader(io.StringIO(table.csv())))

    assert [row["action"] for row in rows] == ["AU12", "AU2X", "mean"]
    assert (rows[0]["small accuracy"], rows[0]["large f1"], rows[1]["large f1"]) == ("80.00", "80.00", "")
    for text in (table.text(), table.markdown()):
        assert "AU2X" in text and "AU43" not in text and "small" in text and "Nobody coded AD19." in text
        assert "Always to say that it is absent would be right in 50.0 %" in text
    assert "| AU12 | 50.0 | 80.0 | 75.0 | 85.0 | 80.0 |" in table.markdown()
    assert "| AU2X | 0.0 | 100.0 | - | 90.0 | - |" in table.markdown()
    width = {len(line) for line in table.text().splitlines()[:5]}
    assert len(width) == 1, "columns stand below each other"


def test_closed_eyes_bear_their_name_where_no_intensity_stands_behind_it():
    rows = {"AU43": (50, 5, 0.9, 0.25)}
    coded, graded = (published({"x": one}, ()) for one in (result(rows), result(rows, intensity={"AU43": {}})))

    assert "AU43E" in coded.text() and "intensity" not in coded.text()
    assert "AU43E" not in graded.text() and "An intensity of 2 (B) or more counts as present." in graded.text()
