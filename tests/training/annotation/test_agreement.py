"""Coders with known disagreement: what is found of it."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from device.contract.errors import DataError
from tests.training.annotation.coders import everything, film, pictures, said, saw
from training.annotation.agreement.compare import EPISODES, FRAMES, compare
from training.annotation.agreement.disagreements import disagreements
from training.annotation.agreement.report import page
from training.annotation.coding import Annotations, Coded, Episode, Mark, Scale, Side


def row(found, action, basis=FRAMES):
    return next(one for one in found.rows if one.action == action and one.basis == basis)


def test_a_scripted_coder_gives_the_known_kappa():
    """40 frames: both 10, neither 20, 4 only the first, 6 only the second: κ = (.75 − .52)/(1 − .52)."""
    faces = pictures(40)
    first, second = "1" * 10 + "0" * 20 + "1" * 4 + "0" * 6, "1" * 10 + "0" * 20 + "0" * 4 + "1" * 6

    found = row(compare([[said("anna", faces, AU12=first)], [said("ben", faces, AU12=second)]]), "AU12")

    assert (found.frames, found.present) == (40, (14, 16, 10))
    assert found.agreed.value == 0.75
    chance = (14 * 16 + 26 * 24) / 1600
    assert found.kappa.value == pytest.approx((0.75 - chance) / (1 - chance))
    assert found.kappa.low < found.kappa.value < found.kappa.high
    assert found.pabak.value == pytest.approx(0.5)
    assert np.isnan(found.icc21.value)


def test_the_interval_is_that_of_the_theory():
    """Of 400 independent pictures: the large-sample standard error of κ (Fleiss, Cohen & Everitt 1969)."""
    faces = pictures(400)
    first, second = "1" * 100 + "0" * 200 + "1" * 40 + "0" * 60, "1" * 100 + "0" * 200 + "0" * 40 + "1" * 60

    kappa = row(compare([[said("a", faces, AU1=first)], [said("b", faces, AU1=second)]], draws=4000), "AU1").kappa

    theory = cohens_kappa(np.array([[200, 60], [40, 100]])).std_kappa
    assert (kappa.high - kappa.low) / 3.92 == pytest.approx(theory, rel=0.06)


def test_stretches_of_a_film_are_drawn_and_not_frames():
    """Frames of a film are alike: where ten seconds differ as a whole, the interval is wide."""
    long, stretch = film(600), "1" * 50 + "0" * 50
    first, second = stretch * 6, (stretch * 5) + "0" * 100
    alone = [said("a", pictures(600), AU1=first)], [said("b", pictures(600), AU1=second)]
    filmed = [said("a", long, AU1=first)], [said("b", long, AU1=second)]

    independent, clustered = row(compare(alone), "AU1").kappa, row(compare(filmed), "AU1").kappa

    assert independent.value == clustered.value
    assert clustered.high - clustered.low > 2 * (independent.high - independent.low)
    assert compare(filmed).over[FRAMES] == "12 stretches of 5 s, not people; so few that they are too narrow"


def test_people_are_drawn_where_there_are_enough():
    mine = [said("a", film(4, f"{n}.mp4", f"p{n}"), AU1="0110") for n in range(10)]
    others = [said("b", film(4, f"{n}.mp4", f"p{n}"), AU1="0100") for n in range(10)]

    found = compare([mine, others])

    assert found.over[FRAMES].startswith("the 10 people")
    assert np.isnan(row(found, "AU1").kappa.low)  # everybody was coded alike: drawing them tells nothing


def test_what_one_coder_never_sees_has_no_certain_kappa():
    """Its κ is 0 whatever is drawn; and that all agree in a few frames does not make it sure either."""
    found = compare(
        [
            [said("a", pictures(9), AU1="011010011", AU2="010101010")],
            [said("b", pictures(9), AU1="000000000", AU2="010101010")],
        ]
    )

    assert (
        row(found, "AU1").kappa.value == 0
        and np.isnan([row(found, "AU1").kappa.low, row(found, "AU1").kappa.high]).all()
    )
    assert row(found, "AU2").kappa.value == 1 and np.isnan(row(found, "AU2").kappa.high)
    assert row(found, "AU1").agreed.low < row(found, "AU1").agreed.high


def test_people_of_whom_two_coded_nothing_in_common_are_none():
    mine = [said("a", film(4, f"{n}.mp4", f"p{n}"), AU1="0110") for n in range(10)]
    others = [said("b", film(4, f"{n}.mp4", f"p{n}"), AU1="0100") for n in range(10)]
    for place in (0, 1, 2, 3):
        del mine[0].frames[place]

    assert compare([mine, others]).over[FRAMES].startswith("9 stretches of 5 s, not people")


def test_what_one_did_not_code_has_no_part():
    faces = pictures(6)
    mine, other = said("a", faces, AU1="0101.1", AU2="000000"), said("b", faces, AU1="010.11", AU2="......")
    draft = Annotations(faces, "b", Scale.PRESENCE, ("AU1", "AU2"), other.frames | {5: Coded({"AU1": Mark(0)})})

    found = compare([[mine], [draft]])

    assert row(found, "AU1").frames == 3 and row(found, "AU1").agreed.value == 1
    assert [one for one in found.rows if one.action == "AU2"] == []


def test_intensities():
    faces = pictures(6)
    mine, other = (said(name, faces, Scale.INTENSITY, AU12=text) for name, text in (("a", "012345"), ("b", "123450")))

    found = row(compare([[mine], [other]]), "AU12")

    assert found.present == (5, 5, 4) and found.weighted.value == pytest.approx(found.icc21.value, abs=0.2)
    assert found.kappa.value == pytest.approx((4 / 6 - 26 / 36) / (1 - 26 / 36))  # of presence


def test_what_is_hidden_is_compared_where_something_is():
    faces = pictures(4)
    mine, other = said("a", faces, AU1="0101"), said("b", faces, AU1="0101")

    assert [one.action for one in compare([[mine], [other]]).rows] == ["AU1"]
    mine.frames[3] = Coded({}, frozenset({"upper"}), submitted=True)
    found = compare([[mine], [other]])
    assert [one.action for one in found.rows] == ["AU1", "upper"] and row(found, "upper").present == (1, 0, 0)
    other.frames[0] = Coded(codable=False, submitted=True)
    found = compare([[mine], [other]])
    assert (row(found, "codable").frames, row(found, "upper").frames, row(found, "AU1").frames) == (4, 3, 2)


def test_three_coders_have_one_alpha():
    faces = pictures(4)
    coded = [[said(name, faces, AU1=text)] for name, text in (("a", "0101"), ("b", "01.1"), ("c", "0.01"))]

    found = compare(coded)

    assert [(one.action, one.units, one.alpha.value) for one in found.alphas] == [("AU1", 4, 1.0)]
    assert [(one.first, one.second) for one in found.rows if one.action == "AU1"] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]


def test_onsets_within_a_window():
    clip = film(100)
    mine = saw("a", clip, Episode("AU1", 10, 20), Episode("AU1", 40, 50), Episode("AU1", 80, 90))
    other = saw("b", clip, Episode("AU1", 13, 21), Episode("AU1", 45, 59), Episode("AU1", 60, 61))

    (found,) = compare([[mine], [other]], window_s=0.5).onsets

    assert found.episodes == (3, 3) and found.matched == 2
    assert found.index.value == pytest.approx(4 / 6)
    assert found.lag_s.value == pytest.approx(0.4) and found.offsets.value == 0.5
    (strict,) = compare([[mine], [other]], window_s=0.3).onsets
    assert strict.matched == 1


def test_as_many_onsets_are_matched_as_can_be():
    """A greedy choice of the closest pair would leave two episodes alone."""
    clip = film(100)
    mine = saw("a", clip, Episode("AU1", 10, 11), Episode("AU1", 14, 15))
    other = saw("b", clip, Episode("AU1", 13, 15), Episode("AU1", 17, 18))

    assert compare([[mine], [other]], window_s=0.3).onsets[0].matched == 2


def test_what_is_out_of_the_window_takes_nobody_away():
    """In all, the onsets 0 and 10 s are nearer to 9.9 and 20 s in that order; only one pair is within the window."""
    clip = film(300)
    mine = saw("a", clip, Episode("AU1", 0, 1), Episode("AU1", 100, 101))
    other = saw("b", clip, Episode("AU1", 99, 101), Episode("AU1", 200, 201))

    assert compare([[mine], [other]]).onsets[0].matched == 1


def test_episodes_give_frames_too():
    clip = film(10)
    mine, other = saw("a", clip, Episode("AU1", 0, 4)), saw("b", clip, Episode("AU1", 0, 3), Episode("AU2", 5, None))

    found = compare([[mine], [other]])

    assert row(found, "AU1", EPISODES).frames == 5 and row(found, "AU1", EPISODES).agreed.value == 0.8
    assert row(found, "AU1", EPISODES).present == (5, 4, 4)
    assert found.frames == 0 and [one.action for one in found.rows] == ["AU1"]


def test_a_film_that_one_has_not_coded_to_its_end_is_compared_as_far_as_they_came():
    clip = film(100)
    mine = saw("anna", clip, Episode("AU12", 10, 39), Episode("AU12", 80, 99))
    other = saw("ben", clip, Episode("AU12", 20, 29))

    found = row(compare([[mine], [other]]), "AU12", EPISODES)

    assert (found.frames, found.present, found.agreed.value) == (40, (30, 10, 10), 0.5)


def test_disagreements_with_the_most_serious_first():
    faces = pictures(5)
    mine = said("a", faces, Scale.INTENSITY, AU12="50230", AU1="00000")
    other = said("b", faces, Scale.INTENSITY, AU12="00330", AU1="00000")
    other.frames[3] = Coded({"AU12": Mark(3, Side.LEFT), "AU1": Mark(0)}, submitted=True)
    other.frames[4] = Coded(codable=False, submitted=True)

    found = disagreements([mine], [other])

    assert [(one.place, one.action, one.kind, one.text) for one in found] == [
        (0, "AU12", "presence", "E against 0"),
        (4, "codable", "codable", "codable against not codable"),
        (2, "AU12", "intensity", "B against C"),
        (3, "AU12", "side", "C against C left"),
    ]
    assert [one.size for one in found] == [1, 1, 0.2, 0.1]


def test_disagreements_of_episodes():
    clip = film(100)
    mine = saw("a", clip, Episode("AU1", 10, 20), Episode("AU1", 40, 60), Episode("AU1", 80, 90))
    other = saw("b", clip, Episode("AU1", 12, 40), Episode("AU1", 55, 60), Episode("AU2", 5, 6))

    found = [(one.action, one.kind, one.place, one.text) for one in disagreements([mine], [other])]

    assert found == [
        ("AU2", "episode", 5, "none against an episode"),
        ("AU1", "episode", 80, "an episode against none"),
        ("AU1", "offset", 10, "offset at frame 20 against frame 40: 2.00 s later"),
        ("AU1", "onset", 40, "onset at frame 40 against frame 55: 1.50 s later"),
    ]


def test_who_agrees_has_nothing_to_go_through():
    clip, faces = film(8), pictures(1)
    absent = Annotations(faces, "b", Scale.PRESENCE, ("AU1",), {0: Coded({"AU1": Mark(0, Side.LEFT)}, submitted=True)})

    assert disagreements([said("a", faces, AU1="0")], [absent]) == []

    assert disagreements([everything(clip)], [everything(clip, coder="ben")]) == []


@pytest.mark.parametrize(
    ("coded", "sentence"),
    [
        ([[said("a", pictures(1), AU1="1")]], "needs two coders"),
        ([[said("a", pictures(1), AU1="1")], []], "needs two coders"),
        ([[said("a", pictures(1), AU1="1")], [said("a", pictures(1), AU1="1")]], "different coders"),
        ([[said("a", pictures(1), AU1="1")], [said("b", pictures(1, "x"), AU1="1")]], "coded by two of a, b"),
        ([[said("a", pictures(1), AU1="1")], [said("b", pictures(1), Scale.INTENSITY, AU1="1")]], "different scales"),
    ],
)
def test_what_cannot_be_compared(coded, sentence):
    with pytest.raises(DataError, match=sentence):
        compare(coded)


def test_the_page_of_episodes_alone_counts_no_frames():
    clip = film(30)
    both = [[saw(coder, clip, Episode("AU12", 3, 9), Episode("AU12", 15, 20))] for coder in ("a", "b")]

    said = page(compare(both), {})

    assert "Episodes were coded by at least two of them" in said and ">0 frames" not in said
