"""The pictures of a project's sequences."""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError
from training.annotation.acts import ActError
from training.annotation.catalog import Catalog, Entry
from training.annotation.media.cache import Cache
from training.annotation.media.pictures import Picture, encoded, file_picture, file_pixels, rgb
from training.annotation.sources.found import Kind

ROWS = "rows.npy"  # in the project's folder: (N, 48, 48) uint8
_HELD_BYTES = 256 * 2**20
_OPEN_VIDEOS = 4
_AHEAD = 30  # frames decoded before they are asked for


class Media:
    """Reads pictures; safe to use from several threads."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog = catalog
        self._folder = folder
        self._cache = Cache(_HELD_BYTES)
        self._arrays: dict[Path, NDArray[np.uint8]] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._videos: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.RLock()  # decoders and the few arrays that are open
        self._ahead = ThreadPoolExecutor(1, "ahead")
        self._closed = False

    def picture(self, name: str, place: int, longest: int | None = None) -> Picture:
        """The frame at a place, with no side longer than `longest` pixels.

        Raises:
            ActError: no such sequence or frame.
            SourceError: it is not there any more, or cannot be read.
        """
        entry = self._inside(name, place)
        if entry.kind is Kind.VIDEOS:
            return self._of_video(entry, place, longest)
        if entry.kind in (Kind.PICTURES, Kind.FRAMES):
            return file_picture(self._file(entry, place), longest)
        return encoded(self._array(entry)[place], longest)

    def pixels(self, name: str, place: int) -> NDArray[np.uint8]:
        """The frame at a place, (height, width, 3) RGB, as it is. Raises as `picture`."""
        entry = self._inside(name, place)
        if entry.kind is Kind.VIDEOS:
            with self._lock:
                *_, (_, pixels) = self._decoder(entry).frames(place)
                return np.asarray(pixels, np.uint8)
        if entry.kind in (Kind.PICTURES, Kind.FRAMES):
            return file_pixels(self._file(entry, place))
        return rgb(self._array(entry)[place])

    def warm(self, name: str, place: int, direction: int, longest: int | None = None) -> None:
        """Decode what comes next in a direction, 1 or -1, at some time soon."""
        entry = self._inside(name, place)
        if entry.kind is Kind.VIDEOS and not self._closed:
            last = self._catalog.count(name) - 1
            ends = [place - 1] if direction < 0 else range(place + 1, min(place + _AHEAD, last) + 1)
            for one in ends:
                if one >= 0 and self._cache.get((name, one, longest)) is None:
                    self._ahead.submit(self._warm, entry, one, longest)

    def close(self) -> None:
        """Let go of files and threads."""
        self._closed = True
        self._ahead.shutdown(cancel_futures=True)
        with self._lock:
            for decoder in self._videos.values():
                decoder.close()
            self._videos.clear()
            self._arrays.clear()

    def _warm(self, entry: Entry, place: int, longest: int | None) -> None:
        with suppress(SourceError):  # it is said when the frame is asked for
            self._of_video(entry, place, longest)

    def _inside(self, name: str, place: int) -> Entry:
        count = self._catalog.count(name)
        if not 0 <= place < count:
            raise ActError(f"There is no frame {place}: {name} has {count}, from 0 to {count - 1}.")
        return self._catalog.entry(name)

    def _file(self, entry: Entry, place: int) -> Path:
        return entry.path / self._catalog.sequence(entry.name).labels[place]

    def _array(self, entry: Entry) -> NDArray[np.uint8]:
        path = self._folder / ROWS if entry.kind is Kind.ROWS else entry.path
        with self._lock:
            if path not in self._arrays:
                self._arrays[path] = _load(path)
            return self._arrays[path]

    def _of_video(self, entry: Entry, place: int, longest: int | None) -> Picture:
        if (held := self._cache.get((entry.name, place, longest))) is not None:
            return held
        with self._lock:
            if (held := self._cache.get((entry.name, place, longest))) is not None:
                return held
            picture = None
            for here, pixels in self._decoder(entry).frames(place):
                if here == place or self._cache.get((entry.name, here, longest)) is None:
                    picture = encoded(pixels, longest)
                    self._cache.put((entry.name, here, longest), picture)
        assert picture is not None
        return picture

    def _decoder(self, entry: Entry) -> Any:
        from training.annotation.media.decoder import Decoder  # noqa: PLC0415  # loads PyAV
        from training.annotation.media.index import Index  # noqa: PLC0415

        if entry.name not in self._videos:
            index = Index.of(*(self._catalog.contents(entry, name) for name in ("stamps", "keys", "base")))
            self._videos[entry.name] = Decoder(entry.path, index)
        self._videos.move_to_end(entry.name)
        while len(self._videos) > _OPEN_VIDEOS:
            self._videos.popitem(last=False)[1].close()
        return self._videos[entry.name]


def _load(path: Path) -> NDArray[np.uint8]:
    try:
        if path.name == ROWS:
            return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
        with np.load(path, allow_pickle=False) as content:
            return np.asarray(content["crops"], np.uint8)
    except FileNotFoundError:
        raise SourceError(f"{path} is not there any more: put it back where it was.") from None
    except Exception as error:  # whatever NumPy, zip and zlib say of a broken file
        raise SourceError(f"{path} cannot be read ({error}): put back a copy of it.") from error
