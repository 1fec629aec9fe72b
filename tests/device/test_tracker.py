"""Who is the patient: real networks look at a room in which real faces come and go at given times."""

import cv2
import numpy as np
import pytest

from device.settings import DetectorSettings, TrackerSettings
from device.stages.detector import Detector
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.tracker import Tracker

HEAD = (slice(25, 225), slice(125, 325))  # of the portrait; the face is in the middle
HEAD_FACE_W = 90
LEFT_HALF = (0.0, 0.0, 0.5, 1.0)
SETTINGS = TrackerSettings()


FAR_W = 45  # px: the full range sees such a face, the short range does not


class CountingDetector:
    """A detector that remembers how often it looked, and how often everywhere with the full range."""

    def __init__(self, detector):
        self.calls = 0
        self.far_calls = self.parts = 0
        self.allowed = detector.allowed
        self._detector = detector

    def near(self, frame):
        self.calls += 1
        return self._detector.near(frame)

    def far(self, frame, thorough=True):
        self.far_calls += thorough
        self.parts += not thorough
        return self._detector.far(frame, thorough)


class Room:
    """A camera's view of a plain wall, and the tracker that watches it."""

    def __init__(self, models, portrait, zone=(), settings=SETTINGS):
        self._head = portrait[HEAD]
        detector = Detector(models.short_range, models.full_range, DetectorSettings(zone=zone))
        self.detector = CountingDetector(detector)
        self._tracker = Tracker(self.detector, Landmarker(models.landmarks), settings)
        self.spare = self._tracker.spare

    def at(self, time_s, *people):
        """What the tracker sees at a time; each person is (x of the face's middle, width of the face)."""
        image = np.full((480, 640, 3), 190, np.uint8)
        for x, width in people:
            scale = width / HEAD_FACE_W
            head = cv2.resize(self._head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            head = head if x < 320 else head[:, ::-1]
            half = head.shape[0] // 2
            left, right = max(x - half, 0), min(x + half, 640)
            image[240 - half : 240 + half, left:right] = head[: 2 * half, left - x + half : right - x + half]
        return self._tracker(Frame(image, 0, mono_s=0.0, media_s=time_s))


@pytest.fixture
def enter(models, portrait):
    """Called with a seat zone and settings: an empty room."""
    return lambda zone=(), settings=SETTINGS: Room(models, portrait, zone, settings)


def where(sighting):
    """The middle of the patient's face, pixels from the left."""
    return sighting.track.face.box.centre[0]


def seconds(first, last, step=0.5):
    return np.arange(first, last + step / 2, step).tolist()


def test_an_empty_room_has_no_patient(enter):
    sighting = enter().at(0.0)
    assert sighting.track is None
    assert sighting.faces == 0


def test_a_moving_face_is_followed_without_the_detector(enter):
    room = enter()
    for step in range(20):
        x = 150 + 16 * step
        sighting = room.at(step * 0.04, (min(x, 319), 120))
        assert where(sighting) == pytest.approx(min(x, 319), abs=8)
        assert sighting.track.number == 1
    assert room.detector.calls == 1


def test_a_followed_face_is_checked_again_once_a_second(enter):
    room = enter()
    calls = []
    for time_s in seconds(0, 3, 0.25):
        room.at(time_s, (200, 120))
        calls.append(room.detector.calls)
    assert calls == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]


def test_without_a_face_every_frame_is_searched(enter):
    room = enter()
    for time_s in seconds(0, 0.4, 0.1):
        room.at(time_s)
    assert room.detector.calls == 5


def test_the_track_knows_when_it_began_and_was_last_seen(enter):
    room = enter()
    room.at(2.0, (200, 120))
    track = room.at(2.5, (200, 120)).track
    assert (track.began_s, track.seen_s) == (2.0, 2.5)


@pytest.mark.parametrize(("people", "larger"), [(((160, 90), (470, 150)), 470), (((160, 150), (470, 90)), 160)])
def test_the_larger_of_two_is_picked(enter, people, larger):
    assert where(enter().at(0.0, *people)) == pytest.approx(larger, abs=10)


