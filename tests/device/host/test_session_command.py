"""`affectbox session`: what is asked of a consent, and how it is told."""

import pytest

from device.commands.session import Consented, question, told
from device.contract.errors import ConfigError

AGREED = Consented(("units", "atypicality"), "guardian", "2027-01-31", "6-12")
COMPARED = "Consent      of p-017 recorded: units, atypicality, by guardian"


def test_a_consent_is_asked_with_all_that_was_said_of_it() -> None:
    assert question("consent", "p-017", AGREED) == {
        "do": "consent",
        "patient": "p-017",
        "covers": ["units", "atypicality"],
        "by": "guardian",
        "until": "2027-01-31",
        "age": "6-12",
    }
    assert question("end", "") == {"do": "end"}


def test_what_belongs_to_a_consent_is_refused_elsewhere() -> None:
    for said in (AGREED, Consented(age="6-12"), Consented(by="patient")):
        with pytest.raises(ConfigError, match="--until and --age belong to `affectbox session consent`"):
            question("begin", "p-017", said)
    with pytest.raises(ConfigError, match="what it covers and who gave it"):
        question("consent", "p-017", Consented(age="6-12"))


@pytest.mark.parametrize(
    ("consent", "line"),
    [
        ({"covers": ["units"]}, "Consent      of p-017 recorded: units, by guardian"),
        (
            {"covers": ["units", "atypicality"], "age": "6-12"},
            f"{COMPARED}; 6-12 years old",
        ),
        (
            {"covers": ["units", "atypicality"], "age": ""},
            f"{COMPARED}; no age, so not compared with other people",
        ),
        (
            {"covers": ["units", "atypicality"]},
            f"{COMPARED}; no age, so not compared with other people",
        ),
    ],
)
def test_that_nobody_is_compared_without_an_age_is_told(consent: dict[str, object], line: str) -> None:
    known = {"patient": "p-017", "revoked": None, "consent": consent | {"by": "guardian"}}
    now = {"state": "idle", "camera_open": False, "light": "off", "patient": "", "report": None, "trouble": None}
    now |= {"notice": None, "unattended": False, "prepared": "", "people": [known]}
    assert told(now)[-1] == line
