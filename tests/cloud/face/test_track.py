"""What the digital face shows of sessions whose course is known, and what it owns up to not knowing."""

import pytest

from cloud.analysis.unseen import HIDDEN, NOT_AGREED, UNSEEN
from cloud.face.track import LEADING, TURNED, State, Track, track
from cloud.reading.columns import SECONDS
from cloud.reading.gathering import Gathering
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, LOWER
from tests.cloud.test_analysis import bump, emotions, recording, whole
from tests.recordings import table_of

BEGAN: Json = {
    "v": 1,
    "device": "tester",
    "boot": "one",
    "session": "one",
    "number": 1,
    "event": "began",
    "patient": "p-1",
    "time": {"mono": 0.0, "wall": 0.0, "trusted": False},
}


def of(records: list[Json], covers: list[str] | None = None) -> Track:
    consent = {"consent": {"covers": covers, "by": "patient", "given": 0.0}} if covers is not None else {}
    return track(table_of(records, [BEGAN | consent] if covers is not None else None))


def smile(t: float) -> Json:
    """A smile from 1 to 3 s, stronger on the left; the mouth is hidden from 4 to 5 s, and nobody is there from 6."""
    if t >= 6:
        return {}
    if 4 <= t < 5:
        seen = {key: value for key, value in whole(AU1=2.0).items() if key == "AU1"}
        return {"aus": seen, "hidden": [LOWER], "pose": {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}}
    strength = bump(t, 1, 3)
    aus = {"aus": whole(AU12=strength, AU26=strength / 2)}
    sides = {"left": {"AU12": min(strength * 1.2, 5.0)}, "right": {"AU12": strength * 0.7}} if strength else {}
    return aus | sides | {"pose": {"yaw": 10.0 * t, "pitch": -5.0, "roll": 2.0}, "emotions": emotions(happiness=0.9)}


@pytest.fixture(scope="module")
def smiling() -> Track:
    return of(recording(8, smile))


def test_each_side_has_its_own_weight_and_what_has_no_sides_one(smiling: Track) -> None:
    shown = smiling.at(2.0).weights
    assert shown["AU12_L"] == pytest.approx(0.96) and shown["AU12_R"] == pytest.approx(0.56)
    assert shown["AU26"] == pytest.approx(0.4) and "AU26_L" not in shown
    assert shown["AU6_L"] == shown["AU6_R"] == 0.0


def test_sides_that_are_not_told_apart_move_together() -> None:
    rest = of(recording(1, lambda t: {"aus": whole(AU12=3.0)})).at(0.5).weights
    assert rest["AU12_L"] == rest["AU12_R"] == pytest.approx(0.6)


def test_the_head_turns_as_it_was_measured(smiling: Track) -> None:
    at = smiling.at(2.0)
    assert (at.yaw, at.pitch, at.roll) == pytest.approx((20.0, -5.0, 2.0))


def test_a_hidden_mouth_is_at_rest_and_told_while_the_brows_move(smiling: Track) -> None:
    at = smiling.at(4.5)
    assert at.why == "" and at.hidden == (HIDDEN[LOWER],)
    assert at.weights["AU1_L"] == pytest.approx(0.4) and not {"AU12_L", "AU26"} & at.weights.keys()
    assert smiling.at(2.0).hidden == ()


def test_where_nobody_was_seen_nothing_moves_and_it_says_why(smiling: Track) -> None:
    assert smiling.at(7.0) == State({}, why=UNSEEN["no_face"])


def test_who_turned_away_is_shown_turned_away_and_nothing_else() -> None:
    turned = {"status": "gated", "reasons": ["turned_away"], "pose": {"yaw": 70.0, "pitch": 0.0, "roll": 0.0}}
    at = of(recording(1, lambda t: turned)).at(0.5)
    assert (at.weights, at.yaw, at.why) == ({}, 70.0, "turned away")


def test_of_several_reasons_one_is_told() -> None:
    dark = {"status": "gated", "reasons": ["too_small", "too_dark"]}
    assert of(recording(1, lambda t: dark)).at(0.5).why == "too far away"


def test_in_a_gap_and_outside_the_session_no_data_is_said_to_have_come() -> None:
    records = [one for one in recording(6, smile) if not 2 < one["time"]["mono"] < 4]
    found = of(records)
    for at_s in (-1.0, 2.6, 3.9, 6.5):
        assert found.at(at_s) == State({}, why=UNSEEN[""]), at_s
    assert found.at(2.2).why == "" and found.lasted_s == pytest.approx(6.0)


