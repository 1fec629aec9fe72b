"""`affectbox au`: the action units of pictures and videos, printed and as a CSV file.

A row for each picture or frame: `file`, `frame`, `time` (seconds, of videos), `face` (1 or 0), `faces` (how many are
in view), `x` and `y` (the middle of the one that is told of, pixels of the picture), an intensity 0–5 for each action
unit (1 and above: present; empty where something hides it), the person's two sides (`AU12_left`, `AU12_right`) where
they are told apart, `hidden` (parts of the face), the leading `emotion` and `expression` and whether they `disagree`
(1 or 0), `pain` (PSPI), `neutral` (the face at rest in use), head pose in degrees, the measures of quality, and
`doubts`: why the box in a session would not have trusted this picture. Without a face the cells are empty.

Pictures are taken one by one, the largest face of each, with the landmarks averaged over several looks; a small one
(up to 128 pixels) is taken for a face that fills it, and read as it is where no landmarks are found. Videos are seen
as a session is: one person followed, smoothed.
"""

import csv
import errno
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2

from device.arrays import ByteImage
from device.camera.pictures import IMAGE_SUFFIXES
from device.commands.replay import observe
from device.contract.errors import DataError, SourceError, StorageError
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, SIDED_KEYS, Tier
from device.observation import Observation
from device.portraits import Portraits
from device.settings import Settings
from device.stages.neutral import Neutral

COLUMNS = (
    "file",
    "frame",
    "time",
    "face",
    "faces",
    "x",
    "y",
    *ACTION_UNIT_KEYS,
    *(f"{key}_{side}" for key in SIDED_KEYS for side in ("left", "right")),
    "hidden",
    "emotion",
    "expression",
    "disagree",
    "pain",
    "neutral",
    "yaw",
    "pitch",
    "roll",
    "presence",
    "width",
    "sharpness",
    "brightness",
    "doubts",
)
PRESENT = 1.0
_MARKS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: "~", Tier.EXPERIMENTAL: "?"}
_LEGEND = "~ low confidence, ? experimental: see the model card of the network that reads faces"
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}

Row = dict[str, object]


def au_of_pictures(paths: list[Path], settings: Settings, neutral: Path | None, out: Path | None) -> int:
    """Read pictures one by one; returns the exit code.

    Args:
        paths: image files.
        neutral: picture of the same person with a relaxed face.
        out: the CSV file.

    Raises:
        SourceError: the neutral, or the only picture, is no picture.
        DataError: the neutral shows no face, or some pictures could not be read (the others are in the CSV file).
        StorageError: the CSV file cannot be written.
    """
    broken: list[Path] = []
    with Portraits(settings) as portraits:
        rest = portraits.neutral(_picture(neutral), neutral.name) if neutral else None
        _write(_picture_rows(paths, portraits, rest, broken), out)
    if broken:
        raise DataError(
            f"{len(broken)} of {len(paths)} pictures cannot be read (first: {broken[0].name}): convert them to PNG; "
            "the others are done."
        )
    return 0


