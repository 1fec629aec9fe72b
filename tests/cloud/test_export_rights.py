"""Whose sessions `affectbox-cloud export` writes, under the project's own rules."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cloud.cli import main
from cloud.local.evaluator import NODE_MODULES
from tests.cloud.rules_cases import BOOT, PEOPLE, SEED
from tests.cloud.test_rules import FILE, OWNER, needs_node, token
from tests.servers import Server

Said = Callable[..., str]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert NODE_MODULES.is_dir(), "`make rules-evaluator` has not been run"
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    url = f"{server.url}?ns=exported"
    httpx.put(f"{server.url}/.json", params={"ns": "exported"}, json=SEED, headers=OWNER).raise_for_status()
    yield url
    server.end()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], ruled: str, tmp_path: Path) -> Said:
    def run(*words: str, code: int = 0) -> str:
        assert main(["export", "--database", ruled, "--out", str(tmp_path / "out"), *words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


def sessions(folder: Path) -> set[str]:
    return {
        f"{path.parts[-3].removeprefix('device=')}~{path.name.partition('.')[0]}" for path in folder.rglob("*.parquet")
    }


@needs_node
@pytest.mark.parametrize("who", ["ada", "owner"])
def test_who_may_read_everything_exports_everything(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    if who == "owner":
        said("--owner")
    else:
        monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE[who])["auth"])
        said()
    assert f"box-1~{BOOT}" in sessions(tmp_path / "out")


@needs_node
def test_a_clinician_exports_her_own_patients_and_boxes(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE["clara"])["auth"])
    said()
    assert sessions(tmp_path / "out") == {f"box-1~{BOOT}"}


@needs_node
@pytest.mark.parametrize(
    ("who", "sentence"), [("enno", "reads nothing of sessions"), ("box-1", "no role"), ("nobody", "sign in")]
)
def test_others_export_nothing_and_are_told_so(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, sentence: str
) -> None:
    if who != "nobody":
        monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE[who])["auth"])
    assert sentence in said(code=25)
    assert not (tmp_path / "out").exists()
