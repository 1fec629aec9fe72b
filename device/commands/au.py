"""`affectbox au`: the action units of pictures and videos, printed and as a CSV file.

A row for each picture or frame: `file`, `frame`, `time` (seconds, of videos), `face` (1 or 0), `measured` (1 or 0:
what follows was read of it), `faces` (how many are in view), `track` (the number of the person followed, in videos),
`left`, `top`, `right` and `bottom` (the face that is told of, pixels of the picture), an intensity 0–5 for each
action unit (1 and above: present; empty where something hides it), the person's two sides (`AU12_left`, `AU12_right`)
where they are told apart, `hidden` (parts of the face), the leading `emotion` and the probability of each
(`emotion_sadness`), the leading `expression` and whether they `disagree` (1 or 0), `pain` (PSPI), `neutral` (the face
at rest in use), head pose in degrees, the measures of quality, and `doubts`: why the box does not trust this picture.
What was not measured is empty.

Pictures and videos go the way of a session: the same gate, the same face at rest, the largest face of a picture, one
person of a video, followed and smoothed. A small picture (up to 128 pixels) may be a face that fills it.
"""

import csv
import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from device.camera.pictures import APART_S, is_folder, read_image
from device.camera.video import VIDEO_SUFFIXES
from device.clock import SystemClock
from device.commands.display import Display, Ticker
from device.commands.watch import Watch
from device.contract.errors import DataError, SourceError, StorageError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, SIDED_KEYS, Tier
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.neutral import Neutral
from device.summary import words

COLUMNS = (
    *("file", "frame", "time", "face", "measured", "faces", "track", "left", "top", "right", "bottom"),
    *ACTION_UNIT_KEYS,
    *(f"{key}_{side}" for key in SIDED_KEYS for side in ("left", "right")),
    *("hidden", "emotion", *(f"emotion_{name}" for name in EMOTIONS), "expression", "disagree", "pain", "neutral"),
    *("yaw", "pitch", "roll", "presence", "width", "sharpness", "brightness", "doubts"),
)
PRESENT = 1.0
_MARKS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: "~", Tier.EXPERIMENTAL: "?"}
_LEGEND = "~ low confidence, ? experimental: see the model card of the network that reads faces"
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}

Row = dict[str, object]


def au_of_pictures(paths: list[Path], settings: Settings, neutral: Path | None, out: Path | None, gate: bool) -> int:
    """Read pictures one by one; returns the exit code.

    Args:
        paths: image files.
        settings: of the stages; of the person whom they name the calibrated face at rest is used.
        neutral: picture of the same person with a relaxed face.
        out: the CSV file.
        gate: whether what the box in a session would not trust is left out.

    Raises:
        SourceError: the neutral, or the only picture, is no picture.
        DataError: the neutral shows no face, or some pictures could not be read (the others are in the CSV file).
        StorageError: the CSV file cannot be written.
    """
    broken: list[str] = []
    for path in (*([neutral] if neutral else []), *(paths if len(paths) == 1 else [])):
        _require_picture(path)
    with open_models(settings.models) as models:
        rest = calibrated_neutral(settings, settings.session.patient, SystemClock())
        if neutral:
            rest = _rest_in(neutral, Pipeline(models, settings))
        pipeline = Pipeline(models, settings, rest, gate)
        _write((_row(seen) for seen in _seen(paths, pipeline, broken)), out, Display(sys.stdout).say)
    if broken:
        raise DataError(
            f"{len(broken)} of {len(paths)} pictures were left out; the others are done. The first: {broken[0]}"
        )
    return 0


def au_of_video(path: Path, settings: Settings, neutral: Path | None, out: Path | None, gate: bool) -> int:
    """Read a video frame by frame; returns the exit code. Raises as `au_of_pictures`."""
    rest = None
    if neutral:
        _require_picture(neutral)
        with open_models(settings.models) as models:
            rest = _rest_in(neutral, Pipeline(models, settings))
    with Watch(str(path), settings, rest, gate) as seen:
        rows, ticker = (_row(observation, path.name) for observation in seen), Ticker(seen.count, sys.stderr)
        _write(rows, out, print if out is None else lambda line: ticker.tick(), ticker.end)
    return 0


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
        what = f"cannot be relied on ({_told(seen)})"
    elif seen.hidden:
        what = "hides a part of the face"
    else:
        return Neutral(seen.measured.actions, path.name)
    raise DataError(f"{path.name} {what}: give a good picture of the person alone, with a relaxed face.")


