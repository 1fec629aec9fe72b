"""A bundle is made only where the evidence carries it; an evaluation is kept and told whole."""

import json
import re
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from device.contract.errors import ConfigError, DataError
from device.contract.toml import assigned, parse
from tests.movement_evaluations import FIGURES, JUDGED, RATERS, SURPRISED, about, sound
from training.atypicality.evaluation import Evaluation
from training.atypicality.page import page
from training.atypicality.recipe import OURS, Recipe
from training.atypicality.refusal import ages, of_companion, of_ratings
from training.atypicality.tables import text


def test_sound_evidence_carries_both():
    assert of_ratings(sound()) == []
    assert of_companion(sound()) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rated": 29}, "learnt from 29 people, fewer than 30"),
        ({"rated_ages": {"": 3, "6-12": 57}}, "The age of 3 people is not told"),
        (
            {"rated_ages": {"under-6": 19, "6-12": 19}},
            "There is no age group of 20 people at least, 10 of them typical",
        ),
        ({"rated_typical_ages": {"6-12": 9}}, "There is no age group of 20 people at least, 10 of them typical"),
        ({"number_of_raters": 1}, "Fewer than two raters"),
        (
            {"raters": replace(RATERS, mean=about(float("nan")))},
            "No window was rated by all raters, or nothing varies",
        ),
        ({"raters": replace(RATERS, mean=about(0.62))}, "ICC(2,k) of their mean is 0.620 (0.570 to 0.670)"),
        ({"ours": replace(JUDGED, advantage=about(0.04))}, "no better than the mean of the people learnt from"),
        ({"ours": replace(JUDGED, figures=replace(FIGURES, pearson=about(0.34)))}, "hardly goes with the raters"),
        (
            {"ours": replace(JUDGED, figures=replace(FIGURES, covered=about(0.8, 0.04)))},
            "hold the rating for 0.800 (0.760 to 0.840) of the windows, where 90% are promised",
        ),
    ],
)
def test_each_lack_of_ratings_is_one_sentence(changes, reason):
    (found,) = of_ratings(sound(**changes))

    assert reason in found and found[-1] == "."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"companion": replace(SURPRISED, n=12)}, "learnt from 12 people"),
        ({"companion": replace(SURPRISED, beyond=about(0.12, 0.02))}, "0.120 (0.100 to 0.140) are beyond 95%"),
        ({"typical_ages": {"": 1, "13-17": 39}}, "The age of 1 people is not told"),
    ],
)
def test_each_lack_of_the_companion_is_one_sentence(changes, reason):
    (found,) = of_companion(sound(**changes))

    assert reason in found and found[-1] == "."


def test_only_ages_of_enough_people_and_enough_typical_ones_may_be_compared_and_the_others_are_told():
    people = {"under-6": 19, "6-12": 20, "13-17": 60, "18-64": 30, "": 99}
    typical = {"under-6": 19, "6-12": 10, "13-17": 9}
    whose = ages(sound(rated_ages=people, rated_typical_ages=typical), rates=True)

    assert whose.enough == ("6-12",)
    assert [told.partition(". ")[0] for told in whose.left_out()] == [
        "People of under-6 years are left out: 19 people of that age, fewer than 20",
        "People of 13-17 years are left out: 9 typical ones among 60 people of that age, fewer than 10",
        "People of 18-64 years are left out: 0 typical ones among 30 people of that age, fewer than 10",
    ]


def test_a_bundle_that_does_not_say_what_is_typical_needs_no_typical_people():
    silent = sound(ours=replace(JUDGED, typical=None), rated_typical_ages={"6-12": 3})

    assert ages(silent, rates=True).enough == ("6-12",)
    assert of_ratings(silent) == []


def test_all_people_of_the_companion_are_typical():
    whose = ages(sound(typical_ages={"6-12": 40, "13-17": 19}), rates=False)

    assert whose.enough == ("6-12",)
    assert len(whose.left_out()) == 1 and "13-17 years are left out: 19 typical people of" in whose.left_out()[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("grid.hop=16", "'grid.hop' is 16, and must be 'grid.steps' at most, 15."),
        ("widths=[8,8,8,8,8,8,8,8]", "A 'shared' network has two 'widths'"),
        ("widths=[]", "A 'shared' network has two 'widths'"),
    ],
)
def test_what_a_window_has_no_room_for_is_refused_at_once(changes, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse(Recipe, [assigned(changes, "epochs=20")])


@pytest.mark.parametrize("changes", [{"kind": "recurrent"}, {"kind": "recurrent", "columns": "presence"}])
def test_what_no_box_takes_is_measured_and_never_exported(changes):
    assert OURS.is_exported
    assert not changed(OURS, **changes).is_exported


def test_an_evaluation_is_read_as_it_was_written(tmp_path):
    nothing = replace(FIGURES, within=about(float("nan")))
    found = sound(ours=replace(JUDGED, figures=nothing), published=None)
    found.save(tmp_path / "evaluation.json")
    again = Evaluation.load(tmp_path / "evaluation.json")

    assert repr(again) == repr(found)
    assert (tmp_path / "evaluation.json").stat().st_mode & 0o777 == 0o600


def test_what_is_no_evaluation_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="There is no"):
        Evaluation.load(tmp_path / "evaluation.json")
    (tmp_path / "evaluation.json").write_text(json.dumps({"format": 1, "n": "many"}))
    with pytest.raises(DataError, match="is no evaluation of this version"):
        Evaluation.load(tmp_path / "evaluation.json")


def test_text_and_page_tell_the_figures_beside_the_ceiling_and_whose_they_are():
    found = sound(simulated=True, notes=("Something else.",))
    told, shown = text(found), page(found)
    said = " ".join(told.split())

    assert "Simulated people" in told and "Simulated people" in shown
    assert "ceiling of a correlation   0.960 (0.950 to 0.970)" in told
    assert "60 people (20 atypical, 40 typical; 60 6-12), 60 of them rated." in told
    assert "the published recipe is made for studies of far more windows" in said
    assert "higher in the others" in told and "no difference that is sure" in told
    assert told.endswith("Something else.")
    assert "network, ours: 0.86, 0.81 to 0.91" in shown
    assert "http" not in shown.replace("http-equiv", "")


def test_a_study_without_ratings_tells_of_the_companion_alone():
    found = sound(raters=None, ours=None, published=None, number_of_raters=0, rated=0)

    assert "Companion, from 3000 windows of 40 typical people" in text(found)
    assert "How near networks come" not in text(found) and "<svg" not in page(found)
