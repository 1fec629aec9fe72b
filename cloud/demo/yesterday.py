"""The day before the demo began, in the watch's history: what sparklines are drawn of."""

from contextlib import closing
from pathlib import Path

from cloud.demo.boxes import SILENT_S, Box, state
from cloud.watch.history import BUCKET_S, KEPT_S, History

#: Where the dashboard's watch keeps it, in the folder of the database.
FOLDER = "watch"


def backfill(folder: Path, boxes: list[Box], now_s: float) -> None:
    """Write 24 hours of the boxes' numbers, one report in five minutes each. Raises `StorageError`."""
    with closing(History(folder / FOLDER)) as history:
        for age_s in range(KEPT_S, 0, -BUCKET_S):
            for box in boxes:
                if box.trouble not in ("silent", "ended") or age_s > SILENT_S:
                    at_s = now_s - age_s
                    history.add(box.device, state(box, at_s) | {"seen": int(at_s * 1000)})
        history.write()
