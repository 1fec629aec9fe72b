"""What a disk does not take: counted, said once, said when it is over, and never a reason to stop recording."""

import sys
from dataclasses import dataclass


@dataclass
class Loss:
    """The losses of one sink; `records` is how many in all."""

    records: int = 0
    _now: bool = False

    @property
    def is_now(self) -> bool:
        """Whether the newest could not be kept."""
        return self._now

    def more(self, records: int, why: str) -> None:
        """So many records could not be kept; `why` is a sentence."""
        self.records += records
        if not self._now:
            self._now = True
            _say(f"{why} Recording goes on; what cannot be kept is counted.")

    def over(self, what: str) -> None:
        """Records are kept; `what` keeps them."""
        if self._now:
            self._now = False
            _say(f"{what} has room again; {self.records} records could not be kept.")

    def ended(self, what: str) -> None:
        """Nothing more is to be kept."""
        if self._now:
            _say(f"{what} did not take {self.records} records.")


def _say(sentence: str) -> None:
    print(f"affectbox: {sentence}", file=sys.stderr)
