"""Rows of the published layout: its columns, as people rename them, and what a cell means."""

from collections.abc import Mapping, Sequence

from device.contract.errors import DataError
from device.contract.mistakes import nearest
from training.annotation.coding import Mark, action_of
from training.annotation.files.exchange import SIDES
from training.tables import Table, unfloated

FRAME, NOTHING, GROUP = "frame", "AU0", "ASD"
HEADER = tuple(
    "frame AU1 AU2 AU4 AU5 AU6 AU7 AU43 AU8 AU9 AU10 AU12 AU13 AU14 AU15 AU16 AU17 AU18 AD19 AU20 AU21 AU22 AU23 AU24 "
    "AU25 AU2X AU28 AD29 AD30 AU31 AD32 AD33 AD34 AD35 AD36 AD37 AU0 ASD".split()
)
#: Column → our action.
ACTION_OF = {column: "AU26" if column == "AU2X" else column for column in HEADER[1:-2]}
_COLUMN_OF = {action: column for column, action in ACTION_OF.items()}
CODES = {"0": Mark(0)} | {str(number): Mark(1, side) for number, side in enumerate(SIDES, start=1)}
#: The tool keeps `S1-backup.csv` beside `S1.csv`.
BACKUP = "-backup"
WHAT = "a table of the published layout, frame,AU1,…,AU0,ASD"


def columns(table: Table, notes: list[str]) -> dict[str, int]:
    """Column as the layout calls it → where it stands; what is passed over is noted.

    Raises:
        DataError: not this layout, or two columns that mean one.
    """
    found: dict[str, int] = {}
    for position, text in enumerate(table.header):
        name = _column(text)
        if name is None:
            hint = f" (perhaps {near} is meant)" if text and (near := nearest(text, HEADER)) else ""
            notes.append(f"{table.name}: the column {text!r} is passed over: the layout has none of that name{hint}.")
        elif name in found:
            raise DataError(
                f"{table.name}: {table.header[found[name]]} and {text} are one column, {name}: remove one."
            )
        else:
            found[name] = position
    if FRAME not in found or not found.keys() & ACTION_OF.keys():
        raise DataError(f"{table.name} begins with {','.join(table.header)[:60]!r}: give {WHAT}.")
    return found


def _column(text: str) -> str | None:
    """The column that a heading stands for, as people rename it."""
    beside = {name.casefold(): name for name in (FRAME, NOTHING, GROUP)}
    return beside.get(text.casefold()) or _COLUMN_OF.get(action_of(text) or "")


def marks(cells: Sequence[str], found: Mapping[str, int], where: str) -> dict[str, Mark]:
    """Action → mark of a row; what is empty was not coded. Raises `DataError`."""
    row = {}
    for name, action in ACTION_OF.items():
        if text := unfloated(cells[found[name]]) if name in found else "":
            if text not in CODES:
                meant = "0 absent, 1 present, 2 left, 3 right, 4 top, 5 bottom"
                raise DataError(f"{where}: {name} is {text[:20]!r}: give {meant}.")
            row[action] = CODES[text]
    return row