def test_whoever_is_picked_is_held_when_someone_larger_comes(enter):
    room = enter()
    for time_s in seconds(0, 1):
        room.at(time_s, (160, 90))
    for time_s in seconds(1.5, 4):
        assert where(room.at(time_s, (160, 90), (470, 160))) == pytest.approx(160, abs=10)


def test_the_seat_zone_beats_size(enter):
    sighting = enter(LEFT_HALF).at(0.0, (160, 80), (470, 150))
    assert where(sighting) == pytest.approx(160, abs=10)
    assert sighting.faces == 2


def test_with_a_zone_nobody_outside_becomes_the_patient(enter):
    room = enter(LEFT_HALF)
    for time_s in seconds(0, 25, 1.0):
        assert room.at(time_s, (470, 120)).track is None


def test_a_face_outside_the_zone_is_counted(enter):
    assert enter(LEFT_HALF).at(0.0, (470, 120)).faces == 1


def test_others_are_counted_at_once(enter):
    assert enter().at(0.0, (160, 130), (470, 90)).faces == 2


def test_someone_who_comes_in_later_is_counted_at_the_next_check(enter):
    room = enter()
    room.at(0.0, (160, 120))
    assert room.at(0.5, (160, 120), (470, 90)).faces == 1
    assert room.at(1.0, (160, 120), (470, 90)).faces == 2


def test_far_others_are_counted_at_once(enter):
    assert enter().at(0.0, (160, 130), (470, FAR_W), (570, FAR_W)).faces == 3


def test_while_the_patient_is_near_the_full_range_looks_seldom(enter):
    room = enter()
    for time_s in seconds(0, 30):
        room.at(time_s, (160, 130))
    assert room.detector.calls == 31
    assert room.detector.far_calls == 4


def test_a_far_patient_is_checked_by_the_full_range_each_time(enter):
    room = enter()
    for time_s in seconds(0, 5):
        assert where(room.at(time_s, (160, FAR_W))) == pytest.approx(160, abs=8)
    assert room.detector.far_calls == 6


def test_while_nobody_is_there_parts_are_searched_five_times_a_second_or_not_at_all(enter):
    looks = {}
    for sparing in (False, True):
        room = enter()
        room.spare(sparing)
        for time_s in seconds(0, 2, 0.1):
            assert room.at(time_s).track is None
        looks[sparing] = room.detector.calls, room.detector.far_calls, room.detector.parts
    assert looks == {False: (21, 3, 10), True: (21, 3, 0)}, "near looks with each frame, thorough ones once a second"


def test_someone_far_is_found_within_a_second_though_looks_are_spared(enter):
    room = enter()
    room.spare(True)
    room.at(0.0)
    assert [room.at(time_s, (160, FAR_W)).track is not None for time_s in (0.5, 1.0)] == [False, True]


def test_someone_far_who_comes_in_later_is_counted_at_the_next_search(enter):
    room = enter()
    room.at(0.0, (160, 130))
    for time_s in seconds(1, SETTINGS.far_recheck_s - 1, 1.0):
        assert room.at(time_s, (160, 130), (470, FAR_W)).faces == 1
    assert room.at(SETTINGS.far_recheck_s, (160, 130), (470, FAR_W)).faces == 2


def test_someone_far_is_counted_between_searches_until_one_misses_them(enter):
    room = enter()
    for time_s in seconds(0, SETTINGS.far_recheck_s - 1, 1.0):
        assert room.at(time_s, (160, 130), (470, FAR_W)).faces == 2
    assert room.at(SETTINGS.far_recheck_s, (160, 130)).faces == 1


def test_when_the_patient_leaves_someone_far_is_never_taken(enter):
    room = enter()
    for time_s in seconds(0, 8):
        room.at(time_s, (160, 75), (470, 60))
    for time_s in seconds(8.5, 8.5 + SETTINGS.hold_s + 5):
        sighting = room.at(time_s, (470, 60))
        assert sighting.track is None
        assert sighting.faces == 1


