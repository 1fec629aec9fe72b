"""The soft vote on the expression: whom it hears, who only has an opinion, and disagreement."""

import numpy as np
import pytest

from device.commands.vote import Vote, Voters, filled
from device.contract.errors import ModelError
from device.contract.labels import EMOTIONS, FER2013_EMOTIONS
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame


def vote(*shares):
    return Vote(tuple(f"network-{at}" for at in range(len(shares))), np.array(shares, np.float32), len(shares))


def sure_of(name):
    return np.eye(len(EMOTIONS))[EMOTIONS.index(name)]


def test_voters_that_say_the_same_do_not_disagree():
    one = np.full(len(EMOTIONS), 1 / len(EMOTIONS))

    assert vote(one, one, one).disagreement == pytest.approx(0, abs=1e-6)
    assert vote(sure_of("fear")).disagreement == 0


@pytest.mark.parametrize("names", [("fear", "anger"), ("fear", "anger", "neutral")])
def test_voters_that_are_each_sure_of_another_class_disagree_wholly(names):
    made = vote(*map(sure_of, names))

    assert made.disagreement == pytest.approx(1)
    assert made.agreeing == 1
    assert made.mean[EMOTIONS.index("anger")] == pytest.approx(1 / len(names))


def test_disagreement_of_two_is_the_jensen_shannon_divergence_in_bits():
    from scipy.spatial.distance import jensenshannon  # noqa: PLC0415

    random = np.random.default_rng(3).dirichlet(np.ones(8), 2)

    assert vote(*random).disagreement == pytest.approx(jensenshannon(*random, base=2) ** 2, abs=1e-6)


def test_the_majority_leads_by_its_shares_and_those_who_agree_are_counted():
    made = vote(0.6 * sure_of("sadness") + 0.4 * sure_of("fear"), 0.9 * sure_of("fear") + 0.1 * sure_of("anger"))

    assert (made.leading, made.agreeing) == ("fear", 1)
    assert made.mean.sum() == pytest.approx(1)


def test_who_was_taught_other_classes_has_an_opinion_and_no_vote():
    made = Vote(("net", "net:fer2013"), np.array([sure_of("fear"), sure_of("anger")], np.float32), networks=1)

    assert (made.leading, float(made.mean.max())) == ("fear", 1)
    assert (made.agreeing, made.unanimous, made.disagreement) == (1, False, pytest.approx(1))


def test_an_opinion_that_knows_no_contempt_is_asked_about_the_rest_alone():
    known = np.array([[True] * 8, [name in FER2013_EMOTIONS for name in EMOTIONS]])
    scorn, calm = EMOTIONS.index("contempt"), EMOTIONS.index("neutral")
    shares = np.array([0.5 * sure_of("contempt") + 0.5 * sure_of("neutral"), sure_of("neutral")], np.float32)

    first, second = filled(shares, known)

    assert first.tolist() == shares[0].tolist()
    assert (second[scorn], second[calm]) == (pytest.approx(0.5), pytest.approx(0.5))


@pytest.fixture
def seen(models, portrait):
    return Pipeline(models, Settings())(Frame(portrait, 0, 0.0, name="portrait.png"))


def test_the_face_network_votes_on_the_portrait_and_its_other_head_has_an_opinion(seen):
    with Voters(Settings()) as voters:
        made = voters(seen)

    assert voters.opinions == ("face-1.0.0", "face-1.0.0:fer2013")
    assert made.mean == pytest.approx(seen.emotions, abs=1e-6)
    assert made.shares[0] == pytest.approx(seen.emotions, abs=1e-6)
    assert made.shares.sum(1) == pytest.approx([1, 1], abs=1e-5)
    assert (made.leading, made.agreeing) == ("happiness", 2)


def test_nobody_votes_on_what_was_not_measured(seen):
    with Voters(Settings()) as voters:
        assert voters(Observation(seen.frame, 0, (), {})) is None


def test_a_network_for_something_else_has_no_vote():
    with pytest.raises(ModelError, match=r"blazeface-short-1.0.0 is for .face-detection.*name another one"):
        Voters(Settings(), ["blazeface-short-1.0.0"])
