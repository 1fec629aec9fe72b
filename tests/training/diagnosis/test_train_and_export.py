"""From a table of features and its evaluation to a bundle that the box opens."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras")
from cloud.cli import main as erase
from cloud.erasing import known
from converter.signing import keygen
from device.contract.errors import ConfigError, DataError, EvidenceError, ModelError, StorageError
from device.contract.evidence import Evidence, Interval
from device.contract.manifest import open_bundle
from device.features.support import Supporter, distance, standardized
from device.runtime.model import Model
from tests.evaluations import sound, table
from training.cli import main
from training.cohort.store import digest, load, save
from training.diagnosis import bundle as bundles
from training.diagnosis.model import fit
from training.diagnosis.permutation import Permutation
from training.diagnosis.recipe import REFERENCE
from training.diagnosis.run import NETWORK, open_run

pytestmark = pytest.mark.learning
POPULATION = ["--population", "simulated  people"]
WHERE = ["--run", "a", "--bundles", "b", "--version", "0.1.0"]
FAILED = Permutation(0.4, 1000, 400, 0.5, 0.5)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A table, its evaluation, and a run."""
    folder = tmp_path_factory.mktemp("study")
    save(replace(table(), made={"sources": "face-1.0.0, units-2.0"}), folder / "features.npz")
    sound().save(folder / "evaluation.json")
    assert train(folder) == 0
    return folder


def train(folder, evaluation="evaluation.json", out="run"):
    given = ["--evaluation", str(folder / evaluation), "--out", str(folder / out)]
    return main(["diagnosis", "train", str(folder / "features.npz"), *given])


def export(folder, *options, run="run", version="0.1.0"):
    given = ["--run", str(folder / run), "--bundles", str(folder / "bundles"), "--version", version]
    return main(["diagnosis", "export", *given, *POPULATION, *options])


def unsupported(folder):
    """A run whose evaluation does not carry it."""
    sound(permutation=FAILED).save(folder / "failed.json")
    assert train(folder, "failed.json", "failed") == 0


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_the_bundle_says_of_people_what_the_evaluated_network_says(study, capsys, dtype):
    keygen(study / f"{dtype}.key")
    version = {"float32": "1.0.0", "int8": "1.0.1"}[dtype]

    code = export(study, "--key", str(study / f"{dtype}.key"), "--dtype", dtype, version=version)

    out = capsys.readouterr()
    assert code == 0 and "written, signed" in out.out and out.err == ""
    features, expected = load(study / "features.npz"), fit(load(study / "features.npz"), REFERENCE, 0)
    bundle = open_bundle(study / "bundles" / f"support-{version}")
    with Supporter(Model(bundle)) as supporter:
        values = expected.picked(features)
        said = np.concatenate([supporter._model.on_values(row)[0] for row in standardized(supporter.file, values)])
        assert supporter.file.quantiles == expected.quantiles
        assert supporter.file.sources == ("face-1.0.0", "units-2.0")
        assert np.allclose(distance(supporter.file, values), expected.distance(values))
        assert supporter.evidence.supported and supporter.evidence.simulated
        assert supporter.evidence.population == "simulated people"
        assert supporter.evidence.answered_right == sound().answered_right
        assert supporter.evidence.held == {name: group.coverage for name, group in sound().by_group.items()}
    wanted = expected.probabilities(values)
    assert np.abs(said - wanted).max() < {"float32": 1e-4, "int8": 0.03}[dtype]
    assert np.ptp(wanted[:, 0]) > 0.5
    receipt = bundle.manifest.receipt
    assert receipt["data_digest"] == digest(features) and receipt["same_set"] >= 0.95
    assert bundle.manifest.input.dtype == dtype


def test_where_nobody_got_an_answer_it_is_not_known_how_often_one_is_right():
    silent = sound(answered_right=Interval(*[float("nan")] * 3))
    assert "answered_right" not in bundles.evidence(silent, "nobody", ()).to_json()


def test_a_bundle_holds_nobodys_name_and_numbers(study):
    export(study, version="1.1.0")

    bundle = open_bundle(study / "bundles" / "support-1.1.0")
    text = b"".join(bundle.contents.values()) + json.dumps(bundle.manifest.receipt).encode()
    assert not [person.pseudonym for person in table().people if person.pseudonym.encode() in text]
    rows = open_run(study / "run").rows
    with np.load(study / "bundles" / "support-1.1.0" / "reference.npz") as reference:
        assert not any(np.allclose(row, drawn, atol=0.01) for row in rows for drawn in reference["x"])


def test_the_card_tells_what_a_reader_has_to_know(study):
    export(study, version="1.2.0")

    card = (study / "bundles" / "support-1.2.0" / "MODEL_CARD.md").read_text()
    for words in (
        "**Simulated people.**",
        "simulated people. 80 people (40 case, 40 control) from 2 sites",
        "No diagnosis, and no part of one",
        "balanced accuracy ",
        "p = 0.0010",
        "shorter than 30 s",
        "A weight says what the network uses, not what differs or why",
        "aus.AU12.mean | ",
        "Not a medical device.",
    ):
        assert words in card, words
    assert "NOT SUPPORTED" not in card


def test_what_the_evidence_does_not_carry_becomes_no_bundle(study, capsys):
    unsupported(study)
    capsys.readouterr()

    code = export(study, run="failed", version="2.0.0")

    told = capsys.readouterr().err.splitlines()
    assert code == EvidenceError.exit_code == 28
    assert told[0].startswith("- The groups are not told apart better than chance would have it: p = 0.400")
    assert "not supported by its evidence" in told[1] and len(told) == 2
    assert not (study / "bundles" / "support-2.0.0").exists()


