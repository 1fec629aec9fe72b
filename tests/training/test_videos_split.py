import random
from collections import Counter, defaultdict

import pytest

from device.contract.errors import ConfigError
from training.videos.split import PARTS, allot, parse_weights, sizes, split
from training.videos.study import Video

SEVEN_TWO_ONE = (7, 2, 1)


def some_study(rng: random.Random) -> list[Video]:
    """Up to sixty participants with one to five videos each, some studies with labels, some labels by video."""
    labels = rng.choice([[""], ["a", "b"], ["a", "b", "c", "d"]])
    by_video = rng.random() < 0.3
    study = []
    for number in range(rng.randint(1, 60)):
        label = rng.choice(labels)
        for video in range(rng.randint(1, 5)):
            study.append(Video(f"{number}/{video}.mp4", f"p{number}", rng.choice(labels) if by_video else label))
    rng.shuffle(study)
    return study


@pytest.mark.parametrize("block", range(10))
def test_nobody_is_on_two_sides_in_hundreds_of_random_studies(block):
    for number in range(50):
        rng = random.Random(1000 * block + number)
        study, seed = some_study(rng), rng.randint(0, 99)
        weights = (rng.randint(1, 9), rng.randint(0, 9), rng.randint(0, 9))

        parts = split(study, weights, seed)

        sides = defaultdict(set)
        for video in study:
            sides[video.participant].add(parts[video.participant])
        assert all(len(side) == 1 for side in sides.values())
        assert parts.keys() == sides.keys()
        assert [Counter(parts.values())[part] for part in PARTS] == sizes(len(parts), weights)
        assert split(random.sample(study, len(study)), weights, seed) == parts


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (1, [1, 0, 0]),
        (2, [1, 1, 0]),
        (3, [1, 1, 1]),
        (4, [2, 1, 1]),
        (5, [3, 1, 1]),
        (10, [7, 2, 1]),
        (15, [10, 3, 2]),  # the half goes to the smaller part
        (16, [11, 3, 2]),
        (100, [70, 20, 10]),
    ],
)
def test_sizes_are_of_largest_remainder_and_every_part_has_somebody_where_possible(total, expected):
    assert sizes(total, SEVEN_TWO_ONE) == expected


def test_sizes_are_within_one_of_their_share_once_no_part_is_empty():
    for total in range(10, 500):
        shares = [total * weight / 10 for weight in SEVEN_TWO_ONE]
        assert all(abs(size - share) < 1 for size, share in zip(sizes(total, SEVEN_TWO_ONE), shares, strict=True))


def test_a_part_of_weight_nought_stays_empty():
    assert sizes(7, (8, 0, 2)) == [6, 0, 1]


def test_labels_are_spread_over_the_parts():
    study = [Video(f"{n}.mp4", f"p{n}", "patient" if n < 20 else "control") for n in range(100)]

    parts = split(study, SEVEN_TWO_ONE, seed=3)

    patients = Counter(parts[video.participant] for video in study if video.label == "patient")
    assert patients == {"train": 14, "validation": 4, "test": 2}


def test_many_rare_labels_do_not_all_land_in_training():
    study = [Video(f"{n}.mp4", f"p{n}", label=str(n)) for n in range(30)]

    assert Counter(split(study, SEVEN_TWO_ONE, 0).values()) == {"train": 21, "validation": 6, "test": 3}


def test_every_kind_is_within_one_of_its_share_of_each_part():
    members = {("a",): 40, ("b",): 30, ("c",): 20, ("d",): 10}

    shares = allot(members, SEVEN_TWO_ONE, 0)

    assert shares == {("a",): [28, 8, 4], ("b",): [21, 6, 3], ("c",): [14, 4, 2], ("d",): [7, 2, 1]}


def test_another_seed_is_another_split():
    study = [Video(f"{n}.mp4", f"p{n}") for n in range(30)]

    assert split(study, SEVEN_TWO_ONE, 0) != split(study, SEVEN_TWO_ONE, 1)


def test_weights():
    assert parse_weights("7:2:1") == SEVEN_TWO_ONE


@pytest.mark.parametrize("text", ["7:2", "7:2:1:1", "7:-2:1", "0:2:1", "a:b:c", "", "70%:20%:10%", "²:1:1"])
def test_wrong_weights_are_one_sentence(text):
    with pytest.raises(ConfigError, match="--split"):
        parse_weights(text)
