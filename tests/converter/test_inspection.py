"""`affectbox-converter inspect` of a bundle for diagnosis support: whether its evidence carries it, first of all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.inspection import inspect
from device.contract.evidence import Evidence
from tests.movement_bundles import movement_bundle
from tests.personal_bundles import PERSON, personal_bundle
from tests.support_bundles import EVIDENCE, support_bundle


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (
            EVIDENCE,
            [
                "Evidence     supports it",
                "People       120 simulated at 2 sites: simulated adults, nobody",
                "Ruled out    wrongly 6 of 100 (1 to 12) of control, 18 of 100 (8 to 30) of mdd; aimed at: 10 of 100",
            ],
        ),
        (
            replace(
                EVIDENCE, supported=False, unsupported=("Chance does as well.",), simulated=False, sites=1, held=None
            ),
            [
                "Evidence     NOT SUPPORTED BY ITS EVIDENCE: Chance does as well.",
                "People       120 at one site: simulated adults, nobody",
                "Ruled out    how many wrongly was not measured; aimed at: 10 of 100",
            ],
        ),
        (None, ["Evidence     Bundle simulated-1.0.0 tells no evidence of what it says of people: export it again."]),
    ],
    ids=["supported", "not supported", "none"],
)
def test_whether_its_evidence_carries_it_is_told_first(
    tmp_path: Path, evidence: Evidence | dict[str, Any] | None, told: list[str]
) -> None:
    _, *lines = inspect(support_bundle(tmp_path, evidence=evidence), None)
    assert lines[: len(told)] == told
    assert lines[len(told)] == "For          tests"


def test_of_whom_the_evidence_of_a_comparison_is_is_told_first(tmp_path: Path) -> None:
    _, *lines = inspect(movement_bundle(tmp_path), None)
    assert lines[:4] == [
        "Evidence     supports it",
        "People       33 simulated, 6-12 or 13-17 years old, in 660 windows, rated by up to 5: simulated children, "
        "nobody",
        "             pearson 0.8 (0.7 to 0.88)",
        "             mae 0.31 (0.27 to 0.36)",
    ]
    _, told, *_ = inspect(movement_bundle(tmp_path, version="2", receipt={}), None)
    assert "tells no evidence of what it says of people" in told


def test_of_a_bundle_that_learnt_one_person_is_told_from_how_much_and_not_whom(tmp_path: Path) -> None:
    _, *lines = inspect(personal_bundle(tmp_path), None)
    assert lines[:4] == [
        "Evidence     supports it",
        "Person       one, seen for 300 s in 2 recordings: 2400 faces learnt from, 500 held out; 2 movements",
        "             distance 1.1 (0.9 to 1.3)",
        "             auc 0.8 (0.7 to 0.88)",
    ]
    assert PERSON not in "\n".join(lines)
    _, told, *_ = inspect(personal_bundle(tmp_path, version="2", evidence=None), None)
    assert "tells no evidence of what it says of people" in told
