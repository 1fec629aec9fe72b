"""What is still being said of a record, in another thread, while the record waits to be committed."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from pathlib import Path

from device.contract.fields import Json

#: A record waits no longer for it, seconds.
LATEST_S = 1.0


class Saying:
    """What is being said of the windows that end with a record."""

    def __init__(self, future: "Future[tuple[Json, str]]", complain: Callable[[str], None]) -> None:
        """
        Args:
            future: the record's `atypicality`, empty where there is nothing to say, and its `models.atypicality`.
            complain: is told why something is left out.
        """
        self._future, self._complain = future, complain

    @property
    def done(self) -> bool:
        """Whether it is known."""
        return self._future.done()

    def into(self, record: Json, wait_s: float = 0.0) -> Json:
        """The record with it; without, where it could not be said, or not in so many seconds."""
        try:
            said, by = self._future.result(wait_s)
        except LateError:
            self._future.cancel()
            self._complain(f"it was not computed within {LATEST_S:g} s")
            return record
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
            self._complain(f"a fault of the box's own ({where})")
            return record
        return record | {"atypicality": said, "models": record["models"] | {"atypicality": by}} if said else record
