"""Measuring trainings of one person: which are found, what is measured, and what is told of it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.erasing.known import registry
from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS
from tests import personal_evaluations as made
from training.cli import main
from training.personal import evaluate, measure
from training.personal.blocks import Blocks
from training.personal.comparisons import comparisons, until
from training.personal.evaluation import READ, Epoch, Evaluation
from training.personal.figures import figures
from training.personal.page import page
from training.personal.people import load_people
from training.personal.sheets import sheets
from training.personal.tables import markdown, text
from training.personal.trained import Trained, trainings
from training.tables import table_bytes
from training.videos.split import PARTS

HZ, SECONDS = 5, 160
BLOCKS = {"length_s": 20.0, "every": 4, "margin_s": 2.0}


def times() -> np.ndarray:
    return np.arange(SECONDS * HZ) / HZ


def smiles() -> np.ndarray:
    """Every third stretch of two seconds, differently in each block."""
    return (np.floor(times() / 2) * 7 % 10 < 3).astype(float)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Faces and truth of two people: where they smile, the picture is brighter below."""
    index = []
    for name in ("p-0001", "p-0002"):
        images = np.random.default_rng(len(index)).integers(80, 90, (SECONDS * HZ, 48, 48), np.uint8)
        images[:, 30:] += (40 * smiles()).astype(np.uint8)[:, None, None]
        faces, truth = tmp_path / "faces" / "faces" / name / "day.mp4.npz", tmp_path / "truth" / name / "day.csv"
        faces.parent.mkdir(parents=True)
        truth.parent.mkdir(parents=True)
        np.savez(faces, crops=images, times=times(), presence=np.ones(len(images), np.float32))
        rows = [(f"{at:.3f}", 3 * smile, 0.0) for at, smile in zip(times(), smiles(), strict=True)]
        truth.write_bytes(table_bytes(("time_s", "AU12", "AU4"), rows))
        index.append([f"{name}/day.mp4", name, PARTS[0], len(images), len(images), f"faces/{name}/day.mp4.npz"])
    header = ("video", "participant", "part", "frames", "faces", "file")
    (tmp_path / "faces" / "index.csv").write_bytes(table_bytes(header, index))
    return tmp_path


def run(folder: Path, approach: str, data: str, **changes) -> Path:
    """A run folder, with nothing of a network."""
    folder.mkdir(parents=True)
    about = {"approach": approach, "blocks": BLOCKS, **changes}
    history = [{"loss": 1.0, "seconds": seconds} for seconds in (9.0, 3.0, 3.0)]
    meta = {"recipe": {"epochs": 3}, "data": data, "data_about": about, "history": history}
    (folder / "meta.json").write_text(json.dumps(meta))
    (folder / "weights.npz").write_bytes(approach.encode())
    return folder


@pytest.fixture
def runs(study: Path) -> tuple[Path, Path]:
    """One training of each person, and one of many."""
    for person in load_people(study / "faces"):
        run(study / "own" / person.name, "psm", person.digest())
    run(study / "many" / "general", "gm", "others")
    return study / "own", study / "many"


def encoders() -> measure.Encoders:
    """The person's own one sees the lower half of the face after the first epoch; the general one never does."""

    def embed(folder, images, epoch):
        noise = np.random.default_rng(len(str(folder))).normal(size=(len(images), 4)).astype(np.float32)
        below = images[:, 30:].mean(axis=(1, 2)) / 5 if folder.name != "general" and epoch != 0 else 0
        return noise + np.stack([below * np.ones(len(images)), *np.zeros((3, len(images)))], 1)

    return measure.Encoders(embed, lambda folder: (0, 1, 3))


def job(study: Path, runs, truth: bool = True) -> measure.Job:
    found = trainings(runs, load_people(study / "faces", ["p-0001"]))
    return measure.Job(study / "faces", "p-0001", found["p-0001"], study / "truth" if truth else None, 0)


def test_the_trainings_of_a_person_are_their_own_and_the_general_ones(study, runs):
    found = trainings(runs, load_people(study / "faces"))

    assert [*found] == ["p-0001", "p-0002"]
    own, many = found["p-0002"]
    assert (own.name, own.general, own.epochs, own.epoch_s, own.blocks) == ("psm", False, 3, 3.0, Blocks())
    assert (many.name, many.general) == ("gm", True)
    assert own.weights != many.weights


