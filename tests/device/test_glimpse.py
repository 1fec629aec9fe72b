"""What is drawn for setting up, and what is asked of whoever sits there: real faces in bad light and places."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from device.arrays import ByteImage
from device.config import load_settings
from device.contract.control import Doing, Report, line
from device.models import Models
from device.observation import Observation
from device.pipeline import Pipeline
from device.service.glimpse import CONTOURS, glimpse_of
from device.settings import Settings
from device.stages.frame import Frame
from device.viewfinder import ROLES, Viewfinder

WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def room(portrait: ByteImage):
    """Called with where the face is, in shares of the frame, and how large: a grey room with the portrait in it."""

    def picture(x: float = 0.5, y: float = 0.5, scale: float = 0.7, wall: int = 128) -> ByteImage:
        small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        shift = np.array([[1, 0, x * WIDTH - 220 * scale], [0, 1, y * HEIGHT - 120 * scale]], np.float32)
        image = np.full((HEIGHT, WIDTH, 3), wall, np.uint8)
        return cv2.warpAffine(small, shift, (WIDTH, HEIGHT), dst=image, borderMode=cv2.BORDER_TRANSPARENT)

    return picture


@pytest.fixture(scope="module")
def seen(models: Models):
    """Called with a picture: what the view for setting up makes of it."""
    networks = {role: model for role, model in models.loaded().items() if role in ROLES}

    def look(image: ByteImage, settings: Settings | None = None) -> Observation:
        return Viewfinder(networks, settings or Settings())(Frame(np.ascontiguousarray(image), 0, 0.0))

    return look


@pytest.fixture(scope="module")
def hints(seen):
    def of(image: ByteImage, *assignments: str) -> list[str]:
        settings = load_settings(None, list(assignments), {})
        return glimpse_of(seen(image, settings), settings).hints

    return of


def lit(image: ByteImage, gain: float) -> ByteImage:
    return np.clip(image * gain, 0, 255).astype(np.uint8)


def test_a_face_well_placed_in_good_light_needs_nothing(room, hints) -> None:
    assert hints(room()) == []


@pytest.mark.parametrize(
    ("x", "y", "hint"),
    [(0.06, 0.5, "move_left"), (0.94, 0.5, "move_right"), (0.5, 0.1, "move_down"), (0.5, 0.9, "move_up")],
)
def test_towards_the_middle_by_the_persons_own_sides(room, hints, x: float, y: float, hint: str) -> None:
    assert hints(room(x, y)) == [hint]


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("[0.6, 0.2, 0.4, 0.6]", "move_left"),
        ("[0.0, 0.2, 0.35, 0.6]", "move_right"),
        ("[0.3, 0.6, 0.4, 0.4]", "move_down"),
    ],
)
def test_towards_the_seat_where_one_is_set(room, seen, zone: str, hint: str) -> None:
    settings = load_settings(None, [f"detector.zone={zone}"], {})
    assert hint in glimpse_of(seen(room()), settings).hints


def test_distance(room, hints) -> None:
    assert hints(room(scale=0.45)) == ["come_closer"]
    assert hints(room(scale=3.2)) == ["go_back"]


def test_light(room, hints) -> None:
    assert hints(lit(room(), 0.25)) == ["more_light"]
    assert hints(np.clip(room() * 0.3 + 186, 0, 255).astype(np.uint8)) == ["less_light"]
    window = room(wall=250)
    window[room(wall=0).sum(2) > 0] = lit(room(), 0.5)[room(wall=0).sum(2) > 0]
    assert hints(window) == ["light_from_behind"]


def test_a_lamp_is_wanted_on_the_side_in_shadow(room, hints) -> None:
    """The picture's right is the person's left."""
    across = np.interp(np.arange(WIDTH), [290, 350], [1.0, 0.3])[None, :, None]
    assert hints(lit(room(), across)) == ["lamp_left"]
    assert hints(lit(room(), across[:, ::-1])) == ["lamp_right"]


def test_a_turned_head_and_a_blurred_picture(room, seen, hints) -> None:
    assert hints(cv2.GaussianBlur(room(), (0, 0), 1.5)) == ["focus"]
    observed = seen(room())
    turned = replace(observed, pose=replace(observed.pose, yaw=30.0))
    assert glimpse_of(turned, Settings()).hints == ["turn_to_camera"]


def test_nobody_and_why(hints) -> None:
    assert hints(np.full((HEIGHT, WIDTH, 3), 128, np.uint8)) == ["no_face"]
    assert hints(np.full((HEIGHT, WIDTH, 3), 5, np.uint8)) == ["no_face", "more_light"]


def test_others_are_boxes_and_the_face_is_points_never_pixels(room, seen) -> None:
    both = room(0.3)
    both[:, 400:] = room(0.8)[:, 400:]
    drawn = glimpse_of(seen(both), Settings())
    assert len(drawn.others) == 1
    assert drawn.hints == ["others"]
    x, y, w, h = drawn.others[0]
    assert 0 <= x < x + w <= 1
    assert 0 <= y < y + h <= 1
    assert drawn.outline.keys() == CONTOURS.keys()
    points = [point for contour in drawn.outline.values() for point in contour]
    assert 90 <= len(points) <= 110
    assert all(0 <= value <= 1 and value == round(value, 3) for point in points for value in point)
    assert len(line(Report(Doing.WATCHING, glimpse=drawn))) < 3000


def test_the_outline_is_that_of_the_face(room, seen) -> None:
    """The eyes above the mouth, each within the oval, the person's left eye on the picture's right."""
    drawn = {name: np.array(points).mean(0) for name, points in glimpse_of(seen(room()), Settings()).outline.items()}
    assert drawn["right_eye"][0] < drawn["nose"][0] < drawn["left_eye"][0]
    assert drawn["right_brow"][1] < drawn["right_eye"][1] < drawn["nostrils"][1] < drawn["mouth"][1]
    assert np.allclose(drawn["lips"], drawn["mouth"], atol=0.01)
    assert np.abs(drawn["oval"] - [0.5, 0.5]).max() < 0.05


def test_in_a_session_the_same_is_drawn(models: Models, room, seen) -> None:
    watched = Pipeline(models, Settings())(Frame(room(), 0, 0.0))
    assert glimpse_of(watched, Settings()) == glimpse_of(seen(room()), Settings())
