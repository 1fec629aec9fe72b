"""From scales to intensities, and how good they are."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS, Tier
from device.stages.reader import SIDED, intensities
from training.data.faces import Codings, Faces
from training.face.calibrate import FAINT, curves, presence_threshold, to_intensities
from training.face.measure import (
    CERTIFIED,
    LOW_CONFIDENCE,
    REPORTED,
    between_coders,
    hidden_table,
    means_of,
    sides_table,
    tiers,
    twice_table,
    units_table,
)
from training.face.ordinal import at_least
from training.face.scores import best_f1, coded_scores, mean_scores

UNITS = len(ACTION_UNIT_KEYS)
EXACT = np.tile(np.arange(6, dtype=np.float32), (UNITS, 1))
NAN = float("nan")


def coded(rows, hidden=0.0, bad=()):
    """Codings from (face, coder, intensity of all units or a row of them)."""
    units = np.array([np.broadcast_to(value, UNITS) for _, _, value in rows], np.float32)
    return Codings(
        np.array([face for face, _, _ in rows]),
        np.array([coder for _, coder, _ in rows]),
        units,
        np.full((len(rows), 2), hidden, np.float32),
        np.isin(np.arange(len(rows)), bad),
    )


def faces_with(codings, count):
    return Faces(
        np.zeros((count, 48, 48), np.uint8), np.full(count, "PublicTest"), {}, np.full(count, ""), codings=codings
    )


def random_scales(count, seed=0):
    """Intensities of all units, many absent, and noisy scales that rise with them."""
    rng = np.random.default_rng(seed)
    known = rng.choice([0, 0, 0, 1, 2, 3, 4, 5], (count, UNITS)).astype(np.float32)
    return (1.7 * known - 2 + rng.normal(0, 0.6, known.shape)).astype(np.float32), known


def test_a_mean_between_two_intensities_is_a_share_of_the_higher():
    found = at_least(np.array([[0, 1, 2.5, 5, 0.5, NAN]], np.float32))[0]

    assert found[:4].tolist() == [[0] * 5, [1, 0, 0, 0, 0], [1, 1, 0.5, 0, 0], [1] * 5]
    assert found[4].tolist() == [0.5, 0, 0, 0, 0] and np.isnan(found[5]).all()


def test_the_threshold_of_the_best_f1_lies_between_two_values():
    values, present = np.array([0.1, 0.2, 0.6, 0.8]), np.array([False, False, True, True])

    assert best_f1(values, present) == (1.0, pytest.approx(0.4))
    ties = best_f1(np.array([1.0, 1.0, 0.0]), np.array([True, False, False]))
    assert ties == (pytest.approx(2 / 3), 0.5), "equal values are on one side"


def test_curves_rise_and_put_intensities_where_coders_did():
    scales, known = random_scales(2000)

    found = curves(scales, known)

    assert found.shape == (UNITS, 6) and (np.diff(found, axis=1) > 0).all()
    said = to_intensities(scales, found)
    assert ((said >= 1) == (known >= 1)).mean() > 0.85
    for level in (2, 3, 4, 5):
        assert (said >= level).mean() == pytest.approx((known >= level).mean(), abs=0.02)
    assert np.median(said[known == 0]) < 0.5


def test_curves_rise_even_where_nearly_nothing_is_present():
    scales, known = random_scales(60)
    known[:, 0], known[:, 1] = 0, np.where(np.arange(60) < 3, 5, 0)
    known[:, 2], known[:20, 3] = 2, NAN

    assert (np.diff(curves(scales, known), axis=1) > 0).all()


def test_a_unit_that_nobody_coded_has_no_curve():
    scales, known = random_scales(40)
    known[:, ACTION_UNIT_KEYS.index("AU9")] = NAN

    with pytest.raises(DataError, match="AU9 is coded"):
        curves(scales, known)


def test_of_faint_units_the_threshold_serves_traces_and_plain_presence_alike():
    rng = np.random.default_rng(2)
    coded_ = rng.choice([0, 1, 2, 3], 4000, p=[0.5, 0.35, 0.1, 0.05]).astype(np.float32)
    values = coded_ + rng.normal(0, 0.8, 4000)

    traces, faint = (presence_threshold(values, coded_, kind) for kind in (False, True))

    assert set(FAINT) <= set(ACTION_UNIT_KEYS) and traces + 0.2 < faint < 2


def test_the_box_reads_intensities_off_curves_as_they_were_measured():
    scales, known = random_scales(300)
    found = curves(scales, known)

    on_the_box = np.array([intensities(row, found) for row in scales])

    assert np.allclose(to_intensities(scales, found), on_the_box, atol=1e-4)
    assert to_intensities(np.full((1, UNITS), 99, np.float32), found).max() == 5


def test_a_network_that_says_what_coders_say_is_perfect():
    values = [0, 3, 0, 5, 1, 0]
    codings = coded([(face, coder, value) for face, value in enumerate(values) for coder in "ab"])
    said = np.repeat(np.array(values, np.float32)[:, None], UNITS, 1)

    row = units_table(said, faces_with(codings, 6))["AU12"]

    assert row == {"faces": 6, "present": 3, "auc": 1.0, "f1": 1.0, "icc": 1.0, "mae": 0.0, "ceiling_f1": 1.0}


def test_where_coders_differ_only_strength_is_measured():
    codings = coded([(0, "a", 1), (0, "b", 0), (1, "a", 2), (1, "b", 4), (2, "a", 0), (2, "b", 0), (3, "a", 5)])
    said = np.array([[0.5], [2.0], [0.0], [0.0]], np.float32).repeat(UNITS, 1)

    row = units_table(said, faces_with(codings, 4))["AU1"]

    assert (row["faces"], row["present"]) == (2, 1), "neither the face in dispute nor the one coded once"
    assert row["mae"] == pytest.approx(1 / 3, abs=0.001)
    assert row["ceiling_f1"] == pytest.approx(2 / 3, abs=0.001)


def test_the_ceiling_is_one_coder_against_the_other_on_what_both_coded():
    first, second = np.zeros(UNITS), np.zeros(UNITS)
    first[0], second[0], second[1] = 1, NAN, 2
    codings = coded(
        [(0, "a", 1), (0, "b", 1), (1, "a", first), (1, "b", second), (2, "a", 1), (3, "a", 1), (3, "b", 0)]
    )

    found = between_coders(codings)

    assert found["AU1"] == pytest.approx(2 / 3), "face 1 has only one code of it"
    assert found["AU2"] == pytest.approx(2 / 4)
    assert between_coders(coded([(0, "a", 1)]))["AU1"] is None
    assert between_coders(coded([(0, "a", 1), (0, "b", 1)], bad=[1]))["AU1"] is None


def test_only_coded_faces_are_measured_and_by_the_curves():
    codings = coded([(face, coder, value) for face, value in ((1, 0), (3, 4), (4, 2)) for coder in "ab"])
    scales = np.array([9, 0, 9, 4, 2], np.float32)[:, None].repeat(UNITS, 1)

    row = twice_table(scales, EXACT, faces_with(codings, 5))["AU6"]

    assert (row["faces"], row["auc"], row["mae"]) == (3, 1.0, 0.0)


def test_without_faces_coded_twice_there_are_no_figures():
    table = twice_table(np.zeros((3, UNITS), np.float32), EXACT, faces_with(coded([(1, "a", 2)]), 3))

    assert table["AU1"] == {
        "faces": 0, "present": 0, "auc": None, "f1": None, "icc": None, "mae": None, "ceiling_f1": None
    }  # fmt: skip
    assert set(means_of(table).values()) == {None}
    assert mean_scores(coded_scores(np.zeros((3, UNITS), np.float32), np.full((3, UNITS), NAN, np.float32))) == {}


def test_hidden_parts_are_told_at_one_half():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.2], [0.8, 0.4], [0.2, 0.3]], np.float32)
    known = np.array([[1, 0], [0, 0], [NAN, 1], [1, 0]], np.float32)

    table = hidden_table(probabilities, known)

    assert table["upper"] == {"faces": 3, "hidden": 2, "auc": 0.5, "f1": 0.667}
    assert table["lower"] == {"faces": 4, "hidden": 1, "auc": 1.0, "f1": 0.0}


def test_sides_are_told_on_faces_joined_of_two():
    values = np.array([0, 3, 0, 4])
    faces, order = (
        faces_with(coded([(face, "a", value) for face, value in enumerate(values)]), 4),
        np.array([1, 0, 3, 2]),
    )
    right, left = (np.repeat(side[:, None], len(SIDED), 1).astype(np.float32) for side in (values, values[order]))

    right_way = sides_table(faces, {"left": left, "right": right}, order)
    wrong_way = sides_table(faces, {"left": right, "right": left}, order)

    assert list(right_way) == list(SIDED_KEYS)
    assert right_way["AU12"] == {"faces": 4, "auc": 1.0} and wrong_way["AU12"] == {"faces": 4, "auc": 0.0}


def table_of(auc, f1, present=50):
    return {unit: {"faces": 200, "present": present, "auc": auc, "f1": f1} for unit in ACTION_UNIT_KEYS}


def test_tiers_follow_from_the_network_and_its_coders():
    best = tiers(table_of(1.0, 1.0))

    assert best["AU12"] is Tier.REPORTED
    assert best["AU23"] is Tier.EXPERIMENTAL, "its coders know too little of it, whatever the network says"
    assert best["AU43"] is Tier.LOW_CONFIDENCE and "AU43" not in CERTIFIED, "nobody certified it"
    middle = tiers(table_of(LOW_CONFIDENCE[0][0], LOW_CONFIDENCE[0][1]))
    assert middle["AU12"] is Tier.LOW_CONFIDENCE and REPORTED[0] > LOW_CONFIDENCE[0]
    assert set(tiers(table_of(0.8, 0.9)).values()) == {Tier.EXPERIMENTAL}
    assert set(tiers(table_of(1.0, 1.0, present=5)).values()) == {Tier.EXPERIMENTAL}, "five faces are no evidence"
    assert set(tiers(table_of(None, None)).values()) == {Tier.EXPERIMENTAL}
