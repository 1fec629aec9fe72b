"""Networks of movement: what they learn, what they must not, and the bundles that come of it."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as changed

pytest.importorskip("keras")
from converter.signing import keygen
from device.contract.errors import ConfigError, DataError, EvidenceError
from device.contract.manifest import open_bundle
from device.contract.movement import COLUMNS
from device.features.comparer import open_comparer
from device.features.movement import standardized
from device.settings import ModelSettings
from training.atypicality import companion, quick, refusal, trials
from training.atypicality.evaluation import Evaluation
from training.atypicality.folds import across, folds_of
from training.atypicality.learning import companion_learner, rating_learner
from training.atypicality.networks import MOVED, companion_network, rating_network
from training.atypicality.plan import Plan
from training.atypicality.protocol import Protocol, evaluated
from training.atypicality.recipe import COMPANION, OURS, PUBLISHED, Recipe, published_at
from training.atypicality.run import open_run
from training.atypicality.simulate import Children, simulate
from training.atypicality.study import MovementStudy
from training.atypicality.windows import windows_of
from training.cli import main

pytestmark = pytest.mark.learning
SHORT = Plan(people={"typical": 8, "atypical": 8}, minutes=1.0)
FAST = changed(OURS, epochs=20, inner=2)
POPULATION = ["--population", "simulated  children"]


@pytest.fixture(scope="module")
def study() -> MovementStudy:
    return quick.study_of(Children(SHORT, 1))


@pytest.fixture(scope="module")
def windows(study):
    return windows_of(study, FAST.grid).rated


@pytest.fixture(scope="module")
def said(windows):
    return across(windows, FAST, 2, 0)


def test_folds_are_of_people_and_hold_their_share_of_each_group(windows):
    fold = folds_of(windows, 2, 0)
    of = {int(person): set(fold[windows.person == person].tolist()) for person in np.unique(windows.person)}

    assert all(len(each) == 1 for each in of.values())
    typical = [windows.people[person].group == "typical" for person, each in of.items() if each == {0}]
    assert (len(typical), sum(typical)) == (8, 4)
    with pytest.raises(DataError, match="16 people were rated, too few for 20 folds"):
        folds_of(windows, 20, 0)


def test_what_is_planted_is_recovered_below_the_ceiling(windows, said):
    truth = windows.rating

    assert 0.6 < np.corrcoef(said.rating, truth)[0, 1] < 0.97
    assert np.abs(said.rating - truth).mean() < 0.8 * np.abs(said.baseline - truth).mean()
    assert (np.abs(said.rating - truth) <= said.half_width).mean() > 0.8
    assert said.rating.min() >= 1 and said.rating.max() <= 5


def test_what_is_seen_in_one_unit_is_seen_in_every_other():
    """The network is the same for all units that have sides, whichever they are; and left and right are not."""
    network = rating_network(OURS, len(COLUMNS))
    chance = np.random.default_rng(0)
    unit, sides = chance.normal(0, 1, (2, OURS.grid.steps))
    windows = np.zeros((3, OURS.grid.steps, len(COLUMNS)), np.float32)
    for row, key, sign in ((0, "AU12", 1), (1, "AU4", 1), (2, "AU12", -1)):
        windows[row, :, COLUMNS.index(f"aus.{key}")] = unit
        windows[row, :, COLUMNS.index(f"sides.{key}")] = sign * sides
    first, other, turned = network(windows).numpy()[:, 0]

    assert first == pytest.approx(other, abs=1e-5)
    assert first != pytest.approx(turned, abs=1e-3)
    with pytest.raises(ConfigError, match="has two 'widths'"):
        Recipe(widths=(16,))


def test_where_ratings_are_of_others_nothing_is_found(study):
    other = windows_of(trials.exchanged(study, 0), FAST.grid).rated
    found = across(other, FAST, 2, 0)

    assert abs(np.corrcoef(found.rating, other.rating)[0, 1]) < 0.5
    assert np.abs(found.rating - other.rating).mean() > 0.9 * np.abs(found.baseline - other.rating).mean()


def test_the_same_seed_learns_the_same(windows, said):
    np.testing.assert_allclose(across(windows, FAST, 2, 0).rating, said.rating, atol=1e-4)


def test_the_published_network_is_as_published():
    network = rating_network(PUBLISHED, 22)
    first, second, last = network.layers[1:]

    assert network.input_shape == (None, 15, 22)
    assert [layer.units for layer in (first, second)] == [128, 128]
    assert (type(first).__name__, type(second).__name__, last.units) == ("GRU", "GRU", 1)
    learner = rating_learner(PUBLISHED, 22)
    assert float(learner._optimizer.learning_rate) == pytest.approx(1e-6)
    assert (PUBLISHED.epochs, PUBLISHED.batch, PUBLISHED.delta, PUBLISHED.inner) == (15, 64, 1.0, 0)
    assert published_at(10.0).grid.step_s == pytest.approx(0.1)


def test_the_published_recipe_hardly_moves_in_a_small_study(study):
    recipe = published_at(study.rate)
    found = across(windows_of(study, recipe.grid).rated, recipe, 2, 0)

    assert np.ptp(found.rating) < 0.2
    assert found.half_width is None


def test_the_surprise_is_the_likelihood_of_a_gaussian(study):
    windows = windows_of(study, COMPANION.grid)
    learner = companion_learner(COMPANION)
    seen = companion.fit(learner, windows.take(np.arange(200)), changed(COMPANION, epochs=1), 0)
    x = seen(windows.values[:5])
    conv, given, change, spread = (learner.network.get_layer(name) for name in ("past", "given", "change", "spread"))

    for window, told in zip(x, learner.predict(x), strict=True):
        nats = []
        for at in range(COMPANION.before, len(window)):
            past = window[at - COMPANION.before : at]
            hidden = (past[..., None] * conv.kernel.numpy()).sum(axis=(0, 1)) + conv.bias.numpy()
            hidden += window[at, len(MOVED) :] @ given.kernel.numpy() + given.bias.numpy()
            hidden = np.maximum(hidden, 0)
            mean = window[at - 1, : len(MOVED)] + hidden @ change.kernel.numpy() + change.bias.numpy()
            deviation = COMPANION.spread + np.logaddexp(0, hidden @ spread.kernel.numpy() + spread.bias.numpy())
            off = (window[at, : len(MOVED)] - mean) / deviation
            nats.append((off**2 / 2 + np.log(deviation) + np.log(2 * np.pi) / 2).sum())
        assert told == pytest.approx(np.mean(nats), rel=1e-3, abs=1e-2)


def test_the_companion_learns_from_typical_people_alone(study):
    quick_one = changed(COMPANION, epochs=4)
    windows = windows_of(study, COMPANION.grid)
    found, surprise = companion.measured(windows, "typical", quick_one, 2, 0)

    assert (found.n, found.windows) == (8, int(windows.of_group("typical").sum()))
    assert found.apart.value > 0.6
    assert 0.0 < found.beyond.value < 0.15
    assert (np.diff(found.percentiles) >= 0).all() and len(found.percentiles) == 101
    np.testing.assert_allclose(surprise[windows.of_group("typical")].min(), found.percentiles[0])
    with pytest.raises(DataError, match="Of group 'control' are too few people"):
        companion.measured(windows, "control", quick_one, 2, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study in files, its evaluation, and a run."""
    out = tmp_path_factory.mktemp("atypicality")
    [*simulate(SHORT, 1, out / "study")]
    quickly = ["--set", "epochs=6", "--set", "inner=2", "--folds", "2", "--no-published", "--workers", "0"]
    where = ["--out", str(out / "evaluation.json"), "--page", str(out / "page.html")]
    assert main(["atypicality", "evaluate", str(out / "study"), *quickly, *where]) == 0
    assert train(out) == 0
    return out