def au_of_video(path: Path, settings: Settings, neutral: Path | None, out: Path | None) -> int:
    """Read a video frame by frame; returns the exit code. Raises as `au_of_pictures`."""
    rest = None
    if neutral:
        with Portraits(settings) as portraits:
            rest = portraits.neutral(_picture(neutral), neutral.name)
    rows = (_row(path.name, observation) for observation in observe(str(path), settings, rest))
    _write(rows, out)
    return 0


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names. Raises `SourceError` when there is none."""
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES) if folder.is_dir() else []
    if not paths:
        raise SourceError(f"{folder} holds no picture ({', '.join(sorted(IMAGE_SUFFIXES))}): give another --folder.")
    return paths


def _picture_rows(
    paths: list[Path], portraits: Portraits, neutral: Neutral | None, broken: list[Path]
) -> Iterator[Row]:
    for path in paths:
        try:
            image = _picture(path)
        except SourceError:
            if len(paths) == 1:
                raise
            broken.append(path)
            continue
        yield _row(path.name, portraits(image, neutral))


def _picture(path: Path) -> ByteImage:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f"{path} is missing or no readable picture: give a PNG or JPEG file.")
    return image  # type: ignore[return-value]


def _row(name: str, observation: Observation) -> Row:
    frame, pose, quality = observation.frame, observation.pose, observation.quality
    row: Row = {"file": name, "frame": frame.index, "face": int(len(observation.emotions) > 0)}
    row["faces"] = observation.faces
    row["doubts"] = " ".join(reason.value for reason in observation.reasons)
    if frame.media_s is not None:
        row["time"] = f"{frame.media_s:.3f}"
    if observation.track is not None:
        row |= {name: round(at) for name, at in zip("xy", observation.track.face.box.centre, strict=True)}
    if pose is not None and quality is not None:
        row |= {name: f"{value:.1f}" for name, value in vars(pose).items()}
        measures = {"presence": quality.presence, "sharpness": quality.sharpness, "brightness": quality.brightness}
        row |= {name: f"{value:.3f}" for name, value in measures.items()} | {"width": f"{quality.width_px:.1f}"}
    return row | _read(observation) if row["face"] else row


def _read(observation: Observation) -> Row:
    """What was read of a face."""
    actions = observation.actions
    row: Row = {key: f"{value:.3f}" for key, value in actions.known().items()}
    for side, values in (("left", actions.left), ("right", actions.right)):
        pairs = zip(SIDED_KEYS, values.tolist(), strict=True)
        row |= {f"{key}_{side}": f"{value:.3f}" for key, value in pairs if not math.isnan(value)}
    row["hidden"] = " ".join(observation.hidden)
    row["emotion"] = EMOTIONS[int(observation.emotions.argmax())]
    row["expression"] = next(iter(observation.expressions), "")
    row["disagree"] = int(observation.disagree)
    row["neutral"] = observation.neutral
    if observation.pain is not None:
        row["pain"] = f"{observation.pain:.2f}"
    return row


def _write(rows: Iterable[Row], out: Path | None) -> None:
    """Print every row and write the CSV file, which appears whole or not at all."""
    if out is None:
        for row in rows:
            print(_sentence(row))
        print(_LEGEND)
        return
    partial, count = out.with_name(out.name + ".part"), 0
    try:
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for row in rows:
                count += 1
                writer.writerow(row)
                print(_sentence(row))
        partial.replace(out)
    except OSError as error:
        raise StorageError(f"{out} cannot be written ({error.strerror}): check the folder and the space.") from error
    finally:
        with suppress(OSError):
            partial.unlink()
    print(_LEGEND)
    print(f"{count} rows in {out}")


def _sentence(row: Row) -> str:
    """One line for a person: what is present, the strongest first."""
    where = f"{row['file']}" + (f"  {row['time']} s" if "time" in row else "")
    if not row["face"]:
        return f"{where}  no action units: {row['doubts']}"
    found = sorted(((float(str(row[key])), key) for key in ACTION_UNIT_KEYS if key in row), reverse=True)
    present = [f"{key}{_MARKS[_TIERS[key]]} {value:.1f}" for value, key in found if value >= PRESENT]
    said = f"{row['emotion']}, but {row['expression']} by its units" if row["disagree"] else f"{row['emotion']}"
    nothing = f"nothing above {PRESENT:.0f}" if found else "nothing measured"
    hidden = f"  hidden: {row['hidden']}" if row["hidden"] else ""
    several = int(str(row["faces"])) > 1 and "x" in row
    which = f"  one of {row['faces']} faces, at {row['x']}, {row['y']}" if several else ""
    doubts = f"  ({row['doubts']})" if row["doubts"] else ""
    return f"{where}  {said}  {'  '.join(present) or nothing}{hidden}{which}{doubts}"
