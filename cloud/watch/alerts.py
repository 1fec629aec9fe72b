"""The states of an alert: one of each rule and box. Nothing here sends, stores or asks for the time.

                     breached                       for for_s
    Normal ─────────────────────────► Pending ─────────────────────► Alerting
      ▲  ▲            fine               │                            │   ▲
      │  └───────────────────────────────┘                       fine │   │ breached
      │                          fine for keep_s                      ▼   │
      └──────────────────────────────────────────────────────────── Recovering

A box of which the rule cannot be judged pends likewise, and is then in the state No data (it is silent, or was never
seen) or Error (what it tells cannot be compared), or in whatever else the rule's `no_data` and `error` say. What an
alert was told of is remembered over all states until it is Normal, so one that flaps is told once, and resolved once.

Source: Grafana documentation, "Alert rule evaluation" and "No Data and Error states".
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from cloud.watch.fields import Value
from cloud.watch.rules import Rule


class State(str, Enum):
    """Where an alert is."""

    NORMAL = "Normal"
    PENDING = "Pending"
    ALERTING = "Alerting"
    RECOVERING = "Recovering"
    NO_DATA = "No data"
    ERROR = "Error"


class Outcome(str, Enum):
    """What one look at a box found."""

    FINE = "fine"
    BREACH = "breach"
    NO_DATA = "no data"
    ERROR = "error"


@dataclass(frozen=True)
class Standing:
    """How one alert stands. `cause`: what it pends or fires for; `told`: whether people were told that it fires."""

    state: State = State.NORMAL
    since_s: float = 0.0
    cause: Outcome = Outcome.FINE
    told: bool = False


_FIRED = {Outcome.BREACH: State.ALERTING, Outcome.NO_DATA: State.NO_DATA, Outcome.ERROR: State.ERROR}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def judge(rule: Rule, value: Value) -> Outcome:
    """Whether a value breaches the rule. What a box does not tell, such as a temperature that it cannot measure, is
    fine; what cannot be compared is an error."""
    if value is None:
        return Outcome.FINE
    if isinstance(value, bool) != isinstance(rule.threshold, bool) or isinstance(value, str) != isinstance(
        rule.threshold, str
    ):
        return Outcome.ERROR
    return Outcome.BREACH if _COMPARE[rule.comparison](value, rule.threshold) else Outcome.FINE


def step(rule: Rule, before: Standing, outcome: Outcome, now_s: float) -> Standing:
    """How the alert stands after one more look at `now_s`, seconds of the database's clock, which may jump."""
    outcome = _handled(rule, before, outcome)
    since_s = min(before.since_s, now_s)  # a clock that was set back proves no time
    before = before if since_s == before.since_s else replace(before, since_s=since_s)
    lasted_s = now_s - since_s
    if outcome is Outcome.FINE:
        return _fine(rule, before, lasted_s, now_s)
    if before.state is _FIRED[outcome]:
        return before
    if before.state is State.RECOVERING and before.cause is outcome:
        return replace(before, state=_FIRED[outcome], since_s=now_s)
    if before.state is State.PENDING and before.cause is outcome:
        return replace(before, state=_FIRED[outcome], since_s=now_s) if lasted_s >= rule.for_s else before
    waits = rule.for_s > 0 and not before.told
    return replace(before, state=State.PENDING if waits else _FIRED[outcome], since_s=now_s, cause=outcome)


def fires(rule: Rule, standing: Standing) -> bool:
    """Whether people should be told that it does."""
    if standing.state is State.NO_DATA:
        return rule.no_data == "tell"
    if standing.state is State.ERROR:
        return rule.error == "tell"
    return standing.state is State.ALERTING


def _handled(rule: Rule, before: Standing, outcome: Outcome) -> Outcome:
    handling = {Outcome.NO_DATA: rule.no_data, Outcome.ERROR: rule.error}.get(outcome, "show")
    if handling == "keep":
        is_firing = before.state in (State.PENDING, State.ALERTING, State.NO_DATA, State.ERROR)
        return before.cause if is_firing else Outcome.FINE
    return {"alerting": Outcome.BREACH, "normal": Outcome.FINE}.get(handling, outcome)


def _fine(rule: Rule, before: Standing, lasted_s: float, now_s: float) -> Standing:
    if before.state is State.NORMAL:
        return before
    if before.state is State.RECOVERING:
        return before if lasted_s < rule.keep_s else replace(before, state=State.NORMAL, since_s=now_s)
    recovers = rule.keep_s > 0 and (before.told or before.state is State.ALERTING)
    return replace(before, state=State.RECOVERING if recovers else State.NORMAL, since_s=now_s)
