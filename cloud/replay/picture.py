"""One picture of the film (720, 1280, 3): the face, when it is, the diagram with its line, and the values."""

from datetime import datetime

import numpy as np

from cloud.analysis.plain import clock
from cloud.face.painter import BELOW
from cloud.face.track import LEADING, State, Track
from cloud.reading.sessions import Moment, Session
from cloud.replay.diagram import HEIGHT as PLOT_HEIGHT
from cloud.replay.diagram import RIBBON, Diagram
from cloud.replay.diagram import WIDTH as PLOT_WIDTH
from cloud.replay.lettering import Picture, shortened, width_of, write
from cloud.replay.part import Part
from cloud.replay.rows import Row
from cloud.reports.dated import local
from cloud.reports.ribbon import COLOURS
from device.contract.address import printable
from device.contract.labels import Tier

SIZE = WIDTH, HEIGHT = 1280, 720
FACE = 488
_PLOT = (WIDTH - PLOT_WIDTH - 16, 76)
_NAMES, _FACE_AT, _HEAD = 500, (0, 69), 68
_INK, _QUIET, _WARN, _LINE, _GOOD = (26, 26, 26), (91, 91, 91), (160, 72, 0), (200, 204, 208), (0, 90, 142)
_PAPER = (255, 255, 255)
_TITLES = {"aus": "Action units, 0 to 5", "expressions": "Expressions, 0 to 1"}
_SIGNS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: " °", Tier.EXPERIMENTAL: " °°"}
_NOBODY = ("This face is nobody's: a standardized head moves", "as was measured. Records hold no picture of anybody.")
_SHOWN_S = 6.0  # for how long a stimulus or a mark is told


class Form:
    """What all pictures of a film share, and how one is made of it."""

    def __init__(self, track: Track, rows: list[Row], diagram: Diagram, part: Part) -> None:
        self._track, self._rows, self._diagram = track, rows, diagram
        self._form = np.full((HEIGHT, WIDTH, 3), _PAPER, np.uint8)
        self._form[_HEAD:, :FACE] = BELOW
        self._form[_HEAD, :] = _LINE
        self._form[_HEAD:, FACE] = _LINE
        x, y = _PLOT
        self._form[y : y + PLOT_HEIGHT, x : x + PLOT_WIDTH] = diagram.picture
        self._write_names()
        self._write_legend()
        self._write_title(part)

    def picture(self, at_s: float, state: State, face: Picture) -> Picture:
        """The picture of a moment, seconds since the session began; `face` (FACE, FACE, 3)."""
        canvas = self._form.copy()
        row = self._track.row(at_s)
        x, y = _FACE_AT
        canvas[y : y + FACE, x : x + FACE] = face
        self._write_time(canvas, at_s, row)
        self._write_state(canvas, row, state)
        x, y = _PLOT
        line = x + self._diagram.column(at_s)
        canvas[y + 20 : y + self._diagram.bottom, line : line + 2] = _INK
        for base, one in zip(self._diagram.bases, self._rows, strict=True):
            said = one.said(row)
            bold = said != "–" and float(said) >= one.top / 5
            colour = _INK if bold else _QUIET
            write(canvas, x - 10 - width_of(said, 14, bold), y + base, said, 14, colour, bold)
        return canvas

    def _write_names(self) -> None:
        y = _PLOT[1]
        write(self._form, _NAMES, y + RIBBON[1] - 5, "Strongest expression", 12, _QUIET)
        for kind, base in self._diagram.titles.items():
            write(self._form, _NAMES, y + base, _TITLES[kind], 12, _QUIET)
        for base, row in zip(self._diagram.bases, self._rows, strict=True):
            room = _PLOT[0] - _NAMES - 60
            name = row.name if width_of(row.name, 13) <= room else row.short
            said = shortened(name, room, 13) + _SIGNS[row.tier]
            write(self._form, _NAMES, y + base, said, 13, _INK)
        if not self._rows:
            write(self._form, _NAMES, y + 80, "No action unit was measured.", 13, _INK)

    def _write_legend(self) -> None:
        base, x = HEIGHT - 46, _NAMES
        tiers = {row.tier for row in self._rows}
        words = ["hatched: not measured"]
        words += ["° low confidence"] if Tier.LOW_CONFIDENCE in tiers else []
        words += ["°° experimental"] if Tier.EXPERIMENTAL in tiers else []
        words += ["yellow line: the person's left, dotted: right"] if any(row.sides for row in self._rows) else []
        write(self._form, x, base, "     ".join(words), 12, _QUIET)
        told = "Estimates of facial movement, not of feelings. Research use, no diagnosis."
        write(self._form, x, base + 20, told, 12, _QUIET)
        for number, line in enumerate(_NOBODY):
            write(self._form, 20, base + 20 * number, line, 13, _QUIET)

    def _write_title(self, part: Part) -> None:
        session = self._track.session
        said = ", ".join(filter(None, (printable(session.device), part.what)))
        said = shortened(said, 420, 14)
        write(self._form, WIDTH - 16 - width_of(said, 14), 28, said, 14, _QUIET)

    def _write_time(self, canvas: Picture, at_s: float, row: int) -> None:
        write(canvas, 20, 45, clock(at_s), 30, _INK, bold=True)
        wall = self._track.wall[row] + at_s - self._track.times[row] if row >= 0 else np.nan
        write(canvas, 176, 28, _wall(local(float(wall))), 14, _QUIET)
        told = ",   ".join(_course(self._track.session, at_s))
        write(canvas, 176, 52, shortened(told, WIDTH - 200, 15), 15, _INK)

    def _write_state(self, canvas: Picture, row: int, state: State) -> None:
        """Whether anything was measured, and what it looked like in all."""
        base = _FACE_AT[1] + FACE + 28
        if state.why:
            write(canvas, 20, base, shortened(f"Not measured: {state.why}", 450, 17, True), 17, _WARN, bold=True)
            return
        write(canvas, 20, base, "Measured", 17, _GOOD, bold=True)
        leading = int(self._track.leading[row])
        if leading >= 0:
            _chip(canvas, base + 14, LEADING[leading])
            write(canvas, 44, base + 27, f"Strongest expression: {LEADING[leading]}", 15, _INK)
        if state.hidden:
            hidden = f"{', '.join(state.hidden)}: at rest here"
            write(canvas, 130, base, shortened(hidden, 340, 14), 14, _WARN)


def _chip(canvas: Picture, top: int, name: str) -> None:
    """The colour that an emotion has in the ribbon; white where none leads."""
    red, green, blue = bytes.fromhex(COLOURS.get(name, "#ffffff")[1:])
    canvas[top : top + 15, 20:35] = _LINE
    canvas[top + 1 : top + 14, 21:34] = red, green, blue


def _wall(at: datetime | None) -> str:
    """`Friday 27 November 2026, 15:00:01 CET`."""
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M:%S %Z}" if at else "time of day unknown"


def _course(session: Session, at_s: float) -> list[str]:
    """The phase, and what was just shown, asked or marked."""
    phase = next((one.name for one in session.phases if one.begin_s <= at_s < one.end_s), "")
    told = [f"phase: {printable(phase)}"] if phase else []
    for what, moments in (("shown", session.stimuli), ("marked", session.marks)):
        just: list[Moment] = [one for one in moments if 0 <= at_s - one.at_s < _SHOWN_S]
        told += [f"{what}: {printable(just[-1].name) or 'unnamed'}"] if just else []
    return told
