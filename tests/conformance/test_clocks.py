"""Every clock keeps the same promises: durations never run backwards, and each start has its own name."""

import re
import time
from pathlib import Path

import pytest

from device.clock import FakeClock, SystemClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request):
    return request.param()


def started_ms(clock):
    return int(clock.boot().split("-")[1], 16)


def test_monotonic_time_never_runs_backwards(clock):
    times = [clock.monotonic() for _ in range(100)]
    assert times == sorted(times)


def test_the_name_of_a_start_has_a_form_that_sorts_and_does_not_change(clock):
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{10}", clock.boot())
    assert clock.boot() == clock.boot()


def test_trust_is_yes_or_no(clock):
    assert clock.trusted() in (True, False)
    assert isinstance(clock.trusted(), bool)


def test_wall_time_is_in_this_century(clock):
    assert clock.wall() > 946_684_800


def test_the_machines_start_is_in_the_name():
    kernel = Path("/proc/sys/kernel/random/boot_id").read_text()
    assert SystemClock().boot().startswith(kernel[:8] + "-")


def test_two_starts_share_a_name_only_within_one_millisecond():
    before = time.monotonic_ns() // 1_000_000
    first = SystemClock()
    between = time.monotonic_ns() // 1_000_000
    second = SystemClock()
    after = time.monotonic_ns() // 1_000_000
    assert before <= started_ms(first) <= between <= started_ms(second) <= after


def test_starts_at_different_times_have_different_names():
    assert FakeClock(monotonic=5.0).boot() != FakeClock(monotonic=5.001).boot()
    assert started_ms(FakeClock(monotonic=5.0)) == 5000


def test_the_fake_stands_still_until_it_is_moved():
    clock = FakeClock(monotonic=10.0, wall=2e9)
    assert (clock.monotonic(), clock.wall()) == (clock.monotonic(), clock.wall()) == (10.0, 2e9)
    clock.advance(2.5)
    assert (clock.monotonic(), clock.wall()) == (12.5, 2e9 + 2.5)


@pytest.mark.parametrize("wall", [0.0, 3e9])
def test_a_jump_of_the_wall_clock_leaves_durations_and_the_start_alone(wall):
    clock = FakeClock(monotonic=10.0, wall=2e9)
    boot = clock.boot()
    clock.set_wall(wall, trusted=False)
    assert (clock.wall(), clock.trusted()) == (wall, False)
    assert (clock.monotonic(), clock.boot()) == (10.0, boot)
