"""The pace: what heat, power and the budget do to it, on a made-up board whose heat and load follow from the rate."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from device.contract.labels import Slower
from device.metrics import Host
from device.sensors import Limit, Throttling
from device.service.pace import Gate, Governor, Pace, Pacer
from device.settings import PaceSettings

SETTINGS = PaceSettings()
NOTHING = Limit(0)
TARGET, LEAST = SETTINGS.rate, SETTINGS.least


def host(cores: float | None = 0.2, temperature: float | None = 50.0, now: Limit = NOTHING) -> Host:
    return Host(None if cores is None else cores * 100, 100.0, 10.0, temperature, Throttling(now, None))


@dataclass
class Board:
    """A governor on a board, second by second; `frame_s`: processor time of a frame."""

    frame_s: float = 0.02
    governor: Governor = field(default_factory=lambda: Governor(SETTINGS))
    now_s: float = 0.0
    seen: list[Pace] = field(default_factory=list)

    def run(self, seconds: int, temperature: float = 50.0, now: Limit = NOTHING) -> Pace:
        for _ in range(seconds):
            self.now_s += 1
            cores = self.frame_s * self.governor.pace.rate + 0.02
            self.seen.append(self.governor.observe(host(cores, temperature, now), self.now_s))
        return self.seen[-1]

    @property
    def changes(self) -> int:
        rates = [pace.rate for pace in self.seen]
        return sum(a != b for a, b in pairwise(rates))


def test_where_all_is_well_every_frame_that_is_wanted_is_looked_at():
    board = Board()
    assert board.run(600) == Pace(TARGET)
    assert board.changes == 0


@pytest.mark.parametrize(
    ("temperature", "now", "why"),
    [
        (76.0, NOTHING, Slower.HEAT),
        (50.0, Limit.UNDER_VOLTAGE, Slower.THROTTLED),
        (50.0, Limit.CAPPED, Slower.THROTTLED),
        (50.0, Limit.THROTTLED, Slower.THROTTLED),
    ],
)
def test_heat_and_a_throttled_processor_lower_the_rate_step_by_step_to_the_least(temperature, now, why):
    board = Board()
    assert board.run(1, temperature, now) == Pace(8.0, (why,))
    assert board.run(18, temperature, now).rate == 8, "heat follows slowly, so the next step waits"
    assert board.run(2, temperature, now).rate == 6
    assert board.run(40, temperature, now).rate == LEAST
    assert board.run(600, temperature, now) == Pace(LEAST, (why,), sparing=True)


def test_the_soft_limit_of_a_board_is_no_reason():
    assert Board().run(600, 62.0, Limit.SOFT_LIMIT) == Pace(TARGET)


def test_frames_that_are_too_dear_lower_the_rate_to_what_the_budget_has_and_it_stays_there():
    board = Board(frame_s=0.08)  # six a second are all that half a core can do
    pace = board.run(30)
    assert pace.why == (Slower.BUDGET,)
    assert 5 <= pace.rate <= 6
    assert board.run(1800) == pace, "it does not swing"


def test_frames_that_are_far_too_dear_are_looked_at_as_rarely_as_may_be_and_no_rarer():
    assert Board(frame_s=0.4).run(60) == Pace(LEAST, (Slower.BUDGET,), sparing=True)


def test_a_moment_of_work_is_no_cost_of_frames():
    board = Board()
    board.run(20)
    board.governor.observe(host(1.4), 21)
    board.now_s = 21
    assert board.run(20) == Pace(TARGET)


def test_it_rises_slowly_after_a_calm_time_and_the_reason_stays_until_it_is_up():
    board = Board()
    board.run(300, temperature=80.0)
    assert board.run(int(SETTINGS.calm_s)) == Pace(LEAST, (Slower.HEAT,), sparing=True)
    assert board.run(2) == Pace(LEAST, (Slower.HEAT,)), "what was spared comes back first"
    rates = [board.run(15).rate for _ in range(5)]
    assert rates == [6, 7, 8, 9, 10]
    assert board.seen[-16].why == (Slower.HEAT,)
    assert board.run(1) == Pace(TARGET)


def test_it_does_not_rise_while_it_is_not_yet_cool():
    board = Board()
    board.run(60, temperature=80.0)
    assert board.run(600, temperature=72.0).rate == LEAST
    assert board.run(600, temperature=69.0).rate == TARGET


def test_it_does_not_rise_beyond_the_budget():
    board = Board(frame_s=0.06)  # seven and a half fit
    board.run(300, temperature=80.0)
    pace = board.run(1800)
    assert 6 <= pace.rate <= 7.5
    assert pace.why == (Slower.HEAT,)


def test_a_board_that_heats_up_with_its_work_finds_a_pace_and_hardly_swings():
    board, temperature = Board(), 50.0
    for _ in range(4 * 3600):
        temperature += (50 + 2.8 * board.governor.pace.rate - temperature) / 120  # 78 °C at ten frames a second
        board.run(1, temperature)
    assert max(pace.rate for pace in board.seen[3600:]) <= TARGET
    assert min(pace.rate for pace in board.seen) >= LEAST
    assert board.changes < 4 * 60, "not once a minute"
    assert temperature < SETTINGS.hot_c + 1


def test_what_the_machine_does_not_tell_is_no_reason():
    governor = Governor(SETTINGS)
    for second in range(100):
        pace = governor.observe(Host(None, 100.0, 10.0), float(second))
    assert pace == Pace(TARGET)


def test_a_rate_that_is_wanted_below_the_least_is_kept():
    assert Board(governor=Governor(PaceSettings(rate=4.0))).run(600, temperature=90.0) == Pace(
        4.0, (Slower.HEAT,), sparing=True
    )


def let_through(gate: Gate, fps: float, seconds: float, jitter: float = 0.0) -> list[float]:
    times = [index / fps + jitter * (-1) ** index for index in range(round(seconds * fps))]
    return [time_s for time_s in times if gate.admits(time_s)]


@pytest.mark.parametrize("fps", [15, 20, 25, 29.97, 30, 50, 60])
@pytest.mark.parametrize("rate", [5.0, 7.5, 10.0])
@pytest.mark.parametrize("jitter", [0.0, 0.004])
def test_of_a_cameras_pictures_so_many_a_second_are_looked_at_evenly(fps, rate, jitter):
    through = let_through(Gate(rate), fps, 20, jitter)
    assert len(through) / 20 == pytest.approx(rate, rel=0.02)
    steps = [b - a for a, b in pairwise(through)]
    assert max(steps) < 1 / rate + 1 / fps + 2 * jitter


def test_all_pictures_of_a_slow_camera_are_looked_at():
    assert len(let_through(Gate(10.0), 8, 20)) == 160


def test_after_a_silence_there_is_no_rush():
    gate = Gate(10.0)
    let_through(gate, 25, 1)
    assert len([1 for index in range(25) if gate.admits(60 + index / 25)]) == 10


def test_a_clip_that_begins_again_is_looked_at_again():
    gate = Gate(10.0)
    assert len(let_through(gate, 25, 10)) == 100
    assert len(let_through(gate, 25, 10)) == 100


def test_the_rate_may_change_at_any_time():
    gate = Gate(10.0)
    let_through(gate, 25, 1)
    gate.rate = 5.0
    assert len([1 for index in range(100) if gate.admits(1 + index / 25)]) == pytest.approx(20, abs=1)
    gate.rate = 10.0
    assert len([1 for index in range(100) if gate.admits(5 + index / 25)]) == pytest.approx(40, abs=1)


def test_only_a_picture_that_would_not_be_looked_at_is_called_early():
    gate, missed = Gate(10.0), 0
    for index in range(250):
        early = gate.early
        admitted = gate.admits(index / 25)
        assert not (early and admitted)
        missed += not early and not admitted
    assert missed <= 2


def test_the_pacer_tells_the_gate_and_what_can_be_spared_and_waits_for_news_of_the_machine():
    samples, spared = [host(temperature=90.0)], []
    pacer = Pacer(SETTINGS, lambda: samples[-1], spared.append)
    assert pacer.tick(0.0) == Pace(TARGET), "that sample was taken before the first frame"
    for second in range(1, 100):
        samples.append(host(temperature=90.0))
        for _ in range(10):
            pace = pacer.tick(float(second))
    assert pace == pacer.pace == Pace(LEAST, (Slower.HEAT,), sparing=True)
    assert pacer.gate.rate == LEAST
    assert spared[-1] is True
    assert len(spared) == 99


def test_a_pace_as_records_hold_it():
    assert Pace(10.0).to_json() == {"rate": 10.0}
    assert Pace(5.0, (Slower.HEAT, Slower.BUDGET), True).to_json() == {
        "rate": 5.0,
        "why": ["heat", "budget"],
        "sparing": True,
    }
