"""Pictures held in memory, the ones that were used last, up to a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from training.annotation.media.pictures import Picture


class Cache:
    """Safe to use from several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._pictures: OrderedDict[Hashable, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Picture | None:
        """What was put under a key, if it is still there."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def put(self, key: Hashable, picture: Picture) -> None:
        """Hold a picture, and let go of others."""
        with self._lock:
            if (former := self._pictures.pop(key, None)) is not None:
                self._held -= len(former.content)
            self._pictures[key] = picture
            self._held += len(picture.content)
            while self._held > self._most:
                self._held -= len(self._pictures.popitem(last=False)[1].content)
