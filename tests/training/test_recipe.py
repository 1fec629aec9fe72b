from pathlib import Path
from typing import get_args

import pytest

pytest.importorskip("keras")
from device.contract.errors import ConfigError
from training import kinds
from training.action_units.recipe import AuRecipe
from training.diagnosis.crops.recipe import CropsRecipe
from training.face.recipe import FaceRecipe
from training.networks import Network
from training.networks.ednn import Ednn
from training.networks.plain import Plain
from training.pretraining.recipe import MaskedRecipe
from training.recipe import Recipe, load_recipe, parse_recipe_of, recipe_table

RECIPES = sorted((Path(__file__).parents[2] / "training" / "recipes").glob("*.toml"))
OF_NAME = {"au": AuRecipe, "diagnosis": CropsRecipe, "face": FaceRecipe, "masked": MaskedRecipe}


@pytest.fixture
def recipe(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_house_loads_and_survives_being_written_down(path):
    kind, found = kinds.load_recipe(path)

    assert parse_recipe_of(type(found), recipe_table(found), "again") == found
    assert type(found) is kind.recipe is OF_NAME.get(path.stem.partition("-")[0], Recipe)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[units]\nunseen = []", "units.unseen: name some of the 5 folds"),
        ("[units]\nunseen = [6]", "units.unseen: name some of the 5 folds"),
        ("[units]\nfolds = 2\nunseen = [1, 2]", "units.unseen: leave a fold to learn from"),
        ("[units]\nrare = 0.5", "'units.rare' in .* is 0.5, and must be a number of at least 1"),
        ("[units]\nchimeras = 1.5", "'units.chimeras' in .* is 1.5, and must be a number from 0 to 1"),
        ("[units]\nchimera = 0.5", "Unknown key 'units.chimera' in .*: perhaps you meant 'units.chimeras'"),
        ("[teacher]\ntemperature = 2.0", "Unknown key 'teacher.temperature'"),
        ("box_share = 2", "'box_share' in .* is 2, and must be a number from 0 to 1"),
    ],
)
def test_what_a_recipe_of_a_face_network_may_not_hold_is_said(recipe, text, complaint):
    with pytest.raises(ConfigError, match=complaint):
        kinds.load_recipe(recipe(f'{text}\n[network]\nkind = "face"\n'))


def test_a_face_network_wants_places_and_a_recipe_with_units(recipe):
    with pytest.raises(ConfigError, match=r"network\.widths and network\.places"):
        kinds.load_recipe(recipe('[network]\nkind = "face"\nplaces = 0\n'))
    with pytest.raises(ConfigError, match=r"network\.kind must be face"):
        parse_recipe_of(FaceRecipe, {"network": {"kind": "plain"}}, "here")


def test_what_a_network_is_for_is_told_by_its_network_also_where_that_is_set_last(recipe):
    path = recipe('[network]\nkind = "face"\n')
    assert [kinds.load_recipe(path, changes)[0].name for changes in ((), ['network.kind="appearance"'])] == [
        "face",
        "au",
    ]
    with pytest.raises(ConfigError, match=r"network\.kind is 'crystal', not one of plain, ednn"):
        kinds.load_recipe(path, ['network.kind="crystal"'])


def test_every_network_belongs_to_a_kind():
    assert set(kinds.OF_NETWORK) == {network.__struct_config__.tag for network in get_args(Network)}


def test_the_recipe_of_expressions_is_the_default():
    found = load_recipe(next(path for path in RECIPES if path.stem == "fer"))

    assert found.network == Plain((24, 48, 96, 192), (), 0.3)
    assert (found.epochs, found.batch, found.optimizer.kind) == (60, 64, "adamw")
    assert (found.optimizer.learning_rate, found.optimizer.average, found.loss.smoothing) == (2e-3, 0.998, 0.1)
    assert found == Recipe()


def test_what_is_set_on_the_command_line_comes_last(recipe):
    path = recipe('epochs = 3\n[network]\nkind = "plain"\nwidths = [8, 8]')
    settings = ["seed=7", "network.widths=[4, 4]", "optimizer.kind=sgd", "loss.heads.ferplus=2"]

    found = load_recipe(path, settings)

    assert (found.epochs, found.seed, found.network.widths) == (3, 7, (4, 4))
    assert (found.optimizer.kind, found.loss.heads) == ("sgd", {"ferplus": 2.0})


def test_another_network_has_other_keys(recipe):
    assert load_recipe(recipe('[network]\nkind = "ednn"\ndropout = 0.5')).network == Ednn(0.5)
    with pytest.raises(ConfigError, match=r"Unknown key 'network\.widths' in .*: known are dropout, kind"):
        load_recipe(recipe('[network]\nkind = "ednn"\nwidths = [3]'))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("epoch = 3", "mine.toml: perhaps you meant 'epochs'."),
        ("[optimizer]\nlearning_rat = 1", "perhaps you meant 'optimizer.learning_rate'."),
        ("epochs = 1.5", "is 1.5, and must be a whole number of at least 1"),
        ("epochs = true", "is true, and must be a whole number"),
        ("[network]\nwidths = 3", "is 3, and must be a list, each item a whole number"),
        ('[teacher]\nruns = "a"', "is 'a', and must be a list, each item text in quotes"),
        ("optimizer = 3", "must be a table: write [optimizer]"),
        ("epochs = 0", "is 0, and must be a whole number of at least 1"),
        ("[teacher]\nshare = 2.0", "is 2.0, and must be a number from 0 to 1"),
        ('strategy = "cloud"', "is 'cloud', and must be one of none, mirrored, multiworker"),
        ('[network]\nkind = "vgg"', "is 'vgg', and must be one of face, plain, ednn, residual"),
        ("[network]\nwidths = []", "one to five numbers"),
        ("network = 3", "must be a table: write [network]"),
        ("[loss.heads]\nferplus = 'a'", "mine.toml must be a table, each value a number of at least 0"),
        ("[optimizer]\nlearning_rate = nan", "is not a number (nan)"),
        ("epochs = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_helps(recipe, text, complaint):
    with pytest.raises(ConfigError) as caught:
        load_recipe(recipe(text))
    assert complaint in str(caught.value)


def test_missing_recipe_and_malformed_setting(recipe, tmp_path):
    with pytest.raises(ConfigError, match="check the path after --recipe"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="write KEY=VALUE"):
        load_recipe(recipe(""), ["epochs"])
