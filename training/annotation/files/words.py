"""How codes are written as words, where a layout has text and no columns: `C left; apex 41; open`."""

import re

from device.contract.errors import DataError
from training.annotation.coding import LETTERS, Mark, Scale, Side

_SIDES = "|".join(side.value for side in Side if side.value)
#: `AU12`, `AU12 left`, `AU12 left #2`, `AU12 frames`.
TIER = re.compile(rf"(A[UD]\d+)(?: ({_SIDES}))?( frames)?(?: #\d+)?", re.IGNORECASE)


def written(mark: Mark, scale: Scale) -> str:
    """`1`, `0`, or a letter of intensity; and the side."""
    value = LETTERS[mark.value - 1] if scale is Scale.INTENSITY and mark.value else str(mark.value)
    return f"{value} {mark.side.value}".strip()


def read_mark(text: str, scale: Scale, where: str) -> Mark:
    """The mark of such words; none at all are present. Raises `DataError`, also of letters where presence is coded."""
    words = text.split()
    side = Side(words.pop().lower()) if words and words[-1].lower() in _SIDES.split("|") else Side.BOTH
    value = words[0].upper() if len(words) == 1 else "1" if not words else ""
    if value == "PRESENT":
        value = "1"
    if scale is Scale.INTENSITY and value in LETTERS and value:
        return Mark(LETTERS.index(value) + 1, side)
    if value.isascii() and value.isdigit() and int(value) <= scale.largest:
        return Mark(int(value), side)
    wanted = "A to E, or 0" if scale is Scale.INTENSITY else "1 or 0 (this project codes presence)"
    raise DataError(f"{where}: {text[:30]!r} is no code: give {wanted}, and perhaps left, right, top or bottom.")
