"""What `doctor` and `check-config` say of bundles that compare with other people."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.cli import main
from device.config import load_settings
from device.contract.tasks import TYPICAL_MOVEMENT
from device.examination.comparison import examine
from tests.movement_bundles import EVIDENCE, FILE, OF_SURPRISE, movement_bundle

REAL = replace(EVIDENCE, simulated=False, population="Children of B")
PEOPLE = "it is of 33 people of 6-12 or 13-17 years, and compares nobody else; population: Children of B"
SAYS = "moves-1.0.0 (atypicality.rating); "
UNSUPPORTED = replace(REAL, supported=False, unsupported=("The mean does as well.",))
NARROW = ['session.consent=["atypicality"]', "session.consent_by=patient"]
CONSENT = ['session.consent=["atypicality","units"]', "session.consent_by=guardian"]


def examined(folder: Path, *own: str, **changes: Any) -> tuple[str, bool]:
    movement_bundle(folder, **{"evidence": REAL} | changes)
    base = [f'models.folders=["{folder}"]', "models.allow_unsigned=true", "atypicality.bundle=moves-1.0.0"]
    return examine(load_settings(None, [*base, *own]))


def test_a_bundle_that_its_evidence_supports_is_well(tmp_path: Path) -> None:
    assert examined(tmp_path) == (f"{SAYS}its evidence supports it; {PEOPLE}", True)


@pytest.mark.parametrize(
    ("changes", "own", "why"),
    [
        ({"evidence": UNSUPPORTED}, [], "not supported by its evidence (The mean does as well.)"),
        ({"evidence": replace(REAL, simulated=True)}, [], "made of simulated people, so it says nothing of anybody"),
        (
            {"file": replace(FILE, sources=("face-9.9.9",))},
            [],
            "compares nobody here: its people were measured with face-9.9.9, this box has face-1.0.0",
        ),
        ({}, CONSENT, "compares nobody whose consent is session.consent: session.consent_age says no age"),
        ({}, [*CONSENT, "session.consent_age=65-up"], "compares nobody of session.consent_age, 65-up"),
        ({}, NARROW, "compares nobody whose consent is session.consent: that lacks what it reads"),
    ],
)
def test_what_is_against_it_is_warned_of(tmp_path: Path, changes: dict[str, Any], own: list[str], why: str) -> None:
    assert examined(tmp_path, *own, **changes) == (f"{SAYS}{why}; {PEOPLE}", False)


def test_both_bundles_are_told(tmp_path: Path) -> None:
    movement_bundle(tmp_path, TYPICAL_MOVEMENT, file=OF_SURPRISE)
    text, good = examined(tmp_path, "atypicality.typical=typical-1.0.0", *CONSENT, "session.consent_age=6-12")
    assert not good and text.startswith(
        f"{SAYS}its evidence supports it; {PEOPLE}; typical-1.0.0 (atypicality.unlikely); made"
    )


def test_a_configuration_without_an_age_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    bundle, meant = ["--set", "atypicality.bundle=moves-1.0.0"], [w for one in CONSENT for w in ("--set", one)]
    assert main(["check-config", *bundle, *meant]) == 0
    assert "session.consent_age says no age: nobody whose consent that is, is compared" in capsys.readouterr().err
    for arguments in (bundle, meant, [*bundle, *meant, "--set", "session.consent_age=6-12"]):
        assert main(["check-config", *arguments]) == 0
        assert capsys.readouterr().err == ""