def test_a_far_patient_is_found_again_though_an_other_is_near(enter):
    room = enter()
    for time_s in seconds(0, 2):
        assert where(room.at(time_s, (160, FAR_W), (470, 44))) < 200
    for time_s in seconds(2.5, 4):
        room.at(time_s, (470, 100))
    assert where(room.at(5.5, (160, FAR_W), (470, 100))) == pytest.approx(160, abs=8)


def test_when_the_patient_leaves_the_other_is_never_taken(enter):
    room = enter()
    for time_s in seconds(0, 2):
        room.at(time_s, (160, 150), (470, 110))
    for time_s in seconds(2.5, 2.5 + SETTINGS.hold_s + 5):
        sighting = room.at(time_s, (470, 110))
        assert sighting.track is None
        assert sighting.faces == 1


def test_the_patient_comes_back_as_the_same_person(enter):
    room = enter()
    for time_s in seconds(0, 2):
        room.at(time_s, (160, 150), (470, 110))
    for time_s in seconds(2.5, 8):
        room.at(time_s, (470, 110))
    back = room.at(8.5, (180, 150), (470, 110))

    assert where(back) == pytest.approx(180, abs=10)
    assert (back.track.number, back.track.began_s) == (1, 0.0)
    assert back.faces == 2


def test_a_much_smaller_newcomer_is_not_the_patient(enter):
    room = enter()
    for time_s in seconds(0, 2):
        room.at(time_s, (160, 150))
    for time_s in seconds(2.5, 10):
        assert room.at(time_s, (400, 70)).track is None


def test_a_newcomer_who_is_not_taken_is_counted(enter):
    room = enter()
    room.at(0.0, (160, 150))
    assert room.at(2.0, (400, 70)).faces == 1


def test_after_the_hold_a_newcomer_is_a_new_track(enter):
    room = enter()
    room.at(0.0, (160, 150))
    assert room.at(SETTINGS.hold_s, (400, 70)).track is None
    later = room.at(SETTINGS.hold_s + 0.5, (400, 70)).track
    assert (later.number, later.began_s) == (2, SETTINGS.hold_s + 0.5)


def test_someone_of_the_patients_size_after_the_hold_is_a_new_track_too(enter):
    room = enter()
    room.at(0.0, (160, 120))
    room.at(1.0)
    assert room.at(SETTINGS.hold_s + 1, (160, 120)).track.number == 2


def test_an_other_who_leaves_the_room_may_return_as_the_patient(enter):
    room = enter()
    room.at(0.0, (160, 150), (470, 110))
    for time_s in seconds(1, 1 + SETTINGS.forget_others_s):
        room.at(time_s)
    assert room.at(SETTINGS.hold_s + 1, (470, 110)).track.number == 2


@pytest.mark.parametrize(("gap_s", "looks"), [(SETTINGS.max_gap_s, 1), (SETTINGS.max_gap_s + 0.1, 2)])
def test_after_a_gap_in_time_the_face_is_searched_anew(enter, gap_s, looks):
    room = enter(settings=TrackerSettings(recheck_s=100.0))
    room.at(5.0, (200, 120))
    track = room.at(5.0 + gap_s, (200, 120)).track
    assert room.detector.calls == looks
    assert track.number == 1


def test_a_face_that_jumps_is_found_where_it_is_now(enter):
    room = enter()
    room.at(0.0, (150, 120))
    jumped = room.at(0.04, (480, 120))
    assert where(jumped) == pytest.approx(480, abs=10)
    assert jumped.track.number == 1


def test_an_other_who_moves_to_the_patients_place_stays_an_other(enter):
    room = enter()
    room.at(0.0, (160, 150), (510, 110))
    for step in range(8):
        sighting = room.at(1.0 + step * 0.5, (510 - 50 * step, 110))
        assert sighting.track is None
        assert sighting.faces == 1


def test_the_patient_is_found_again_beside_an_other(enter):
    room = enter()
    together = ((150, 150), (285, 100))
    assert where(room.at(0.0, *together)) == pytest.approx(150, abs=10)
    assert room.at(0.5, (285, 100)).track is None, "the patient's face is covered for a moment"
    again = room.at(0.6, *together)

    assert again.track is not None
    assert where(again) == pytest.approx(150, abs=10)
    assert again.faces == 2
