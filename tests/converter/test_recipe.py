"""A recipe is read into frozen dataclasses, and every mistake in it is one sentence."""

from pathlib import Path

import numpy as np
import pytest

from converter.describe import match
from converter.recipe import OutputRecipe, load_recipe
from converter.rows import calibration_rows, evaluation_rows
from device.contract.errors import ConfigError, DataError

SHAPE = (1, 8, 8, 1)


def test_a_recipe_is_read(write_recipe, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path))
    assert (recipe.name, recipe.scheme, recipe.data.representative) == ("tiny", "int8", str(tmp_path / "rows.npz"))
    assert recipe.outputs[0].labels == ("top", "middle", "bottom")
    assert recipe.input.range == (0.0, 1.0)
    assert recipe.limits.mean_error == 0.05
    assert recipe.provenance == {"source": "made in a test"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("scheme =", "shceme =", "Unknown key 'shceme'.*perhaps you meant 'scheme'"),
        ("mean_error =", "mean_eror =", r"Unknown key 'limits\.mean_eror'.*perhaps you meant 'limits\.mean_error'"),
        ('unit = "probability"', "unti = 1", r"Unknown key 'outputs\.unti'.*outputs\.unit"),
        ('name = "tiny"\n', "", "'name' is missing"),
        ('"int8"', '"int4"', "'scheme' .* must be one of float32, float16"),
        ('"facial-expression"', '"Mind reading"', "'task' .* lower-case letters, digits and hyphens"),
        ('"softmax"', '"argmax"', r"'outputs\.activation' .* must be one of"),
        ("60", '"many"', r"'data\.calibration_rows' .* must be a whole number"),
        ("60", "true", r"'data\.calibration_rows' .* must be a whole number"),
        ('["top", "middle", "bottom"]', '"top"', r"'outputs\.labels' .* must be a list, each item text in quotes"),
        ('name = "mean"', 'name = "place"', "each with a name of its own"),
        ('crop = "aligned"', 'crop = "aligned"\nrange = [1.0, 0.0]', "the lower first"),
        ('"1.0.0"', '"../1"', "without slashes"),
        ("mean_error = 0.05", "mean_error = nan", r"'limits\.mean_error' .* is not a number"),
        ("mean_error = 0.05", "mean_error = -1", "must be a number of at least 0"),
        ("60", "-1", "must be a whole number of at least 0"),
        ('crop = "aligned"', 'crop = "aligned"\nrange = [1.0]', "must be a list of 2, each item a number"),
        ('source = "made in a test"', "source = 3", "'provenance' .* must be a table, each value text in quotes"),
        ("[limits]", "[limits", "is not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence(write_recipe, tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_recipe(write_recipe(tmp_path, (old, new)))
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        load_recipe(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"y_place": [0]}, "no rows named x"),
        ({"x": np.zeros((0, 8, 8, 1))}, "no rows named x"),
        ({"x": np.zeros((3, 9, 9, 1))}, r"rows of shape \(9, 9, 1\), and the network takes \(8, 8, 1\)"),
        ({"x": np.zeros((3, 8, 8, 1), np.uint8)}, "finite real numbers"),
        ({"x": np.full((3, 8, 8, 1), np.nan)}, "finite real numbers"),
        ({"x": np.zeros((3, 8, 8, 1)), "y_palce": [0, 1, 2]}, "holds y_palce, and the recipe has no such output"),
        ({"x": np.zeros((3, 8, 8, 1)), "y_place": [0, 1]}, "must be 3 whole numbers"),
        ({"x": np.zeros((3, 8, 8, 1)), "y_place": [0, 1, 3]}, "y_place of row 2 is 3, and there are 3 labels"),
    ],
)
def test_rows_that_do_not_fit_are_named(
    write_recipe, tmp_path: Path, arrays: dict[str, np.ndarray], sentence: str
) -> None:
    np.savez(tmp_path / "rows.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        evaluation_rows(load_recipe(write_recipe(tmp_path)), SHAPE)


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_rows_that_cannot_be_read_are_named(write_recipe, tmp_path: Path, content: bytes) -> None:
    recipe = load_recipe(write_recipe(tmp_path))
    with pytest.raises(DataError, match=r"rows\.npz is no readable"):
        evaluation_rows(recipe, SHAPE)
    (tmp_path / "rows.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"rows\.npz is no readable"):
        evaluation_rows(recipe, SHAPE)


def test_pictures_for_calibration_hold_both_ends_of_the_range(write_recipe, tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.full((99, 8, 8, 1), 0.5, np.float32))
    x = calibration_rows(load_recipe(write_recipe(tmp_path)), "int8", SHAPE)
    assert x is not None
    assert (len(x), x.min(), x.max()) == (60, 0.0, 1.0)


def test_without_data_float_schemes_are_measured_on_noise_and_the_others_refused(write_recipe, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, ('representative = "rows.npz"', "")))
    assert calibration_rows(recipe, "dynamic", SHAPE) is None
    assert evaluation_rows(recipe, SHAPE).origin == "uniform noise"
    with pytest.raises(DataError, match="int8 needs representative data"):
        calibration_rows(recipe, "int8", SHAPE)


A, B = OutputRecipe("a", labels=("x", "y")), OutputRecipe("b")


@pytest.mark.parametrize(
    ("wanted", "found", "order"),
    [
        ((A, B), [(("b",), (1, 5)), (("a",), (1, 2))], "ba"),
        ((A, B), [(("out_1",), (1, 5)), (("out_0",), (1, 2))], "ba"),
        ((B, A), [(("t",), (1, 5)), (("u",), (1, 2))], "ba"),
        ((OutputRecipe("a", tensor="t"), B), [(("b",), (1, 2)), (("t",), (1, 2))], "ba"),
        ((OutputRecipe("a", tensor="t"), B), [(("u",), (1, 2)), (("t",), (1, 2))], "ba"),
    ],
)
def test_outputs_are_found_by_name_labels_or_elimination(wanted, found, order) -> None:
    assert "".join(output.name for output in match(wanted, found)) == order


@pytest.mark.parametrize(
    ("wanted", "found", "sentence"),
    [
        ((A,), [(("t",), (1, 2)), (("u",), (1, 5))], "has 1 outputs and the network has 2: t 1×2; u 1×5"),
        ((B, OutputRecipe("c")), [(("t",), (1, 2)), (("u",), (1, 2))], "Which output is 'b'.*t 1×2; u 1×2"),
        ((A,), [(("a",), (1, 3))], "'a' has 2 labels.*a 1×3"),
    ],
)
def test_outputs_that_cannot_be_told_apart_are_named(wanted, found, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        match(wanted, found)
