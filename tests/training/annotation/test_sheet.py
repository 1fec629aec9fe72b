"""Which pictures come onto a contact sheet, and in which order."""

import pytest

from training.annotation.coding import Coded, Mark
from training.annotation.sheet import Showing, choose, is_done

ORDER = [3, 1, 0, 2, 4]
CODED = {
    0: Coded({"AU12": Mark(2)}, judged=frozenset({"AU12"})),
    1: Coded({"AU12": Mark(5), "AU1": Mark(1)}, submitted=True),
    2: Coded({"AU12": Mark(4)}),  # a draft
    4: Coded(hidden=frozenset({"lower"})),
}


def test_open_pictures_keep_the_order_and_leave_out_what_is_judged_hidden_or_submitted() -> None:
    assert choose(ORDER, CODED, "AU12", Showing.OPEN) == [3, 2]
    assert choose(ORDER, CODED, "AU1", Showing.OPEN) == [3, 0, 2, 4]
    assert choose(ORDER, CODED, None, Showing.OPEN) == [3, 0, 2, 4]


def test_what_is_coded_for_good_comes_strongest_first() -> None:
    assert choose(ORDER, CODED, "AU12", Showing.STRONGEST) == [1, 0]
    assert choose(ORDER, CODED, "AU1", Showing.STRONGEST) == [1]
    both = {**CODED, 3: Coded({"AU12": Mark(1)}, submitted=True)}
    assert choose(ORDER, both, None, Showing.STRONGEST) == [1, 3]


def test_equally_strong_pictures_keep_the_order() -> None:
    coded = {place: Coded({"AU12": Mark(3)}, submitted=True) for place in ORDER}
    assert choose(ORDER, coded, "AU12", Showing.STRONGEST) == ORDER


def test_all_pictures_are_shown_whatever_was_coded() -> None:
    assert choose(ORDER, CODED, "AU12", Showing.ALL) == ORDER


@pytest.mark.parametrize("action", ["AU12", None])
def test_nothing_more_is_asked_of_what_is_no_face(action: str | None) -> None:
    assert is_done(Coded(codable=False), action)
    assert not is_done(Coded(), action)