def test_two_trainings_of_one_approach_are_told_apart_by_their_folders(study, runs):
    run(study / "again" / "general", "gm", "others")

    found = trainings((*runs, study / "again"), load_people(study / "faces"))

    assert [one.name for one in found["p-0001"]] == ["psm", "gm", "gm (again)"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda own: (own / "p-0001" / "weights.npz").unlink(), "no finished epoch"),
        (lambda own: (own / "p-0001" / "meta.json").write_text("{}"), "is none of a training"),
        (lambda own: (own / "p-0002" / "meta.json").unlink(), "holds no training of p-0002"),
        (lambda own: [(own / name / "meta.json").unlink() for name in ("p-0001", "p-0002")], "holds no trainings"),
    ],
)
def test_what_is_no_training_is_said(study, runs, change, said):
    change(runs[0])

    with pytest.raises(ConfigError, match=said):
        trainings(runs, load_people(study / "faces"))


def test_trainings_of_other_faces_and_of_other_blocks_are_refused(study, runs):
    people = load_people(study / "faces")
    run(study / "other" / "p-0001", "scratch", "of other faces")
    run(study / "longer" / "general", "gm", "others", blocks={**BLOCKS, "length_s": 30.0})

    with pytest.raises(ConfigError, match="other faces of p-0001"):
        trainings((study / "other",), people[:1])
    with pytest.raises(ConfigError, match="held out other stretches of time"):
        trainings((*runs, study / "longer"), people)


def test_a_person_is_measured_by_every_approach_and_beside_what_needs_none(study, runs):
    found = measure.measured_by(job(study, runs), encoders())

    assert (found.faces, found.recordings, found.held_out_s) == (800, 1, 40.0)
    assert found.learnt_s < 120
    assert [one.name for one in found.arms] == ["psm", "gm"]
    assert [one.name for one in found.references] == ["untrained", "pixels", "box"]
    own, many = found.arms
    assert [*own.units] == ["AU12"]
    assert found.left_out["AU4"] == "never present"
    assert own.auc.value > 0.99
    assert many.auc.value < 0.7
    assert found.references[1].auc.value > 0.99, "the smile is in the pixels"
    assert [point.epoch for point in own.course] == [0, 1, 3]
    assert own.course[0].auc.value < 0.7
    assert own.course[1].auc.value > 0.99
    assert own.course[-1].f1 == own.f1


def test_without_truth_the_units_are_those_that_the_box_reads(study, runs, monkeypatch):
    read = np.full((800, len(ACTION_UNIT_KEYS)), 0.5, np.float32)
    read[:, ACTION_UNIT_KEYS.index("AU6")] = 2 * smiles()
    monkeypatch.setattr(measure, "read_scales", lambda images: read)

    found = measure.measured_by(job(study, runs, truth=False), encoders())

    assert found.labels == READ
    assert [*found.arms[0].units] == ["AU6"]
    assert "box" not in [one.name for one in found.references]


def test_a_unit_that_comes_once_in_held_out_time_has_no_interval(study, runs):
    in_between = (times() >= 42) & (times() < 60) | (times() >= 120) & (times() < 140)
    rows = [(f"{at:.3f}", 3 * smile) for at, smile in zip(times(), smiles() * ~in_between, strict=True)]
    (study / "truth" / "p-0001" / "day.csv").write_bytes(table_bytes(("time_s", "AU12"), rows))

    unit = measure.measured_by(job(study, runs), encoders()).arms[0].units["AU12"]

    assert unit.present == 10
    assert unit.f1.value > 0
    assert np.isnan([unit.f1.low, unit.f1.high, unit.auc.low, unit.auc.high]).all()


def test_where_no_unit_can_be_measured_it_says_why(study, runs):
    rows = [(f"{at:.3f}", 0.0) for at in times()]
    (study / "truth" / "p-0001" / "day.csv").write_bytes(table_bytes(("time_s", "AU12"), rows))

    with pytest.raises(DataError, match=r"No action unit of p-0001 can be measured \(not coded; never present\)"):
        measure.measured_by(job(study, runs), encoders())


def test_the_command_writes_tables_figures_and_a_page_for_each_person(study, runs, monkeypatch, capsys):
    monkeypatch.setattr(evaluate, "measured", lambda one: replace(made.person(int(one.name[-1])), name=one.name))
    out = study / "out"
    folders = [str(folder) for folder in runs]

    code = main(
        ["personal", "evaluate", *folders, "--faces", str(study / "faces"), "--out", str(out), "--workers", "0"]
    )

    assert code == 0
    said = capsys.readouterr().out
    assert "wrote" in said
    assert "epochs when it was measured" not in said
    names = {path.name for path in out.iterdir()}
    assert names >= {"evaluation.json", "evaluation.md", "probes.csv", "comparisons.csv", "course.png", "p-0001.html"}
    assert Evaluation.load(out / "evaluation.json").people[1].name == "p-0002"
    assert out.stat().st_mode & 0o077 == 0
    noted = [json.loads(line) for line in registry().read_text().splitlines()]
    assert {Path(line["path"]).name for line in noted} == names
    (whose,) = [line["patients"] for line in noted if line["path"].endswith("p-0002.html")]
    assert whose == ["p-0002"]


