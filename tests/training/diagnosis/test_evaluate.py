import pytest

from device.contract.errors import ConfigError, DataError
from training.cli import main
from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table
from training.cohort.store import digest, load, save
from training.diagnosis.evaluation import Evaluation

FEW = ["--folds", "2", "--repeats", "1", "--permutations", "9", "--workers", "0"]


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "features.npz"
    effect = Effect(group="case", unit="AU12", d=3.0)
    save(simulate_table(Plan(people={"control": 12, "case": 12}, phases={}, effects=(effect,)), 1), path)
    return path


def test_it_prints_tables_and_keeps_them(features, tmp_path, capsys):
    out = tmp_path / "made" / "evaluation.json"

    assert main(["diagnosis", "evaluate", str(features), "--out", str(out), *FEW]) == 0

    shown = capsys.readouterr().out
    found = Evaluation.load(out)
    assert shown.startswith("Simulated people: this tries the method. No figure here is clinical accuracy.")
    assert (
        "24 participants (12 case, 12 control) at 2 sites" in shown
        and f"9 times: p = {found.permutation.p_value:.4f}" in shown
    )
    assert (found.folds, found.repeats, found.permutation.permutations) == (2, 1, 9)
    assert found.made_of == digest(load(features)) and found.simulated
    assert out.stat().st_mode & 0o077 == 0


def test_what_cannot_be_is_one_sentence_and_leaves_nothing(features, tmp_path, capsys):
    out = tmp_path / "evaluation.json"
    few = tmp_path / "few.npz"
    save(simulate_table(Plan(people={"control": 12, "case": 2}, phases={}), 1), few)

    assert main(["diagnosis", "evaluate", str(few), "--out", str(out)]) == DataError.exit_code
    assert main(["diagnosis", "evaluate", str(features), "--out", str(out), "--split", "7"]) == ConfigError.exit_code
    assert main(["diagnosis", "evaluate", str(features), "--out", str(tmp_path)]) == ConfigError.exit_code
    assert main(["diagnosis", "evaluate", str(tmp_path / "no.npz"), "--out", str(out)]) == DataError.exit_code

    complaints = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in complaints] == ["affectbox-training"] * 4, complaints
    assert "Group 'case' has 2 participants, too few" in complaints[0] and "is a folder" in complaints[2]
    assert not out.exists() and list(tmp_path.iterdir()) == [few]


@pytest.mark.parametrize("wrong", ["--folds 1", "--alpha 1", "--permutations 0", "--workers -1", "--seed -1"])
def test_wrong_numbers_are_refused(features, tmp_path, wrong):
    with pytest.raises(SystemExit, match="2"):
        main(["diagnosis", "evaluate", str(features), "--out", str(tmp_path / "evaluation.json"), *wrong.split()])
