"""The panel beside the picture: what is shown of an observation, and in which colour."""

import numpy as np
from device.stages.action_units import Actions

from device.arrays import ByteImage
from device.commands.overlay import _OF_TIER, draw
from device.contract.labels import Reason, Tier
from device.observation import Observation
from device.stages.frame import Frame

WIDTH = 64


def panel(aus: dict[str, float] | None = None, *reasons: Reason, **fields: object) -> ByteImage:
    """The panel beside a black frame."""
    frame = Frame(np.zeros((WIDTH, WIDTH, 3), np.uint8), 0, 0.0)
    observation = Observation(frame, 1, reasons, {}, actions=Actions(aus or {}), **fields)  # type: ignore[arg-type]
    return draw(observation)[:, WIDTH:]


def has(image: ByteImage, tier: Tier) -> int:
    """Pixels in the colour of the tier."""
    return int((image == _OF_TIER[tier]).all(axis=2).sum())


def test_an_action_unit_has_the_colour_of_its_tier() -> None:
    for unit, tier in (("AU12", Tier.REPORTED), ("AU4", Tier.LOW_CONFIDENCE), ("AU10", Tier.EXPERIMENTAL)):
        weak, strong = panel({unit: 0.0}), panel({unit: 5.0})
        assert has(strong, tier) > has(weak, tier) + 900
        others = set(Tier) - {tier}
        assert all(has(strong, other) == has(weak, other) for other in others)


def test_a_line_names_the_tiers_where_action_units_are_shown() -> None:
    blue, _, red = (panel({"AU12": 0.0})[..., channel].astype(int) for channel in range(3))
    assert (red - blue > 60).sum() > 20, "the name of a tier in its amber"
    blue, _, red = (panel()[..., channel].astype(int) for channel in range(3))
    assert (red - blue > 60).sum() == 0


def test_expressions_are_no_surer_than_their_units_and_pain_has_its_own_row() -> None:
    aus = {"AU4": 1.0}
    plain = panel(aus)
    assert has(panel(aus, expressions={"happy": 1.0}), Tier.REPORTED) > has(plain, Tier.REPORTED) + 900
    assert has(panel(aus, expressions={"painful": 1.0}), Tier.EXPERIMENTAL) > has(plain, Tier.EXPERIMENTAL) + 900
    assert (panel(aus, pain=8.0) != plain).sum() > 900


def test_without_a_guess_there_is_the_reason_and_no_bar() -> None:
    refused = panel({"AU12": 5.0}, Reason.TOO_DARK)
    assert refused.max() > 200
    assert has(refused, Tier.REPORTED) == 0
