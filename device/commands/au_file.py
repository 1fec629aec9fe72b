"""The file of `affectbox au`: whole or not at all, for its owner's eyes."""

import csv
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from device.camera.pictures import is_folder
from device.commands.au_row import Row
from device.contract.errors import StorageError
from device.state import open_private

_LEGEND = "~ low confidence, ? experimental: see the model card of the network that reads faces"


def write_rows(
    rows: Iterable[Row],
    out: Path | None,
    columns: Sequence[str],
    tell: Callable[[Row], None],
    end: Callable[[], None] = lambda: None,
) -> None:
    """Tell every row and write the CSV file, which appears whole or not at all; `end` is called before the last lines.

    A device, a pipe or `-` in the place of the file is written to as it is, and then nothing is told.
    """
    if out is None:
        for row in rows:
            tell(row)
        end()
        print(_LEGEND)
        return
    if out == Path("-"):
        _write_csv(sys.stdout, columns, rows, lambda row: None)
        return
    if is_folder(out):
        raise StorageError(f"{out} cannot be written (it is a folder): name a file.")
    if out.exists() and not stat.S_ISREG(out.stat().st_mode):
        _fill(out, out, columns, rows, lambda row: None)
        return
    whole = Path(os.path.realpath(out))
    partial = whole.with_name(whole.name + ".part")
    try:
        count = _fill(partial, out, columns, rows, tell)
        partial.replace(whole)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        with suppress(OSError):
            partial.unlink()
    end()
    print(_LEGEND)
    print(f"{count} rows in {out}")


def _fill(path: Path, out: Path, columns: Sequence[str], rows: Iterable[Row], tell: Callable[[Row], None]) -> int:
    """Write the rows to a file for its owner's eyes, `out` in sentences; how many they were."""
    try:
        with os.fdopen(open_private(path), "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            return _write_csv(file, columns, rows, tell)  # file names are what they are
    except OSError as error:
        raise _unwritable(out, error) from error


def _write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[Row], tell: Callable[[Row], None]) -> int:
    writer, count = csv.DictWriter(file, columns), 0
    writer.writeheader()
    for row in rows:
        count += 1
        writer.writerow(row)
        tell(row)
    return count


def _unwritable(out: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{out} cannot be written ({error.strerror}): check the folder, the space, and whether it is open."
    )
