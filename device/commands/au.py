"""`affectbox au`: the action units of pictures and videos, printed and as a CSV file.

A row for each picture or frame: `file`, `frame`, `time` (seconds, of videos), `face` (1 or 0), `measured` (1 or 0:
what follows was read of it), `faces` (how many are in view), `track` (the number of the person followed, in videos),
`left`, `top`, `right` and `bottom` (the face that is told of, pixels of the picture), an intensity 0–5 for each
action unit (1 and above: present; empty where something hides it), the person's two sides (`AU12_left`, `AU12_right`)
where they are told apart, `hidden` (parts of the face), the leading `emotion` and the probability of each
(`emotion_sadness`), the leading `expression` and whether they `disagree` (1 or 0), `pain` (PSPI), `neutral` (the face
at rest in use), head pose in degrees, the measures of quality, and `doubts`: why the box does not trust this picture.
What was not measured is empty.

With `--landmarks 68` or `478` follow `x_0` … `x_67`, `y_0` … and `z_0` …: the landmarks of the face that is told of,
numbered from 0 as OpenFace numbers its 68 (`device.contract.landmarks`) and MediaPipe its 478; pixels of the picture,
z on the scale of x, smaller nearer to the camera and no more than the network's guess. They are there also of a face
that was not measured: `doubts` says why. `--annotate` then draws them on pictures too.

Pictures and videos go the way of a session: the same gate, the same face at rest, the largest face of a picture, one
person of a video, followed and smoothed. A small picture (up to 128 pixels) may be a face that fills it.
`--annotate` makes of a video a film with what was read of it and its timing diagram (`device/commands/merged`).
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from device.camera.pictures import APART_S, is_folder, read_image
from device.camera.video import VIDEO_SUFFIXES
from device.clock import SystemClock
from device.commands.au_file import write_rows
from device.commands.au_row import COLUMNS, Row, doubts_of, row_of
from device.commands.display import Display, Ticker
from device.commands.drawing import Drawing
from device.commands.merged.making import Merged
from device.commands.points import Landmarks, open_pictures, with_landmarks
from device.commands.watch import Watch
from device.contract.command import warn
from device.contract.errors import ConfigError, DataError, SourceError
from device.film import SUFFIX
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.neutral import Neutral
from device.state import same_file


def au_of_pictures(
    paths: list[Path],
    settings: Settings,
    neutral: Path | None,
    out: Path | None,
    gate: bool,
    landmarks: Landmarks | None = None,
    annotated: Path | None = None,
) -> int:
    """Read pictures one by one; returns the exit code.

    Args:
        paths: image files.
        settings: of the stages; of the person whom they name the calibrated face at rest is used.
        neutral: picture of the same person with a relaxed face.
        out: the CSV file, `-` for standard output.
        gate: whether what the box in a session would not trust is left out.
        landmarks: which are written too; None for none.
        annotated: a picture, or a folder of them, on which they are drawn; None for none.

    Raises:
        ConfigError: the CSV file is one of the pictures, or they cannot be drawn as asked.
        SourceError: the neutral, or the only picture, is no picture.
        DataError: the neutral shows no face, or some pictures could not be read (the others are in the CSV file).
        StorageError: the CSV file cannot be written.
    """
    broken: list[str] = []
    _require_other(out, [*paths, *([neutral] if neutral else [])])
    for path in (*([neutral] if neutral else []), *(paths if len(paths) == 1 else [])):
        _require_picture(path)
    drawing = open_pictures(annotated, paths, neutral, landmarks.drawn) if annotated and landmarks else None
    settings = with_landmarks(settings, landmarks.count) if landmarks else settings
    with open_models(settings.models) as models:
        rest = _rest_in(neutral, Pipeline(models, settings)) if neutral else _calibrated(settings)
        pipeline = Pipeline(models, settings, rest, gate)
        rows = (_row(seen, "", landmarks) for seen in _noted(_seen(paths, pipeline, broken), drawing))
        write_rows(rows, out, _columns(landmarks), Display(sys.stdout).say)
    if drawing:
        print(f"{drawing.count} pictures drawn in {annotated}", file=sys.stderr if out == Path("-") else sys.stdout)
    if broken:
        raise DataError(
            f"{len(broken)} of {len(paths)} pictures were left out; the others are done. The first: {broken[0]}"
        )
    return 0


def au_of_video(
    path: Path,
    settings: Settings,
    neutral: Path | None,
    out: Path | None,
    gate: bool,
    landmarks: Landmarks | None = None,
    annotated: Path | None = None,
) -> int:
    """Read a video frame by frame; returns the exit code. Raises as `au_of_pictures`.

    Args:
        path: of the video.
        settings, neutral, out, gate, landmarks: as of `au_of_pictures`.
        annotated: a film of the video with its timing diagram, to be made; None for none.
    """
    settings = with_landmarks(settings, landmarks.count) if landmarks else settings
    rest = None if neutral else _calibrated(settings)
    read = [path, *([neutral] if neutral else [])]
    _require_other(out, read)
    _require_film(annotated, [*read, *([out] if out else [])])
    if neutral:
        _require_picture(neutral)
        with open_models(settings.models) as models:
            rest = _rest_in(neutral, Pipeline(models, settings))
    with ExitStack() as stack:
        seen = stack.enter_context(Watch(str(path), settings, rest, gate))
        shown = [landmarks.of] if landmarks else []
        merged = stack.enter_context(Merged(path, settings, annotated, seen.rate, *shown)) if annotated else None
        ticker = Ticker(seen.count, sys.stderr, "watched")
        rows = (_row(observation, path.name, landmarks) for observation in _noted(seen, merged))
        say = print if out is None else lambda line: ticker.tick()
        write_rows(rows, out, _columns(landmarks), say, ticker.end)
        if merged is not None:
            seen.close()
            count = merged.make()
            print(f"{count} pictures drawn in {annotated}", file=sys.stderr if out == Path("-") else sys.stdout)
    return 0


def _row(observation: Observation, file: str, landmarks: Landmarks | None) -> Row:
    return row_of(observation, file) | (landmarks.row(observation) if landmarks else {})


def _columns(landmarks: Landmarks | None) -> tuple[str, ...]:
    return (*COLUMNS, *(landmarks.columns if landmarks else ()))


def _noted(seen: Iterable[Observation], drawing: Merged | Drawing | None) -> Iterator[Observation]:
    """The same, each drawn, or noted for the film, if that is asked for."""
    for observation in seen:
        if drawing is not None:
            drawing.take(observation)
        yield observation


def _require_film(out: Path | None, others: Iterable[Path]) -> None:
    """That a film can have this name, and is none of the other files. Raises `ConfigError`."""
    if out is None:
        return
    if out.suffix.lower() != SUFFIX:
        raise ConfigError(f"{out} cannot be drawn: films are .mp4, so give --annotate {out.stem}.mp4.")
    if other := next((path for path in others if path != Path("-") and same_file(out, path)), None):
        raise ConfigError(f"{other} is read or written too: give --annotate another file.")


def _require_picture(path: Path) -> None:
    """Before networks are loaded: that it can be read."""
    if is_folder(path):
        raise SourceError(f"{path} is a folder: give it with --folder.")
    try:
        read_image(path)
    except SourceError as error:
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            raise SourceError(f"{path} is a video: give it with --video.") from error
        raise


def _require_other(out: Path | None, paths: Iterable[Path]) -> None:
    """That the CSV file is none of what is read. Raises `ConfigError`."""
    if out is not None and any(same_file(out, path) for path in paths):
        raise ConfigError(f"{out} is what is read, and would be written over: give --csv another file.")


def _calibrated(settings: Settings) -> Neutral | None:
    """The calibrated face at rest of the person whom the settings name; that there is none is told."""
    person = settings.session.patient
    rest = calibrated_neutral(settings, person, SystemClock())
    if person and rest is None:
        warn(
            f"No valid face at rest of '{person}', so none is taken into account: run `affectbox calibrate --patient "
            f"{person}`, or give --neutral."
        )
    return rest


def _seen(paths: list[Path], pipeline: Pipeline, broken: list[str]) -> Iterator[Observation]:
    """What each picture shows, by itself; sentences on those that cannot be read go to `broken`."""
    for index, path in enumerate(paths):
        try:
            image = read_image(path)
        except SourceError as error:
            broken.append(str(error))
            continue
        yield pipeline(Frame(image, index, index * APART_S, name=path.name))


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
