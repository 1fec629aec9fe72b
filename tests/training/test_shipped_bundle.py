"""The face network that ships with the box."""

import re
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
from converter.flatbuffer import layers
from converter.reference import rerun
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS
from device.contract.manifest import CARD, open_bundle
from device.runtime.model import Model
from device.stages.reader import FaceReader
from training.face.card import model_card
from training.face.measure import CERTIFIED, means_of, tiers

ROOT = Path(__file__).parents[2]
[FOLDER] = (ROOT / "device" / "bundles").glob("face-*")


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


def test_its_receipt_agrees_with_its_own_parts(bundle):
    receipt, model = bundle.manifest.receipt, bundle.model

    for head in ("ferplus", "fer2013"):
        figures = receipt[head]
        faces, right = figures["faces_per_class"], figures["accuracy_per_class"]
        hits = sum(round(right[label] * faces[label]) for label in faces)
        assert sum(faces.values()) == figures["faces"] <= receipt["validation_faces"]
        assert hits / figures["faces"] == pytest.approx(figures["accuracy"], abs=5e-5)
        assert bundle.manifest.output(head)[1].temperature == figures["temperature"]
    assert receipt["size_bytes"] == len(model)
    weights = sum(layer.kernel.size for layer in layers(model, "the shipped bundle"))
    assert weights < receipt["parameters"] < weights * 1.01, "what normalization and biases have comes on top"
    units = receipt["units"]
    assert units["twice_means"] == means_of(units["twice"]) and units["fold_means"] == means_of(units["fold"])


def test_its_figures_are_those_that_people_are_told(bundle):
    receipt = bundle.manifest.receipt
    rows = {"FER+": "ferplus", "FER2013": "fer2013"}
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")

    told = re.findall(r"^\| (FER\+|FER2013)[^|]*\| ([\d.]+) % \| ([\d.]+) % \|$", page, re.MULTILINE)
    assert [name for name, _, _ in told] == list(rows)
    for name, dataset, box in told:
        assert float(dataset) == round(100 * receipt[rows[name]]["accuracy"], 1)
        assert float(box) == round(100 * receipt["box"][rows[name]], 1)
    means = receipt["units"]["twice_means"]
    [core] = re.findall(r"AUC (\.\d\d) and F1 (\.\d\d) in the mean of 12 core units", page)
    assert core == tuple(f"{means[key]:.2f}"[1:] for key in ("core_auc", "core_f1"))


def test_its_card_is_what_its_manifest_generates(bundle):
    assert (FOLDER / CARD).read_text(encoding="utf-8") == model_card(bundle.manifest)


def rows_of_units():
    """The table of action units that the signed card tells: unit → its cells by the titles of the columns."""
    lines = (FOLDER / CARD).read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("| unit | present | AUC |"))
    titles, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[at : at + 24])
    return {row[0]: dict(zip(titles, row, strict=True)) for row in rows[1:]}


def by_the_rule(row, coders):
    """The tier by the rule that the card's figures stand under: (AUC, F1) of the network, and of its coders on
    certified codes, where they were certified."""
    network, present = (float(row["AUC"]), float(row["F1"])), int(row["present"])
    if present < 10:
        return "experimental"
    if coders and network[0] >= 0.95 and network[1] >= 0.75 and coders[0] >= 0.84 and coders[1] >= 0.67:
        return "reported"
    known = coders is None or (coders[0] >= 0.80 and coders[1] >= 0.40)
    return "low-confidence" if known and network[0] >= 0.88 and network[1] >= 0.5 else "experimental"


@pytest.mark.parametrize("unit", ACTION_UNITS, ids=lambda unit: unit.key)
def test_the_tier_of_a_unit_follows_from_the_figures_of_the_signed_card(bundle, unit):
    row, coders = rows_of_units()[unit.key], CERTIFIED.get(unit.key)
    measured = bundle.manifest.receipt["units"]["twice"][unit.key]

    assert (row["present"], row["AUC"], row["F1"]) == tuple(str(measured[key]) for key in ("present", "auc", "f1"))
    assert row["certified"] == ("-" if coders is None else f"{coders[1]:.2g}")
    assert by_the_rule(row, coders) == row["tier"] == unit.tier.value
    assert bundle.manifest.receipt["units"]["tiers"][unit.key] == row["tier"]


def test_the_rule_in_the_code_is_the_one_that_was_applied(bundle):
    units = bundle.manifest.receipt["units"]

    assert {unit: tier.value for unit, tier in tiers(units["twice"]).items()} == units["tiers"]


def test_its_network_computes_here_what_it_did_when_it_was_made(bundle):
    assert "reference inputs run again" in rerun(bundle)
