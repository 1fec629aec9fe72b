"""Gathers what was seen and writes the page, whole or not at all, for its owner's eyes."""

import os
from contextlib import suppress
from pathlib import Path

from device.camera.pictures import is_folder
from device.closing import Closing
from device.commands.au_page.about import CONTENTS, about, document, head
from device.commands.au_page.card import card, said
from device.commands.au_page.course import Course, Moment
from device.commands.au_page.marks import counted, text
from device.commands.au_page.summary import Summary
from device.commands.au_row import Row
from device.commands.marking import clock
from device.commands.vote import Vote
from device.contract.errors import StorageError
from device.observation import Observation
from device.state import open_private

#: So many pictures have a card of their own; the table has all.
MOST_CARDS = 500


class Page(Closing):
    """The page that is being made.

    Until it is finished it stands beside its place as `NAME.part`, so that it is told at once where nothing can be
    written.
    """

    def __init__(self, path: Path, name: str, thumbnails: bool, gate: bool) -> None:
        """`name`: what was given is called; `thumbnails`: small pictures are shown; `gate`: what the box would not
        trust was left out. Raises `StorageError`."""
        if is_folder(path):
            raise StorageError(f"{path} cannot be written (it is a folder): name a file.")
        self._path, self._name, self._thumbnails, self._gate = path, name, thumbnails, gate
        self._whole = Path(os.path.realpath(path))
        self._part = self._whole.with_name(self._whole.name + ".part")
        self._cards: list[str] = []
        self._titles: list[str] = []
        self._pictures, self._frames = Summary(), Summary()
        self._videos: list[str] = []
        self._course: Course | None = None
        try:
            os.close(open_private(self._part))
        except OSError as error:
            raise self._unwritable(error) from error

    def take(self, observation: Observation, row: Row, vote: Vote | None) -> None:
        """What was seen in a picture or frame, and its row of the table."""
        if observation.frame.media_s is not None and not observation.frame.name:
            self._frame(observation, str(row["file"]), vote)
            return
        number = self._pictures.count
        self._pictures.take(observation, vote)
        if number < MOST_CARDS:
            self._titles.append(str(row["file"]))
            made = card(observation, vote, self._titles[number], self._thumbnails)
            self._cards.append(f'<li id="p{number}">{made}</li>')

    def finish(self, broken: list[str], opinions: tuple[str, ...], rest: str) -> None:
        """Write it.

        Args:
            broken: sentences on what could not be read.
            opinions: whose they are on the expression.
            rest: the face at rest that was taken into account, if any.

        Raises:
            StorageError: it cannot be written; what was there stays.
        """
        cards = f'<ol class="cards">{"".join(self._cards)}</ol>' if self._cards else ""
        self._end_video()
        body = [head(self._name, self._thumbnails), self._told(broken), *self._videos, cards, self._in_all()]
        try:
            with os.fdopen(open_private(self._part), "w", encoding="utf-8", newline="\n") as file:
                file.write(document(self._name, "".join([*body, about(opinions, rest)])))
            self._part.replace(self._whole)
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        with suppress(OSError):
            self._part.unlink()

    def _frame(self, observation: Observation, file: str, vote: Vote | None) -> None:
        if self._course is None or self._course.name != file:
            self._end_video()
            self._course = Course(file)
        self._frames.take(observation, vote)
        self._course.take(observation, vote)

    def _end_video(self) -> None:
        """Keep what is shown of the video, and let go of its frames."""
        if self._course is not None:
            self._videos.append(self._video(self._course))
        self._course = None

    def _told(self, broken: list[str]) -> str:
        """What there was, in sentences."""
        told = [
            f"<p>{text(summary.told(what))} {self._apart(summary, what)}</p>" for summary, what in self._summaries()
        ]
        if self._gate and any(summary.refused for summary, _ in self._summaries()):
            told.append("<p>What the box would not trust is not measured; <code>--ungated</code> reads it too.</p>")
        if self._pictures.count > MOST_CARDS:
            told.append(f"<p>Below are the first {MOST_CARDS}; a table (--csv) has all {self._pictures.count}.</p>")
        if broken:
            items = "".join(f"<li>{text(sentence)}</li>" for sentence in broken)
            told.append(f"<p>{counted(len(broken), 'file')} could not be read:</p><ul>{items}</ul>")
        return f'<section class="told">{"".join(told)}{CONTENTS}</section>'

    def _in_all(self) -> str:
        tables = [
            f"<h3>{counted(summary.count - summary.refused, f'{what} measured', f'{what}s measured')}</h3>"
            f'<div class="tables">{summary.tables()}</div>'
            for summary, what in self._summaries()
            if summary.count > summary.refused
        ]
        return f'<section id="all"><h2>In all</h2>{"".join(tables)}</section>' if tables else ""

    def _summaries(self) -> list[tuple[Summary, str]]:
        return [pair for pair in ((self._pictures, "picture"), (self._frames, "frame")) if pair[0].count]

    def _apart(self, summary: Summary, what: str) -> str:
        if not summary.apart:
            return "" if summary.count == summary.refused else "In each, all opinions name the same expression."
        told = f"Opinions on the expression differ in {counted(summary.apart, what)}"
        if summary is self._frames:
            return f"{told}."
        links = ", ".join(f'<a href="#p{at}">{text(self._titles[at])}</a>' for at in summary.disputed(MOST_CARDS))
        return f"{told}; look first at {links}." if links else f"{told}."

    def _video(self, course: Course) -> str:
        moments = "".join(f"<li>{self._moment(moment)}</li>" for moment in course.moments())
        shown = f'<h3>Moments in which most is seen</h3><ol class="cards">{moments}</ol>' if moments else ""
        lanes = course.lanes() if course.measured else ""
        return f'<section class="video"><h2>{text(course.name)}</h2><p>{course.told()}</p>{lanes}{shown}</section>'

    def _moment(self, moment: Moment) -> str:
        title = f"{clock(moment.time_s)}: {said(moment.vote)}"
        return card(moment.observation, moment.vote, title, self._thumbnails, level=4)

    def _unwritable(self, error: OSError) -> StorageError:
        return StorageError(
            f"{self._path} cannot be written ({error.strerror}): check the folder, the space, and whether it is open."
        )
