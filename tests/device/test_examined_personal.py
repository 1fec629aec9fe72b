"""What `doctor` and `check-config` say of bundles of persons' own movement, and whom they never name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.cli import main
from device.config import load_settings
from device.examination.personal import examine
from device.personal.store import PersonalStore
from device.settings import Settings
from tests.personal_bundles import EVIDENCE, FILE, PERSON, personal_bundle

UNSUPPORTED = replace(EVIDENCE, supported=False, unsupported=("Too little was seen.",))


def settings_of(*own: str) -> Settings:
    return load_settings(None, ["personal.use=true", "models.allow_unsigned=true", *own])


def keep(folder: Path, settings: Settings, **changes: Any) -> None:
    PersonalStore(settings).add(personal_bundle(folder, **changes))


def test_without_a_bundle_nothing_is_wrong() -> None:
    text, good = examine(settings_of())
    assert good and text.startswith("no bundle is kept")


def test_bundles_that_can_be_used_are_counted_and_nobody_is_named(tmp_path: Path) -> None:
    settings = settings_of()
    keep(tmp_path / "a", settings)
    keep(tmp_path / "b", settings, file=replace(FILE, person="p-0043"))
    text, good = examine(settings)
    assert (text, good) == (
        "2 bundles of persons' own movement; each can be used, and its evidence supports it",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "own", "why"),
    [
        ({"evidence": UNSUPPORTED}, [], "1 not supported by the evidence"),
        ({"evidence": replace(EVIDENCE, simulated=True)}, [], "1 made of simulated people"),
        ({}, ["session.consent=['personal']"], "session.consent covers 'personal', and not 'units'"),
    ],
)
def test_what_is_against_them_is_warned_of(tmp_path: Path, changes: dict[str, Any], own: list[str], why: str) -> None:
    settings = settings_of(*own)
    keep(tmp_path, settings, **changes)
    text, good = examine(settings)
    assert not good and why in text


def test_a_damaged_bundle_is_told_without_whose_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_of()
    keep(tmp_path, settings)
    (next(PersonalStore(settings).of(PERSON).glob("own-*")) / "model.tflite").write_bytes(b"rubbish")
    assert examine(settings) == (
        "1 bundle of persons' own movement; 1 cannot be used: `affectbox personal list` says which and why",
        False,
    )
    main(["doctor", "--here", "--set", "personal.use=true", "--set", "models.allow_unsigned=true"])
    said = capsys.readouterr().out
    assert "1 cannot be used" in said and PERSON not in said


def test_a_configuration_whose_consent_is_not_enough_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--set", "personal.use=true", "--set", "session.consent=['personal']"]
    assert main(["check-config", *given]) == 0
    assert "nobody's own movement is told whose consent that is" in capsys.readouterr().err
    assert main(["check-config", "--set", "session.consent=['personal']"]) == 0
    assert capsys.readouterr().err == ""
