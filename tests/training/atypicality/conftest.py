"""A few simulated children, in a folder and in memory."""

import shutil
from pathlib import Path

import pytest

from training.atypicality import quick
from training.atypicality.plan import Plan
from training.atypicality.simulate import Children, simulate
from training.atypicality.study import MovementStudy

FEW = Plan(people={"typical": 4, "atypical": 4}, minutes=0.5, hz=5.0)


@pytest.fixture(scope="session")
def children() -> Children:
    """Eight of them, half a minute each."""
    return Children(FEW, 3)


@pytest.fixture(scope="session")
def few(children: Children) -> MovementStudy:
    """Their study."""
    return quick.study_of(children)


@pytest.fixture(scope="session")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("atypicality") / "study"
    assert [*simulate(FEW, 3, out)] == [f"child-000{number}.jsonl" for number in range(1, 9)]
    return out


@pytest.fixture
def folder(_written: Path, tmp_path: Path) -> Path:
    """The same in a folder."""
    return Path(shutil.copytree(_written, tmp_path / "study"))
