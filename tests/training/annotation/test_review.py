"""What two coders need to go through together, and what they need not."""

from dataclasses import replace

import pytest

from device.contract.errors import ConfigError
from tests.training.annotation.coders import film, pictures, said, saw
from training.annotation.agreement.disagreements import disagreements
from training.annotation.coding import Episode, Mark
from training.annotation.review import alike, alike_episodes, disputed, two_of

FACES = pictures(4)
FIRST = said("anna", FACES, AU1="0110", AU12="1100")
SECOND = said("bert", FACES, AU1="0011", AU12="0100")


def test_each_frame_comes_once_with_all_that_is_disputed_there() -> None:
    found = disputed(disagreements([FIRST], [replace(SECOND, frames=SECOND.frames | {0: FIRST.frames[1]})]))
    assert {one.place: [each.action for each in one.found] for one in found} == {0: ["AU1"], 1: ["AU1"], 3: ["AU1"]}
    assert [one.size for one in found] == [1.0, 1.0, 1.0]


def test_frames_that_both_submitted_alike_need_no_talk() -> None:
    found = disagreements([FIRST], [SECOND])
    assert [one.place for one in disputed(found)] == [0, 1, 3]
    assert {place: coded.marks for place, coded in alike(FIRST, SECOND, found).items()} == {
        2: {"AU1": Mark(1), "AU12": Mark(0)}
    }


def test_a_frame_that_one_has_not_submitted_is_not_taken_over() -> None:
    open_ = replace(SECOND, frames=SECOND.frames | {2: replace(SECOND.frames[2], submitted=False)})
    assert alike(FIRST, open_, disagreements([FIRST], [open_])) == {}


def test_that_a_coder_asked_the_network_is_not_taken_over() -> None:
    asked = replace(FIRST, frames={place: replace(coded, asked=True) for place, coded in FIRST.frames.items()})
    assert not alike(asked, SECOND, disagreements([asked], [SECOND]))[2].asked


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["anna", "carl"], "no coder 'carl' to compare in this project: there are anna, bert"),
        (["anna", "agreed"], "no coder 'agreed'"),
        (["anna", "anna"], "give another one beside anna"),
    ],
)
def test_only_two_coders_of_the_project_can_be_compared(named: list[str], words: str) -> None:
    assert two_of(["anna", "agreed", "bert"], ["bert", "anna"]) == ("bert", "anna")
    with pytest.raises(ConfigError, match=words):
        two_of(["anna", "agreed", "bert"], named)


def test_episodes_that_both_saw_alike_are_taken_over_as_the_first_has_them() -> None:
    clip = film(80)
    first = saw("anna", clip, Episode("AU12", 5, 20), Episode("AU1", 30, 40), Episode("AU25", 60, 70))
    second = saw("bert", clip, Episode("AU12", 6, 20), Episode("AU25", 60, 79))
    assert alike_episodes(first, second, disagreements([first], [second])) == [Episode("AU12", 5, 20)]
    assert alike_episodes(first, replace(second, episodes=()), []) == []
