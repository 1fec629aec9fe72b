"""A command to several boxes: whom it was given, what became of it at each, and who is next. Pure arithmetic.

    waiting ─► sent ─► heard ─► installing ─► proving ─► proven
                │        │          └──────────┴───────► rolled back, refused, no end
                │        └─► refused (in a session …)
                └─► no answer (nothing by `until`), not sent (the database did not take it)

At most `at_once` are under way. Staged: the first box alone, and the others only when it was proven; a box that is
rolled back ends what has not begun. An update's `proven` is the box's own word for it: it runs the release, and that
release has shown that it works there. What becomes of a command is read from the box's telemetry, so it is found again
after a reload, or by another engineer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from cloud.watch.fields import value, words
from device.contract.fields import Json

#: How long a box has to hear a command, milliseconds.
HEARD_MS = 300_000
#: How long an update may take from when it is heard; then nobody waits for it any more.
ENDS_MS = 45 * 60_000
_PROVING, _INSTALLING = ("trying",), ("asked", "fetching", "checking", "unpacking")


class At(str, Enum):
    """Where a box is with a command."""

    WAITING = "waiting"
    SENT = "sent"
    HEARD = "heard"
    INSTALLING = "installing"
    PROVING = "proving"
    DONE = "done"
    REFUSED = "refused"
    BACK = "rolled back"
    NO_ANSWER = "no answer"
    NO_END = "no end"
    NOT_SENT = "not sent"
    LEFT = "not begun"


UNDER_WAY = (At.SENT, At.HEARD, At.INSTALLING, At.PROVING)
OVER = (At.DONE, At.REFUSED, At.BACK, At.NO_ANSWER, At.NO_END, At.NOT_SENT, At.LEFT)
_ENDS = {"done": At.DONE, "back": At.BACK, "refused": At.REFUSED}


@dataclass(frozen=True)
class Step:
    """One box of a rollout.

    Attributes:
        command: the id of the command that it was sent.
        until_ms: until when it obeys it.
        before: what it said of updates before it was sent: an old ending is not this one's.
        since_ms: since when it is there, by the database's clock.
    """

    device: str
    at: At = At.WAITING
    command: str = ""
    until_ms: int = 0
    before: str = ""
    text: str = ""
    since_ms: int = 0


@dataclass(frozen=True)
class Rollout:
    """A command `do` to boxes, in this order, wanted by somebody.

    Attributes:
        visit: of whoever drives it; "" nobody does, so nothing is sent until somebody goes on with it.
        staged: whether the first box goes first, alone.
        stopped: why no more boxes begin; "" they do.
    """

    id: str
    do: str
    by: str
    name: str
    at_ms: int
    at_once: int
    staged: bool
    steps: tuple[Step, ...]
    visit: str = ""
    stopped: str = ""

    @property
    def is_over(self) -> bool:
        """Whether every box has come to an end."""
        return all(step.at in OVER for step in self.steps)


def due(rollout: Rollout) -> list[str]:
    """The boxes that should be sent the command now."""
    if rollout.stopped or not rollout.visit:
        return []
    first, *others = rollout.steps
    if rollout.staged and others and first.at is not At.DONE:
        return [first.device] if first.at is At.WAITING else []
    room = rollout.at_once - sum(step.at in UNDER_WAY for step in rollout.steps)
    waiting = [step.device for step in rollout.steps if step.at is At.WAITING]
    return waiting[: max(room, 0)]


def sent(rollout: Rollout, device: str, command: str, document: Json, now_ms: int) -> Rollout:
    """The box was sent the command of this id."""
    step = Step(device, At.SENT, command, now_ms + HEARD_MS, _said(document), since_ms=now_ms)
    return _with(rollout, device, lambda old: step)


def not_sent(rollout: Rollout, device: str, why: str, now_ms: int) -> Rollout:
    """The database did not take the command."""
    return _with(rollout, device, lambda old: replace(old, at=At.NOT_SENT, text=why, since_ms=now_ms))


def stop(rollout: Rollout, why: str, now_ms: int) -> Rollout:
    """No more boxes begin; those that have go on."""
    steps = tuple(
        replace(step, at=At.LEFT, since_ms=now_ms) if step.at is At.WAITING else step for step in rollout.steps
    )
    return replace(rollout, steps=steps, stopped=why)


def observed(rollout: Rollout, document: Callable[[str], Json], now_ms: int) -> Rollout:
    """The rollout by what the telemetry of each box says now; itself where that changes nothing."""
    steps = tuple(_step(rollout.do, step, document(step.device), now_ms) for step in rollout.steps)
    seen = rollout if all(new is old for new, old in zip(steps, rollout.steps, strict=True)) else None
    now = seen or replace(rollout, steps=steps)
    why = "" if now.stopped or not now.staged else _failure(now)
    return stop(now, why, now_ms) if why else now


def _failure(rollout: Rollout) -> str:
    """Why a staged rollout goes no further."""
    left = sum(step.at is At.WAITING for step in rollout.steps)
    if not left:
        return ""
    first = rollout.steps[0]
    rest = f"the {'other box was' if left == 1 else f'other {left} were'} not begun"
    if first.at in OVER and first.at is not At.DONE:
        return f"{first.device} came first, and ended with '{first.at.value}': {rest}."
    back = next((step for step in rollout.steps if step.at is At.BACK), None)
    return f"{back.device} was rolled back: {rest}." if back else ""


def _step(do: str, step: Step, document: Json, now_ms: int) -> Step:
    if step.at not in UNDER_WAY:
        return step
    at, text = _found(do, step, document, now_ms)
    if at is step.at and text == step.text:
        return step
    return replace(step, at=at, text=text, since_ms=now_ms if at is not step.at else step.since_ms)


def _found(do: str, step: Step, document: Json, now_ms: int) -> tuple[At, str]:
    answers = words(document, "control.id") == step.command
    answer = words(document, "control.answer") if answers else step.text
    tried = do == "update" and _is_news(step, document) and words(document, "update.state") in _ENDS
    if answers and value(document, "control.done") is False and not tried:
        return At.REFUSED, answer
    heard = answers or step.at is not At.SENT
    if not heard:
        late = now_ms > step.until_ms + 60_000  # it may say so with its next report
        return (At.NO_ANSWER, "It did not hear the command in time, and will not obey it.") if late else (At.SENT, "")
    if do != "update":
        return At.DONE, answer
    return _updating(step, document, answer, now_ms)


def _updating(step: Step, document: Json, answer: str, now_ms: int) -> tuple[At, str]:
    state, text = words(document, "update.state"), words(document, "update.text") or answer
    if state in _PROVING:
        return At.PROVING, text
    if state in _INSTALLING:
        return At.INSTALLING, text
    if state in _ENDS and _is_news(step, document):
        return _ENDS[state], text
    if now_ms - step.since_ms > ENDS_MS:
        return At.NO_END, "It began, and has not said how it ended."
    return (step.at if step.at is not At.SENT else At.HEARD), answer


def _is_news(step: Step, document: Json) -> bool:
    """Whether what the box says of an update is of this one."""
    return step.at in (At.INSTALLING, At.PROVING) or _said(document) != step.before


def _said(document: Json) -> str:
    told = [words(document, path) for path in ("version", "update.version", "update.state", "update.text")]
    return "\n".join(told)


def _with(rollout: Rollout, device: str, change: Callable[[Step], Step]) -> Rollout:
    return replace(rollout, steps=tuple(change(step) if step.device == device else step for step in rollout.steps))


def to_json(rollout: Rollout) -> Json:
    """As it is kept."""
    steps = [vars(step) | {"at": step.at.value} for step in rollout.steps]
    return vars(rollout) | {"steps": steps}


def of_json(kept: Any) -> Rollout:
    """What `to_json` gave; nobody drives it. Raises `TypeError`, `KeyError`, `ValueError`: it is none."""
    steps = tuple(Step(**(step | {"at": At(step["at"])})) for step in kept["steps"])
    return Rollout(**(kept | {"steps": steps, "visit": ""}))
