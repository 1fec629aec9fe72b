"""A network begins where a bundle or a run ended."""

import json

import keras
import numpy as np
import pytest

pytest.importorskip("tensorflow")
from converter.bundle import write_bundle
from converter.describe import describe
from device.contract.errors import ConfigError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from training.export import Label, conversion
from training.expressions.kind import Expressions
from training.face.data import HEADS
from training.face.recipe import FaceRecipe
from training.face.start import start_from
from training.metrics import softmax
from training.networks.face import SCALE, UNITS, Face
from training.networks.plain import Plain
from training.predict import predict
from training.quantize import to_int8
from training.recipe import Recipe, recipe_table
from training.run_folder import META, WEIGHTS, Run, save_arrays

pytestmark = pytest.mark.learning

EXPRESSIONS = {"ferplus": EMOTIONS, "fer2013": FER2013_EMOTIONS}
LABELS = {**EXPRESSIONS, **HEADS}
COUNTS = {head: len(labels) for head, labels in LABELS.items()}
BRIGHT = np.random.default_rng(1).integers(20, 256, (300, 1, 1))
IMAGES = (np.random.default_rng(0).random((300, 6, 6)) * BRIGHT).astype(np.uint8).repeat(8, 1).repeat(8, 2)


def spread(network, seed):
    """Weights as after a training, those of normalization too."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shapes = [weight.shape for weight in layer.get_weights()]
            layer.set_weights(
                [rng.uniform(low, 1.2, shape) for low, shape in zip((0.7, -0.3, -0.3, 0.5), shapes, strict=True)]
            )
    return network


def bundle_of(recipe, labels, folder, name):
    """A bundle of an untrained network, which says much all the same."""
    counts = {head: len(names) for head, names in labels.items()}
    keras.utils.set_random_seed(1)
    run = Run(folder, recipe, labels, spread(recipe.network.build(counts), 1), {})
    model = to_int8(run, IMAGES[:100])
    about = {"source": "a test", "command": "none", "data": "none", "licence": "none", "versions": "", "revision": ""}
    manifest = describe(conversion(Expressions(), run, Label(name, "0.0.1")), model, about)
    return write_bundle(folder, manifest, model, "a card", {}, None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="module")
def bundle(folder):
    """Of a network of expressions with two widths."""
    return bundle_of(Recipe(network=Plain(widths=(4, 8), dropout=0.0)), EXPRESSIONS, folder, "fer")


def bundle_says(bundle, images):
    opened = open_bundle(bundle)
    with Model(opened) as model:
        columns = zip(*(model.on_image(image) for image in images), strict=True)
        return {spec.name: np.concatenate(c) for spec, c in zip(opened.manifest.outputs, columns, strict=True)}


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_network_says_what_the_bundle_says_that_it_began_with(bundle, precision):
    keras.config.set_dtype_policy(precision)
    try:
        network = Face(widths=(4, 8), places=4).build(COUNTS)
    finally:
        keras.config.set_dtype_policy("float32")

    start_from(bundle, network, Face.white, IMAGES)

    plain = Face(widths=(4, 8), places=4).build(COUNTS)
    plain.set_weights(network.get_weights())
    logits, said = predict(plain, Face.white, IMAGES[:60]), bundle_says(bundle, IMAGES[:60])
    for head in EXPRESSIONS:
        mine = softmax(logits[head])
        assert np.abs(mine - said[head]).max() < 0.05
        assert np.corrcoef((mine - mine.mean(0)).ravel(), (said[head] - said[head].mean(0)).ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    ("network", "complaint"),
    [(Face(widths=(4, 6), places=4), "are not those of the network"), (Face(widths=(4,), places=4), "more than the")],
)
def test_a_bundle_of_another_network_is_refused(bundle, network, complaint):
    with pytest.raises(ConfigError, match=complaint):
        start_from(bundle, network.build(COUNTS), 1.0, IMAGES[:50])


def test_a_head_with_other_classes_is_refused(bundle):
    with pytest.raises(ConfigError, match=r"'ferplus' of fer-0\.0\.1 is not that of the network"):
        start_from(bundle, Face(widths=(4, 8), places=4).build(COUNTS | {"ferplus": 5}), 1.0, IMAGES[:50])


def test_a_bundle_of_a_face_network_gives_its_scales_too(folder):
    network = Face(widths=(4, 8), places=4, dropout=0.0, places_dropout=0.0)
    made = bundle_of(FaceRecipe(network=network), LABELS, folder, "face")
    begun = network.build(COUNTS)

    start_from(made, begun, Face.white, IMAGES)

    original = spread(network.build(COUNTS), 1)
    assert begun.get_layer(SCALE).kernel.shape == original.get_layer(SCALE).kernel.shape
    kernels = [layer for layer in begun.layers if layer.name in (SCALE, "left", "hidden")]
    assert all(np.abs(np.asarray(layer.bias)).max() < 1e-3 and np.asarray(layer.kernel).std() > 0 for layer in kernels)


def save_run(folder, network, recipe):
    """A run folder as a training leaves it."""
    folder.mkdir()
    save_arrays(folder / WEIGHTS, weights=network.weights)
    meta = {"recipe": recipe_table(recipe), "heads": {head: list(labels) for head, labels in LABELS.items()}}
    (folder / META).write_text(json.dumps(meta))
    return folder


def test_a_network_says_what_the_run_says_that_it_began_with(tmp_path):
    config = Face(widths=(4, 8), places=4, dropout=0.0, places_dropout=0.0)
    first, second = spread(config.build(COUNTS), 4), config.build(COUNTS)
    first.get_layer(UNITS).set_weights([np.full((22, 4), 0.3, np.float32)])
    run = save_run(tmp_path / "run", first, FaceRecipe(network=config))

    start_from(run, second, 1.0, IMAGES)

    one, other = (predict(network, 1.0, IMAGES[:20]) for network in (first, second))
    assert all(np.allclose(one[head], other[head], atol=1e-5) for head in COUNTS)
    assert np.array_equal(first.get_layer(UNITS).levels(), second.get_layer(UNITS).levels())
    with pytest.raises(ConfigError, match="holds another network"):
        start_from(run, Face(widths=(4, 6), places=4).build(COUNTS), 1.0, IMAGES)
