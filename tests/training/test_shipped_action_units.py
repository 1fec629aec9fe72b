"""The action-unit estimator that ships with the box."""

from pathlib import Path

import pytest

from converter.reference import rerun
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, Tier
from device.contract.manifest import open_bundle

FOLDER = Path(__file__).parents[2] / "device" / "bundles" / "au-geometry-1.0.0"
MOST_FALSE = 0.06
#: Least area under the ROC curve that some source of a reported action unit reached, with and without neutral.
REPORTED = 0.88


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(FOLDER)


@pytest.fixture(scope="module")
def receipt(bundle):
    return bundle.manifest.receipt


def test_it_is_whole_and_small(bundle):
    assert bundle.manifest.id == FOLDER.name
    assert len(bundle.model) <= 500_000


def test_calm_faces_seldom_show_anything(receipt):
    assert receipt["real"]["false_positives_mean"] <= MOST_FALSE


def test_it_tells_the_action_units_of_synthetic_strangers(receipt):
    table = receipt["synthetic"]["action_units"]
    assert tuple(table) == ACTION_UNIT_KEYS
    for mode in ("auc_raw", "auc_sub"):
        assert sum(entry[mode] for entry in table.values()) / len(table) >= 0.95


@pytest.mark.parametrize("unit", ACTION_UNITS, ids=lambda unit: unit.key)
def test_each_tier_follows_from_the_evidence(receipt, unit):
    blend, blend_neutral, ridge, ridge_neutral, rules_neutral = receipt["evidence"][unit.key]
    weaker = min(max(blend, ridge), max(blend_neutral, ridge_neutral, rules_neutral))
    if unit.tier is Tier.REPORTED:
        assert weaker >= REPORTED
    if unit.tier is Tier.EXPERIMENTAL:
        assert weaker <= 0.75


@pytest.mark.parametrize(
    ("emotion", "unit"),
    [("happiness", "AU12"), ("happiness", "AU6"), ("surprise", "AU1"), ("surprise", "AU26"), ("fear", "AU5")],
)
def test_emotions_raise_what_they_should(receipt, emotion, unit):
    assert min(receipt["real"]["plausibility"][emotion][unit].values()) >= 0.75


def test_its_card_tells_the_same_figures(bundle, receipt):
    card = (FOLDER / "MODEL_CARD.md").read_text()
    assert f"{receipt['real']['false_positives_mean']:.1%} of calm faces" in card
    assert bundle.manifest.provenance["command"] in card


def test_it_computes_here_what_it_did_when_it_was_made(bundle):
    assert "reference inputs run again" in rerun(bundle)
