"""The event of diagnosis support: where it stands, and what of it is refused."""

from typing import Any

import pytest

from device.contract import session, support
from device.contract.errors import DataError
from tests.cloud.rules_cases import BOOT, MARK, SAID, SUPPORT


def said(**changes: Any) -> dict[str, Any]:
    """The event with other content; None removes."""
    return SUPPORT | {"support": {name: value for name, value in (SAID | changes).items() if value is not None}}


def test_it_stands_where_fewer_may_read_than_what_else_happened() -> None:
    assert [path for path, _ in session.documents(SUPPORT)] == [f"support/p-0042/box-1~{BOOT}/e000003"]
    assert session.key(MARK) == f"visits/p-0042/box-1~{BOOT}/e000002"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"g2": None}, "Field 'support.g2' of an event is missing."),
        ({"g4": None}, "The groups of 'support' of an event are numbered from 1, and one is missing."),
        ({"g3": SAID["g2"]}, "Two groups of 'support' of an event have one name."),
        ({"g3": {"name": "bipolar"}}, "Every group of 'support' of an event has a name and a number of people."),
        ({"coverage": None}, "Field 'support.coverage' of an event is missing."),
        ({"coverage": None, "why": ["uncertain", "fault"]}, "Field 'support.coverage' of an event is missing."),
        ({"g1": SAID["g1"] | {"held": 82}}, "Field 'support.g1.held' of an event is 82"),
        ({"why": None}, "where there is no answer, it says why"),
        (
            {"answered_right_high": None},
            "'support.answered_right' of an event lies in its interval, which has both of",
        ),
        ({"answered_right": None}, "'support.answered_right' of an event lies in its interval"),
        ({"answered_right": 0.6}, "'support.answered_right' of an event lies in its interval"),
        ({"answered_right": 1.1}, "Field 'support.answered_right' of an event is 1.1"),
        ({"simulated": "yes"}, "Field 'support.simulated' of an event is 'yes', not a boolean."),
    ],
)
def test_what_does_not_hold_together_is_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError) as refused:
        session.validate(said(**changes))
    assert sentence in str(refused.value)


def test_an_answer_is_one_group_that_is_left_and_no_reason_to_abstain() -> None:
    ruled_out = {group: SAID[group] | {"possible": False} for group in support.GROUPS[1:]}
    answered = said(why=None, **ruled_out)
    session.validate(answered)
    assert support.answer(answered["support"]) == "group-g1"
    assert support.answer(said(**ruled_out)["support"]) is None