def _row(observation: Observation, file: str = "") -> Row:
    frame, pose, quality, track = observation.frame, observation.pose, observation.quality, observation.track
    row: Row = {"file": file or frame.name, "frame": frame.index, "faces": observation.faces}
    row |= {"face": int(track is not None), "measured": int(len(observation.emotions) > 0)}
    row["doubts"] = " ".join(reason.value for reason in observation.reasons)
    if frame.media_s is not None:
        row |= {"time": f"{frame.media_s:.3f}", "track": track.number if track else ""}
    if track is not None:
        row |= _place(track.face.box)
    if pose is not None and quality is not None:
        row |= {name: f"{value:.1f}" for name, value in vars(pose).items()}
        measures = {"presence": quality.presence, "sharpness": quality.sharpness, "brightness": quality.brightness}
        row |= {name: f"{value:.3f}" for name, value in measures.items()} | {"width": f"{quality.width_px:.1f}"}
    return row | _read(observation) if row["measured"] else row


def _place(box: Box) -> Row:
    return {"left": round(box.x), "top": round(box.y), "right": round(box.x + box.w), "bottom": round(box.y + box.h)}


def _read(observation: Observation) -> Row:
    """What was read of a face."""
    actions, emotions = observation.actions, observation.emotions
    row: Row = {key: f"{value:.3f}" for key, value in actions.known().items()}
    for side, values in (("left", actions.left), ("right", actions.right)):
        pairs = zip(SIDED_KEYS, values.tolist(), strict=True)
        row |= {f"{key}_{side}": f"{value:.3f}" for key, value in pairs if not math.isnan(value)}
    row["hidden"] = " ".join(observation.hidden)
    row["emotion"] = EMOTIONS[int(emotions.argmax())]
    row |= {f"emotion_{name}": f"{share:.3f}" for name, share in zip(EMOTIONS, emotions.tolist(), strict=True)}
    row["expression"] = next(iter(observation.expressions), "")
    row["disagree"] = int(observation.disagree)
    row["neutral"] = observation.neutral
    if observation.pain is not None:
        row["pain"] = f"{observation.pain:.2f}"
    return row


def _write(
    rows: Iterable[Row], out: Path | None, say: Callable[[str], None], end: Callable[[], None] = lambda: None
) -> None:
    """Say every row and write the CSV file, which appears whole or not at all; `end` is called before the last lines.

    A device or a pipe in the place of the file is written to as it is, and then nothing is said.
    """
    if out is None:
        for row in rows:
            say(_sentence(row))
        say(_LEGEND)
        return
    if is_folder(out):
        raise StorageError(f"{out} cannot be written (it is a folder): name a file.")
    if out.exists() and not stat.S_ISREG(out.stat().st_mode):
        _fill(out, out, rows, lambda line: None)
        return
    whole = Path(os.path.realpath(out))
    partial = whole.with_name(whole.name + ".part")
    try:
        count = _fill(partial, out, rows, say)
        partial.replace(whole)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        with suppress(OSError):
            partial.unlink()
    end()
    print(_LEGEND)
    print(f"{count} rows in {out}")


def _fill(path: Path, out: Path, rows: Iterable[Row], say: Callable[[str], None]) -> int:
    """Write the rows to a file, `out` in sentences; how many they were."""
    count = 0
    try:
        with _opened(path) as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for row in rows:
                count += 1
                writer.writerow(row)
                say(_sentence(row))
    except OSError as error:
        raise _unwritable(out, error) from error
    return count


def _opened(path: Path) -> TextIO:
    return path.open("w", newline="", encoding="utf-8", errors="surrogateescape")  # file names are what they are


def _unwritable(out: Path, error: OSError) -> StorageError:
    return StorageError(f"{out} cannot be written ({error.strerror}): check the folder and the space.")


def _told(observation: Observation) -> str:
    return ", ".join(words(reason.value) for reason in observation.reasons)


def _sentence(row: Row) -> str:
    """One line for a person: what is present, the strongest first."""
    where = f"{row['file']}" + (f"  {row['time']} s" if "time" in row else "")
    several = int(str(row["faces"])) > 1
    which = f"  one of {row['faces']} faces, at {row['left']}, {row['top']}" if several and row["face"] else ""
    doubts = ", ".join(map(words, str(row["doubts"]).split()))
    if not row["measured"]:
        seen = f"  {row['faces']} faces" if several and not row["face"] else which
        return f"{where}  not measured: {doubts}{seen}"
    found = sorted(((float(str(row[key])), key) for key in ACTION_UNIT_KEYS if key in row), reverse=True)
    present = [f"{key}{_MARKS[_TIERS[key]]} {value:.1f}" for value, key in found if value >= PRESENT]
    said = f"{row['emotion']}, but {row['expression']} by its units" if row["disagree"] else f"{row['emotion']}"
    nothing = f"nothing above {PRESENT:.0f}" if found else "nothing measured"
    hidden = f"  hidden: {row['hidden']}" if row["hidden"] else ""
    return f"{where}  {said}  {'  '.join(present) or nothing}{hidden}{which}{f'  ({doubts})' if doubts else ''}"
