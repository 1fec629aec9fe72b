"""From a tiny trained network to a signed bundle, in every scheme, and what stops it on the way."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from converter.cli import main
from converter.recipe import SCHEMES
from device.contract.errors import ConfigError, ConversionError, DataError, ModelError, ParityError, StorageError
from device.contract.manifest import CARD, MANIFEST, MODEL, open_bundle
from device.models import load
from device.settings import ModelSettings

pytest.importorskip("tensorflow")


def convert(tiny, source: Path, out: Path, *changes: tuple[str, str], options: tuple[str, ...] = ()) -> int:
    return main(["convert", str(source), "--recipe", str(tiny.recipe(*changes)), "--out", str(out), *options])


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "test.key"
    main(["keygen", "--out", str(path)])
    return path


@pytest.fixture(scope="module")
def parent(tiny, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the signed int8 bundle lies."""
    out = tmp_path_factory.mktemp("bundles")
    assert convert(tiny, tiny.keras, out, options=("--key", str(key), "--layers")) == 0
    return out


@pytest.fixture
def bundle(parent: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, to be spoilt."""
    return Path(shutil.copytree(parent / "tiny-1.0.0", tmp_path / "tiny-1.0.0"))


def test_the_bundle_is_int8_in_and_out_and_says_what_it_is(parent: Path) -> None:
    manifest = open_bundle(parent / "tiny-1.0.0").manifest
    assert (manifest.input.shape, manifest.input.dtype, manifest.input.zero_point) == ((1, 8, 8, 1), "int8", -128)
    assert manifest.input.scale == pytest.approx(1 / 255)
    assert {o.name: (o.shape, o.dtype) for o in manifest.outputs} == {
        "place": ((1, 3), "int8"),
        "mean": ((1, 1), "int8"),
    }
    assert manifest.output("place")[1].labels == ("top", "middle", "bottom")
    assert manifest.provenance["source"] == "made in a test"


def test_the_receipt_compares_with_the_source(parent: Path) -> None:
    receipt = open_bundle(parent / "tiny-1.0.0").manifest.receipt
    place, mean = receipt["outputs"]["place"], receipt["outputs"]["mean"]
    assert (receipt["scheme"], receipt["rows"], receipt["calibration_rows"]) == ("int8", 240, 60)
    assert place["accuracy_float"] >= 0.9 and place["accuracy"] >= place["accuracy_float"] - 0.02
    assert set(place["accuracy_per_class"]) == {"top", "middle", "bottom"}
    assert sum(place["rows_per_class"].values()) == 238
    assert place["agreement"] >= 0.98 and place["cosine"] > 0.99
    assert 0 < place["error_mean"] <= place["error_max"] < 0.3
    assert "agreement" not in mean and 0 < mean["error_mean"] < 0.05
    assert receipt["size_bytes"] < 15_000 and receipt["latency_ms_median"] > 0
    assert all(0 <= error < 1 for error in receipt["layers"].values()) and receipt["layers"]


def test_its_card_tells_the_same(parent: Path) -> None:
    manifest = open_bundle(parent / "tiny-1.0.0").manifest
    card = (parent / "tiny-1.0.0" / CARD).read_text()
    assert f"| accuracy, converted | {manifest.receipt['outputs']['place']['accuracy']} | – |" in card
    assert "made in a test" in card and "everything else" in card


def test_the_box_takes_it_with_the_key_and_refuses_it_without(parent: Path, key: Path) -> None:
    settings = ModelSettings(cache=str(parent))
    with pytest.raises(ModelError, match="unknown key"):
        load("tiny-1.0.0", settings)
    with load("tiny-1.0.0", ModelSettings(cache=str(parent), keys=str(key.parent))) as model:
        picture = np.zeros((8, 8), np.uint8)
        picture[4:6] = 200
        outputs = dict(zip([o.name for o in model.manifest.outputs], model.on_image(picture), strict=True))
    assert outputs["place"].argmax() == 2
    assert outputs["place"].sum() == pytest.approx(1, abs=1e-5)


def test_an_unsigned_bundle_is_said_to_be_so(tiny, tmp_path: Path, capsys) -> None:
    assert convert(tiny, tiny.tflite, tmp_path, ('"int8"', '"float32"')) == 0
    assert "unsigned, so a box refuses it" in capsys.readouterr().out
    with pytest.raises(ModelError, match="unsigned"):
        load("tiny-1.0.0", ModelSettings(cache=str(tmp_path)))


@pytest.mark.parametrize(
    "form", [*(pytest.param(form, marks=pytest.mark.learning) for form in ("keras", "saved_model")), "tflite"]
)
def test_every_scheme_is_in_the_table(tiny, tmp_path: Path, capsys, form: str) -> None:
    assert (
        convert(tiny, getattr(tiny, form), tmp_path, ('scheme = "int8"', 'scheme = "int16x8"'), options=("--all",))
        == 0
    )
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for scheme in SCHEMES:
        if (form, scheme) == ("tflite", "dynamic"):
            assert "nonsense in tflite-runtime 2.14" in lines[scheme]
            continue
        _, size, latency, worst, mean, agreement, *_ = lines[scheme].split()
        assert 3 < float(size) < 30 and float(latency) > 0
        assert float(mean) <= float(worst) < 0.3
        assert float(agreement) >= 0.97
        assert "place 0.9" in lines[scheme] or "place 1.0" in lines[scheme]
    manifest = open_bundle(tmp_path / "tiny-1.0.0").manifest
    assert (manifest.input.dtype, manifest.receipt["scheme"]) == ("int16", "int16x8")


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (("mean_error = 0.05", "mean_error = 1e-9"), r"in int8 is off by .* the recipe allows 1e-09"),
        (("accuracy_drop = 2.0", "accuracy_drop = -50.0"), "loses .* points of accuracy, and the recipe allows -50"),
        (("accuracy_drop = 2.0", "cosine = 1.0"), "resembles the source's only"),
    ],
)
def test_the_gate_stops_what_is_too_far_off_and_leaves_nothing(tiny, tmp_path, capsys, limits, sentence) -> None:
    assert convert(tiny, tiny.tflite, tmp_path / "out", limits) == ParityError.exit_code
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(sentence, err)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said(tiny, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert convert(tiny, tiny.tflite, tmp_path / "file", ('"int8"', '"float32"')) == StorageError.exit_code


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda tiny, p: p / "nothing.keras", "There is no"),
        (lambda tiny, p: written(p / "some.txt", b""), "is none of"),
        (lambda tiny, p: written(p / "bad.keras", b"not a zip"), "no Keras network that can be loaded"),
        (lambda tiny, p: written(p / "bad.tflite", b"not a model"), "is no .tflite model"),
        (lambda tiny, p: written(p / "cut.tflite", tiny.tflite.read_bytes()[:600]), "is no whole .tflite model"),
        (lambda tiny, p: written(p / "sm" / "saved_model.pb", b"?").parent, "is no SavedModel"),
        (
            lambda tiny, p: tiny.folder / "open_size.tflite",
            "open_size.tflite takes ? × ? × 8 × 1: dimension 1 is dynamic",
        ),
    ],
)
def test_what_is_no_model_is_named(tiny, tmp_path: Path, capsys, make, sentence: str) -> None:
    assert convert(tiny, make(tiny, tmp_path), tmp_path / "out") == ConversionError.exit_code
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def network(path: Path, shape, body, **options) -> Path:
    import keras  # noqa: PLC0415

    image = keras.Input(shape, **options)
    keras.Model(image, body(image)).save(path)
    return path


def test_a_size_left_open_is_named_and_the_recipe_can_fix_it(tiny, tmp_path: Path, capsys) -> None:
    import keras  # noqa: PLC0415

    def body(x):
        hidden = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(x))
        return [keras.layers.Dense(3, name="place")(hidden), keras.layers.Dense(1, name="mean")(hidden)]

    path = network(tmp_path / "open.keras", (None, 8, 1), body)
    assert convert(tiny, path, tmp_path) == ConversionError.exit_code
    assert "dimension 1 is dynamic" in capsys.readouterr().err
    fixed = ('crop = "aligned"', 'crop = "aligned"\nshape = [1, 8, 8, 1]'), ('"int8"', '"float32"')
    assert convert(tiny, path, tmp_path, *fixed) == 0
    wrong = ('crop = "aligned"', 'crop = "aligned"\nshape = [1, 8, 9, 1]')
    assert convert(tiny, path, tmp_path, wrong) == ConversionError.exit_code
    assert "takes ? × ? × 8 × 1, and the recipe's input.shape is 1 × 8 × 9 × 1" in capsys.readouterr().err


def test_weights_in_float16_are_widened_first(tiny, tmp_path: Path) -> None:
    from converter.flatbuffer import operator_counts  # noqa: PLC0415
    from converter.keras_source import open_keras  # noqa: PLC0415
    from converter.tflite_source import TfliteSource  # noqa: PLC0415

    half = open_keras(tiny.keras, ()).to_tflite("float16", None)
    assert operator_counts(half, "half")["DEQUANTIZE"] > 0
    wide = TfliteSource(half, "half.tflite")
    assert operator_counts(wide.to_tflite("float32", None), "wide")["DEQUANTIZE"] == 0
    x = np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    exact = TfliteSource(tiny.tflite.read_bytes(), "network.tflite").predict(x)
    for name, answer in wide.predict(x).items():
        assert answer == pytest.approx(exact[name], abs=0.01)


def test_an_open_batch_becomes_one_and_a_file_without_signature_gets_one(tiny, tmp_path: Path) -> None:
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415

    from converter import flatbuffer  # noqa: PLC0415

    parsed = flatbuffer.read_flatbuffer((tiny.folder / "open_batch.tflite").read_bytes(), "open batch")
    parsed.signatureDefs = None
    builder = flatbuffer.flatbuffers.Builder(0)
    builder.Finish(parsed.Pack(builder), b"TFL3")
    source = written(tmp_path / "plain.tflite", bytes(builder.Output()))
    assert not schema.Model.GetRootAsModel(source.read_bytes(), 0).SignatureDefsLength()
    assert convert(tiny, source, tmp_path) == 0
    assert open_bundle(tmp_path / "tiny-1.0.0").manifest.input.shape == (1, 8, 8, 1)


@pytest.mark.parametrize("name", ["face_landmarks", "face_mesh", "blazeface_short"])
def test_the_fetched_networks_can_be_sources(name: str) -> None:
    from converter.tflite_source import TfliteSource  # noqa: PLC0415
    from device.bundle_folders import bundle_cache, find_bundle  # noqa: PLC0415
    from device.runtime.interpreter import TfLiteInterpreter  # noqa: PLC0415

    model = open_bundle(find_bundle(f"{name.replace('_', '-')}-1.0.0", [bundle_cache()])).model
    source = TfliteSource(model, name)
    x = np.random.default_rng(0).random((2, *source.shape[1:]), np.float32)
    with TfLiteInterpreter(model) as original:
        expected = original.invoke(x[:1])
    for one, other in zip(expected, source.predict(x[:1]).values(), strict=True):
        assert np.array_equal(one, other[0])
    assert len(source.to_tflite("int8", x)) < len(model)


@pytest.mark.parametrize("named", [True, False])
def test_a_sequential_network_is_converted(tiny, tmp_path: Path, named: bool) -> None:
    import keras  # noqa: PLC0415

    layers = [keras.layers.Flatten(), keras.layers.Dense(3, name="place" if named else None)]
    network = keras.Sequential([keras.Input((8, 8, 1)), *layers] if named else layers)
    network.build((None, 8, 8, 1))
    network.save(tmp_path / "network.keras")
    text = tiny.recipe(("accuracy_drop = 2.0", "accuracy_drop = 100.0")).read_text()
    first, _, rest = text.partition('[[outputs]]\nname = "mean"')
    recipe = tiny.folder / "one.toml"
    recipe.write_text(first + rest[rest.index("[data]") :])
    arguments = ["convert", str(tmp_path / "network.keras"), "--recipe", str(recipe), "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert open_bundle(tmp_path / "tiny-1.0.0").manifest.outputs[0].labels == ("top", "middle", "bottom")


def test_a_network_that_was_never_built_is_said(tiny, tmp_path: Path, capsys) -> None:
    import keras  # noqa: PLC0415

    keras.Sequential([keras.layers.Dense(3)]).save(tmp_path / "network.keras")
    assert convert(tiny, tmp_path / "network.keras", tmp_path) == ConversionError.exit_code
    assert "has 0 inputs" in capsys.readouterr().err


def test_a_version_is_written_once_and_the_command_says_where_it_goes(tiny, tmp_path: Path, capsys) -> None:
    assert convert(tiny, tiny.tflite, tmp_path) == 0
    said = capsys.readouterr().out
    assert f"models.folders names {tmp_path}" in said and "unsigned, so a box refuses it" in said
    assert "Note: the network has the outputs" in said and "the box needs ferplus" in said
    before = (tmp_path / "tiny-1.0.0" / MANIFEST).read_bytes()
    assert convert(tiny, tiny.tflite, tmp_path) == StorageError.exit_code
    assert "is there already: give a new version, or --replace" in capsys.readouterr().err
    assert (tmp_path / "tiny-1.0.0" / MANIFEST).read_bytes() == before
    assert convert(tiny, tiny.tflite, tmp_path, options=("--replace",)) == 0


def test_a_network_for_a_new_task_is_converted_verified_and_opened(tiny, tmp_path: Path, capsys) -> None:
    assert convert(tiny, tiny.tflite, tmp_path, ('"facial-expression"', '"gaze-direction"')) == 0
    assert "is for the task 'gaze-direction', and this version of the box knows" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "tiny-1.0.0"), "--allow-unsigned"]) == 0
    settings = ModelSettings(folders=(str(tmp_path),), allow_unsigned=True)
    with load("tiny-1.0.0", settings) as model:
        assert model.manifest.task == "gaze-direction"


def test_verify_of_what_is_not_there_says_so(tmp_path: Path, capsys) -> None:
    assert main(["verify", str(tmp_path / "nowhere-1.0.0")]) == ModelError.exit_code
    err = capsys.readouterr().err
    assert "There is no model bundle at" in err and "fetch" not in err


def test_a_quantized_file_is_no_source(tiny, parent: Path, tmp_path: Path, capsys) -> None:
    assert convert(tiny, parent / "tiny-1.0.0" / MODEL, tmp_path) == ConversionError.exit_code
    assert "is quantized already (its input is int8)" in capsys.readouterr().err


def test_a_batch_other_than_one_is_named(tiny, tmp_path: Path, capsys) -> None:
    import keras  # noqa: PLC0415

    path = network(tmp_path / "four.keras", None, keras.layers.Flatten(), batch_shape=(4, 8, 8, 1))
    assert convert(tiny, path, tmp_path) == ConversionError.exit_code
    assert "takes a batch of 4" in capsys.readouterr().err


def test_an_operator_that_the_runtime_lacks_is_named(tiny, tmp_path: Path, capsys) -> None:
    import keras  # noqa: PLC0415

    def body(x):
        hidden = keras.ops.erfinv(keras.layers.Flatten()(x) * 0.5)
        return [keras.layers.Dense(3, name="place")(hidden), keras.layers.Dense(1, name="mean")(hidden)]

    path = network(tmp_path / "erf.keras", (8, 8, 1), body)
    assert convert(tiny, path, tmp_path, ('"int8"', '"float32"')) == ConversionError.exit_code
    err = capsys.readouterr().err
    assert "unsupported operator" in err and "Erfinv" in err and err.count("\n") == 1


def test_no_representative_data_is_said(tiny, tmp_path: Path, capsys) -> None:
    without = ('representative = "rows.npz"', "")
    assert convert(tiny, tiny.tflite, tmp_path / "out", without) == DataError.exit_code
    assert "int8 needs representative data" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_outputs_that_are_not_the_networks_are_said(tiny, tmp_path: Path, capsys) -> None:
    wrong = ('"top", "middle", "bottom"', '"top", "bottom"')
    assert convert(tiny, tiny.keras, tmp_path, wrong) in (ConfigError.exit_code, DataError.exit_code)
    assert "2 labels" in capsys.readouterr().err


def test_inspect_tells_what_a_bundle_is(parent: Path, key: Path, capsys) -> None:
    assert main(["inspect", str(parent / "tiny-1.0.0"), "--keys", str(key.parent)]) == 0
    text = capsys.readouterr().out
    for part in (
        "tiny-1.0.0: facial-expression",
        "1×8×8×1 int8",
        "good, by a known key",
        "2 × CONV_2D",
        "everything else",
    ):
        assert part in text
    assert "accuracy_per_class" in text


def test_inspect_tells_of_the_shipped_bundle_too(capsys) -> None:
    from device.bundle_folders import SHIPPED  # noqa: PLC0415

    assert main(["inspect", str(SHIPPED / ModelSettings().face)]) == 0
    assert "CONV_2D" in capsys.readouterr().out


def test_verify_passes_what_is_whole(bundle: Path, key: Path, capsys) -> None:
    assert main(["verify", str(bundle), "--keys", str(key.parent)]) == 0
    text = capsys.readouterr().out
    assert "12 reference inputs run again" in text and "differs by at most 0 steps (allowed 2)" in text
    assert text.endswith("tiny-1.0.0: passed\n")


def test_verify_refuses_an_unknown_key_an_altered_file_and_no_signature(bundle: Path, key: Path, capsys) -> None:
    assert main(["verify", str(bundle)]) == ModelError.exit_code
    (bundle / "manifest.sig").unlink()
    assert main(["verify", str(bundle), "--keys", str(key.parent)]) == ModelError.exit_code
    assert main(["verify", str(bundle), "--allow-unsigned"]) == 0
    (bundle / MODEL).write_bytes(b"altered")
    assert main(["verify", str(bundle), "--allow-unsigned"]) == ModelError.exit_code
    assert "SHA-256" in capsys.readouterr().err


def test_verify_refuses_a_machine_that_computes_something_else(bundle: Path, capsys, monkeypatch) -> None:
    from converter import reference  # noqa: PLC0415

    honest = reference._outputs
    monkeypatch.setattr(reference, "_outputs", lambda *a: {n: v + np.int8(3) for n, v in honest(*a).items()})
    assert main(["verify", str(bundle), "--allow-unsigned"]) == ParityError.exit_code
    assert "computes something else with ai_edge_litert" in capsys.readouterr().err


def test_verify_without_a_reference_says_so(bundle: Path, capsys) -> None:
    raw = json.loads((bundle / MANIFEST).read_text())
    del raw["files"]["reference.npz"]
    (bundle / MANIFEST).write_text(json.dumps(raw))
    (bundle / "manifest.sig").unlink()
    assert main(["verify", str(bundle), "--allow-unsigned"]) == 0
    assert "nothing was run again" in capsys.readouterr().out
