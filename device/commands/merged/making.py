"""How a clip becomes a film with its diagram: noted while it is watched, then read again."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from device.arrays import ByteImage, FloatArray
from device.camera.opening import open_source
from device.camera.source import Picture, Source
from device.closing import Closing
from device.commands.display import Ticker
from device.commands.marking import GROUND, mark_face
from device.commands.merged.diagram import Diagram
from device.commands.merged.layout import SIZE, Layout, layout_for
from device.commands.merged.noted import Notes, Seen
from device.commands.merged.panel import draw_form, draw_values
from device.contract.errors import SourceError
from device.film import Film, require_library
from device.observation import Observation
from device.settings import Settings

_STILL_RATE = 1.0


class Merged(Closing):
    """First takes what was seen of every frame, then makes the film of the same frames, read again."""

    def __init__(
        self,
        recording: Path,
        settings: Settings,
        out: Path,
        rate: float,
        dots: Callable[[FloatArray], FloatArray] = lambda points: points,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            rate: pictures a second; 0 of stills.
            dots: which landmarks are shown of those that were found.

        Raises:
            RuntimeMissingError, StorageError: it cannot be made.
        """
        require_library()
        self._recording, self._settings, self.out = recording, settings, out
        self._rate, self._dots = rate or _STILL_RATE, dots
        self._notes = Notes(out)
        self._layout: Layout | None = None

    def take(self, observation: Observation) -> None:
        """One frame more was watched. Raises `StorageError`."""
        image = observation.frame.image
        if self._layout is None:
            self._layout = layout_for(image.shape)
        self._notes.take(observation, self._layout.place(image.shape)[1])

    def make(self) -> int:
        """Write the film; how many pictures it has. Raises `SourceError`, `StorageError`."""
        if self._layout is None:
            return 0
        rows = self._notes.rows()
        diagram = Diagram(rows, self._notes.still, self._layout.diagram)
        form = np.full((SIZE[1], SIZE[0], 3), GROUND, np.uint8)
        draw_form(form, self._layout.panel)
        ticker = Ticker(len(rows), sys.stderr, "drawn")
        with (
            open_source(str(self._recording), self._settings.camera, quiet=True) as source,
            Film(self.out, SIZE, self._rate) as film,
        ):
            for row, picture in zip(rows, self._again(source), strict=False):
                seen = Seen(row)
                film.write(self._compose(form, diagram, picture, seen), float(row["time"]))
                ticker.tick()
        ticker.end()
        return len(rows)

    def close(self) -> None:
        self._notes.close()

    def _compose(self, form: ByteImage, diagram: Diagram, picture: Picture, seen: Seen) -> ByteImage:
        assert self._layout is not None
        canvas = form.copy()
        shown, _ = self._layout.show(canvas, picture.image)
        if len(seen.points):
            points = seen.points
            width, dots = float(seen.row["width"]), self._dots(points)
            mark_face(shown, points, width, seen.pose, trusted=not seen.reasons, dots=dots)
        draw_values(canvas, self._layout.panel, seen, picture.name)
        diagram.draw(canvas, seen)
        return canvas

    def _again(self, source: Source) -> Iterator[Picture]:
        """The frames once more. Raises `SourceError`: there are fewer than at first."""
        for _ in range(len(self._notes)):
            if (picture := source.read()) is None:
                raise SourceError(f"{self._recording} was changed while it was drawn upon: try again.")
            yield picture
