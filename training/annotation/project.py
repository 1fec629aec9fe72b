"""A project: what is to be coded, by whom, and all that was coded.

    create / open_project ─► Project ─► enter ─► apply(act) … ─► annotations

It is safe to use from several threads, and by several processes at once.
"""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import AffectboxError, ConfigError
from training.annotation import coders
from training.annotation.acts import Act, Put, Redo, Undo
from training.annotation.catalog import Catalog, Entry, read_settings
from training.annotation.coding import Annotations, Coded, Episode, Scale
from training.annotation.creating import is_project, make, take_up
from training.annotation.database import FILE, Database
from training.annotation.effects import Effects
from training.annotation.journal import Done, Journal, Line
from training.annotation.keeping import episode_from
from training.annotation.media.media import Media
from training.annotation.media.pictures import Picture, file_picture
from training.annotation.reading import Progress, Reading
from training.annotation.sources.found import Kind, Where
from training.annotation.states import Rules
from training.annotation.tables import Of
from training.annotation.words import words

__all__ = [
    "Entry",
    "Kind",
    "Line",
    "Outcome",
    "Picture",
    "Progress",
    "Project",
    "create",
    "is_project",
    "open_project",
    "take_up",
]


@dataclass(frozen=True)
class Outcome:
    """What an act came to.

    Attributes:
        fresh: whether it was done now; False: it had come before, and nothing was changed.
        sequence: that it is about, or ''; places: of its frames that changed.
        coded: those frames as they are now; episodes: those that changed, None of one that is not there any more.
        undo: what would be taken back next, in words, '' for nothing; redo: done again.
        what: it was, in words.
    """

    fresh: bool
    what: str
    sequence: str = ""
    places: tuple[int, ...] = ()
    coded: Mapping[int, Coded] = field(default_factory=dict)
    episodes: Mapping[str, Episode | None] = field(default_factory=dict)
    undo: str = ""
    redo: str = ""


def create(
    folder: Path,
    source: Path,
    *,
    scale: Scale = Scale.PRESENCE,
    actions: Many[str],
    participants: Path | None = None,
    neutral: Path | None = None,
    seed: int = 0,
    frame_rate: float | None = None,
) -> "Project":
    """Make a project and open it; raises as `creating.make`. Of arguments, see `sources.found.Where`."""
    make(folder, Where(source, participants, neutral, frame_rate), Rules(tuple(actions), scale), seed)
    return Project(folder)


def open_project(folder: Path) -> "Project":
    """Open a project.

    Raises:
        ConfigError: there is none.
        StorageError: it cannot be written.
        DataError: its file is damaged.
    """
    return Project(folder)