def test_forced_it_says_everywhere_that_its_evidence_does_not_carry_it(study, capsys):
    unsupported(study)

    assert export(study, "--unsupported", run="failed", version="2.1.0") == 0

    assert "not supported by its evidence" in capsys.readouterr().out
    bundle = open_bundle(study / "bundles" / "support-2.1.0")
    evidence = Evidence.from_receipt(bundle.manifest.receipt, "it")
    assert not evidence.supported and "p = 0.400" in evidence.unsupported[0]
    assert "**NOT SUPPORTED BY ITS EVIDENCE.**" in bundle.contents["MODEL_CARD.md"].decode()


def test_sound_evidence_stays_supported_whatever_is_asked(study):
    export(study, "--unsupported", version="2.2.0")

    bundle = open_bundle(study / "bundles" / "support-2.2.0")
    assert Evidence.from_receipt(bundle.manifest.receipt, "it").supported


def test_an_evaluation_of_other_people_is_refused(study, capsys):
    sound(table(seed=2)).save(study / "others.json")

    assert train(study, "others.json", "never") == ConfigError.exit_code

    assert "is not of" in capsys.readouterr().err and not (study / "never").exists()


def test_an_evaluation_that_was_changed_is_refused_by_both(study, capsys):
    told = json.loads((study / "evaluation.json").read_text())
    told["recipe"]["strengths"] = []
    (study / "changed.json").write_text(json.dumps(told))
    shutil.copytree(study / "run", study / "changed")
    shutil.copy(study / "changed.json", study / "changed" / "evaluation.json")

    assert train(study, "changed.json", "never") == DataError.exit_code
    assert export(study, run="changed", version="6.0.0") == DataError.exit_code

    assert capsys.readouterr().err.count("(its recipe is none): evaluate again") == 2


def test_groups_that_no_bundle_can_name_are_refused(study, capsys):
    found = sound()
    figures = {"Healthy Controls": found.by_group["control"], "case": found.by_group["case"]}
    named = replace(found, groups={"Healthy Controls": 40, "case": 40}, by_group=figures)
    named.save(study / "named.json")

    assert train(study, "named.json", "never") == DataError.exit_code

    assert "A group is called 'Healthy Controls'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "code", "complaint"),
    [
        (["train", "--out", "x"], ConfigError, "Give a table of features, or --faces"),
        (["train", "a.npz", "--faces", "b", "--out", "x"], ConfigError, "one of the two"),
        (["train", "a.npz", "--out", "x"], ConfigError, "Give --evaluation"),
        (
            ["train", "a.npz", "--evaluation", "b", "--resume", "--out", "x"],
            ConfigError,
            "Leave out --resume",
        ),
        (["train", "--faces", "b", "--out", "x"], ConfigError, "needs --participants"),
        (["train", "--faces", "b", "--evaluation", "c", "--out", "x"], ConfigError, "measures by itself"),
        (
            ["export", "--run", "a", "--bundles", "b", "--version", "0.1.0", *POPULATION],
            ConfigError,
            "a holds no network",
        ),
        (
            ["export", *WHERE, "--population", " "],
            ConfigError,
            "who the people were",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path, monkeypatch, capsys, argv, code, complaint):
    monkeypatch.chdir(tmp_path)

    assert main(["diagnosis", *argv]) == code.exit_code

    assert complaint in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_rows_of_people_who_are_erased_are_deleted_and_made_again_by_train(tmp_path, capsys):
    real = replace(table(), simulated=False)
    save(real, tmp_path / "features.npz")
    sound(real).save(tmp_path / "evaluation.json")
    assert train(tmp_path) == 0
    (rows,) = (path for path in (one.path for one in known.written()) if path.name == "rows.npz")
    assert erase(["erase", real.people[0].pseudonym, "--files", "--yes"]) == 0
    assert "`affectbox-training diagnosis train` makes it again" in capsys.readouterr().out
    assert not rows.exists()
    assert digest(load(tmp_path / "features.npz")) == digest(real.take(np.arange(len(real.people)) > 0))
    assert export(tmp_path) == ConfigError.exit_code
    assert "holds no network" in capsys.readouterr().err


def test_a_version_means_one_network(study, capsys):
    assert export(study, version="3.0.0") == 0
    assert export(study, version="3.0.0") == StorageError.exit_code
    assert "--replace" in capsys.readouterr().err
    assert export(study, "--replace", version="3.0.0") == 0


def test_a_run_of_other_features_is_refused(study, capsys):
    told = json.loads((study / "run" / NETWORK).read_text())
    (study / "old").mkdir()
    for name in ("rows.npz", "evaluation.json"):
        (study / "old" / name).write_bytes((study / "run" / name).read_bytes())
    (study / "old" / NETWORK).write_text(json.dumps(told | {"feature_version": 99}))

    assert export(study, run="old", version="4.0.0") == ConfigError.exit_code
    assert "another version" in capsys.readouterr().err


def test_the_box_refuses_a_bundle_whose_parts_do_not_belong_together(study):
    export(study, version="5.0.0")
    bundle = open_bundle(study / "bundles" / "support-5.0.0")
    receipt = json.loads(json.dumps(bundle.manifest.receipt))
    receipt["evidence"] |= {"groups": {"case": 40, "nobody": 40}, "held": {}}

    with pytest.raises(ModelError, match="other groups"):
        Supporter(Model(replace(bundle, manifest=replace(bundle.manifest, receipt=receipt))))
