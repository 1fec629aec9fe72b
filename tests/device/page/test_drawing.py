"""What is drawn of a glimpse: points, boxes and measures; whatever else comes, nothing of it gets out."""

import base64
import itertools
import json
import random
from typing import Any

import pytest
from msgspec import to_builtins

from device.host.drawn import drawn
from device.host.view import State
from device.page.drawing import advice, drawing
from device.settings import QualitySettings

QUALITY = QualitySettings()
LARGEST_BYTES = 5000


def of(glimpse: Any, zone: tuple[float, ...] = ()) -> Any:
    return drawing(glimpse, zone, QUALITY)


def glimpse(**changed: Any) -> dict[str, Any]:
    return to_builtins(drawn(18.0)) | changed


def test_a_face_is_drawn_from_its_points() -> None:
    shown = of(glimpse(), (0.3, 0.2, 0.4, 0.6))
    assert {"oval", "left_eye", "right_eye", "lips"} <= set(shown["outline"])
    assert shown["zone"] == [0.3, 0.2, 0.4, 0.6]
    assert shown["meters"]["light"] == {"at": pytest.approx(0.45, abs=0.05), "fine": [0.12, 0.92], "says": "fine"}
    assert (advice(State.FRAMING, shown).code, advice(State.FRAMING, shown).tone) == ("good", "good")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"hints": ["come_closer", "focus"]}, "come_closer"),
        ({"hints": ["lamp_left"]}, "lamp_left"),
        ({"hints": ["no_face"], "outline": {}}, "no_face"),
        ({"hints": ["no_face", "more_light"], "outline": {}}, "more_light"),
        ({"hints": ["<b>", 7, "focus"]}, "focus"),
        ({"hints": [], "outline": {}}, "no_face"),
    ],
)
def test_one_thing_is_said_at_a_time(changed: dict[str, Any], code: str) -> None:
    said = advice(State.FRAMING, of(glimpse(**changed)))
    assert (said.code, said.tone) == (code, "attention")


def test_the_meters_say_in_words_what_is_wrong() -> None:
    says = {name: meter["says"] for name, meter in of(glimpse(brightness=0.05, sharpness=0.01))["meters"].items()}
    assert says == {"light": "low", "sharpness": "low", "distance": "fine"}
    assert of(glimpse(hints=["come_closer"]))["meters"]["distance"]["says"] == "low"
    assert of(glimpse(brightness=0.99))["meters"]["light"]["says"] == "high"
    assert of(glimpse(brightness=None))["meters"]["light"] is None


def test_no_picture_fits_through() -> None:
    pixels = random.Random(1).randbytes(30_000)
    text = base64.b64encode(pixels).decode()
    numbers = [[one / 255, two / 255] for one, two in itertools.pairwise(pixels)]
    hostile = glimpse(
        picture=text,
        outline={"oval": numbers, "pixels": numbers, text[:30]: numbers, **{f"c{i}": numbers for i in range(50)}},
        others=[[0.1, 0.2, text, 0.3], text, *numbers, *[[0.1] * 4] * 1000],
        brightness=text,
        hints=[text, *[text[i : i + 8] for i in range(0, 800, 8)]],
        zone=text,
    )
    shown = json.dumps(of(hostile))
    assert len(shown) < LARGEST_BYTES
    assert text[:8] not in shown
    assert text[80:88] not in shown


@pytest.mark.parametrize(
    "odd",
    [None, 7, "text", [], {}, {"width": 640}, {"width": float("nan"), "height": 480}, {"width": 0, "height": 0}],
)
def test_what_is_no_glimpse_draws_nothing(odd: Any) -> None:
    assert of(odd) is None


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_glimpse_holds_what_is_drawn_is_drawable(seed: int) -> None:
    draw = random.Random(seed)
    odd = [
        None,
        True,
        "x",
        float("inf"),
        float("nan"),
        -1e300,
        0.5,
        [],
        {},
        [[0.1, 0.2]],
        [0.1, 0.2, 0.3, 0.4],
        {"oval": 3},
    ]
    shown = of(glimpse(**{key: draw.choice(odd) for key in draw.sample(sorted(glimpse()), 4)}))
    if shown is not None:
        json.dumps(shown, allow_nan=False)
        points = [point for contour in shown["outline"].values() for point in contour]
        assert all(len(point) == 2 and min(point) >= -1 and max(point) <= 2 for point in points)