def train(folder, study="study"):
    given = ["--evaluation", str(folder / "evaluation.json"), "--out", str(folder / "run"), "--workers", "0"]
    return main(["atypicality", "train", str(folder / study), *given])


def export(folder, *options):
    where = ["--run", str(folder / "run"), "--bundles", str(folder / "bundles"), "--version", "0.1.0"]
    return main(["atypicality", "export", *where, *POPULATION, *options])


def test_an_evaluation_of_files_is_that_of_memory(folder, study):
    found = Evaluation.load(folder / "evaluation.json")
    again = evaluated(study, Protocol(ours=changed(OURS, epochs=6, inner=2), published=False, folds=2))

    assert (found.n, found.rated, found.simulated, found.ages) == (16, 16, True, {"6-12": 16})
    assert found.ours.typical is None  # eight typical people tell nothing of 95 % of typical windows
    assert found.ours.figures.mae.value == pytest.approx(again.ours.figures.mae.value, abs=0.02)
    assert "Atypicality" in (folder / "page.html").read_text()


def test_so_few_people_carry_no_bundle(folder, capsys):
    assert export(folder) == EvidenceError.exit_code
    assert "It was learnt from 16 people, fewer than 30." in capsys.readouterr().err
    assert not (folder / "bundles").exists()


def test_where_no_age_is_told_no_bundle_is_made_at_all(folder, tmp_path, capsys):
    shutil.copytree(folder / "run", tmp_path / "run")
    found = Evaluation.load(folder / "run" / "evaluation.json")
    replace(found, rated_ages={"": 16}).save(tmp_path / "run" / "evaluation.json")
    assert export(tmp_path, "--unsupported") == EvidenceError.exit_code
    assert "No bundle is made, for nobody's age is told" in capsys.readouterr().err
    assert not (tmp_path / "bundles").exists()


