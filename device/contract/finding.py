"""A finding of `affectbox doctor`: what was looked at, how it is, and what to do, in one sentence.

As JSON, in `--json` and on its way from the daemon: `{"level": "ok", "what": "camera", "text": "…"}`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from device.contract.errors import DataError
from device.contract.fields import Json


class Level(str, Enum):
    """How much it matters."""

    OK = "ok"
    WARNING = "warning"  # a session can be held, but something should be seen to
    FAIL = "fail"  # it would stop a session, or nothing of it would be kept


@dataclass(frozen=True)
class Finding:
    """One line of the examination; `what` is a word."""

    level: Level
    what: str
    text: str

    def to_json(self) -> Json:
        """As it travels."""
        return asdict(self) | {"level": self.level.value}

    def line(self) -> str:
        """As it is printed."""
        shown = self.level.value.upper() if self.level is Level.FAIL else self.level.value
        return f"{shown:<8} {self.what:<10} {self.text}"


def read_findings(said: Iterable[Any]) -> list[Finding]:
    """Findings that another process tells. Raises `DataError`."""
    try:
        return [Finding(Level(one["level"]), str(one["what"]), str(one["text"])) for one in said]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"What the box told is no examination ({error!r}): is it of another version?") from None
