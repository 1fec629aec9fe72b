"""The event of comparison with other people, what a record says of a window, and who may be compared."""

import pytest

from device.contract import atypicality, record, session
from device.contract.atypicality import Refused
from device.contract.errors import DataError
from tests.cloud import rules_cases


def test_the_event_stands_among_what_else_happened() -> None:
    assert session.key(rules_cases.COMPARISON) == f"{rules_cases.VISIT}/e000004"


@pytest.mark.parametrize("name", atypicality.NEEDED)
def test_what_it_must_hold_is_missed_by_name(name: str) -> None:
    content = {key: value for key, value in rules_cases.COMPARISON["comparison"].items() if key != name}
    with pytest.raises(DataError, match=rf"'comparison\.{name}' of an event is missing"):
        session.validate(rules_cases.COMPARISON | {"comparison": content})


def test_another_event_holds_none_of_it() -> None:
    with pytest.raises(DataError, match="'mark' has no 'comparison'"):
        session.validate(rules_cases.MARK | {"comparison": rules_cases.COMPARISON["comparison"]})


def test_a_gated_record_compares_with_nobody() -> None:
    with pytest.raises(DataError, match="carries no guess, and this one has atypicality"):
        record.validate(rules_cases.gated(atypicality={"rating": 2.0}, models={"atypicality": "moves-1.0.0"}))


def test_a_consent_tells_the_age() -> None:
    given = session.Consent(("units",), "guardian", 1.8e9, age="6-12")
    assert session.consent_json(given)["age"] == "6-12"
    assert "age" not in session.consent_json(session.Consent(("units",), "patient", 1.8e9))
    with pytest.raises(DataError, match=r"'consent\.age' of an event is '7': it is one of under-6"):
        session.validate(rules_cases.BEGAN | {"consent": rules_cases.BEGAN["consent"] | {"age": "7"}})


@pytest.mark.parametrize(
    ("covers", "age", "reads_emotions", "why"),
    [
        (("atypicality", "units"), "6-12", False, None),
        (("atypicality", "units"), "6-12", True, Refused.CONSENT),
        (("atypicality", "units", "expressions"), "6-12", True, None),
        (("units", "expressions"), "6-12", False, Refused.CONSENT),
        ((), "6-12", False, Refused.CONSENT),
        (("atypicality", "units"), "", False, Refused.NO_AGE),
        (("atypicality", "units"), "18-64", False, Refused.AGE),
    ],
)
def test_only_who_agreed_and_is_of_the_evidences_age_is_compared(
    covers: tuple[str, ...], age: str, reads_emotions: bool, why: Refused | None
) -> None:
    assert atypicality.refused(covers, age, ("6-12", "13-17"), reads_emotions) is why
