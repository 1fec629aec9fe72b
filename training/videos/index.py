"""What a run leaves beside the faces: the split as JSON, the index as CSV."""

import csv
import json
from collections import Counter
from pathlib import Path

from cloud.erasing.known import note
from device.contract.errors import DataError, StorageError
from device.contract.labels import Reason
from training.files import write_there
from training.tables import table_bytes
from training.videos.split import PARTS
from training.videos.store import COMMAND, Outcome, face_file
from training.videos.study import Video

SPLIT, INDEX = "split.json", "index.csv"
_COLUMNS = {"video", "participant", "part", "frames", "faces", "file"}
REASONS = tuple(reason.value for reason in Reason)


def open_folder(out: Path) -> None:
    """Make the folder, closed to others. Raises `StorageError`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        out.chmod(0o700)
    except OSError as error:
        raise StorageError(f"{out} cannot be used: {error.strerror or error}") from error


def write_split(out: Path, parts: dict[str, str], weights: tuple[int, ...], seed: int) -> list[str]:
    """Write `split.json`, noted first; return the participants who were in another part in the one that it
    replaces. Raises `StorageError`."""
    before = _read_parts(out / SPLIT)
    content = {
        "seed": seed,
        "weights": dict(zip(PARTS, weights, strict=True)),
        "sizes": {part: Counter(parts.values())[part] for part in PARTS},
        "participants": parts,
    }
    note(out / SPLIT, parts, [], "split of a study")
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_there(out / SPLIT, lambda file: file.write(text.encode()))
    return [name for name, part in parts.items() if before.get(name, part) != part]


def write_index(out: Path, videos: list[Video], parts: dict[str, str], outcomes: dict[str, Outcome]) -> None:
    """Write `index.csv`, noted first: a row for every video whose faces were made. Raises `StorageError`."""
    rows = []
    for video in videos:
        if (done := outcomes.get(video.name)) is None or done.trouble:
            continue
        counts = [done.seconds, done.frames, done.faces, *(done.dropped.get(reason, 0) for reason in REASONS)]
        file = face_file(out, video.name).relative_to(out).as_posix()
        rows.append([video.name, video.participant, video.label, parts[video.participant], *counts, file])
    header = (*"video participant label part seconds frames faces".split(), *REASONS, "file")
    content = table_bytes(header, rows)
    note(out / INDEX, parts, [], "index of faces")
    write_there(out / INDEX, lambda file: file.write(content))


def read_index(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder of faces: video, participant, label, part, seconds, frames, faces, file, …

    Raises:
        DataError: no such folder or table, or one of nothing.
    """
    path = folder / INDEX
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read ({error}): give the folder that `{COMMAND}` wrote.") from error
    if not rows or not rows[0].keys() >= _COLUMNS or not all(map(_sound, rows)):
        raise DataError(f"{path} is no index of faces, or of none: give the folder that `{COMMAND}` wrote.")
    return rows


def _sound(row: dict[str, str]) -> bool:
    return row["part"] in PARTS and all((row[name] or "").isdecimal() for name in ("frames", "faces"))


def _read_parts(path: Path) -> dict[str, str]:
    try:
        parts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["participants"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return parts
