"""The states of alerts, of any rule and whatever happens to a box: what people would be told, and when."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.watch.alerts import Outcome, Standing, State, fires, judge, step
from cloud.watch.board import Board
from cloud.watch.evaluation import Evaluation
from cloud.watch.fields import DERIVED, OF_THE_WATCH
from cloud.watch.fleet import Fleet
from cloud.watch.messages import Message
from cloud.watch.rules import HANDLINGS, Rule, Rules, Telling, load_rules
from device.contract.errors import ConfigError
from tests.cloud.watch.boxes import START_MS, said

FINE, BREACH, NO_DATA, ERROR = Outcome


def rule(**changes: Any) -> Rule:
    """A box hotter than 80 °C for a minute, over after two."""
    kept = {"name": "hot", "field": "host.temperature", "comparison": ">", "threshold": 80.0}
    told = {"words": "The box is hot", "do": "Give it air.", "for_s": 60.0, "keep_s": 120.0}
    return Rule(**(kept | told | changes))


def states(one: Rule, *looks: tuple[float, Outcome]) -> list[State]:
    standing, found = Standing(), []
    for at_s, outcome in looks:
        standing = step(one, standing, outcome, at_s)
        found.append(standing.state)
    return found


N, P, A, R, ND, E = State


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([BREACH, BREACH, BREACH, BREACH], [P, P, A, A]),
        ([BREACH, FINE, BREACH, BREACH, BREACH], [P, N, P, P, A]),
        ([BREACH, BREACH, BREACH, FINE, FINE, FINE, FINE, FINE], [P, P, A, R, R, R, R, N]),
        ([BREACH, BREACH, BREACH, FINE, BREACH, FINE], [P, P, A, R, A, R]),
        ([NO_DATA, NO_DATA, NO_DATA, FINE], [P, P, ND, N]),
        ([ERROR, ERROR, ERROR, FINE], [P, P, E, N]),
        ([BREACH, NO_DATA, NO_DATA, NO_DATA], [P, P, P, ND]),
    ],
)
def test_the_states_of_grafana(outcomes: list[Outcome], expected: list[State]) -> None:
    assert states(rule(), *((30.0 * n, outcome) for n, outcome in enumerate(outcomes))) == expected


def test_without_pending_and_recovering_an_alert_is_on_or_off() -> None:
    at_once = rule(for_s=0.0, keep_s=0.0)
    assert states(at_once, (0, BREACH), (1, FINE), (2, ERROR), (3, FINE)) == [A, N, E, N]


@pytest.mark.parametrize(
    ("handling", "expected"), [("alerting", A), ("normal", N), ("keep", N), ("show", ND), ("tell", ND)]
)
def test_what_a_silent_box_means_is_the_rules_own_affair(handling: str, expected: State) -> None:
    assert states(rule(for_s=0.0, no_data=handling), (0, NO_DATA))[-1] is expected


def test_kept_as_it_is_an_alert_goes_on_firing_over_silence() -> None:
    kept = rule(for_s=0.0, no_data="keep")
    assert states(kept, (0, BREACH), (10, NO_DATA), (1000, NO_DATA), (1010, FINE)) == [A, A, A, R]


def test_an_alert_that_people_know_of_needs_no_pending_when_its_box_comes_back_hot() -> None:
    told = Standing(State.NO_DATA, 100.0, NO_DATA, told=True)
    assert step(rule(), told, BREACH, 130.0).state is State.ALERTING


@pytest.mark.parametrize(
    ("comparison", "threshold", "value", "outcome"),
    [
        (">", 80.0, 80.0, FINE),
        (">=", 80.0, 80.0, BREACH),
        ("<", 5.0, 4.9, BREACH),
        ("<=", 5.0, 5.1, FINE),
        ("==", True, True, BREACH),
        ("==", True, False, FINE),
        ("!=", "idle", "session", BREACH),
        (">", 80.0, None, FINE),
        (">", 80.0, "hot", ERROR),
        (">", 80.0, True, ERROR),
        ("==", True, 1.0, ERROR),
    ],
)
def test_values_are_compared_only_with_their_like(
    comparison: str, threshold: Any, value: Any, outcome: Outcome
) -> None:
    assert judge(rule(comparison=comparison, threshold=threshold), value) is outcome


# --- whatever happens


def histories(count: int) -> Iterator[tuple[Rule, list[tuple[float, Outcome]]]]:
    """Rules and what was found, at random times and with clocks that jump; the same in every run."""
    chance = random.Random(11)
    for _ in range(count):
        one = rule(
            for_s=chance.choice([0.0, 30.0, 300.0]),
            keep_s=chance.choice([0.0, 30.0, 300.0]),
            no_data=chance.choice(HANDLINGS),
            error=chance.choice(HANDLINGS),
        )
        weights = [chance.random() for _ in Outcome]
        at_s, looks = 1e9, []
        for _ in range(chance.randrange(1, 80)):
            at_s += chance.choice([1, 10, 60, 400, -5000 if chance.random() < 0.1 else 10])
            looks.append((at_s, chance.choices(list(Outcome), weights)[0]))
        yield one, looks


def test_nothing_fires_before_its_time_and_nothing_is_over_before_its_time() -> None:
    fired = over = 0
    for drawn, looks in histories(400):
        one = rule(for_s=drawn.for_s, keep_s=drawn.keep_s)
        standing, streak_from, last = Standing(), 0.0, None
        for at_s, found in looks:
            outcome = BREACH if found is BREACH else FINE
            if outcome is not last or at_s < streak_from:
                streak_from, last = at_s, outcome
            before, standing = standing, step(one, standing, outcome, at_s)
            if standing.state is A and before.state in (N, P):
                fired += 1
                assert outcome is BREACH
                assert at_s - streak_from >= one.for_s
            if standing.state is N and before.state in (A, R):
                over += 1
                assert outcome is FINE
                assert at_s - streak_from >= one.keep_s
    assert fired > 100
    assert over > 100


def test_people_are_told_once_and_then_that_it_is_over_once() -> None:
    told_at_all = 0
    for one, looks in histories(400):
        standing, told = Standing(), []
        for at_s, outcome in looks:
            standing = step(one, standing, outcome, at_s)
            if fires(one, standing) and not standing.told:
                told.append("fires")
                standing = replace(standing, told=True)
            elif standing.told and standing.state is N:
                told.append("over")
                standing = replace(standing, told=False)
        assert told == (["fires", "over"] * len(told))[: len(told)]
        told_at_all += len(told)
    assert told_at_all > 300


# --- a fleet


class Bench:
    """Boxes, rules, a file and a clock; `pass_` lets time go by, and returns what people were told meanwhile."""

    def __init__(self, folder: Path, *rules: Rule, **telling: float) -> None:
        self.rules = Rules(rule=rules, telling=Telling(**telling))
        self.folder = folder
        self.fleet = Fleet()
        self.now_ms = START_MS
        self.heard_ms = START_MS - 3600_000
        self.start()

    def start(self) -> None:
        self.board = Board(self.folder, is_own=True)
        self.told_s = self.board.told_s()
        self.evaluation = Evaluation(self.rules, self.fleet, self.board.recall(self.rules.rule))

    def hear(self, count: int, **changes: Any) -> None:
        for number in range(count):
            self.fleet.telemetry(f"/box-{number:03}", said(f"box-{number:03}", self.now_ms, **changes), False)

    def pass_(self, seconds: int, step_s: int = 10) -> list[Message]:
        sent = []
        for _ in range(0, seconds, step_s):
            self.now_ms += step_s * 1000
            changed = self.evaluation.look(self.fleet.devices(), self.now_ms, self.heard_ms)
            silenced = {(one.rule, one.device) for one in self.board.silences(self.now_ms)}
            message, told = self.evaluation.due(self.now_ms, self.told_s, silenced)
            if message:
                sent.append(message)
                self.told_s = self.now_ms / 1000
                self.evaluation.told(told)
            self.board.keep([*changed, *told], (), self.told_s)
        return sent

    def states(self) -> dict[str, int]:
        found = [stood.state for stood in self.board.standings()]
        return {state: found.count(state) for state in found}


def silent(**changes: Any) -> Rule:
    told = {"words": "No word from the box", "do": "Call the clinic.", "severity": "critical"}
    return rule(**({"name": "silent", "field": "silent_s", "threshold": 200.0, **told} | changes))


def test_an_outage_of_a_hundred_boxes_is_one_message_and_so_is_its_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent())
    bench.fleet.boxes("/", {f"box-{n:03}": {"name": f"Room {n}", "group": "north"} for n in range(120)}, False)
    for number in range(100):  # each reports at its own second of the minute
        seen = START_MS - number * 600
        bench.fleet.telemetry(f"/box-{number:03}", said(f"box-{number:03}", seen), False)
    (message,) = bench.pass_(700, 20)
    assert message.subject() == "Affectbox: No word from the box (100 boxes)"
    assert "100 of the 120 boxes of north" in message.text()
    assert "Room 7 (box-007): 5 minutes" in message.text()
    bench.hear(100)
    over = []
    for _ in range(10):
        bench.hear(100)
        over += bench.pass_(60, 20)
    assert [message.subject() for message in over] == ["Affectbox: over: No word from the box (100 boxes)"]
    assert bench.states() == {"No data": 20}  # of those that were never seen


def test_where_all_boxes_of_a_group_are_silent_the_message_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent())
    bench.fleet.boxes("/", {f"box-{n:03}": {"name": "", "group": "north"} for n in range(3)}, False)
    bench.hear(3)
    (message,) = bench.pass_(600, 20)
    assert "all 3 boxes of north" in message.text()


def test_a_box_that_flaps_is_told_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rule(), wait_s=0.0, interval_s=0.0)
    sent = []
    for number in range(40):
        bench.hear(1, host__temperature=85.0 if number % 2 else 70.0)
        sent += bench.pass_(60)
    assert sent == []  # never hot for longer than a minute
    for number in range(40):
        bench.hear(1, host__temperature=70.0 if number % 3 == 2 else 85.0)
        sent += bench.pass_(60)
    assert [message.subject() for message in sent] == ["Affectbox: The box is hot (box-000)"]


def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rule())
    bench.hear(2, host__temperature=85.0)
    assert len(bench.pass_(190)) == 1
    bench.hear(2, host__temperature=85.0)
    bench.start()
    assert bench.pass_(600 - 190) == []
    bench.start()
    bench.hear(2)
    sent = bench.pass_(190)
    bench.start()
    bench.hear(2)
    sent += bench.pass_(190)
    assert [message.subject() for message in sent] == ["Affectbox: over: The box is hot (2 boxes)"]


def test_what_is_no_more_asked_for_is_forgotten_and_what_is_asked_otherwise_begins_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rule(), rule(name="busy", field="host.cpu", threshold=40.0))
    bench.hear(1, host__temperature=85.0)
    bench.pass_(120)
    assert bench.states() == {"Alerting": 2}
    bench.rules = Rules(rule=(rule(threshold=84.0),), telling=bench.rules.telling)
    bench.start()
    bench.pass_(10)
    assert [(stood.rule, stood.state) for stood in bench.board.standings()] == [("hot", "Pending")]


def test_nobody_is_told_of_a_silenced_box_until_the_silence_ends(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rule())
    bench.board.silence("box-000", "", START_MS + 600_000, "ida", "its fan is ordered", START_MS)
    bench.board.silence("box-001", "silent", START_MS + 600_000, "ida", "another rule", START_MS)
    first, later = [], []
    for minute in range(20):
        bench.hear(2, host__temperature=85.0)
        (first if minute < 9 else later).extend(bench.pass_(60))
    assert [told.device for message in first for told in message.fired] == ["box-001"]
    assert [told.device for message in later for told in message.fired] == ["box-000"]


def test_a_silence_may_be_taken_back_and_has_an_end(tmp_path: Path) -> None:
    board = Board(tmp_path)
    one = board.silence("box-1", "hot", START_MS + 1000, "ida", "why", START_MS)
    assert board.silences(START_MS) == [one]
    assert board.silences(START_MS + 1000) == []
    board.unsilence(one.id)
    assert board.silences(START_MS) == []
    for until in (START_MS, START_MS + 91 * 86_400_000):
        with pytest.raises(ConfigError, match="within 90 days"):
            board.silence("box-1", "hot", until, "ida", "why", START_MS)


def test_a_box_that_reports_rarely_is_not_told_as_silent_before_three_are_missing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent(for_s=0.0))
    bench.hear(1)
    bench.now_ms += 600_000
    for _ in range(3):
        bench.hear(1)
        assert bench.pass_(600, 60) == []
    assert len(bench.pass_(1500, 60)) == 1


def test_of_a_silent_box_nothing_else_is_concluded(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent(), rule())
    bench.hear(1, host__temperature=85.0)
    bench.pass_(100)
    assert bench.states() == {"Alerting": 1}
    bench.pass_(600)
    assert {stood.rule: stood.state for stood in bench.board.standings()} == {"silent": "Alerting", "hot": "No data"}


def test_a_box_that_has_a_name_and_never_said_a_word_has_no_data(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent())
    bench.fleet.boxes("/box-9", {"name": "Attic"}, False)
    assert bench.pass_(300) == []
    assert bench.states() == {"No data": 1}


def test_what_is_no_telemetry_is_an_error(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent(error="tell"))
    bench.fleet.telemetry("/box-9", "what is this", False)
    (message,) = bench.pass_(300)
    assert message.subject() == "Affectbox: No word from the box? Error (box-9)"


def test_after_the_watch_was_away_boxes_have_time_to_be_heard_of(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent())
    bench.hear(3)
    bench.now_ms += 3600_000
    bench.heard_ms = bench.now_ms
    bench.pass_(200)
    bench.hear(2)
    assert bench.states() == {}
    bench.pass_(170)
    assert [(stood.device, stood.state) for stood in bench.board.standings()] == [("box-002", "Alerting")]


def test_rules_may_be_for_some_boxes_and_groups(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rule(boxes=("box-00[0-1]",), groups=("south",)))
    bench.fleet.boxes("/", {"box-004": {"name": "", "group": "south"}}, False)
    bench.hear(6, host__temperature=85.0)
    bench.pass_(100)
    assert sorted(stood.device for stood in bench.board.standings()) == ["box-000", "box-001", "box-004"]
    bench.fleet.boxes("/box-004/group", "north", False)
    bench.hear(6, host__temperature=85.0)
    bench.pass_(200)
    assert sorted(stood.device for stood in bench.board.standings()) == ["box-000", "box-001"]


def test_a_message_holds_no_word_that_a_box_wrote(tmp_path: Path) -> None:
    bench = Bench(tmp_path, silent(), rule(), rule(name="text", field="trouble", comparison="!=", threshold=""))
    secret = {"trouble": "p-017", "session": "s-p-017", "desk__notice": "p-017", "version": "p-017", "boot": "p-017"}
    bench.hear(2, host__temperature=85.0, **secret)
    sent = bench.pass_(1200)
    told = str([(message.subject(), message.text(), message.to_json("1")) for message in sent])
    assert "box-001" in told
    assert "p-017" not in told
    assert "p-017" not in str(bench.board.standings())


# --- the file


def written(folder: Path, text: str) -> Path:
    path = folder / "alerts.toml"
    path.write_text(text)
    return path


HOT = 'name="hot"\nfield="host.temperature"\ncomparison=">"\nthreshold=80\nwords="Hot"\ndo="Air."\n'


def test_what_is_shipped_is_taken_and_tells_nobody() -> None:
    shipped = load_rules()
    assert len(shipped.rule) >= 15
    assert not shipped.webhook.url
    assert not shipped.email.server


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]]\n" + HOT.replace("temperature", "temprature"), "perhaps you meant 'host.temperature'"),
        ("[[rule]]\n" + HOT + "for=3\n", "Unknown key 'rule.for' in .*: perhaps you meant 'rule.for_s'"),
        ("[[rule]]\n" + HOT.replace(">", "=>"), "must be one of >, >=, <, <=, ==, !="),
        ("[[rule]]\n" + HOT.replace("80", "[80]"), "must be a number, true, false or a text"),
        ("[[rule]]\n" + HOT.replace("80", "true"), "for that give a number"),
        ("[[rule]]\n" + HOT.replace("do=", "to="), "Unknown key|missing"),
        ("[[rule]]\n" + HOT + "for_s=-1\n", "for_s"),
        ("[[rule]]\n" + HOT + "[[rule]]\n" + HOT, "two rules have the name 'hot'"),
        ('[webhook]\nurl="http://hooks.example.org/SECRET"', "https://HOST/PATH"),
        ('[email]\nserver="mail.example.org"\nsender="a@b.org"', "names nobody"),
        ('[email]\nserver="mail.example.org"\nsender="a@b.org"\nto=["x"]', "must be an address"),
        ('[email]\nserver="mail.example.org"\nsecurity="none"', "unencrypted"),
        ("rule = 3", "must be a list of tables"),
        ("not toml", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        load_rules(written(tmp_path, text))
    assert "SECRET" not in str(raised.value)


def test_the_page_of_the_docs_lists_what_rules_can_be_about() -> None:
    section = (Path(__file__).parents[3] / "docs" / "dashboard.md").read_text().partition("## Alerts")[2]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    assert listed == DERIVED | OF_THE_WATCH
