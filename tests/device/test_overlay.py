"""The panel beside the picture: what is shown of an observation, and in which colour."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from device.arrays import ByteImage
from device.commands.marking import OF_TIER
from device.commands.overlay import draw
from device.contract.labels import ACTION_UNITS, EMOTIONS, LOWER, PARTS, UPPER, Reason, Tier
from device.contract.templates import tier
from device.observation import Observation
from device.stages.eyes import Eyes
from device.stages.frame import Frame
from device.stages.personal import Personal
from device.stages.pose import Pose
from device.stages.reader import NOTHING
from tests.people import actions

FAR = Personal(123.4, 20, ("AU10", "AU12", "AU14", "AU15", "AU16", "AU17"), "own-1.0.0")
NEUTRAL = np.eye(len(EMOTIONS), dtype=np.float32)[0]
#: Linear RGB to what a deuteranope sees, Viénot, Brettel & Mollon 1999.
_DEUTERANOPE = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


def observed(aus: dict[str, float] | None = None, *reasons: Reason, **fields: object) -> Observation:
    """What is seen of somebody in a black frame."""
    frame = Frame(np.zeros((64, 64, 3), np.uint8), 0, 0.0)
    shown = NOTHING if aus is None else actions(aus)
    found: dict[str, Any] = {"ms": {}, "actions": shown, "emotions": NEUTRAL} | fields
    return Observation(frame, 1, reasons, **found)


def panel(aus: dict[str, float] | None = None, *reasons: Reason, **fields: object) -> ByteImage:
    """The panel beside it."""
    drawn = draw(observed(aus, *reasons, **fields))
    return drawn[:, drawn.shape[0] :]


def has(image: ByteImage, tier: Tier) -> int:
    """Pixels in the colour of the tier."""
    return int((image == OF_TIER[tier]).all(axis=2).sum())


def example(tier: Tier) -> str:
    return next(unit.key for unit in ACTION_UNITS if unit.tier is tier)


@pytest.mark.parametrize("level", Tier)
def test_an_action_unit_has_the_colour_of_its_tier(level: Tier) -> None:
    unit = example(level)
    weak, strong = panel({unit: 0.5}), panel({unit: 5.0})
    assert has(strong, level) > has(weak, level) + 900
    assert all(has(strong, other) == has(weak, other) for other in set(Tier) - {level})


@pytest.mark.parametrize(("one", "other"), [*combinations(Tier, 2)])
def test_the_colours_of_the_tiers_differ_also_for_who_does_not_tell_green_from_red(one: Tier, other: Tier) -> None:
    seen = [(np.array(OF_TIER[level][::-1]) / 255) ** 2.2 @ _DEUTERANOPE.T for level in (one, other)]
    assert np.abs(np.clip(seen[0], 0, 1) ** (1 / 2.2) - np.clip(seen[1], 0, 1) ** (1 / 2.2)).max() > 0.2


def test_expressions_are_no_surer_than_their_units() -> None:
    aus = {"AU4": 1.0}
    for name in ("happy", "painful"):
        level = tier(name)
        assert has(panel(aus, expressions={name: 1.0}), level) > has(panel(aus), level) + 900


def test_what_every_smile_and_raised_brow_would_show_is_left_out() -> None:
    aus = {"AU4": 1.0}
    assert (panel(aus, pain=8.0) == panel(aus)).all()
    assert (panel(aus, expressions={"threatened": 0.9}) == panel(aus)).all()


def bar_rows(image: ByteImage) -> set[int]:
    """Rows of the panel in which there is a bar of an action unit."""
    column = image[:, -160:-60]
    return set(np.flatnonzero((column == OF_TIER[Tier.REPORTED]).all(axis=2).sum(1) > 20).tolist())


def test_every_row_stays_in_its_place() -> None:
    alone, among = panel({"AU12": 5.0}), panel(dict.fromkeys(("AU1", "AU6", "AU12", "AU25"), 5.0))
    assert bar_rows(alone) and bar_rows(alone) < bar_rows(among)


def test_one_scale_has_one_length() -> None:
    lengths = []
    for unit in (unit for unit in ACTION_UNITS if unit.tier is Tier.REPORTED):
        lengths.append(has(panel({unit.key: 5.0}), Tier.REPORTED) - has(panel({unit.key: 0.0}), Tier.REPORTED))
    assert len(set(lengths)) == 1


@pytest.mark.parametrize("shape", [(1080, 1920), (480, 640), (1920, 1080)])
def test_the_picture_leaves_no_dead_area(shape: tuple[int, int]) -> None:
    frame = Frame(np.full((*shape, 3), 200, np.uint8), 0, 0.0)
    drawn = draw(Observation(frame, 0, (Reason.NO_FACE,), {}))
    width = round(720 * shape[1] / shape[0])
    assert (drawn[:, :width] == 200).all()
    assert drawn.shape[1] - width < 800


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written on a panel."""
    texts: list[str] = []
    monkeypatch.setattr("device.commands.overlay.write", lambda *drawn: texts.append(drawn[3]))
    return texts


