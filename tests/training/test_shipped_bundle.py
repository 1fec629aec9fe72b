"""The face network that ships with the box."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
from converter.reference import rerun
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS
from device.contract.manifest import CARD, open_bundle
from device.runtime.model import Model
from device.stages.reader import FaceReader
from training.face.card import model_card
from training.face.measure import tiers

[FOLDER] = (Path(__file__).parents[2] / "device" / "bundles").glob("face-*")


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(FOLDER)


def test_it_is_whole_small_and_of_eight_bits(bundle):
    manifest = bundle.manifest

    assert manifest.id == FOLDER.name and len(bundle.model) <= 1_000_000
    assert {spec.dtype for spec in (manifest.input, *manifest.outputs)} == {"int8"}


def test_the_box_reads_faces_with_it(bundle, portrait):
    with Model(bundle) as model:
        reading = FaceReader(model)(portrait[60:180:, 165:285, 1][::2, ::2][:48, :48].copy())

    assert reading.emotions.shape == (len(EMOTIONS),) and reading.actions.both.shape == (len(ACTION_UNIT_KEYS),)


def test_its_receipt_was_measured_where_it_says(bundle):
    receipt = bundle.manifest.receipt

    assert receipt["validation_split"] == "PublicTest"
    for head in ("ferplus", "fer2013"):
        assert receipt[head]["agreement"] >= 0.95
        assert abs(receipt[head]["accuracy"] - receipt[head]["accuracy_float"]) < 0.02
    assert set(receipt["units"]["twice"]) == set(ACTION_UNIT_KEYS)


def test_its_card_is_what_its_manifest_generates(bundle):
    assert (FOLDER / CARD).read_text(encoding="utf-8") == model_card(bundle.manifest)


def test_its_tiers_follow_from_its_table(bundle):
    units = bundle.manifest.receipt["units"]

    assert units["tiers"] == {unit: tier.value for unit, tier in tiers(units["twice"]).items()}


def test_the_contract_gives_action_units_the_tiers_of_the_network_that_ships(bundle):
    shipped = bundle.manifest.receipt["units"]["tiers"]

    assert {unit.key: unit.tier.value for unit in ACTION_UNITS} == shipped


def test_its_network_computes_here_what_it_did_when_it_was_made(bundle):
    assert "reference inputs run again" in rerun(bundle)
