"""The pictures of a project's sequences."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError
from training.annotation.acts import ActError
from training.annotation.catalog import Catalog, Entry
from training.annotation.media.cache import Cache
from training.annotation.media.pictures import Picture, encoded, file_picture, file_pixels, rgb
from training.annotation.sources.found import Kind

if TYPE_CHECKING:
    from training.annotation.media.films import Films

ROWS = "rows.npy"  # in the project's folder: (N, 48, 48) uint8


_HELD_BYTES = 64 * 2**20  # of files that were made smaller
_OPEN = 4  # arrays


class Media:
    """Reads pictures; safe to use from several threads."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog = catalog
        self._folder = folder
        self._arrays: dict[Path, NDArray[np.uint8]] = {}
        self._cache = Cache(_HELD_BYTES)
        self._opened: Films | None = None
        self._lock = threading.Lock()

    def picture(self, name: str, place: int, longest: int | None = None) -> Picture:
        """The frame at a place, with no side longer than `longest` pixels.

        Raises:
            ActError: no such sequence or frame.
            SourceError: it is not there any more, or cannot be read.
        """
        entry = self._inside(name, place)
        if entry.kind is Kind.VIDEOS:
            return self._films().picture(entry, place, longest)
        if entry.kind in (Kind.PICTURES, Kind.FRAMES):
            return self._of_file(self._file(entry, place), longest)
        return encoded(self._array(entry)[place], longest)

    def pixels(self, name: str, place: int) -> NDArray[np.uint8]:
        """The frame at a place, (height, width, 3) RGB, as it is. Raises as `picture`."""
        entry = self._inside(name, place)
        if entry.kind is Kind.VIDEOS:
            return self._films().pixels(entry, place)
        if entry.kind in (Kind.PICTURES, Kind.FRAMES):
            return file_pixels(self._file(entry, place))
        return rgb(self._array(entry)[place])

    def close(self) -> None:
        """Let go of files and threads."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._arrays.clear()

    def _of_file(self, path: Path, longest: int | None) -> Picture:
        if (held := self._cache.get((path, longest))) is None:
            held = file_picture(path, longest)
            self._cache.put((path, longest), held)
        return held

    def _films(self) -> "Films":
        from training.annotation.media.films import Films  # noqa: PLC0415  # loads PyAV

        with self._lock:
            self._opened = self._opened or Films(self._catalog)
            return self._opened

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
                loaded = _load(path)
                if len(loaded) != entry.count:
                    raise SourceError(f"{path} holds other pictures than those that were coded: put that file back.")
                while len(self._arrays) >= _OPEN:
                    del self._arrays[next(iter(self._arrays))]
                self._arrays[path] = loaded
            return self._arrays[path]


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
