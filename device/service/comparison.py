"""Comparison with other people in a session: window by window, beside the record with which a window ends.

Only where `atypicality.bundle` or `.typical` name a bundle, and only of who agreed to it and is of the age of the
people of its evidence (`Comparer.refused`); else nothing is gathered. What is said goes into the record and nowhere
else: no figure, status, line of a log, page of the box, picture or live view holds any of it.

The networks run in a thread of their own; the record waits for them, and no frame does. What is not said in time is
left out (`device.saying`), and a line of the log says so once a session.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from device.closing import Closing
from device.contract.atypicality import Refused
from device.contract.command import warn
from device.contract.errors import ModelError
from device.contract.fields import Json
from device.contract.session import Consent
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from device.features.comparer import Comparer, open_comparer
from device.features.movement import Ended, Windower, time_of
from device.saying import Saying
from device.settings import Settings

_COVERS = "atypicality"
_WHY = {
    Refused.CONSENT: "the consent does not cover what a bundle reads",
    Refused.NO_AGE: "the consent says no age",
    Refused.AGE: "nobody of their age is in a bundle's evidence",
    Refused.SOURCES: "this box measures with other networks than those of a bundle's evidence",
}


class Comparison(Closing):
    """One session's. All methods but `close` are called in one thread."""

    def __init__(self, comparers: Sequence[Comparer] = (), models: dict[str, str] | None = None) -> None:
        """`models`: what measures the person, as records name it. Without comparers nothing is ever said."""
        self._comparers, self._models = comparers, models or {}
        self._windowers: list[tuple[Comparer, Windower]] = []
        self._thread = ThreadPoolExecutor(1, "comparison") if comparers else None
        self._origin_s: float | None = None
        self._complained = False

    def agree(self, consent: Consent | None, since_s: float = -math.inf) -> list[Json]:
        """Another consent holds, `since_s` by the monotonic clock, and what was gathered is let go of: the
        `comparison` to tell of each bundle; none where the person did not agree to be compared."""
        refusals = [(comparer, comparer.refused(consent, self._models)) for comparer in self._comparers]
        self._windowers = [
            (comparer, Windower(comparer.file, self._origin_s, since_s)) for comparer, why in refusals if why is None
        ]
        if consent is None or _COVERS not in consent.covers:
            return []
        for why in dict.fromkeys(why for _, why in refusals if why):
            warn(f"The person of this session is not compared with other people: {_WHY[why]}.")
        return [comparer.told(why) for comparer, why in refusals]

    def hear(self, record: Json) -> Saying | None:
        """A record, the newest; None: no window ends with it."""
        self._origin_s = time_of(record) if self._origin_s is None else self._origin_s
        ended = [(comparer, windower.add(record)) for comparer, windower in self._windowers]
        windows = [(comparer, window) for comparer, window in ended if window is not None]
        if not windows or self._thread is None:
            return None
        try:
            return Saying(self._thread.submit(_said, windows), self._complain)
        except RuntimeError:
            self._complain("the system gave it no thread")
            return None

    def close(self) -> None:
        """Compute nothing more; waits for nothing."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _complain(self, why: str) -> None:
        """Say once in the log that something was left out, without anything of the person."""
        if not self._complained:
            self._complained = True
            warn(f"Comparison with other people is missing in this session, in one record or more: {why}.")


def _said(windows: list[tuple[Comparer, Ended]]) -> tuple[Json, str]:
    """What is said of windows, as far as enough of them was measured, and by which bundles."""
    said: Json = {}
    by: list[str] = []
    for comparer, window in windows:
        if (values := window.values()) is not None:
            said |= comparer.say(values)
            by.append(comparer.bundle)
    return said, " ".join(by)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Comparer, ...]]:
    """The bundles of the settings, for the length of a `with` block; none where none is set.

    Raises:
        ModelError: one is not to be had or not to be trusted. The sentence does not name it, for it is shown on the
            box's page.
        RuntimeMissingError: no inference library.
    """
    named = settings.atypicality
    with ExitStack() as stack:
        found = []
        for key, name, task in (("bundle", named.bundle, ATYPICALITY), ("typical", named.typical, TYPICAL_MOVEMENT)):
            if not name:
                continue
            try:
                found.append(stack.enter_context(open_comparer(name, settings.models, task)))
            except ModelError:
                raise ModelError(
                    f"The bundle of atypicality.{key} cannot be used: `affectbox doctor` says why."
                ) from None
        yield tuple(found)
