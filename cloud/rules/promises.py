"""What security rules have to keep, asked of any set of rules request by request: `promises.toml`."""

import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud.local.evaluator import Evaluator
from cloud.local.tree import RequestError
from device.contract.errors import ConfigError
from device.contract.fields import Json

_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Asked:
    """One request: who asks for what, whether it has to be allowed, and whether it was."""

    who: str
    does: str
    path: str
    wanted: bool
    allowed: bool

    def __str__(self) -> str:
        may = "may" if self.allowed else "may not"
        return f"{self.who} {may} {self.does} /{self.path}"


@dataclass(frozen=True)
class Kept:
    """A promise, and the requests that were made to see whether it is kept."""

    text: str
    asked: tuple[Asked, ...]

    @property
    def broken(self) -> tuple[Asked, ...]:
        """The requests that were answered otherwise than it says."""
        return tuple(one for one in self.asked if one.allowed is not one.wanted)


def kept(rules: Any) -> list[Kept]:
    """Ask a set of rules, `{"rules": {…}}`, for everything that was promised.

    Raises:
        ConfigError: no Node or no targaryen, or no rules that Firebase would take.
    """
    table = tomllib.loads(_FILE.read_text("utf-8"))
    now_ms = int(time.time() * 1000)
    with Evaluator() as evaluator:
        try:
            evaluator.ask({"op": "rules", "rules": rules})
        except RequestError as error:
            raise ConfigError(f"These are no rules that Firebase would take: {error}") from None
        evaluator.ask({"op": "load", "as": 1, "tree": table["stands"]})
        asking = _Asking(evaluator, table["people"], now_ms)
        return [Kept(one["text"], tuple(asking.all(one))) for one in table["promise"]]


class _Asking:
    """Makes the requests of a promise."""

    def __init__(self, evaluator: Evaluator, people: Json, now_ms: int) -> None:
        self._evaluator = evaluator
        self._people = people
        self._now_ms = now_ms

    def all(self, promise: Json) -> Iterator[Asked]:
        for who in promise["who"]:
            for answer, wanted in (("allowed", True), ("refused", False)):
                for path in promise.get(answer, {}).get("reads", ()):
                    yield Asked(who, "read", path, wanted, self._may(who, {"op": "read", "path": path}))
                for path in promise.get(answer, {}).get("writes", ()):
                    changes = {path: self._value(promise["value"])}
                    question = {"op": "write", "as": 2, "changes": changes, "now": self._now_ms, "drop": [2]}
                    yield Asked(who, "write", path, wanted, self._may(who, question))

    def _may(self, who: str, question: Json) -> bool:
        claims = self._people[who]
        token = {"user_id": claims["sub"], **claims} if claims else None
        auth = {"uid": claims["sub"], "token": token, "provider": "custom"} if claims else None
        return bool(self._evaluator.ask({**question, "of": 1, "auth": auth})["allowed"])

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(child) for name, child in value.items()}
        return {"NOW": self._now_ms, "SOON": self._now_ms + 300_000, "LATE": self._now_ms + 1_200_000, "": None}.get(
            value, value
        )