def test_an_age_of_too_few_people_is_left_out_in_words(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(refusal, "of_ratings", lambda found: [])
    shutil.copytree(folder / "run", tmp_path / "run")
    found = Evaluation.load(folder / "run" / "evaluation.json")
    replace(found, rated_ages={"6-12": 20, "13-17": 5}).save(tmp_path / "run" / "evaluation.json")

    assert export(tmp_path) == 0
    assert "People of 13-17 years are left out: 5 people of that age, fewer than 20." in capsys.readouterr().out
    evidence = open_bundle(tmp_path / "bundles" / "atypicality-0.1.0").manifest.receipt["evidence"]
    assert evidence["ages"] == ["6-12"]


@pytest.mark.parametrize("task", ["atypicality", "typical-movement"])
def test_the_box_says_what_the_network_says(folder, study, task, monkeypatch):
    for name in ("of_ratings", "of_companion"):
        monkeypatch.setattr(refusal, name, lambda found: [])
    keygen(folder / f"{task}.key")
    assert export(folder, "--task", task, "--key", str(folder / f"{task}.key")) == 0
    path = folder / "bundles" / f"{task}-0.1.0"
    evidence = open_bundle(path).manifest.receipt["evidence"]
    # of eight typical people the network that rates says nothing
    assert evidence.get("typical_people") == (None if task == "atypicality" else 8)
    assert (evidence["ages"], evidence["n"], evidence["simulated"]) == (
        ["6-12"],
        16 if task == "atypicality" else 8,
        True,
    )
    assert "Simulated people" in (path / "MODEL_CARD.md").read_text()
    assert open_bundle(path).manifest.receipt["error_max"] < 0.3

    settings = ModelSettings(folders=(str(folder / "bundles"),), keys=str(folder))
    grid = study.sessions[0].moved.grid(0.2)[:15]
    with open_comparer(f"{task}-0.1.0", settings) as comparer:
        told = comparer.say(grid)
        assert comparer.file.sources == ("simulated-1.0.0",)
        assert standardized(comparer.file, grid).shape == (15, 43)
    run = open_run(folder / "run")
    if task == "atypicality":
        network, learnt = rating_network(run.evaluation.ours.recipe, 43), run.rating
    else:
        network, learnt = companion_network(run.evaluation.companion_recipe), run.companion
    network.set_weights(learnt.weights)
    exact = float(network(learnt.seen(grid[None].astype(np.float32)))[0, 0])
    if task == "atypicality":
        assert told["rating"] == pytest.approx(exact, abs=0.15)
        assert told["high"] == pytest.approx(min(told["rating"] + learnt.half_width, 5), abs=0.01)
        assert told["low"] == pytest.approx(max(told["rating"] - learnt.half_width, 1), abs=0.01)
    else:
        shares = np.interp(exact, run.evaluation.companion.percentiles, np.linspace(0, 1, 101))
        assert told["unlikely"] == pytest.approx(shares, abs=0.02)


def test_a_study_without_ratings_is_measured_by_the_companion_alone(folder, tmp_path, capsys):
    shutil.copytree(folder / "study", tmp_path / "study")
    (tmp_path / "study" / "ratings.csv").unlink()
    given = ["--folds", "2", "--workers", "0", "--out", str(tmp_path / "evaluation.json")]

    assert main(["atypicality", "evaluate", str(tmp_path / "study"), *given]) == 0
    assert "Companion, from" in capsys.readouterr().out
    found = Evaluation.load(tmp_path / "evaluation.json")
    assert (found.ours, found.raters, found.rated, found.companion.n) == (None, None, 0, 8)


def test_of_too_few_people_nothing_is_measured(tmp_path, capsys):
    [*simulate(changed(SHORT, people={"typical": 2, "atypical": 2}, minutes=0.2), 2, tmp_path / "study")]
    given = ["--workers", "0", "--out", str(tmp_path / "evaluation.json")]

    assert main(["atypicality", "evaluate", str(tmp_path / "study"), *given]) == DataError.exit_code
    assert "4 people have windows that were rated and measured, and 6 at least are needed" in capsys.readouterr().err
    (tmp_path / "study" / "ratings.csv").unlink()
    assert main(["atypicality", "evaluate", str(tmp_path / "study"), *given]) == DataError.exit_code
    assert "Of group 'typical' are too few people" in capsys.readouterr().err
    assert not (tmp_path / "evaluation.json").exists()


def test_a_run_is_of_its_study_alone_and_says_what_is_wrong(folder, tmp_path, capsys):
    [*simulate(changed(SHORT, minutes=0.2), 2, tmp_path / "other")]
    assert train(folder, tmp_path / "other") == ConfigError.exit_code
    assert "is not of this study" in capsys.readouterr().err
    found = Evaluation.load(folder / "evaluation.json")
    recurrent = replace(found.ours, recipe=changed(OURS, kind="recurrent"))
    replace(found, ours=recurrent).save(tmp_path / "evaluation.json")
    shutil.copytree(folder / "study", tmp_path / "study")
    assert train(tmp_path) == ConfigError.exit_code
    assert "A recurrent network" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    given = ["--run", str(tmp_path), "--bundles", str(tmp_path / "b"), "--version", "0.1.0", *POPULATION]
    assert main(["atypicality", "export", *given]) == ConfigError.exit_code
    assert "holds no networks of `affectbox-training atypicality train`" in capsys.readouterr().err


def test_whoever_withdraws_is_found_by_what_a_run_holds(folder, monkeypatch):
    """Windows are numbers of people: their file is noted before it is written."""
    from training.atypicality import run  # noqa: PLC0415

    noted = []
    monkeypatch.setattr(run, "note", lambda place, people, *_: noted.append((place.name, people)))
    kept = run.open_run(folder / "run")
    real = replace(kept, evaluation=replace(kept.evaluation, simulated=False), people=("p-1", "p-2"))
    run.save_run(replace(real, folder=folder / "again"))

    assert noted == [("windows.npz", ("p-1", "p-2"))]
    assert (folder / "again" / "windows.npz").stat().st_mode & 0o777 == 0o600


def test_the_proof_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    few = tuple(replace(trial, plan=changed(SHORT, minutes=0.4), cohorts=2) for trial in trials.TRIALS[:2])
    figures = dict.fromkeys(trials._WORDS, 0.5)
    asked = []

    def tried(job):
        asked.append(job)
        return {"trial": job[0], "seed": job[1], **figures, "ceiling_high": 0.6, "better": True}

    from training.atypicality import proof  # noqa: PLC0415

    monkeypatch.setattr(proof, "TRIALS", few)
    monkeypatch.setattr(trials, "TRIALS", few)
    monkeypatch.setattr(proof, "tried", tried)
    command = ["atypicality", "proof", "--out", str(tmp_path), "--workers", "0"]
    assert main(command) == main(command) == 0

    assert sorted(asked) == [("nothing", 0), ("nothing", 1), ("planted", 0), ("planted", 1)]
    assert json.loads((tmp_path / "proof.json").read_text())["trials"]["planted"]["above_ceiling"] == 0
    assert "surely better than the mean in 2 of 2 cohorts" in capsys.readouterr().out


def test_a_cohort_of_the_proof_is_judged_beside_its_truth():
    children = Children(changed(SHORT, minutes=0.5), 0)
    study = quick.study_of(children)
    truth = windows_of(quick.true_study(children, study), OURS.grid).rated
    ratings = windows_of(study, OURS.grid).rated

    assert len(truth) == len(ratings)
    assert np.corrcoef(truth.rating, ratings.rating)[0, 1] > 0.9
