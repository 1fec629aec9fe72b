"""What people are told: one message for everything that happened within a while, however many boxes it concerns.

A message names boxes, rules and numbers. No text that a box wrote goes into it, so nothing clinical can.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from cloud.watch.findings import minutes
from cloud.watch.rules import SEVERITIES
from device.contract.address import printable
from device.contract.fields import Json

VERSION = 1
#: In the place of a box, for what the watch tells of itself.
WATCH = "(watch)"
_MOST_LINES = 40
_NUMBERS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class Told:
    """One box and rule: that it fires, or fires no more. `value` is a number or truth value, or None."""

    rule: str
    field: str
    device: str
    name: str
    group: str
    severity: str
    state: str
    since_s: float
    value: float | bool | None
    words: str
    do: str


@dataclass(frozen=True)
class Message:
    """What goes to every outlet. `sizes`: how many boxes each group has; `note`: what the watch says of itself."""

    at_s: float
    fired: tuple[Told, ...] = ()
    resolved: tuple[Told, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    def subject(self) -> str:
        """The message in one line."""
        if self.note:
            return f"Affectbox: {self.note}"
        parts = [f"{words}{_in_brackets(those)}" for words, those in _by_rule(self.fired)]
        parts += [f"over: {words}{_in_brackets(those)}" for words, those in _by_rule(self.resolved)]
        return printable(f"Affectbox: {'; '.join(parts[:3])}{'; …' if len(parts) > 3 else ''}")

    def text(self) -> str:
        """The message as people read it."""
        lines = [self.note] if self.note else []
        for heading, told in (("", self.fired), ("Over: ", self.resolved)):
            for words, those in _by_rule(told):
                lines += ["", f"{heading}{words}{_in_brackets(those)}", *self._details(those, bool(heading))]
        at = datetime.fromtimestamp(self.at_s, UTC)
        lines += ["", f"Told at {at:%Y-%m-%d %H:%M} UTC by affectbox-cloud watch."]
        return "\n".join(map(printable, lines)).strip() + "\n"

    def to_json(self, number: str) -> Json:
        """As a webhook gets it; `number` is the same however often it is tried."""
        fired, resolved = ([asdict(one) for one in those] for those in (self.fired, self.resolved))
        told = {"subject": self.subject(), "text": self.text(), "fired": fired, "resolved": resolved}
        return {"v": VERSION, "id": number, "at": self.at_s, **told}

    def _details(self, those: Sequence[Told], is_over: bool) -> list[str]:
        lines = [] if is_over else [f"  What to do: {those[0].do}"]
        whole = Counter(one.group for one in those if one.group)
        for group, count in sorted(whole.items()):
            if count > 1 and (size := self.sizes.get(group, 0)) >= count:
                share = f"all {size} boxes" if count == size else f"{count} of the {size} boxes"
                lines.append(f"  {share} of {group}")
        if those[0].device != WATCH:
            lines += [f"  - {_named(one)}{_measured(one)}" for one in those[:_MOST_LINES]]
        return lines + ([f"  … and {len(those) - _MOST_LINES} more"] if len(those) > _MOST_LINES else [])


def _by_rule(those: Iterable[Told]) -> list[tuple[str, list[Told]]]:
    """The rules' words, the most severe first, each with its boxes by group and name."""
    found: dict[tuple[int, str, str], list[Told]] = {}
    for one in sorted(those, key=_place):
        words = one.words if one.state in ("Alerting", "Recovering", "Normal") else f"{one.words}? {one.state}"
        found.setdefault((SEVERITIES.index(one.severity), one.rule, words), []).append(one)
    return [(words, those) for (_, _, words), those in sorted(found.items())]


def _place(one: Told) -> list[tuple[int, str]]:
    """By group and name, with Room 7 before Room 44."""
    parts = _NUMBERS.split(f"{one.group} {one.name or one.device}")
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _boxes(those: Sequence[Told]) -> str:
    return _named(those[0]) if len(those) == 1 else f"{len(those)} boxes"


def _in_brackets(those: Sequence[Told]) -> str:
    """Which boxes; of the watch itself none is named."""
    return "" if those[0].device == WATCH else f" ({_boxes(those)})"


def _named(one: Told) -> str:
    return f"{one.name} ({one.device})" if one.name else one.device


def _measured(one: Told) -> str:
    if one.value is None or isinstance(one.value, bool):
        return ""
    return f": {minutes(one.value)}" if one.field.endswith("_s") else f": {one.value:.4g}"
