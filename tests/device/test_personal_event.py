"""The event of a person's own movement, what a record says of it, and who never sees that."""

import pytest

from device.contract import pack, personal, record, session
from device.contract.errors import DataError
from tests.cloud import rules_cases


def test_the_event_stands_among_what_else_happened() -> None:
    assert session.key(rules_cases.PERSONAL) == f"{rules_cases.VISIT}/e000004"


@pytest.mark.parametrize("name", personal.NEEDED)
def test_what_it_must_hold_is_missed_by_name(name: str) -> None:
    content = {key: value for key, value in rules_cases.PERSONAL["personal"].items() if key != name}
    with pytest.raises(DataError, match=rf"'personal\.{name}' of an event is missing"):
        session.validate(rules_cases.PERSONAL | {"personal": content})


def test_another_event_holds_none_of_it() -> None:
    with pytest.raises(DataError, match="'mark' has no 'personal'"):
        session.validate(rules_cases.MARK | {"personal": rules_cases.PERSONAL["personal"]})


def test_of_a_movement_the_strongest_units_are_told_and_no_more() -> None:
    units = {"m1": ["AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9"]}
    with pytest.raises(DataError, match=r"'personal\.units\.m1' of an event lists 7 names, and may list 6"):
        session.validate(rules_cases.PERSONAL | {"personal": rules_cases.PERSONAL["personal"] | {"units": units}})
    described = session.json_schema()["properties"]["personal"]["properties"]["units"]["properties"]["m1"]
    assert described["maxItems"] == personal.MOST_UNITS


def test_a_gated_record_tells_nothing_of_it() -> None:
    with pytest.raises(DataError, match="carries no guess, and this one has personal"):
        record.validate(rules_cases.gated(personal={"distance": 1.0}, models={"personal": "own-1.0.0"}))


def test_no_record_holds_what_the_network_made_of_the_face() -> None:
    with pytest.raises(DataError, match=r"'personal\.embedding' is not known"):
        record.validate(rules_cases.record(personal__embedding=0.5))


def test_a_pack_brings_it_back_with_its_gaps() -> None:
    there = rules_cases.record(2, personal__distance=1.125, personal__movement=3, models__personal="own-1.0.0")
    none_near = rules_cases.record(3, personal__distance=4.5, personal__movement=None)
    not_measured = rules_cases.record(4, personal__distance=None, personal__movement=None, models__personal=None)
    sent = [there, none_near, not_measured]
    assert pack.unpack(pack.pack(sent)) == sent


def test_who_watches_live_sees_none_of_it() -> None:
    shown = record.seen_live(rules_cases.record())
    assert not {"personal", "atypicality"} & (shown.keys() | shown["models"].keys() | shown["ms"].keys())
    assert shown["aus"] == rules_cases.record()["aus"]
    plain = {"models": {"aus": "face-1.0.0"}, "pain": 1}
    assert record.seen_live(plain) == plain
