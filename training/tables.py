"""Tables of text as people and their spreadsheets leave them: `,`, `;` or tabs, UTF-8 with or without mark, UTF-16."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import DataError

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """Columns, and rows with their numbers in the file (the header is row 1), of as many cells as there are columns;
    all are stripped. Rows of nothing, and columns without name and content, are left out."""

    path: Path
    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def where(self, row: int) -> str:
        """The place to name in a sentence."""
        return f"{self.name}, row {row}"

    def dicts(self) -> Iterable[tuple[int, dict[str, str]]]:
        """Number of each row, and its cells by column."""
        return ((number, dict(zip(self.header, cells, strict=True))) for number, cells in self.rows)


def read_table(path: Path, what: str, name: str = "") -> Table:
    """A table whose first row is its header.

    Args:
        what: it should be, for the sentence, such as 'a table of the published layout'.
        name: to call it in sentences; its file's by default.

    Raises:
        DataError: it cannot be read, is empty, has a column twice, or a row with cells beyond the header.
    """
    name = name or path.name
    rows = read_rows(path, what)
    if not rows:
        raise DataError(f"{name} is empty: give {what}.")
    (first, header), rows = rows[0], rows[1:]
    width = len(header)
    for number, line in rows:
        if any(line[width:]) or len(line) < width:
            raise DataError(f"{name}, row {number}: it has {len(line)} cells, and the header (row {first}) {width}.")
    kept = [column for column, name in enumerate(header) if name or any(line[column] for _, line in rows)]
    names = [header[column] for column in kept]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DataError(f"{name}, row {first}: the column {twice!r} is there twice: remove one.")
    return Table(path, name, tuple(names), tuple((number, tuple(line[c] for c in kept)) for number, line in rows))


def read_rows(path: Path, what: str) -> list[tuple[int, list[str]]]:
    """The rows that hold anything, with their numbers from 1, cells stripped; `what` as of `read_table`. Raises
    `DataError`: it cannot be read."""
    text = _text(path, what)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise DataError(f"Cannot read {path} ({error}): give {what}.") from error
    rows = [(number, [cell.strip() for cell in line]) for number, line in enumerate(lines, 1)]
    return [(number, cells) for number, cells in rows if any(cells)]


def table_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as the content of a csv file: UTF-8 without mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def whole(text: str, where: str) -> int:
    """A number of a frame, which a spreadsheet may have turned from 7 into 7.0. Raises `DataError`."""
    plain = unfloated(text)
    if not (plain.isascii() and plain.isdigit()):
        raise DataError(f"{where}: {text[:20]!r} is no number of a frame: give a whole number from 0.")
    return int(plain)


def unfloated(text: str) -> str:
    """`1` of `1`, `1.0`, `1,0` and `1.`."""
    head, dot, tail = text.replace(",", ".").partition(".")
    return head if dot and not tail.strip("0") else text


def _text(path: Path, what: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"Cannot read {path} ({error.strerror or error}): give {what}.") from error
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"Cannot read {path} (it is no text in UTF-8 or UTF-16): save it as CSV UTF-8, and give {what}."
        ) from error
