"""A tiny network with two outputs, trained for a few steps, its rows and a recipe that fits it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

RECIPE = """\
name = "tiny"
version = "1.0.0"
task = "facial-expression"
scheme = "int8"
intended_use = "tests"
forbidden_use = "everything else"

[input]
colour = "grey"
crop = "aligned"

[[outputs]]
name = "place"
labels = ["top", "middle", "bottom"]
activation = "softmax"
unit = "probability"

[[outputs]]
name = "mean"
unit = "brightness"

[data]
representative = "rows.npz"
calibration_rows = 60

[limits]
accuracy_drop = 2.0
mean_error = 0.05

[provenance]
source = "made in a test"
"""


def make_rows(count: int = 240) -> dict[str, np.ndarray]:
    """8×8 pictures with a bright bar at one of three heights; two rows of unknown place."""
    rng = np.random.default_rng(0)
    place = rng.integers(0, 3, count)
    x = rng.random((count, 8, 8, 1)).astype(np.float32) * 0.5
    for row, at in zip(x, place, strict=True):
        row[2 * at : 2 * at + 2] += 0.5
    known = place.copy()
    known[:2] = -1
    return {"x": x, "y_place": known, "place": place}


def _write_recipe(folder: Path, *changes: tuple[str, str]) -> Path:
    text = RECIPE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="session")
def write_recipe() -> Callable[..., Path]:
    """Called with a folder and pairs (old text, new text): a recipe file."""
    return _write_recipe


@dataclass(frozen=True)
class Tiny:
    """Where everything lies; `tflite` is the float32 network, and `open_….tflite` leave something open."""

    folder: Path

    @property
    def keras(self) -> Path:
        return self.folder / "network.keras"

    @property
    def saved_model(self) -> Path:
        return self.folder / "saved_model"

    @property
    def tflite(self) -> Path:
        return self.folder / "network.tflite"

    def recipe(self, *changes: tuple[str, str]) -> Path:
        """The recipe with texts replaced, in a file beside the rows."""
        return _write_recipe(self.folder, *changes)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The network in all forms that need no other environment."""
    pytest.importorskip("tensorflow")
    import keras  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415

    made = Tiny(tmp_path_factory.mktemp("tiny"))
    rows = make_rows()
    np.savez(made.folder / "rows.npz", x=rows["x"], y_place=rows["y_place"])
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 1), name="image")
    hidden = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    hidden = keras.layers.ReLU()(keras.layers.BatchNormalization()(hidden))
    hidden = keras.layers.Flatten()(keras.layers.Conv2D(8, 3, strides=2)(hidden))
    hidden = keras.layers.Dense(32, activation="relu")(hidden)
    outputs = [keras.layers.Dense(1, name="mean")(hidden), keras.layers.Dense(3, name="place")(hidden)]
    network = keras.Model(image, outputs)
    losses = [keras.losses.MeanSquaredError(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)]
    network.compile(keras.optimizers.Adam(5e-3), loss=losses)
    network.fit(rows["x"], [rows["x"].mean((1, 2, 3)), rows["place"]], epochs=8, verbose=0)
    network.save(made.keras)
    network.export(made.saved_model, verbose=False)
    tall = keras.Input((None, 8, 1))
    pooled = keras.Model(tall, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3)(tall)))
    for name, of in (("open_batch", network), ("open_size", pooled)):
        converter = tf.lite.TFLiteConverter.from_keras_model(of)
        (made.folder / f"{name}.tflite").write_bytes(converter.convert())

    from converter.keras_source import open_keras  # noqa: PLC0415

    made.tflite.write_bytes(open_keras(made.keras, ()).to_tflite("float32", None))
    return made