def test_a_training_that_was_stopped_is_measured_and_said_to_be_so(study, runs, monkeypatch, capsys):
    monkeypatch.setattr(evaluate, "measured", lambda one: made.person(int(one.name[-1])))
    meta = runs[0] / "p-0002" / "meta.json"
    meta.write_text(meta.read_text().replace('"epochs": 3', '"epochs": 20'))
    options = ["--faces", str(study / "faces"), "--out", str(study / "o"), "--workers", "0"]

    assert main(["personal", "evaluate", str(runs[0]), *options]) == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "psm of p-0002 had learnt for 3 of 20 epochs when it was measured" in said
    assert "of p-0001 had" not in said


def test_people_are_simulated_where_the_study_says_so(study, runs, monkeypatch, capsys):
    monkeypatch.setattr(evaluate, "measured", lambda one: made.person(int(one.name[-1])))
    (study / "simulated.json").write_text("{}")
    folders = [str(folder) for folder in runs]

    main(
        [
            "personal",
            "evaluate",
            *folders,
            "--faces",
            str(study / "faces"),
            "--out",
            str(study / "o"),
            "--workers",
            "0",
        ]
    )

    assert "Simulated people" in capsys.readouterr().out
    assert not registry().exists()


def test_an_evaluation_is_read_as_it_was_written(tmp_path):
    found = made.evaluation(3)  # too few for an interval of a shift
    found.save(tmp_path / "evaluation.json")

    read = Evaluation.load(tmp_path / "evaluation.json")

    assert read.people == found.people
    assert np.isnan(read.compared[0].shift.low)
    assert read.compared[0].p == found.compared[0].p


def test_comparisons_are_those_that_were_asked_beforehand_and_p_is_corrected_within_them():
    found = {(one.first, one.second, one.figure, one.epoch): one for one in made.evaluation().compared}

    own = found["psm", "gm", "f1", 0]
    assert (own.people, own.higher) == (6, 6)
    assert own.shift.value == pytest.approx(0.06 + 0.035)
    assert own.p_holm == pytest.approx(2 * 2 / 2**6), "of the two that there are"
    early = found["transfer-general", "psm", "f1", 10]
    assert early.shift.value == pytest.approx(0.23)
    assert ("transfer-person", "psm", "f1", 10) not in found
    assert found["transfer-general", "psm", "epochs", 0].higher == 0


def test_what_learns_for_few_epochs_is_compared_with_what_learns_for_as_few():
    """After ten of twenty epochs the learning rate of `psm` has not fallen yet."""
    people = made.evaluation().people
    scratch = replace(made.measured("scratch", (0.4, 0.6, 0.7)), epochs=10)
    few = [
        replace(one, arms=tuple(replace(arm, epochs=10) if "transfer" in arm.name else arm for arm in one.arms))
        for one in people
    ]

    pairs = {
        (one.first, one.second, one.epoch)
        for one in comparisons([replace(one, arms=(*one.arms, scratch)) for one in few])
    }

    assert ("transfer-general", "scratch", 10) in pairs
    assert ("transfer-general", "psm", 10) not in pairs
    assert ("transfer-general", "psm", 0) in pairs, "how much is left to what learns for long"
    assert ("transfer-general", "psm", 10) in {(one.first, one.second, one.epoch) for one in comparisons(people)}
    curriculum = [replace(one, arms=(*one.arms, replace(scratch, name="psm-curriculum"))) for one in people]
    assert ("psm-curriculum", "psm", 0) not in {(one.first, one.second, one.epoch) for one in comparisons(curriculum)}


