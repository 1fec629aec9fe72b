"""What `doctor` says of the phases that a bundle for diagnosis support needs, beside those that are planned."""

from dataclasses import replace
from pathlib import Path

import pytest

from device.config import load_settings
from device.contract.features import SESSION
from device.examination.support import examine
from tests.support_bundles import EVIDENCE, FILE, support_bundle

NEVER = "; never an answer of a session as planned: session.phases has "
NEEDS = "; it needs the phases rest, talk"


def examined(folder: Path, planned: list[str], needed: tuple[str, ...] = ("rest", "talk")) -> tuple[str, bool]:
    """Of a bundle that needs these phases, 30 s of each."""
    columns = tuple(name.replace(SESSION, needed[at % len(needed)]) for at, name in enumerate(FILE.columns))
    evidence = replace(EVIDENCE, simulated=False, phases=needed, population="Adults of B")
    support_bundle(folder, file=replace(FILE, columns=columns), evidence=evidence)
    own = [f'models.folders=["{folder}"]', "models.allow_unsigned=true", "diagnosis.bundle=simulated-1.0.0"]
    return examine(load_settings(None, [*own, f"session.phases={planned}".replace("'", '"')]))


@pytest.mark.parametrize(
    ("planned", "why"),
    [
        (["rest=60", "film=60"], "no talk"),
        (["film=60"], "no rest and no talk"),
        (["rest=60", "talk=20"], "20 s of talk, of 30 s"),
        (["rest=29.5", "film=60"], "no talk and 29.5 s of rest, of 30 s"),
    ],
)
def test_a_plan_without_a_phase_that_the_bundle_needs_is_warned_of(
    tmp_path: Path, planned: list[str], why: str
) -> None:
    text, good = examined(tmp_path, planned)
    assert not good
    assert f"{NEVER}{why}; " in text
    assert f"{NEEDS}; population" in text


@pytest.mark.parametrize("planned", [["rest=30", "talk=30"], ["talk=15", "rest=60", "talk=15", "film=5"]])
def test_a_plan_with_all_of_them_is_well(tmp_path: Path, planned: list[str]) -> None:
    text, good = examined(tmp_path, planned)
    assert good and NEVER not in text and f"{NEEDS}; population" in text


def test_without_a_plan_it_says_that_somebody_has_to_note_them(tmp_path: Path) -> None:
    text, good = examined(tmp_path, [])
    assert good
    assert f"{NEEDS}, and session.phases plans none: somebody has to note them in every session; " in text


@pytest.mark.parametrize("planned", [[], ["film=5"]])
def test_what_reads_the_whole_session_needs_no_plan(tmp_path: Path, planned: list[str]) -> None:
    text, good = examined(tmp_path, planned, (SESSION,))
    assert good and "session.phases" not in text and "needs" not in text