class Project(Reading):
    """An open project; its methods raise `StorageError` when its file cannot be used, and `DataError` when that is
    damaged."""

    def __init__(self, folder: Path) -> None:
        """As `open_project`."""
        if not is_project(folder):
            raise ConfigError(f"{folder} is no project: give --source, a folder of pictures or videos, to make one.")
        self.folder = folder
        self._database = Database(folder / FILE)
        settings = read_settings(self._database)
        self.source, self.kind = settings.where.source, settings.kind
        catalog = Catalog(self._database, settings)
        super().__init__(self._database, catalog, Journal(catalog, Effects(catalog, settings.rules)), settings.rules)
        self._media = Media(catalog, folder)
        self._helper = ThreadPoolExecutor(1, "project")

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files and threads."""
        self._helper.shutdown(cancel_futures=True)
        self._media.close()
        self._database.close()

    def prepare(self) -> None:
        """Begin to look through videos of which the frames are not known yet, one after the other."""
        for entry in self.entries():
            if entry.count is None:
                self._helper.submit(self._look_through, entry.name)

    def add(self, coder: str) -> str:
        """Make a coder who is not there yet. Returns the name as it is kept. Raises `ConfigError`."""
        name = coders.clean_name(coder)
        with self._database.writing() as db:
            coders.add(db, name)
        return name

    def enter(self, coder: str, client: str, take_over: bool = False) -> str:
        """Begin to code in a window. Returns the name as it is kept. Raises `ConfigError`, `SeatTakenError`."""
        name = coders.clean_name(coder)
        with self._database.writing() as db:
            coders.enter(db, name, client, take_over)
        return name

    def alive(self, coder: str, client: str) -> None:
        """Say that the window is still there, every ten seconds or so. Raises `SeatTakenError`."""
        with self._database.writing() as db:
            coders.require_seat(db, self._coder(db, coder), client)

    def leave(self, coder: str, client: str) -> None:
        """Give the place up."""
        with self._database.writing() as db:
            coders.leave(db, self._coder(db, coder), client)

    def apply(self, coder: str, client: str, act: Act, key: tuple[str, int]) -> Outcome:
        """Do an act, once: it is on the disk when this returns.

        Args:
            client: the window that has the coder's place.
            key: the window where the act was made, and its number there, from 1; the same key is the same act.

        Raises:
            SeatTakenError: another window has the place.
            ActError: the act does not fit the project.
            SubmittedError: it would change what was submitted, and does not say that it may.
        """
        if not isinstance(act, Undo | Redo):
            self._catalog.count(act.sequence)  # a video is looked through before anything waits for it
        with self._database.writing() as db:
            id_ = self._coder(db, coder)
            coders.require_seat(db, id_, client)
            known = self._journal.known(db, id_, key)
            done = known or self._journal.do(db, id_, act, key)
        return self._outcome(coder, act, done, known is None)

    def last_number(self, client: str) -> int:
        """The highest number of an act of this window; 0 for none."""
        with self._database.reading() as db:
            row = db.execute("SELECT max(number) FROM acts WHERE client = ?", (client,)).fetchone()
            return int(row[0] or 0)

    def put(self, coder: str, annotations: Annotations, overwrite: bool = False) -> Outcome:
        """Take over what a file says of a sequence of this project, as one act that can be taken back.

        Raises:
            SeatTakenError: the coder codes in a window now.
            ActError: it does not fit the project.
            SubmittedError: other codes or episodes stand there, and `overwrite` is false; nothing was changed.
        """
        client = f"file-{uuid4().hex}"
        name = self.enter(coder, client)
        try:
            return self.apply(name, client, Put.of(annotations, overwrite), (client, 1))
        finally:
            self.leave(name, client)

    def put_all(self, annotations: Many[Annotations], overwrite: bool = False) -> None:
        """The same of several sequences and coders, an act each, all of them or none; raises as `put`."""
        for one in annotations:
            self._catalog.count(one.sequence.name)
        client = f"file-{uuid4().hex}"
        with self._database.writing() as db:
            for number, one in enumerate(annotations, 1):
                id_ = coders.enter(db, coders.clean_name(one.coder), client, take_over=False)
                self._journal.do(db, id_, Put.of(one, overwrite), (client, number))
                coders.leave(db, id_, client)

    def picture(self, name: str, place: int, longest: int | None = None) -> Picture:
        """The frame at a place, no side longer than `longest` pixels. Raises `ActError`, `SourceError`."""
        return self._media.picture(name, place, longest)

    def pixels(self, name: str, place: int) -> NDArray[np.uint8]:
        """The frame at a place, (height, width, 3) RGB. Raises `ActError`, `SourceError`."""
        return self._media.pixels(name, place)

    def neutral(self, coder: str, name: str, longest: int | None = None) -> Picture | None:
        """The natural face of a sequence's participant: the frame that the coder set, else the given picture.

        Raises `ActError`, `SourceError`.
        """
        if (chosen := self.neutral_place(coder, name)) is not None:
            return self.picture(*chosen, longest)
        given = self._catalog.entry(name).neutral
        return file_picture(Path(given), longest) if given else None

    def _look_through(self, name: str) -> None:
        with suppress(AffectboxError):  # it is said to whoever opens it
            self.sequence(name)

    def _outcome(self, coder: str, act: Act, done: Done, fresh: bool) -> Outcome:
        undo, redo = self.undoable(coder)
        named = [name for of, name in done.states if of in (Of.FRAME, Of.SEEN)]
        places = tuple(sorted({int(name) for name in named}))
        episodes = {
            str(name): episode_from(text) if text else None
            for (of, name), text in done.states.items()
            if of is Of.EPISODE
        }
        coded = {place: self.frame(coder, done.sequence, place) for place in places}
        return Outcome(fresh, words(act, self.scale), done.sequence, places, coded, episodes, undo, redo)
