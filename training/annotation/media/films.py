"""Frames of videos as a page asks for them: one after the other, forwards or backwards, or anywhere.

What was decoded is held as files in memory. Where somebody steps, what comes next in that direction is decoded before
it is asked for; that gives way at once to a frame elsewhere that somebody waits for.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError
from training.annotation.catalog import Catalog, Entry
from training.annotation.media.cache import Cache
from training.annotation.media.decoder import BEHIND, Decoder
from training.annotation.media.index import Index
from training.annotation.media.pictures import Picture, encoded

_Result = TypeVar("_Result")
_Key: TypeAlias = tuple[str, int, int | None]  # sequence, place, longest side
_HELD_BYTES = 256 * 2**20
_OPEN = 4
_STEP = 8  # frames: further apart somebody jumped
_BEHIND = 40  # frames before the one that is waited for, in steps backwards
_AT_ONCE = 20  # frames decoded forwards before anybody looks where the coder is now
_AHEAD = 60  # frames that should be there before they are asked for


class Films:
    """The videos of a project; safe to use from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._cache = Cache(_HELD_BYTES)
        self._decoders: OrderedDict[str, Decoder] = OrderedDict()
        self._lock = threading.RLock()  # of the decoders
        self._counting = threading.Lock()
        self._waiting = 0  # for the lock, with a frame that was asked for
        self._last: dict[str, int] = {}
        self._helper = ThreadPoolExecutor(1, "films")
        self._coming: frozenset[_Key] = frozenset()  # what is being decoded ahead
        self._arrived = threading.Condition()

    def picture(self, entry: Entry, place: int, longest: int | None) -> Picture:
        """A frame, with no side longer than `longest` pixels. Raises `SourceError`."""
        step, key = self._step(entry.name, place), (entry.name, place, longest)
        with self._arrived:
            self._arrived.wait_for(lambda: key not in self._coming or self._cache.get(key) is not None)
        picture = self._cache.get(key) or self._now(
            lambda: self._decode(entry, place, longest, _BEHIND if step < 0 else _STEP, lambda: False)
        )
        assert picture is not None
        self._look_ahead(entry, place, longest, step or -1)
        return picture

    def pixels(self, entry: Entry, place: int) -> NDArray[np.uint8]:
        """A frame, (height, width, 3) RGB. Raises `SourceError`."""

        def last() -> NDArray[np.uint8]:
            *_, (_, pixels) = self._decoder(entry).frames(place)
            return pixels

        return self._now(last)

    def close(self) -> None:
        """Let go of files and threads."""
        self._waiting += 1  # nothing is decoded ahead any more
        self._helper.shutdown(cancel_futures=True)
        self._expect(())
        with self._lock:
            for decoder in self._decoders.values():
                decoder.close()
            self._decoders.clear()

    def _now(self, work: Callable[[], _Result]) -> _Result:
        with self._counting:
            self._waiting += 1
        try:
            with self._lock:
                return work()
        finally:
            with self._counting:
                self._waiting -= 1

    def _decode(
        self, entry: Entry, place: int, longest: int | None, behind: int, give_up: Callable[[], bool]
    ) -> Picture | None:
        """Hold a frame, and those `behind` it that are decoded on the way; None if it was given up."""
        held = self._cache.get((entry.name, place, longest))
        if held is None:
            for here, pixels in self._decoder(entry).frames(place, behind, give_up):
                if here == place or self._cache.get((entry.name, here, longest)) is None:
                    held = encoded(pixels, longest)
                    self._cache.put((entry.name, here, longest), held)
                    with self._arrived:
                        self._arrived.notify_all()
        return held

    def _step(self, name: str, place: int) -> int:
        """1 or -1 for steps forwards or backwards from the frame that was asked for last; 0 for a jump."""
        distance = place - self._last.get(name, place)
        self._last[name] = place
        return int(np.sign(distance)) if abs(distance) <= _STEP else 0

    def _look_ahead(self, entry: Entry, place: int, longest: int | None, step: int) -> None:
        if self._coming or self._waiting:
            return
        places = range(place + step, place + step * (_AHEAD + 1), step)
        inside = [one for one in places if 0 <= one < self._catalog.count(entry.name)]
        missing = [one for one in inside if self._cache.get((entry.name, one, longest)) is None]
        if missing:
            target = min(missing[0] + _AT_ONCE, inside[-1]) if step > 0 else missing[0]
            self._expect((entry.name, one, longest) for one in range(max(target - BEHIND, 0), target + 1))
            try:
                self._helper.submit(self._decode_ahead, entry, target, longest)
            except RuntimeError:  # it was closed
                self._expect(())

    def _decode_ahead(self, entry: Entry, place: int, longest: int | None) -> None:
        try:
            with self._lock, suppress(SourceError):  # it is said when the frame is asked for
                self._decode(entry, place, longest, BEHIND, lambda: self._waiting > 0)
        finally:
            self._expect(())

    def _expect(self, keys: Iterable[_Key]) -> None:
        with self._arrived:
            self._coming = frozenset(keys)
            self._arrived.notify_all()

    def _decoder(self, entry: Entry) -> Decoder:
        if entry.name not in self._decoders:
            index = Index.of(*(self._catalog.contents(entry, name) for name in ("stamps", "keys", "base")))
            self._decoders[entry.name] = Decoder(entry.path, index)
        self._decoders.move_to_end(entry.name)
        while len(self._decoders) > _OPEN:
            self._decoders.popitem(last=False)[1].close()
        return self._decoders[entry.name]
