"""The budget: what is booked where, when it falls back and when it returns, whatever the clock does."""

from datetime import UTC, datetime, timedelta

import pytest

from device.clock import FakeClock
from device.delivery.budget import OVERHEAD_BYTES, Budget, describe
from device.settings import BudgetSettings

SETTINGS = BudgetSettings(monthly_mb=100.0, monthly_writes=100_000)


def at(text: str) -> FakeClock:
    return FakeClock(wall=datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def days(clock: FakeClock, budget: Budget, number: int, mb: float, weekends: bool = True) -> None:
    """Book `mb` a day in ten writes, for some days."""
    for _ in range(number):
        weekday = datetime.fromtimestamp(clock.wall(), UTC).weekday()
        if weekends or weekday < 5:
            budget.book(10, int(mb * 1e6) - 10 * OVERHEAD_BYTES)
        clock.advance(timedelta(days=1).total_seconds())


def test_use_is_bodies_and_what_comes_on_top() -> None:
    budget = Budget(SETTINGS, at("2026-06-01"), "records")
    budget.book(2, 1000)
    estimate = budget.estimate()
    assert (estimate.bytes, estimate.writes) == (1070 + 2 * OVERHEAD_BYTES, 2)


def test_a_use_that_fits_keeps_its_mode_over_weekends() -> None:
    clock = at("2026-06-01")  # a Monday; the month has 22 working days
    budget = Budget(SETTINGS, clock, "records")
    days(clock, budget, 30, 4.2, weekends=False)
    assert budget.mode == "records"


def test_a_use_that_will_not_fit_falls_back_once_and_returns_with_the_month() -> None:
    clock = at("2026-06-01")
    budget = Budget(SETTINGS, clock, "records")
    while budget.mode == "records":
        days(clock, budget, 1, 6.0, weekends=False)
    assert budget.estimate().bytes < 100e6
    days(clock, budget, 15, 1.0)
    assert budget.mode == "seconds"
    clock.advance(timedelta(days=15).total_seconds())
    assert (budget.mode, budget.estimate().bytes) == ("records", 0)


def test_too_many_writes_fall_back_too() -> None:
    budget = Budget(BudgetSettings(monthly_mb=1e6, monthly_writes=100), at("2026-06-15"), "records")
    budget.book(60, 0)
    assert budget.mode == "seconds"


def test_a_budget_that_is_used_up_ends_at_summaries() -> None:
    budget = Budget(SETTINGS, at("2026-06-30"), "records")
    for _ in range(5):
        budget.book(1, 101_000_000)
    assert budget.mode == "minutes"


def test_a_coarser_mode_that_is_wanted_is_never_refined() -> None:
    assert Budget(SETTINGS, at("2026-06-01"), "minutes").mode == "minutes"


def test_books_outlive_a_restart() -> None:
    clock = at("2026-06-30")
    budget = Budget(SETTINGS, clock, "records")
    budget.book(1, 101_000_000)
    again = Budget(SETTINGS, clock, "records", budget.text())
    assert (again.mode, again.estimate()) == ("seconds", budget.estimate())


@pytest.mark.parametrize(("wall", "trusted"), [(0.0, False), (0.0, True), (4e9, False)])
def test_a_clock_that_is_wrong_moves_no_month(wall: float, trusted: bool) -> None:
    clock = at("2026-06-30")
    budget = Budget(SETTINGS, clock, "records")
    budget.book(1, 101_000_000)
    clock.set_wall(wall, trusted)
    budget.book(1, 0)
    assert budget.mode != "records"
    assert budget.estimate().writes == 2


def test_use_before_the_first_known_day_is_kept_apart() -> None:
    clock = FakeClock(wall=0.0, trusted=False)
    budget = Budget(SETTINGS, clock, "records")
    budget.book(1, 1000)
    assert budget.estimate().writes == 1
    clock.set_wall(datetime(2026, 6, 30, tzinfo=UTC).timestamp(), trusted=True)
    budget.book(1, 1000)
    assert budget.estimate().writes == 1


def test_books_do_not_grow_for_ever() -> None:
    clock = at("2026-01-01")
    budget = Budget(SETTINGS, clock, "records")
    days(clock, budget, 400, 0.1)
    assert len(budget.text()) < 4000


def test_the_cost_is_that_of_storage_and_answers() -> None:
    budget = Budget(BudgetSettings(monthly_mb=1e5), at("2026-06-30"), "records")
    budget.book(1_000_000, 2_000_000_000)
    assert budget.estimate().dollars == pytest.approx(2 * 5 + 0.45)
    assert "$10.45 at the prices of 2026-" in describe(budget, SETTINGS)
