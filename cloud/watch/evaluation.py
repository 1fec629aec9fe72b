"""From what the boxes tell to how alerts stand and what people are told: one look at all of them."""

from collections.abc import Iterable, Set
from dataclasses import replace

from cloud.watch.alerts import Outcome, Standing, State, fires, judge, step
from cloud.watch.board import Key
from cloud.watch.fields import DERIVED, OF_THE_WATCH, Value, value
from cloud.watch.fleet import Fleet
from cloud.watch.health import is_silent
from cloud.watch.messages import WATCH, Message, Told
from cloud.watch.rules import Rule, Rules

Changed = tuple[Rule, str, Standing, Value]


class Evaluation:
    """How every alert stands."""

    def __init__(self, rules: Rules, fleet: Fleet, standings: dict[Key, Standing]) -> None:
        """`standings`: how they stood before."""
        self._rules = [rule for rule in rules.rule if rule.field not in OF_THE_WATCH]
        self._own = [rule for rule in rules.rule if rule.field in OF_THE_WATCH]
        self._by_name = {rule.name: rule for rule in rules.rule}
        self._telling = rules.telling
        self._fleet = fleet
        self._standings = standings
        self._values: dict[Key, float | bool | None] = {}

    def look(self, devices: Iterable[str], now_ms: int, heard_since_ms: int) -> list[Changed]:
        """Look at these boxes; returns the alerts that changed. What was last heard of before `heard_since_ms`, when
        the watch began to read, is not judged for a while: whoever was away for as long may be back at once."""
        settling = now_ms - heard_since_ms < self._telling.settle_s * 1000
        changed: list[Changed] = []
        for device in devices:
            memory = self._fleet.memory(device)
            if settling and memory.seen_ms < heard_since_ms and self._fleet.is_known(device):
                continue
            changed += self._of_box(device, now_ms)
        return changed

    def look_at_watch(self, away_s: float, now_ms: int) -> list[Changed]:
        """For how long the watch itself could not read the database."""
        return [
            one
            for rule in self._own
            if (one := self._stepped(rule, WATCH, judge(rule, away_s), away_s, now_ms)) is not None
        ]

    def forget_all_but(self, devices: Set[str]) -> list[Changed]:
        """Alerts of boxes that are not there any more are over."""
        gone = [key for key in self._standings if key[1] not in devices and key[1] != WATCH]
        for key in gone:
            self._standings[key] = Standing()
        return [(self._by_name[rule], device, Standing(), None) for rule, device in gone]

    def due(self, now_ms: int, last_s: float, silenced: Set[Key]) -> tuple[Message | None, list[Changed]]:
        """The message that is to be sent now, None for none yet, and the alerts that it tells of. `last_s`: when the
        last one was; `silenced`: rules ("" for all) and boxes of which nobody is told."""
        now_s = now_ms / 1000
        fired, over = [], []
        for (name, device), one in self._standings.items():
            rule = self._by_name[name]
            if one.told and one.state is State.NORMAL:
                over.append((rule, device, one))
            elif not one.told and fires(rule, one) and not {("", device), (name, device)} & silenced:
                fired.append((rule, device, one))
        oldest = min((one.since_s for _, _, one in (*fired, *over)), default=None)
        if oldest is None or now_s - oldest < self._telling.wait_s or 0 <= now_s - last_s < self._telling.interval_s:
            return None, []
        told = [(rule, device, replace(one, told=True)) for rule, device, one in fired]
        told += [(rule, device, Standing(since_s=one.since_s)) for rule, device, one in over]
        message = Message(now_s, self._told(fired), self._told(over), self._sizes())
        return message, [(rule, device, one, self._value((rule.name, device))) for rule, device, one in told]

    def told(self, changed: Iterable[Changed]) -> None:
        """These were told of, durably."""
        for rule, device, one, _ in changed:
            self._set((rule.name, device), one)

    def _of_box(self, device: str, now_ms: int) -> list[Changed]:
        values = self._fleet.values(device, now_ms)
        outcome = self._blind(device, values)
        document, group = self._fleet.document(device), self._fleet.group(device)
        changed = []
        for rule in self._rules:
            found = values[rule.field] if rule.field in DERIVED else value(document, rule.field)
            judged = self._judged(rule, found, outcome)
            if not rule.concerns(device, group):
                judged = Outcome.FINE
            if (one := self._stepped(rule, device, judged, found, now_ms)) is not None:
                changed.append(one)
        return changed

    def _judged(self, rule: Rule, found: Value, blind: Outcome | None) -> Outcome:
        """What a value means. A box is silent when its own reports are missing, however rarely it sends them."""
        if rule.field == "silent_s" and found is not None:
            return judge(rule, found) if blind is Outcome.NO_DATA else Outcome.FINE
        return judge(rule, found) if blind is None else blind

    def _blind(self, device: str, values: dict[str, Value]) -> Outcome | None:
        """Why nothing can be said of a box, None where it can."""
        if not self._fleet.is_known(device) or is_silent(self._fleet.memory(device), values):
            return Outcome.NO_DATA
        return None if self._fleet.is_readable(device) else Outcome.ERROR

    def _stepped(self, rule: Rule, device: str, outcome: Outcome, found: Value, now_ms: int) -> Changed | None:
        key = rule.name, device
        before = self._standings.get(key, Standing())
        told = None if isinstance(found, str) else found  # no text of a box is kept or told
        self._values[key] = told
        now = step(rule, before, outcome, now_ms / 1000)
        if now == before:
            return None
        self._set(key, now)
        return rule, device, now, told

    def _set(self, key: Key, one: Standing) -> None:
        if one.state is State.NORMAL and not one.told:
            self._standings.pop(key, None)
        else:
            self._standings[key] = one

    def _value(self, key: Key) -> float | bool | None:
        return self._values.get(key)

    def _told(self, those: Iterable[tuple[Rule, str, Standing]]) -> tuple[Told, ...]:
        return tuple(
            Told(
                rule.name,
                rule.field,
                device,
                self._fleet.name(device),
                self._fleet.group(device),
                rule.severity,
                one.state.value,
                one.since_s,
                self._value((rule.name, device)),
                rule.words,
                rule.do,
            )
            for rule, device, one in those
        )

    def _sizes(self) -> dict[str, int]:
        groups = {self._fleet.group(device) for device in self._fleet.devices()} - {""}
        return {group: self._fleet.group_size(group) for group in groups}
