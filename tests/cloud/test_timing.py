"""The timing diagram: what somebody who looks at it sees, and does not see."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection

from cloud.analysis.whole import analyse
from cloud.reading.timeline import Values
from cloud.reports.ribbon import COLOURS
from cloud.reports.timing import compose, draw
from device.contract.record import Json
from tests.cloud.test_analysis import bump, crying, emotions, masked, recording, whole
from tests.recordings import table_of

WHEN = "2026-11-27 15:00:00 to 15:00:20 UTC"
#: What deuteranopes see: linear RGB to linear RGB, Machado, Oliveira & Fernandes 2009, severity 1.
DEUTERANOPE = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


def words(figure) -> str:
    """Everything that is written in the picture."""
    figure.draw_without_rendering()
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return "\n".join(filter(None, texts))


def picture(records: list[Json], everything: bool = False):
    table = table_of(records)
    return compose(table, analyse(table), WHEN, everything)


def test_it_says_whose_when_and_what_stood_out() -> None:
    told = words(picture(recording(20, crying)))
    for text in (
        "tester · 0:20 min",
        WHEN,
        "Sadness 50 % of the session (low-confidence: crying 40 %)",
        "0:02",
        "readings disagree",
    ):
        assert text in told
    assert "happy" not in told


def test_what_was_seen_but_seldom_stands_in_the_headline_too() -> None:
    told = words(picture(recording(20, lambda t: {"emotions": emotions(**{"surprise" if t < 1 else "neutral": 0.9})})))
    assert "Neutral 95 % of the session; also surprise 5 %" in told


def test_rows_that_nothing_happened_in_are_one_sentence() -> None:
    figure = picture(recording(20, crying))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {label.rstrip(" °") for label in labels[:3]} == {
        "AU4 Brow Lowerer",
        "AU6 Cheek Raiser",
        "AU12 Lip Corner Puller",
    }
    assert [label.rstrip(" °") for label in labels[3:]] == ["crying", "Emotion"]
    assert "No movement found in AU1 Inner Brow Raiser" in figure.axes[0].get_xlabel().replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_what_was_hidden_is_a_gap_and_the_picture_says_why() -> None:
    figure = picture(recording(10, masked))
    brows, mouth = (c.get_paths() for c in figure.axes[0].collections if isinstance(c, FillBetweenPolyCollection))
    assert max(path.vertices[:, 0].max() for path in brows) > 9.9
    assert max(path.vertices[:, 0].max() for path in mouth) < 5
    told = words(figure)
    assert "mouth hidden" in told
    assert "not measured: mouth hidden" in told


@pytest.mark.parametrize("kind", ["gated", "missing"])
def test_no_line_is_drawn_through_what_was_not_measured(kind: str) -> None:
    records = recording(10, lambda t: {} if 3 <= t < 6 else {"aus": whole(AU12=bump(t, 2, 9))})
    if kind == "missing":
        records = [record for record in records if record["status"] == "measured"]
    lines = [line.get_xydata() for line in picture(records).axes[0].lines]
    drawn = [points for points in lines if len(points) > 100]
    assert drawn
    for points in drawn:
        nothing = points[np.isnan(points[:, 1]), 0]
        assert ((nothing > 2.9) & (nothing < 6)).any()


def test_the_picture_says_what_nobody_agreed_to() -> None:
    began = {"v": 1, "device": "tester", "boot": "one", "session": "one", "number": 1, "event": "began"}
    began |= {"patient": "p-1", "time": {"mono": 0, "wall": 0, "trusted": False}}
    table = table_of(recording(4, lambda t: {"pose": {"yaw": 1.0}}), [began | {"consent": {"covers": ["live"]}}])
    told = words(compose(table, analyse(table), WHEN)).splitlines()
    assert {"Emotions and expressions not recorded: not agreed to", "not recorded: not agreed to"} <= {*told}
    assert any(line.endswith("Action units not recorded: not agreed to.") for line in told)
    assert not any("Never measured" in line for line in told)


def test_pain_has_a_row_only_when_asked_for() -> None:
    records = recording(10, lambda t: {"aus": whole(AU4=bump(t, 2, 6)), "pain": bump(t, 2, 6, 5.0)})
    assert "pain" not in words(picture(records)).lower()
    assert "Pain read from the action units" in words(picture(records, everything=True))


def test_every_emotion_has_a_colour_that_deuteranopes_tell_apart() -> None:
    seen = [lab(np.clip(DEUTERANOPE @ linear(colour), 0, 1)) for colour in COLOURS.values()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 15


def linear(colour: str) -> Values:
    """Linear RGB of `#rrggbb`."""
    coded = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def lab(rgb: Values) -> Values:
    """CIELAB of linear RGB, D65; the linear part near black left out."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ rgb / (0.9505, 1.0, 1.089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seconds", [1 / 25, 1])
@pytest.mark.parametrize("fields", [{}, {"emotions": emotions(neutral=1.0)}, {"aus": {"AU12": 1.0}}])
def test_a_recording_with_little_in_it_is_drawn_too(fields: Json, seconds: float, tmp_path: Path) -> None:
    records = recording(seconds, lambda t: dict(fields))
    table = table_of(records)
    draw(table, analyse(table), tmp_path / "timing.png", WHEN)
    assert (tmp_path / "timing.png").stat().st_size > 5_000


def test_phases_stand_in_the_picture_with_their_names() -> None:
    def event(number: int, kind: str, mono: float, **changes: str) -> Json:
        own = {"v": 1, "device": "tester", "boot": "one", "session": "one", "number": number, "event": kind}
        return own | {"patient": "p-1", "time": {"mono": mono, "wall": 0, "trusted": False}} | changes

    turns = [
        event(1, "phase", 0.0, name="rest"),
        event(2, "phase", 8.0, name="talk"),
        event(3, "stimulus", 9.0, name="a"),
    ]
    with_phases = table_of(recording(20, crying), turns)
    figure = compose(with_phases, analyse(with_phases), WHEN)
    told = words(figure)
    for text in ("rest", "talk", "shown or asked"):
        assert text in told
    assert "marked by somebody" not in told
    begun = [text.get_position()[0] for text in figure.axes[0].texts if text.get_text() in ("rest", "talk")]
    assert begun == [pytest.approx(4.0), pytest.approx(14.0, abs=0.1)]
    assert "shown or asked" not in words(picture(recording(20, crying)))
