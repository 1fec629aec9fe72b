"""Push ids sort as they were made."""

from cloud.local.pushid import ALPHABET, PushIds


def test_ids_increase_within_a_millisecond_and_through_a_clock_that_runs_backwards():
    ids = PushIds()
    times = [1_700_000_000_000] * 1000 + [1_700_000_000_001] * 10 + [1_600_000_000_000] * 10
    made = [ids.next(now) for now in times]
    assert made == sorted(set(made))
    assert all(len(name) == 20 and set(name) <= set(ALPHABET) for name in made)


def test_ids_of_two_generators_sort_by_time_and_differ():
    first, second = PushIds(), PushIds()
    early, late = first.next(1_700_000_000_000), second.next(1_700_000_000_001)
    assert early < late
    assert first.next(1_700_000_000_005)[8:] != second.next(1_700_000_000_005)[8:]


def test_the_time_is_written_as_firebase_writes_it():
    """The ids of Firebase's documentation: one made in March 2012, one in July 2014."""
    assert PushIds().next(1_331_866_477_696).startswith("-INOQPH-")
    assert PushIds().next(1_404_764_236_179).startswith("-JRHTHaI")
