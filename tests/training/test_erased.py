"""Files that training wrote about people are known, and a person is erased from them; everybody else stays."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyarrow.parquet as pq
import pytest

from cloud.cli import main as cloud
from cloud.erasing import known
from device.contract.errors import CheckFailedError, ConfigError
from training.cli import main
from training.cohort.plan import Plan
from training.cohort.simulate import simulate
from training.cohort.store import digest, load
from training.videos import spread
from training.videos.split import PARTS
from training.videos.store import Outcome, face_file, write_faces
from training.videos.task import Job

WHOM, OTHERS = "sim-0002", ["sim-0001", "sim-0003", "sim-0004"]
PLAN = Plan(people={"control": 2, "case": 2}, phases={"rest": 0.4}, hz=5.0)


def contents(path: Path) -> bytes:
    """What a file says, unpacked; texts of arrays, which have four bytes for each letter, with one."""
    if path.suffix == ".npz":
        with ZipFile(path) as packed:
            return b"".join(packed.read(name) for name in packed.namelist()).replace(b"\0", b"")
    if path.suffix == ".parquet":
        read = pq.read_table(path)
        return f"{read.schema.metadata} {read.to_pylist()}".encode() + path.read_bytes()
    return path.read_bytes()


def naming(folder: Path, whom: str) -> list[Path]:
    """Files below a folder that name somebody, or are named after them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if whom in str(path.relative_to(folder)) or whom.encode() in contents(path)]


def erase(whom: str = WHOM) -> int:
    return cloud(["erase", whom, "--files", "--yes"])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The folder of a cohort whose records do not say that they are simulated."""
    folder = tmp_path / "study"
    names = [*simulate(PLAN, 1, folder)]
    for path in (folder / "recordings" / f"{name}.jsonl" for name in names):
        path.write_bytes(path.read_bytes().replace(b"simulated-1.0.0", b"face-1.0.0"))
    return folder


def features(study: Path, out: Path) -> None:
    assert main(["cohort", "features", str(study), "--out", str(out), "--workers", "0"]) == 0


def test_a_participant_is_erased_from_sessions_and_tables_of_features(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = [tmp_path / "out" / "features.npz", tmp_path / "out" / "features.parquet"]
    for path in tables:
        features(study, path)
    before, kept = load(tables[0]), study / "sessions"
    session = next(path for path in naming(kept, WHOM) if path.suffix == ".npz")
    assert len(naming(tmp_path / "out", WHOM)) == 2
    stood = {path: path.read_bytes() for path in kept.rglob("*.npz") if path != session}

    assert erase() == 0
    said = capsys.readouterr().out
    assert f"{session} (sessions of a cohort): deleted" in said
    assert "features.npz (features of a cohort): written anew without them" in said
    assert naming(tmp_path / "out", WHOM) == naming(kept, WHOM) == []
    assert WHOM.encode() not in known.registry().read_bytes()
    assert len(stood) == 3 and {path: path.read_bytes() for path in kept.rglob("*.npz")} == stood
    others = np.array([person.pseudonym != WHOM for person in before.people])
    for path in tables:
        assert digest(load(path)) == digest(before.take(others))
        assert path.stat().st_mode & 0o777 == 0o600

    for whom in OTHERS:
        assert erase(whom) == 0
    assert known.written() == []
    assert not any(path.exists() for path in tables)  # of the last one it was theirs alone


def test_a_list_of_several_peoples_sessions_is_made_again_and_only_theirs_are_gone(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    together, *parts = sorted((study / "recordings").iterdir())
    with together.open("ab") as file:
        for path in parts:
            file.write(path.read_bytes())
            path.unlink()
    features(study, tmp_path / "features.npz")
    before = sorted((study / "sessions").rglob("*.*"))
    assert erase() == 0
    said = capsys.readouterr().out
    assert "deleted, for it holds others too; `affectbox-training cohort features` makes it again" in said
    left = sorted((study / "sessions").rglob("*.*"))
    assert (len(before), len(left)) == (5, 3)
    assert naming(study / "sessions", WHOM) == []


def test_whose_a_session_is_that_says_nothing_of_it_tells_the_name_of_its_file(study: Path, tmp_path: Path) -> None:
    path = study / "recordings" / f"{WHOM}-1.jsonl"
    path.write_bytes(path.read_bytes().replace(f'"{WHOM}"'.encode(), b'"unnamed"'))
    features(study, tmp_path / "features.npz")
    assert erase() == 0
    assert len(list((study / "sessions").iterdir())) == 3


def test_what_workers_elsewhere_wrote_is_known_here_too(study: Path, tmp_path: Path) -> None:
    features(study, tmp_path / "features.npz")
    noted = {one.path: one for one in known.written()}
    known.registry().unlink()  # they have a list of their own
    there = ["--out", str(tmp_path / "features.npz"), "--scheduler", "tcp://127.0.0.1:1"]
    assert main(["cohort", "features", str(study), *there]) == 0
    assert {one.path: one for one in known.written()} == noted


def test_simulated_people_stand_in_no_list(tmp_path: Path) -> None:
    assert [*simulate(PLAN, 1, tmp_path / "study")]
    features(tmp_path / "study", tmp_path / "features.npz")
    assert known.written() == []


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `faces` makes of five videos of four people, as if a face had been found in each."""
    videos, out = tmp_path / "videos", tmp_path / "faces of the study"
    for name in ("p-01/a.mp4", "p-01/b.mp4", "p-02/a.mp4", "Ana María/a.mp4", "p-010/a.mp4"):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        (videos / name).write_bytes(b"")

    def run_jobs(jobs: list[Job], *_: object) -> Iterator[Outcome]:
        for job in jobs:
            outcome = Outcome(job.video, 1.0, 1.0, 10, 1)
            write_faces(face_file(job.out, job.video), {"crops": np.zeros((1, 48, 48), np.uint8)}, {}, outcome)
            yield outcome

    monkeypatch.setattr(spread, "run_jobs", run_jobs)
    monkeypatch.setattr(Job, "made_of", lambda job: {"video": job.video})
    made(out)
    return out


