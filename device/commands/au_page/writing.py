"""Gathers what was seen and writes the page, whole or not at all, for its owner's eyes."""

import os
from contextlib import suppress
from pathlib import Path

from device.camera.pictures import is_folder
from device.closing import Closing
from device.commands.au_page.about import about
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
_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Page(Closing):
    """The page that is being made.

    Until it is finished it stands beside its place as `NAME.part`, so that it is told at once where nothing can be
    written.
    """

    def __init__(self, path: Path, name: str, thumbnails: bool) -> None:
        """`name`: what was given is called; `thumbnails`: small pictures are shown. Raises `StorageError`."""
        if is_folder(path):
            raise StorageError(f"{path} cannot be written (it is a folder): name a file.")
        self._path, self._name, self._thumbnails = path, name, thumbnails
        self._whole = Path(os.path.realpath(path))
        self._part = self._whole.with_name(self._whole.name + ".part")
        self._cards: list[str] = []
        self._pictures, self._frames = Summary(), Summary()
        self._courses: list[Course] = []
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
            made = card(observation, vote, str(row["file"]), self._thumbnails)
            self._cards.append(f'<li id="p{number}">{made}</li>')

    def finish(self, broken: list[str], voters: tuple[str, ...], rest: str) -> None:
        """Write it.

        Args:
            broken: sentences on what could not be read.
            voters: the networks that voted.
            rest: the face at rest that was taken into account, if any.

        Raises:
            StorageError: it cannot be written; what was there stays.
        """
        body = [self._head(), self._summary(broken), *map(self._video, self._courses)]
        if self._cards:
            body.append(f'<ol class="cards">{"".join(self._cards)}</ol>')
        body.append(about(voters, rest))
        try:
            with os.fdopen(open_private(self._part), "w", encoding="utf-8", newline="\n") as file:
                file.write(_document(f"{self._name}: expressions and action units", "".join(body)))
            self._part.replace(self._whole)
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        with suppress(OSError):
            self._part.unlink()

    def _frame(self, observation: Observation, file: str, vote: Vote | None) -> None:
        if not self._courses or self._courses[-1].name != file:
            self._courses.append(Course(file))
        self._frames.take(observation, vote)
        self._courses[-1].take(observation, vote)

    def _head(self) -> str:
        private = (
            "It shows faces of people: keep it as you keep their pictures, and send it to nobody who may not see them."
            if self._thumbnails
            else "It holds no pictures; names of files stand in it, and what was read of people's faces."
        )
        return (
            f"<header><h1>{text(self._name)}</h1><p>What the face network of Affectbox reads in it. <strong>Research "
            f"use: not a medical device, no diagnosis, and not what anybody feels.</strong> {private}</p></header>"
        )

    def _summary(self, broken: list[str]) -> str:
        told = []
        for summary, what in ((self._pictures, "picture"), (self._frames, "frame")):
            if summary.count:
                told.append(f"<p>{text(summary.told(what))} {self._apart(summary, what)}</p>")
                told.append(f'<div class="tables">{summary.tables()}</div>' if summary.count > summary.refused else "")
        if self._pictures.count > MOST_CARDS:
            told.append(f"<p>Below are the first {MOST_CARDS}; the table has all {self._pictures.count}.</p>")
        if broken:
            items = "".join(f"<li>{text(sentence)}</li>" for sentence in broken)
            told.append(f"<p>{counted(len(broken), 'file')} could not be read:</p><ul>{items}</ul>")
        return f'<section class="summary"><h2>In all</h2>{"".join(told)}</section>'

    def _apart(self, summary: Summary, what: str) -> str:
        if not summary.apart:
            return "" if summary.count == summary.refused else "The voters named the same expression every time."
        told = f"The voters do not name the same expression in {counted(summary.apart, what)}"
        if summary is self._frames:
            return f"{told}."
        links = ", ".join(f'<a href="#p{at}">picture {at + 1}</a>' for at in summary.disputed() if at < MOST_CARDS)
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
        return StorageError(f"{self._path} cannot be written ({error.strerror}): check the folder and the space.")


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><meta name="robots" content="noindex"><style>{_STYLE.read_text(encoding="utf-8")}'
        f"</style></head><body><main>{body}</main></body></html>\n"
    )