def test_how_soon_an_approach_is_as_good_as_another_will_be():
    psm, transfer = made.measured("psm", (0.4, 0.6, 0.8)), made.measured("transfer-general", (0.7, 0.9, 0.9))

    assert until(psm, psm) == pytest.approx(10 + 20 * 0.18 / 0.2)
    assert until(transfer, psm) == pytest.approx(10 * 0.08 / 0.2)
    assert until(made.measured("gm", (0.1, 0.2, 0.3)), psm) == 30, "its last, for it never is"
    assert until(made.measured("gm", (0.9, 0.9, 0.9)), psm) == 0
    assert np.isnan(until(psm, made.measured("gm", (0.5, 0.4, 0.4)))), "nothing is gained"
    assert np.isnan(until(psm, replace(psm, course=(Epoch(1, psm.f1, psm.auc),)))), "nobody knows where it began"
    assert comparisons([]) == ()


def test_the_tables_have_the_published_layout():
    said = text(made.evaluation())
    lines = said.splitlines()

    at = lines.index("F1 of each unit, mean over people:")
    assert lines[at + 1].split() == ["AU6", "AU12", "mean"]
    assert lines[at + 2].split() == ["this", "person", "alone", "(PSM)", ".910", ".830", ".870"]
    assert next(line for line in lines if line.startswith("always 'present'")).split()[-1] == ".367"
    assert "Simulated people" in said
    (asked,) = [line for line in lines if line.split()[:4] == ["psm", "gm", "f1", "the"]]
    assert asked.endswith("no difference that is sure"), "of six people p is .031, and twice that for two comparisons"
    assert max(map(len, lines)) < 220
    row = next(line for line in lines if line.startswith("this person alone") and line.endswith(".780"))
    assert row.split()[-6:] == ["3.0", "1.0", "2.0", ".860", ".830", ".780"]
    assert "| this person alone (PSM) | .910 | .830 | .870 |" in markdown(made.evaluation())


def test_every_figure_is_in_the_tables_for_programs():
    found = sheets(made.evaluation(2))

    header, rows = found["probes.csv"]
    assert len(rows) == 2 * 4 * 2
    first = dict(zip(header, rows[0], strict=True))
    assert (first["person"], first["approach"], first["unit"], first["f1"]) == ("p-0001", "psm", "AU6", 0.86)
    header, rows = found["comparisons.csv"]
    assert dict(zip(header, rows[0], strict=True))["low"] == "", "two people bound nothing"
    assert len(found["course.csv"][1]) == 2 * 4 * 3
    assert found["movements.csv"][1][0] == (
        "p-0001",
        "psm",
        1,
        300,
        0.14,
        "AU12=2.4 AU2=1.1",
        "AU6+AU12",
        0.61,
        1,
        0.92,
    )
    for header, rows in found.values():
        assert {len(row) for row in rows} == {len(header)}
        assert next(csv.reader(table_bytes(header, rows).decode().splitlines())) == [*header]


def test_figures_are_drawn_as_pictures_and_as_lines():
    drawn = figures(made.evaluation(2))

    assert sorted(drawn) == ["approaches.png", "approaches.svg", "course.png", "course.svg"]
    assert drawn["course.png"].startswith(b"\x89PNG")
    assert b"simulated people" in drawn["approaches.svg"]
    bare = made.evaluation(1)
    arms = tuple(replace(one, course=()) for one in bare.people[0].arms)
    assert "course.png" not in figures(replace(bare, people=(replace(bare.people[0], arms=arms, references=()),)))


def test_the_page_of_a_person_tells_what_was_measured_and_nothing_of_others():
    found = made.evaluation(2)

    said = page(found, found.people[0])

    assert "p-0001" in said
    assert "p-0002" not in said
    assert "A simulated person" in said
    assert "0.82 (0.77 to 0.87)" in said
    assert "AU1, AU2 (never present); AU43 (present in 1.2% of the faces)" in said
    assert "14.0% of the time; like no known movement; found again: 0.92" in said
    assert "like AU1, AU2 and AU26 together (0.88 of 1)" in said
    assert said.count(">unsure</em>") == 1 + 1, "a card, and what the word means"
    assert "<script" not in said
    assert "http" not in said.replace("http-equiv", "")
    real = replace(found, simulated=False, notes=("READ BY THE BOX",))
    assert "simulated" not in page(real, real.people[0])
    assert "READ BY THE BOX" in page(real, made.person(labels=READ))


def test_a_page_of_what_was_measured_once_has_no_course():
    bare = made.person()
    bare = replace(bare, arms=tuple(replace(one, course=one.course[-1:]) for one in bare.arms))

    assert "How fast" not in page(made.evaluation(1), replace(bare, references=()))


def test_a_training_that_began_with_another_is_no_untrained_one():
    one = Trained(Path(), "transfer-general", False, 3, 3, 1.0, "", Blocks(), "")

    assert one.transferred
    assert not replace(one, name="psm").transferred
