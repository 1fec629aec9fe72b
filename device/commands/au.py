"""`affectbox au`: the action units of pictures and videos, printed, as a CSV file, and as a page for the browser.

`affectbox au FOLDER` alone makes `FOLDER-au.csv` and `FOLDER-au.html` where it is called.

A row for each picture or frame: `file`, `frame`, `time` (seconds, of videos), `face` (1 or 0), `measured` (1 or 0:
what follows was read of it), `faces` (how many are in view), `track` (the number of the person followed, in videos),
`left`, `top`, `right` and `bottom` (the face that is told of, pixels of the picture), an intensity 0–5 for each
action unit (1 and above: present; empty where something hides it), the person's two sides (`AU12_left`, `AU12_right`)
where they are told apart, `hidden` (parts of the face), the leading `emotion` and the probability of each
(`emotion_sadness`), the leading `expression` and whether they `disagree` (1 or 0), `pain` (PSPI), `neutral` (the face
at rest in use), head pose in degrees, the measures of quality, and `doubts`: why the box does not trust this picture.
Then come five key points of the face in InsightFace's order (`right_eye_x`, `right_eye_y`, `left_eye`, `nose`,
`right_mouth`, `left_mouth`; the person's own right and left, pixels), and the soft vote on the expression
(`device.commands.vote`): the leading `vote`, `vote_sadness` and so on, how many of the `opinions` are `agreeing`,
and their `disagreement`, 0–1. What was not measured is empty.

With `--landmarks 68` or `478` follow `x_0` … `x_67`, `y_0` … and `z_0` …: the landmarks of the face that is told of,
numbered from 0 as OpenFace numbers its 68 (`device.contract.landmarks`) and MediaPipe its 478; pixels of the picture,
z on the scale of x, smaller nearer to the camera and no more than the network's guess. They are there also of a face
that was not measured: `doubts` says why. `--annotate` then draws them on pictures too.

With `--bundle`, or where sessions use a bundle that the box keeps of the person, follow `own_distance` (from their own
usual movement; 1: as far as usual) and `own_movement` (the number of the nearest of their own movements; empty: none).

Pictures and videos go the way of a session: the same gate, the same face at rest, the largest face of a picture, one
person of a video, followed and smoothed. A small picture (up to 128 pixels) may be a face that fills it.
`--annotate` makes of a video a film with what was read of it and its timing diagram (`device/commands/merged`).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from device.camera.pictures import APART_S, read_image
from device.clock import SystemClock
from device.commands.au_asked import Asked, checked
from device.commands.au_file import write_rows
from device.commands.au_given import Given
from device.commands.au_page.writing import Page
from device.commands.au_row import COLUMNS, OWN, Row, doubts_of, own_row, row_of, sentence
from device.commands.display import Display, Ticker
from device.commands.drawing import Drawing
from device.commands.merged.making import Merged
from device.commands.personal.opening import opened_own
from device.commands.points import with_landmarks
from device.commands.vote import Voters
from device.commands.watch import Watch
from device.contract.command import warn
from device.contract.errors import DataError, SourceError
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.neutral import Neutral
from device.stages.personal import PersonalReader


def au(given: Given, settings: Settings, asked: Asked) -> int:
    """Read pictures one by one and videos frame by frame; returns the exit code.

    Args:
        given: what is read.
        settings: of the stages; of the person whom they name the calibrated face at rest is used.
        asked: what is made of it.

    Raises:
        ConfigError: what is to be written is what is read, or cannot be drawn as asked.
        SourceError: the neutral, or the only picture or video, is none.
        ModelError: the bundle of the person's own movement cannot be used.
        DataError: the neutral shows no face, or some of several could not be read (the others are done).
        StorageError: what is to be written cannot be.
    """
    drawing = checked(given, asked)
    settings = with_landmarks(settings, asked.landmarks.count) if asked.landmarks else settings
    rest = _rest(settings, asked.neutral)
    with ExitStack() as stack:
        page = stack.enter_context(Page(asked.page, given.name, asked.thumbnails, asked.gate)) if asked.page else None
        own = stack.enter_context(opened_own(settings, asked.bundle))
        look = _Look(given, settings, asked, rest, drawing, own, stack)
        voters = stack.enter_context(Voters(settings, asked.voters))
        write_rows(_rows(look, voters, asked, page), asked.csv, _columns(asked, own is not None), look.tell, look.end)
        look.made()
        if page:
            page.finish(look.broken, voters.opinions, rest.version if rest else "")
            _said(asked, f"The page is {asked.page}: open it in a browser.")
    if look.broken:
        count, what = len(given.paths), "pictures" if not given.videos else "files"
        raise DataError(
            f"{len(look.broken)} of {count} {what} were left out; the others are done. The first: {look.broken[0]}"
        )
    return 0


def _rows(look: "_Look", voters: Voters, asked: Asked, page: Page | None) -> Iterator[Row]:
    for observation, file in look.seen():
        vote = voters(observation)
        row = row_of(observation, file, vote) | (asked.landmarks.row(observation) if asked.landmarks else {})
        row |= own_row(observation)
        if page:
            page.take(observation, row, vote)
        yield row


class _Look:
    """Goes through what is given. `broken`: sentences on those of several that could not be read."""

    def __init__(
        self,
        given: Given,
        settings: Settings,
        asked: Asked,
        rest: Neutral | None,
        drawing: Drawing | None,
        own: PersonalReader | None,
        stack: ExitStack,
    ) -> None:
        self._given, self._settings, self._asked, self._rest = given, settings, asked, rest
        self._drawing, self._own, self._stack = drawing, own, stack
        self._merged: Merged | None = None
        self._ticker: Ticker | None = None
        self._display = Display(sys.stdout)
        self.broken: list[str] = []

    def seen(self) -> Iterator[tuple[Observation, str]]:
        """What each picture and frame shows, and the file it is of."""
        if self._given.pictures:
            yield from self._pictures()
        for path in self._given.videos:
            yield from self._video(path)

    def tell(self, row: Row) -> None:
        """Of a picture, or if nothing is written, in words; of a video how far it is."""
        if self._ticker is not None and (self._asked.csv or self._asked.page):
            self._ticker.tick()
        else:
            self._display.say(sentence(row))

    def end(self) -> None:
        if self._ticker is not None:
            self._ticker.end()

    def made(self) -> None:
        """After the table is whole: make the film."""
        drawn = self._drawing or self._merged
        if drawn is None:
            return
        count = self._merged.make() if self._merged else self._drawing.count  # type: ignore[union-attr]
        _said(self._asked, f"{count} pictures drawn in {self._asked.annotated}")

    def _pictures(self) -> Iterator[tuple[Observation, str]]:
        """Each by itself."""
        with open_models(self._settings.models) as models:
            pipeline = Pipeline(models, self._settings, self._rest, self._asked.gate, self._own)
            for index, path in enumerate(self._given.pictures):
                try:
                    image = read_image(path)
                except SourceError as error:
                    self._leave_out(error)
                    continue
                name = self._given.names[path]
                observation = pipeline(Frame(image, index, index * APART_S, name=name))
                if self._drawing:
                    self._drawing.take(observation)
                yield observation, name

    def _video(self, path: Path) -> Iterator[tuple[Observation, str]]:
        try:
            watch = Watch(str(path), self._settings, self._rest, self._asked.gate, self._own)
        except SourceError as error:
            self._leave_out(error)
            return
        with watch as seen:
            if self._asked.annotated:
                shown: list[Callable[..., object]] = [self._asked.landmarks.of] if self._asked.landmarks else []
                made = Merged(path, self._settings, self._asked.annotated, seen.rate, *shown)  # type: ignore[arg-type]
                self._merged = self._stack.enter_context(made)
            self._ticker = Ticker(seen.count, sys.stderr, "watched")
            for observation in seen:
                if self._merged:
                    self._merged.take(observation)
                yield observation, self._given.names[path]

    def _leave_out(self, error: SourceError) -> None:
        if not self._given.several:
            raise error
        self.broken.append(str(error))


def _said(asked: Asked, sentence: str) -> None:
    print(sentence, file=sys.stderr if asked.csv == Path("-") else sys.stdout)


def _columns(asked: Asked, own: bool) -> tuple[str, ...]:
    return (*COLUMNS, *(asked.landmarks.columns if asked.landmarks else ()), *(OWN if own else ()))


def _rest(settings: Settings, neutral: Path | None) -> Neutral | None:
    """The face at rest in a picture, else the calibrated one of the person whom the settings name; that there is none
    is told."""
    if neutral:
        with open_models(settings.models) as models:
            return _rest_in(neutral, Pipeline(models, settings))
    person = settings.session.patient
    rest = calibrated_neutral(settings, person, SystemClock())
    if person and rest is None:
        warn(
            f"No valid face at rest of '{person}', so none is taken into account: run `affectbox calibrate --patient "
            f"{person}`, or give --neutral."
        )
    return rest


def _rest_in(path: Path, pipeline: Pipeline) -> Neutral:
    """The face at rest in a picture. Raises `DataError` if there is none, or not all of it, or several."""
    seen = pipeline(Frame(read_image(path), 0, 0.0))
    if seen.faces > 1:
        what = f"shows {seen.faces} faces"
    elif seen.track is None:
        what = "shows no face"
    elif seen.measured is None:
        what = f"cannot be relied on ({doubts_of(seen)})"
    elif seen.hidden:
        what = "hides a part of the face"
    else:
        return Neutral(seen.measured.actions, path.name)
    raise DataError(f"{path.name} {what}: give a good picture of the person alone, with a relaxed face.")