def test_without_consent_to_action_units_the_face_says_so() -> None:
    records = recording(1, lambda t: {"emotions": emotions(sadness=0.9), "pose": {"yaw": 8.0}})
    at = of(records, ["expressions"]).at(0.5)
    assert (at.weights, at.why, at.yaw) == ({}, NOT_AGREED, 8.0)
    assert LEADING[of(records, ["expressions"]).leading[3]] == "sadness"


def test_units_that_were_agreed_to_and_are_missing_were_not_measured() -> None:
    assert of(recording(1, lambda t: {"pose": {"yaw": 1.0}}), ["units"]).at(0.5).why == "action units: not measured"


def test_a_blink_shuts_the_eyes_and_a_wink_one_of_them() -> None:
    def blink(t: float) -> Json:
        return {"aus": whole(AU43=1.0), "eyes": {"open": 0.1 if 0.4 <= t < 0.5 else 0.95}}

    found = of(recording(1, blink))
    assert found.at(0.45).weights["AU43_L"] == pytest.approx(0.9)
    assert found.at(0.8).weights["AU43_L"] == pytest.approx(0.2)
    wink = {"aus": whole(AU43=2.5), "left": {"AU43": 5.0}, "right": {"AU43": 0.0}, "eyes": {"open": 0.45}}
    shown = of(recording(1, lambda t: wink)).at(0.5).weights
    assert (shown["AU43_L"], shown["AU43_R"]) == (1.0, 0.0)


def test_turned_eyes_are_turned_by_a_fixed_amount() -> None:
    found = of(recording(2, lambda t: {"aus": whole(), "codes": ["AD51", "AD61"] if t < 1 else ["AD52"]}))
    assert found.at(0.5).weights["AD61"] == pytest.approx(TURNED) and found.at(1.5).weights["AD61"] == 0.0
    assert "AD51" not in found.at(0.5).weights


def test_what_leads_is_told_and_where_the_readings_disagree_nothing_does() -> None:
    def sad(t: float) -> Json:
        return {"emotions": emotions(sadness=0.8 if t < 1 else 0.3)} | ({"disagree": True} if t >= 2 else {})

    leading = of(recording(3, sad)).leading
    assert [LEADING[leading[row]] for row in (10, 40, 60)] == ["sadness", "no clear expression", "readings disagree"]


def test_a_film_goes_smoothly_from_row_to_row_and_never_over_a_gap() -> None:
    found = of(recording(2, lambda t: {"aus": whole(AU12=5 * t / 2)} if t < 1 else {}))
    here, there = found.at(0.4).weights["AU12_L"], found.at(0.44).weights["AU12_L"]
    assert found.at(0.42, between=True).weights["AU12_L"] == pytest.approx((here + there) / 2)
    assert found.at(0.97, between=True).weights["AU12_L"] == found.at(0.97).weights["AU12_L"]


def test_seconds_make_a_face_of_their_means_and_minutes_none() -> None:
    def spans(span: int) -> Gathering:
        gathering = Gathering(SECONDS)
        head = {"v": 1, "device": "tester", "boot": "one", "span": span, "frames": 10}
        gathering.documents(
            [
                head
                | {"number": n, "time": {"mono": float(n * span), "wall": 0.0, "trusted": False}}
                | {"measured": 10, "share": 1.0, "mean": {"aus": {"AU12": 2.0, "AU25": 1.0}}}
                for n in range(3)
            ]
            + [
                head
                | {"number": 3, "time": {"mono": 3.0 * span, "wall": 0.0, "trusted": False}}
                | {"measured": 0, "share": 0.0, "reasons": {"blurred": 2, "no_face": 8}}
            ]
        )
        return gathering

    found = track(spans(1).table())
    assert found.at(1.9).weights == {
        "AU12_L": pytest.approx(0.4),
        "AU12_R": pytest.approx(0.4),
        "AU25": pytest.approx(0.2),
    }
    assert found.at(3.5) == State({}, why=UNSEEN["no_face"])
    with pytest.raises(DataError, match="Only minutes"):
        track(spans(60).table())


def test_an_empty_session_has_a_track_that_shows_nothing() -> None:
    found = track(table_of([], [BEGAN]))
    assert (len(found), found.lasted_s, found.weights) == (0, 0.0, {})
    assert found.at(0.0) == State({}, why=UNSEEN[""])


def test_no_target_is_without_a_unit_or_code_of_the_contract(smiling: Track) -> None:
    assert {name.partition("_")[0] for name in smiling.weights} == set(ACTION_UNIT_KEYS)
