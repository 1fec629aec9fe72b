"""What may stand for a patient, and what may not because it could be the patient."""

import pytest

from device.contract.errors import ConfigError
from device.contract.patient import check_pseudonym, key


@pytest.mark.parametrize("text", ["p-0042", "meadow-7", "7", "a1b2c3d4", "room2-p17", "x" * 39 + "1"])
def test_a_pseudonym_is_taken_as_it_is(text: str) -> None:
    assert check_pseudonym(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ada", "a name"),
        ("ada-lovelace", "a name"),
        ("Ada Lovelace", "a name"),
        ("Zoë", "a name"),
        ("Ada2", "a name"),
        ("ada lovelace 2", "a name"),
        ("ada@example.org", "an e-mail address"),
        ("+44 20 7946 0958", "a telephone number"),
        ("555-0134-7", "a telephone number"),
        ("0301234567", "a telephone number"),
        ("p-1815-12-10", "a date of birth"),
        ("10121815", "a date of birth"),
        ("", "a name"),
        ("p_1", "not 1 to 40"),
        ("-1", "not 1 to 40"),
        ("x" * 40 + "1", "not 1 to 40"),
        ("p/1", "not 1 to 40"),
        ("é1", "not 1 to 40"),
    ],
)
def test_what_could_be_the_person_is_refused_and_not_repeated(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        check_pseudonym(text)
    assert len(text) < 3 or text not in str(caught.value)


def test_the_place_of_a_pseudonym() -> None:
    assert key("box-1", "9f1c446a-0000202347") == "patients/box-1/9f1c446a-0000202347"
