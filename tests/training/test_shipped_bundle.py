"""The expression network that ships with the box."""

from pathlib import Path

import pytest

from converter.reference import rerun
from device.contract.manifest import open_bundle

FOLDER = Path(__file__).parents[2] / "device" / "bundles" / "fer-0.3.0"


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(FOLDER)


def test_it_is_whole_and_small(bundle):
    assert bundle.manifest.id == FOLDER.name
    assert len(bundle.model) <= 1_000_000


def test_its_receipt_is_good_enough(bundle):
    receipt = bundle.manifest.receipt

    assert receipt["validation_split"] == "PublicTest"
    assert receipt["fer2013"]["accuracy"] >= 0.60
    assert receipt["fer2013"]["agreement"] >= 0.95 and receipt["ferplus"]["agreement"] >= 0.95


def test_its_card_tells_the_same_figures(bundle):
    card = (FOLDER / "MODEL_CARD.md").read_text()
    receipt = bundle.manifest.receipt

    assert f"| accuracy, int8 | {receipt['ferplus']['accuracy']} | {receipt['fer2013']['accuracy']} |" in card
    assert all(line in card for line in bundle.manifest.provenance["command"].split(" && "))


def test_its_network_computes_here_what_it_did_when_it_was_made(bundle):
    assert "reference inputs run again" in rerun(bundle)