def test_reasons_are_plain_words(said: list[str]) -> None:
    panel(None, Reason.TURNED_AWAY, Reason.TOO_DARK)
    assert "not measured: turned away, too dark" in said
    assert not [text for text in said if "_" in text]


def test_who_is_in_view_and_not_followed_is_told(said: list[str]) -> None:
    frame = Frame(np.zeros((64, 64, 3), np.uint8), 0, 0.0)
    draw(Observation(frame, 3, (Reason.LOW_PRESENCE,), {}))
    assert "3 faces in view, none followed" in said


def test_head_and_eyes_are_told_in_words(said: list[str]) -> None:
    panel({"AU4": 1.0}, pose=Pose(-12.0, 5.0, 3.0), eyes=Eyes(open=0.8, blinks=12.0), neutral="none")
    assert "Head  12° left, 5° up, tilted 3°" in said
    assert "Eyes  80% open, 12 blinks a minute" in said


def test_a_person_s_own_movement_is_told_where_a_bundle_of_theirs_watches(said: list[str]) -> None:
    panel({"AU12": 3.0})
    assert not [text for text in said if "Own" in text]
    watched = replace(observed({"AU12": 3.0}), ms={"personal": 0.1})
    draw(replace(watched, personal=Personal(1.84, 3, ("AU12", "AU6"), "own-1.0.0")))
    assert "Own movement  1.8 times usual, near 3" in said and "Their movement 3  AU 12, 6" in said
    draw(replace(watched, personal=Personal(0.5, None, (), "own-1.0.0")))
    assert "Own movement  0.5 times usual, none near" in said
    draw(watched)
    assert said[-1] == "Own movement  not measured"


@pytest.mark.parametrize("part", PARTS)
def test_of_a_hidden_part_no_bar_is_drawn_and_words_say_so(part: str) -> None:
    unit = "AU12" if part == LOWER else "AU6"
    open_face = panel({unit: 5.0})
    covered = panel(None, actions=actions({unit: 5.0}, hidden=(part,)), hidden=(part,))
    level = next(known.tier for known in ACTION_UNITS if known.key == unit)
    assert has(covered, level) < has(open_face, level) - 900
    other = UPPER if part == LOWER else LOWER
    assert (covered != panel(None, actions=actions({unit: 5.0}, hidden=(part,)), hidden=(other,))).any()


def test_a_contradiction_is_said_in_words() -> None:
    quiet, said = panel({"AU4": 1.0}), panel({"AU4": 1.0}, disagree=True)
    assert 300 < (quiet != said).any(axis=2).sum() < 12000


def test_without_a_guess_there_is_the_reason_and_no_bar() -> None:
    refused = panel({"AU12": 5.0}, Reason.TOO_DARK)
    assert refused.max() > 200
    assert (refused == panel(None, Reason.TOO_DARK)).all()
    assert has(refused, Tier.REPORTED) < has(panel({"AU12": 5.0}), Tier.REPORTED) - 1500


@pytest.mark.parametrize("height", [48, 480, 1080])
def test_small_and_large_pictures_are_drawn_at_a_size_at_which_the_words_are_read(height: int) -> None:
    frame = Frame(np.zeros((height, height * 4 // 3, 3), np.uint8), 0, 0.0)
    assert draw(Observation(frame, 0, (Reason.NO_FACE,), {})).shape[0] == 720


def test_a_full_panel_fits() -> None:
    everything = panel(
        dict.fromkeys((unit.key for unit in ACTION_UNITS), 2.0),
        hidden=PARTS,
        expressions={"happily_disgusted": 0.9, "crying": 0.8, "sad": 0.7},
        disagree=True,
        pain=16.0,
        personal=FAR,
        ms={"personal": 0.1},
    )
    assert (everything[-20:] == everything[-1, -1]).all(), "nothing is cut off below"
    assert (everything[:, -2:] == everything[-1, -1]).all(), "nor at the right"
