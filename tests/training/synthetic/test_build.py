"""The whole way from synthetic faces to a bundle that the box runs."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.errors import DataError
from device.contract.labels import BLENDSHAPES
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.stages.action_units import ActionUnitEstimator
from device.stages.features import NAMES, FaceFeatures
from training.data.faces import TRAINING, VALIDATION
from training.synthetic.real import Measured
from training.synthetic.recipe import load_recipe

RECIPE = load_recipe()


@pytest.fixture(scope="module")
def built(kit, models, make_faces, tmp_path_factory):
    """A bundle from few synthetic faces; 'real' ones are made up, with a smile for happiness."""
    pytest.importorskip("tensorflow")
    from training.synthetic import build as story  # noqa: PLC0415

    features = FaceFeatures(models.landmarks.bundle)
    rest = np.pad(features.geometry(kit.neutral), (0, len(BLENDSHAPES)))

    def made_up(faces, wanted, seed):
        rng = np.random.default_rng(len(faces))
        emotions = np.repeat(list(wanted.votes), 40)
        rows = rest + rng.normal(0, 0.1, (len(emotions), len(NAMES)))
        smiles = [NAMES.index(name) for name in ("mouthSmileLeft", "mouthSmileRight")]
        rows[np.ix_(emotions == "happiness", smiles)] += 0.8
        return Measured(rows.astype(np.float32), emotions)

    faces = make_faces(np.zeros((2, 48, 48), np.uint8), ["neutral"] * 2, [TRAINING, VALIDATION])
    recipe = replace(RECIPE, sampling=replace(RECIPE.sampling, faces=400))

    def make(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(story, "measure", made_up)
            sources = story.Sources("ict.tar.xz", "data.npz", 7)
            return story.build(kit, faces, recipe, sources, tmp_path_factory.mktemp(name), lambda line: None)

    return make


@pytest.fixture(scope="module")
def bundle(built):
    return open_bundle(built("first"))


def test_the_bundle_runs_in_the_code_of_the_box(bundle, kit, models):
    rest = np.pad(FaceFeatures(models.landmarks.bundle).geometry(kit.neutral), (0, len(BLENDSHAPES)))
    smile = rest.copy()
    smile[[NAMES.index("mouthSmileLeft"), NAMES.index("mouthSmileRight")]] += 1.0
    with Model(bundle) as model:
        estimate = ActionUnitEstimator(model)
        assert max(estimate(rest, rest).both.values()) < 1
        assert estimate(smile, rest).both["AU12"] > estimate(rest, rest).both["AU12"] + 0.5
        assert estimate(smile).both["AU12"] > estimate(rest).both["AU12"] + 0.5


def test_the_same_seed_makes_the_same_network(bundle, built):
    assert open_bundle(built("second")).model == bundle.model


def test_the_card_tells_the_receipts_figures_and_what_was_not_measured(bundle):
    card, receipt = bundle.contents["MODEL_CARD.md"].decode(), bundle.manifest.receipt
    entry = receipt["synthetic"]["action_units"]["AU12"]
    assert f"| AU12 | {entry['faces']} | {entry['auc_raw']} | {entry['r_raw']} |" in card
    assert f"{receipt['real']['false_positives_mean']:.1%} of calm faces" in card
    assert bundle.manifest.provenance["command"] in card and bundle.manifest.forbidden_use in card
    for topic in ("Spontaneous", "profiles", "children", "occlusion"):
        assert topic in card


def test_some_identities_are_held_out(bundle):
    synthetic = bundle.manifest.receipt["synthetic"]
    assert (synthetic["identities"], synthetic["held_out_identities"]) == (4, 1)


def test_a_single_identity_is_too_few(kit):
    pytest.importorskip("tensorflow")
    from training.synthetic.build import split  # noqa: PLC0415

    with pytest.raises(DataError, match="too few"):
        split(replace(kit, identities=kit.identities[:1]), 0.2)
