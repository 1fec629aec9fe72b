"""A film of pictures that are made one by one: H.264 in an MP4 file that browsers play.

It appears under its name when it is whole; until then there is a part file beside it, which goes if anything fails.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np

from device.arrays import ByteImage
from device.closing import Closing
from device.contract.errors import RuntimeMissingError, StorageError
from device.state import sync_folder

SUFFIX = ".mp4"
#: Times are kept as whole numbers of these, as MPEG does; every usual rate of frames comes out even.
_TICKS = 90_000
#: A picture that needs no other, so that a player can go there: at least every so many seconds.
_KEY_S = 2.0
#: libx264: a third of a film's size for twice the work is not worth it on a box; lettering stays sharp.
_OPTIONS = {"preset": "veryfast", "crf": "20"}
#: ITU-R BT.709 in the range of television, which players take for granted where a film is as high as 720 lines.
_BT709, _TELEVISION = 1, 1


def require_library() -> None:
    """Raises `RuntimeMissingError`: what writes films is not installed. To be asked before the work begins."""
    _library()


class Film(Closing):
    """Takes pictures, each with its time; between two of them time may pass unevenly, and stays as it was.

    At the end of a `with` block that failed nothing is left of the film.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: float, order: str = "bgr24") -> None:
        """Make the part file.

        Args:
            path: where the film will be, in place of what is there.
            size: width and height of the pictures; an odd one is filled up by one line.
            rate: pictures a second, about; the last one is shown for as long as that says.
            order: of the colours in a picture, `bgr24` or `rgb24`.

        Raises:
            RuntimeMissingError: PyAV is not installed.
            StorageError: nothing can be written there.
        """
        self._av = _library()
        self.path, self._size, self._order = path, size, order
        self._step = max(round(_TICKS / rate), 1) if rate > 0 else _TICKS
        self._began_s: float | None = None
        self._last = -1
        self._container: Any = None
        if path.exists() and not path.is_file():
            raise StorageError(f"{path} is no file that a film could take the place of: give another name.")
        self._whole = Path(os.path.realpath(path))
        with self._on_disk():
            self._part: Path | None = self._make_part()
        try:
            with self._on_disk():
                self._open(rate)
        except BaseException:
            self.discard()
            raise

    def write(self, picture: ByteImage, at_s: float) -> None:
        """One picture more.

        Args:
            picture: (height, width, 3) of the film's size.
            at_s: when, in seconds from whatever moment; the film begins with its first picture.

        Raises:
            StorageError: the disk does not take it.
        """
        if picture.shape[1::-1] != self._size:
            raise StorageError(f"{self.path} takes pictures of {self._size[0]} × {self._size[1]} only.")
        self._began_s = at_s if self._began_s is None else self._began_s
        self._last = max(round((at_s - self._began_s) * _TICKS), self._last + 1)
        frame = self._av.VideoFrame.from_ndarray(_even(picture), format=self._order)
        converted = frame.reformat(format="yuv420p", dst_colorspace=_BT709, dst_color_range=_TELEVISION)
        converted.pts, converted.duration, converted.time_base = self._last, self._step, Fraction(1, _TICKS)
        with self._on_disk():
            self._encode(converted)

    def close(self) -> None:
        """The film is whole and has its name; without any picture there is none. Raises `StorageError`."""
        if self._part is None:
            return
        if self._began_s is None:
            self.discard()
            return
        try:
            with self._on_disk():
                self._finish()
        except BaseException:
            self.discard()
            raise
        self._part = None

    def discard(self) -> None:
        """Nothing is left of a film that is not closed; what was under its name before stays. May be called twice."""
        if self._part is None:
            return
        with suppress(OSError, self._av.FFmpegError):
            self._close()
        with suppress(OSError):
            self._part.unlink()
        self._part = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self.close()
        else:
            self.discard()

    def _make_part(self) -> Path:
        number, part = tempfile.mkstemp(dir=self._whole.parent, prefix=".film-", suffix=".part.mp4")  # mode 0600
        os.close(number)
        return Path(part)

    def _open(self, rate: float) -> None:
        self._container = self._av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        stream = self._container.add_stream("libx264", rate=Fraction(rate or 1.0).limit_denominator(1001))
        stream.width, stream.height = (side + side % 2 for side in self._size)
        stream.pix_fmt, stream.options = "yuv420p", _OPTIONS
        context = stream.codec_context
        stream.time_base = context.time_base = Fraction(1, _TICKS)
        context.max_b_frames = 0  # else the end is cut off where times are uneven
        context.gop_size = max(round(_KEY_S * (rate or 1.0)), 1)
        context.colorspace, context.color_range = _BT709, _TELEVISION
        context.color_primaries = context.color_trc = _BT709
        self._stream = stream

    def _encode(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def _close(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _finish(self) -> None:
        assert self._part is not None
        self._encode(None)
        self._close()
        self._check(self._part)
        with self._part.open("rb") as written:
            os.fsync(written.fileno())
        self._part.replace(self._whole)
        sync_folder(self._whole.parent)

    def _check(self, part: Path) -> None:
        """That the file is one: a full disk is told to nobody when the last bytes are written. Raises `OSError`."""
        with self._av.open(str(part)) as film:
            long = film.streams.video[0].duration * film.streams.video[0].time_base
        if long * _TICKS < self._last:
            raise OSError(None, "it came out too short")

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """What fails within says what of the disk. Raises `StorageError`."""
        try:
            yield
        except (OSError, self._av.FFmpegError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise StorageError(f"{self.path} cannot be written ({why}): check the folder and the space.") from error


def _even(picture: ByteImage) -> ByteImage:
    """With an even number of lines and columns, which H.264's colours want: the last ones twice."""
    odd = [(0, side % 2) for side in picture.shape[:2]]
    return np.pad(picture, (*odd, (0, 0)), mode="edge") if any(map(any, odd)) else np.ascontiguousarray(picture)


def _library() -> Any:
    try:
        library = import_module("av")
    except ImportError as error:
        raise RuntimeMissingError(
            "Films are written by PyAV, which is not installed: run `pip install 'affectbox[video]'`."
        ) from error
    library.logging.set_level(library.logging.PANIC)  # what is wrong is said by us, once
    return library