def made(out: Path) -> None:
    assert main(["faces", "--videos", str(out.parent / "videos"), "--out", str(out), "--split", "2:1:1"]) == 0


def test_a_participant_is_erased_from_faces_and_everybody_else_stays_in_their_part(faces: Path) -> None:
    before = json.loads((faces / "split.json").read_text())
    assert len(naming(faces, "p-01/")) == 3  # two files of faces, and the index
    assert erase("p-01") == 0
    assert sorted(path.parent.name for path in faces.rglob("*.npz")) == ["Ana María", "p-010", "p-02"]
    assert not (faces / "faces" / "p-01").exists()
    assert b"p-01" not in b"".join(map(contents, naming(faces, "p-0"))).replace(b"p-010", b"")
    after = json.loads((faces / "split.json").read_text())
    assert before["participants"].pop("p-01") in PARTS
    assert after["participants"] == before["participants"]
    assert sum(after["sizes"].values()) == 3
    assert {**after, "participants": {}, "sizes": {}} == {**before, "participants": {}, "sizes": {}}
    with (faces / "index.csv").open(newline="") as file:
        assert sorted(row["participant"] for row in csv.DictReader(file)) == ["Ana María", "p-010", "p-02"]
    assert [one.patients for one in known.written() if one.what == "split of a study"] == [
        frozenset({"p-02", "p-010", "Ana María"})
    ]


def test_faces_that_were_made_before_are_known_when_the_command_comes_again(faces: Path) -> None:
    noted = known.written()
    known.registry().unlink()
    made(faces)
    assert known.written() == noted


def test_a_participant_whose_name_is_no_pseudonym_is_erased_from_files(
    faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase("Ana María") == 0
    assert "Ana María".encode() not in b"".join(map(contents, naming(faces, "")))
    assert {path.parent.name for path in faces.rglob("*.npz")} == {"p-01", "p-010", "p-02"}
    assert "Ana María" not in [name for one in known.written() for name in one.patients]
    capsys.readouterr()
    assert erase("Ana María") == ConfigError.exit_code
    assert "looks like a name" in capsys.readouterr().err
    known.note(faces / "odd.csv", ["a", "\udcff", "p-02"], [], "faces of a video")  # a name that is no Unicode
    (faces / "odd.csv").write_text("participant\na\np-02\n")
    assert erase("a") == 0
    assert (faces / "odd.csv").read_text() == "participant\np-02\n"
    assert erase("\udcff") == 0


@pytest.mark.parametrize("name", ["features.npz", "split.json"])
def test_what_is_none_of_ours_any_more_is_for_somebodys_hand(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(b"[1, 2]")
    known.note(path, [WHOM, "sim-0001"], [], "of a study")
    assert erase() == CheckFailedError.exit_code
    assert f"{name} (of a study): for your hand, it is no " in capsys.readouterr().out
    assert path.read_bytes() == b"[1, 2]"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
