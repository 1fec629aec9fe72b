"""Pairs are of one person, of learnt time alone, and as near as the curriculum says."""

import numpy as np
import pytest

from device.contract.errors import DataError
from training.personal.blocks import Blocks
from training.personal.people import Person

pytest.importorskip("tensorflow")
from training.personal.pairs import PairBatches, learnt, partners_of
from training.personal.recipe import Curriculum, Losses, PersonalRecipe

RNG = np.random.default_rng(0)


def person(name: str = "p-1", seconds: float = 100, recordings: int = 2, shade: int = 0) -> Person:
    """Ten frames a second; the first pixel is the number of the recording, the second of the block."""
    times = np.arange(0, seconds, 0.1)
    images = np.full((recordings, len(times), 48, 48), shade, np.uint8)
    images[..., 0, 0], images[..., 0, 1] = np.arange(recordings)[:, None], times // 20
    images[..., 0, 2] = np.random.default_rng(1).integers(0, 255, images.shape[:2])
    numbers = np.repeat(np.arange(recordings), len(times))
    videos = tuple(f"{name}/{number}.mp4" for number in range(recordings))
    return Person(name, images.reshape(-1, 48, 48), np.tile(times, recordings), numbers, videos)


def test_only_learnt_blocks_are_seen():
    one = person()

    faces = learnt([one], Blocks())

    assert set(faces.images[:, 0, 1].tolist()) == {0, 1, 3, 4}, "the third block of every four is held out"
    assert len(faces) == Blocks().of(one).learnt.sum() == faces.about["faces"]
    assert faces.digest() == one.digest() and faces.about["people"] == ["p-1"]


@pytest.mark.parametrize("span", [1, 3, 40])
def test_pairs_are_of_one_recording_and_near(span):
    faces = learnt([person()], Blocks())
    chosen = np.arange(len(faces))

    partners = partners_of(faces, chosen, span, RNG)

    assert (partners != chosen).all()
    assert (faces.recordings[partners] == faces.recordings[chosen]).all()
    away = np.abs(faces.frames[partners] - faces.frames[chosen])
    assert away.max() <= span and (span == 1 or len(set(away.tolist())) > 1)


def test_gaps_are_counted():
    one = person(seconds=60, recordings=1)
    seen = np.flatnonzero((one.times < 10) | (one.times > 30))
    gappy = Person(one.name, one.images[seen], one.times[seen], one.recordings[seen], one.videos)
    faces = learnt([gappy], Blocks(every=60))

    partners = partners_of(faces, np.arange(len(faces)), 20, RNG)

    assert (np.abs(faces.frames[partners] - faces.frames) <= 20).all()
    assert ((faces.frames[partners] < 150) == (faces.frames < 150)).all(), "never across the gap of 20 s"


def test_who_has_no_near_frame_gets_the_nearest_of_the_recording():
    one = person(seconds=40, recordings=2)
    seen = [*np.flatnonzero(one.recordings == 0)[::5].tolist(), len(one) - 1]
    sparse = Person(one.name, one.images[seen], one.times[seen], one.recordings[seen], one.videos)
    faces = learnt([sparse, person("p-2")], Blocks(every=60))

    partners = partners_of(faces, np.arange(len(faces)), 0.5, RNG)

    assert (faces.recordings[partners] == faces.recordings).all()
    alone = np.flatnonzero((faces.recordings == 1) & (faces.people == 0))
    assert partners[alone].tolist() == alone.tolist(), "the only frame of a recording is shown with itself"


def test_pairs_of_a_general_model_are_of_one_person_each():
    faces = learnt([person("p-1"), person("p-2", recordings=1, shade=200)], Blocks())
    chosen = RNG.integers(0, len(faces), 3000)

    partners = partners_of(faces, chosen, None, RNG)

    assert (faces.people[partners] == faces.people[chosen]).all()
    assert len(np.unique(partners[faces.people[chosen] == 1])) > 100
    assert faces.recordings.max() == 2, "recordings are counted over all people"


def test_the_curriculum_widens():
    curriculum = Curriculum(((0, 2), (50, 4), (100, 5)))
    assert [curriculum.span(epoch) for epoch in (0, 1, 49, 50, 99, 100)] == [2, 4, 100, 204, 400, 505]
    assert Curriculum().span(7) is None


def test_the_neutral_face_counts_alike_or_more_and_more():
    rising = Losses(neutral=1.5, neutral_begins=0.5)
    assert [rising.neutral_in(epoch, 5) for epoch in range(5)] == [0.5, 0.75, 1.0, 1.25, 1.5]
    assert {Losses().neutral_in(epoch, 5) for epoch in range(5)} == {1.5}
    assert rising.neutral_in(0, 1) == 1.5


def batches(**changes) -> list[dict]:
    recipe = PersonalRecipe(batch=8, **changes)
    return list(PairBatches(learnt([person()], Blocks()), recipe).epoch(2))


def test_an_epoch_shows_every_face_and_is_the_same_again():
    shown, again = batches(), batches()

    assert shown[0]["image"].shape == (16, 48, 48)
    firsts = np.concatenate([batch["image"].numpy()[:8] for batch in shown])
    assert len(firsts) >= len(learnt([person()], Blocks()))
    assert all((one["image"].numpy() == two["image"].numpy()).all() for one, two in zip(shown, again, strict=True))
    assert float(shown[0]["neutral"]) == 1.5


def test_mirrored_pairs_are_mirrored_together():
    plain, turned = batches(), batches(mirrored=True)

    sides = []
    for one, two in zip(plain, turned, strict=True):
        x, y = one["image"].numpy(), two["image"].numpy()
        same = (x == y).all((1, 2))
        assert (same | (x[:, :, ::-1] == y).all((1, 2))).all()
        assert (same[:8] == same[8:]).all()
        sides += same[:8].tolist()
    assert 0.3 < np.mean(sides) < 0.7


def test_too_few_faces_are_refused():
    with pytest.raises(DataError, match=r"p-1 has 80 faces to learn from.*96 or more"):
        learnt([person(seconds=8, recordings=1)], Blocks())
    assert len(learnt([person(seconds=8, recordings=1), person("p-2", seconds=8)], Blocks())), "many may have few"


def test_faces_of_several_kinds_are_refused():
    small = Person("p-2", np.zeros((100, 32, 32), np.uint8), np.arange(100.0), np.zeros(100, int), ("a.mp4",))
    with pytest.raises(DataError, match="several kinds"):
        learnt([person(), small], Blocks())
