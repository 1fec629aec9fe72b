"""A small cohort in a folder, and sessions as if they had been read."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from device.contract.features import NAMES, SESSION
from training.cohort.plan import Plan
from training.cohort.simulate import simulate
from training.cohort.table import FeatureTable
from training.cohort.taken import Taken

SMALL = Plan(people={"control": 2, "case": 2}, phases={"rest": 0.4, "images": 0.6}, hz=5.0)


@pytest.fixture(scope="session")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cohort") / "study"
    assert [*simulate(SMALL, 1, out)] == [f"sim-000{number}-1" for number in range(1, 5)]
    return out


@pytest.fixture
def study(_written: Path, tmp_path: Path) -> Path:
    """The folder of a simulated cohort: four people, a minute each."""
    return Path(shutil.copytree(_written, tmp_path / "study"))


@pytest.fixture
def sessions() -> Callable[..., list[Taken]]:
    """Makes sessions, as if they had been read from recordings, of a table."""
    return sessions_of


def sessions_of(
    table: FeatureTable, covers: Sequence[str] = ("units", "diagnosis"), model: str = "face-1.0.0"
) -> list[Taken]:
    found = []
    for row, person in enumerate(table.people):
        held = np.isfinite(table.coverage[row])
        phases = [name for name, there in zip(table.phases, held, strict=True) if there and name != SESSION]
        at = [table.phases.index(name) for name in phases]
        whole = [table.values[row][held].mean(0, keepdims=True) if held.any() else np.full((1, len(NAMES)), np.nan)]
        seconds, frames = (of[row, held].sum(keepdims=True) for of in (table.seconds, table.frames))
        covered = np.array(
            [np.average(table.coverage[row][held], weights=table.seconds[row][held]) if held.any() else 0.0]
        )
        found.append(
            Taken(
                f"box-{person.site}~0000abcd-{row:010x}",
                f"{person.pseudonym}-1.jsonl",
                person.pseudonym,
                covers=tuple(covers),
                rate=10.0,
                lasted_s=float(seconds[0]),
                models=(model,),
                rested=1.0,
                parts=(SESSION, *phases),
                values=np.concatenate([*whole, table.values[row, at]]),
                coverage=np.concatenate([covered, table.coverage[row, at]]),
                seconds=np.concatenate([seconds, table.seconds[row, at]]),
                frames=np.concatenate([frames, table.frames[row, at]]),
            )
        )
    return found
