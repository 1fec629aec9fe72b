"""All pictures and frames together: how many were measured and why not, what was present how often, where opinions on
the expression differ."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from device.arrays import Array
from device.commands.au_page.marks import UNITS, bar, counted, row, table, text, unit_name
from device.commands.marking import PRESENT
from device.commands.vote import Vote
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.observation import Observation
from device.summary import words

_FIRST = 5


@dataclass(eq=False)
class Summary:
    """Counts what was seen."""

    count: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    votes: Counter[str] = field(default_factory=Counter)
    _known: Array = field(default_factory=lambda: np.zeros(len(ACTION_UNIT_KEYS), int))
    _present: Array = field(default_factory=lambda: np.zeros(len(ACTION_UNIT_KEYS), int))
    _apart: list[tuple[float, int]] = field(default_factory=list)

    def take(self, observation: Observation, vote: Vote | None) -> None:
        """One picture or frame more."""
        if vote is None:
            self.refused += 1
            self.reasons.update(words(reason.value) for reason in observation.reasons)
        else:
            values = observation.actions.both
            self._known += np.isfinite(values)
            self._present += np.nan_to_num(values) >= PRESENT
            self.votes[vote.leading] += 1
            if not vote.unanimous:
                self._apart.append((vote.disagreement, self.count))
        self.count += 1

    def told(self, what: str) -> str:
        """How many there are, and how many were measured, in a sentence."""
        told = f"{counted(self.count, what)}, {self.count - self.refused} measured"
        if not self.refused:
            return f"{told}."
        why = ", ".join(f"{count} × {reason}" for reason, count in self.reasons.most_common())
        return f"{told}, {self.refused} not ({why})."

    def disputed(self, shown: int) -> list[int]:
        """Of the first so many the pictures on which opinions differ most, by their number from 0, the worst first."""
        return [at for _, at in sorted(self._apart, reverse=True) if at < shown][:_FIRST]

    @property
    def apart(self) -> int:
        """Of how many opinions do not name the same expression."""
        return len(self._apart)

    def tables(self) -> str:
        """Expressions by how often the vote named them, units by how often they were present."""
        measured = max(self.count - self.refused, 1)
        named = [
            row("present", text(name), bar(count / measured), str(count))
            for name, count in sorted(self.votes.items(), key=lambda item: (-item[1], EMOTIONS.index(item[0])))
        ]
        shares = self._present / np.maximum(self._known, 1)
        present = [
            row("present", unit_name(UNITS[key]), bar(float(share)), f"{float(share):.0%}")
            for key, share in zip(ACTION_UNIT_KEYS, shares, strict=True)
            if share > 0
        ]
        return f"{table('named by the vote, how often', named)}{table('units present, in how many', present)}"
