"""Our layout of codes, as `training.data.codes` reads it: a table of pictures, or of rows of FER2013's file.

    image,participant,coder,AU1,AU2,…,AU43,up,low,bad,AD19,…,AU12_side,…
    anna/0001.png,anna,ben,0,2,…,0,0,0,0,0,…,left,…

Numbers are intensities, 0 to 5. Further actions and sides have columns of their own where some were coded; who trains
on the table passes over them.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, LOWER, UPPER
from training.annotation.coding import ACTIONS, Annotations, Coded, Mark, Scale, Side
from training.annotation.coding import Sequence as Frames
from training.annotation.files.exchange import Found, Into, Losses, Written, keep, submitted
from training.data.codes import FLAGS, IMAGE, ROW, SIDE_COLUMN, TEXTS
from training.tables import Table, read_table, table_bytes, unfloated, whole

FILE = "codes.csv"
_PARTS = {UPPER: FLAGS[0], LOWER: FLAGS[1]}
_WHAT = "a table of codes, image or row,coder,AU1,…"
_SUFFIXES = (".csv", ".csv.gz")


def write(annotations: Sequence[Annotations], out: Path) -> Written:
    """One table of all coders, `codes.csv` in `out` (or `out` itself, where it is named as a csv file).

    Raises:
        DataError: presence, which this layout would take for intensities; frames of videos, which have no pictures;
            pictures and rows at once.
        StorageError: it cannot be written.
    """
    path = out if out.suffix.lower() == ".csv" else out / FILE
    if any(one.scale is Scale.PRESENCE for one in annotations):
        raise DataError("The codes layout holds intensities, and presence was coded: take --layout csv or published.")
    kind = _kind([one.sequence for one in annotations])
    losses = Losses()
    rows = [row for one in annotations for row in _rows(one, kind, path, losses)]
    if not rows:
        return Written((), losses.sentences())
    further = [key for key in ACTIONS if key not in ACTION_UNIT_KEYS and any(key in row for row in rows)]
    sides = [SIDE_COLUMN.format(key) for key in ACTIONS if any(SIDE_COLUMN.format(key) in row for row in rows)]
    header = (kind, "participant", "coder", *ACTION_UNIT_KEYS, *FLAGS, *further, *sides)
    if not any(row["participant"] for row in rows):
        header = tuple(name for name in header if name != "participant")
    content = table_bytes(header, ([row.get(name, "") for name in header] for row in rows))
    written = keep(path, content, annotations)
    return Written((written,), losses.sentences())


def read(path: Path, into: Into) -> Found:
    """A table, into the sequences whose pictures or rows it names.

    Raises:
        DataError: not this layout, a picture that the project lacks, a value out of range, two codings by one coder.
    """
    table = read_table(path / FILE if path.is_dir() else path, _WHAT)
    if not table.header or table.header[0] not in (IMAGE, ROW) or not set(table.header) & set(ACTIONS):
        raise DataError(f"{table.path.name} begins with {','.join(table.header)[:60]!r}: give {_WHAT}.")
    if into.scale is not Scale.INTENSITY:
        raise DataError(f"{table.path.name} holds intensities, and the project codes presence: make one of intensity.")
    notes = [
        f"{table.path.name}: the column {name!r} is passed over."
        for name in table.header[1:]
        if name not in (*ACTIONS, *FLAGS, *TEXTS, *map(SIDE_COLUMN.format, ACTIONS))
    ]
    places = _places(table, into)
    found: dict[tuple[str, str], dict[int, Coded]] = {}
    bad = 0
    for row, cells in table.dicts():
        where = table.where(row)
        sequence, place = _at(cells, table, places, where)
        coder = into.coder or cells.get("coder", "")
        if not coder:
            raise DataError(f"{where}: it does not say who coded: give --coder.")
        frames = found.setdefault((coder, sequence.name), {})
        coded = _coded(cells, into, where)
        if not coded.codable and any(cells.get(action) for action in ACTIONS):
            bad += 1
        if place in frames:
            raise DataError(f"{where}: {coder} codes {cells[table.header[0]]} twice: remove one of the rows.")
        frames[place] = coded
    if bad:
        notes.append(f"{table.path.name}: pictures that are bad have no codes: those of {bad} rows are not taken.")
    sequences = {one.name: one for one in into.sequences}
    return Found(
        tuple(
            Annotations(sequences[name], coder, into.scale, into.actions, dict(sorted(frames.items())))
            for (coder, name), frames in found.items()
        ),
        tuple(notes),
    )


def _kind(sequences: Sequence[Frames]) -> str:
    kinds = {_is_of_rows(one) for one in sequences}
    if len(kinds) > 1:
        raise DataError("The codes layout holds pictures or rows of a file, not both: export one source at a time.")
    if kinds == {False} and (film := next((one for one in sequences if not one.labels), None)):
        raise DataError(
            f"{film.name} has no pictures, and the codes layout names some: take --layout csv or published."
        )
    return ROW if kinds == {True} else IMAGE


def _is_of_rows(one: Frames) -> bool:
    return one.source.name.lower().endswith(_SUFFIXES)


def _rows(one: Annotations, kind: str, path: Path, losses: Losses) -> Iterator[dict[str, object]]:
    losses.add("Episodes are left out ({n}): this layout has pictures only.", len(one.episodes))
    for place, frame in submitted(one, losses):
        losses.add("That the coder had asked for the network's opinion is not written ({n} frames).", frame.asked)
        name = str(one.sequence.frames[place]) if kind == ROW else _picture(one.sequence, place, path)
        flags = {_PARTS[part]: int(part in frame.hidden) for part in _PARTS} if frame.submitted else {}
        row: dict[str, object] = {kind: name, "participant": one.sequence.participant, "coder": one.coder, **flags}
        row[FLAGS[2]] = int(not frame.codable)
        for action, mark in frame.final.items():
            row[action] = mark.value
            if mark.side is not Side.BOTH:
                row[SIDE_COLUMN.format(action)] = mark.side.value
        yield row


def _picture(sequence: Frames, place: int, path: Path) -> str:
    """The picture's path from the table's folder, as its readers look for it."""
    picture = sequence.source / sequence.labels[place]
    try:
        return Path(os.path.relpath(picture, path.parent)).as_posix()
    except ValueError:  # another drive
        return picture.resolve().as_posix()


def _places(table: Table, into: Into) -> dict[str, tuple[Frames, int]]:
    """What names a picture or a row → where it is in the project."""
    if table.header[0] == ROW:
        rows = [one for one in into.sequences if _is_of_rows(one)]
        return {str(frame): (one, place) for one in rows for place, frame in enumerate(one.frames.tolist())}
    found = {}
    for one in into.sequences:
        source = one.source.resolve()
        for place, label in enumerate(one.labels):
            found[label] = found[_plain(source, label)] = one, place
    return found


def _at(cells: dict[str, str], table: Table, places: dict[str, tuple[Frames, int]], where: str) -> tuple[Frames, int]:
    if table.header[0] == ROW:
        found = places.get(str(whole(cells[ROW], f"{where}: {ROW}")))
    else:
        name = cells[IMAGE].replace("\\", "/")
        found = places.get(_plain(table.path.parent.resolve(), name)) or places.get(name)
    if found is None:
        raise DataError(f"{where}: {cells[table.header[0]][:60]!r} is nothing that this project codes.")
    return found


def _plain(folder: Path, name: str) -> str:
    """A path below a resolved folder as it is compared."""
    return os.path.normcase(os.path.normpath(folder / name))


def _coded(cells: dict[str, str], into: Into, where: str) -> Coded:
    flags = {name: unfloated(cells.get(name, "")) for name in FLAGS}
    for name, text in flags.items():
        if text not in ("", "0", "1"):
            raise DataError(f"{where}: {name} is {text[:20]!r}: give 1, 0 or nothing.")
    if flags[FLAGS[2]] == "1":
        return Coded(codable=False, submitted=True)
    marks = {}
    for action in (key for key in ACTIONS if cells.get(key)):
        value = _number(cells[action], f"{where}: {action}")
        if action in into.actions or value:
            marks[action] = into.checked(action, Mark(value, _side(cells, action, where)), where)
    marks = {action: marks[action] for action in into.actions if action in marks}
    hidden = frozenset(part for part, flag in _PARTS.items() if flags[flag] == "1")
    missing = [action for action in into.actions if action not in marks]
    if all(ACTIONS[action].part in hidden for action in missing):
        return Coded(marks, hidden, submitted=True)
    return Coded(marks, hidden, judged=frozenset(marks))


def _number(text: str, where: str) -> int:
    plain = unfloated(text)
    if not (plain.isascii() and plain.isdigit() and int(plain) <= Scale.INTENSITY.largest):
        raise DataError(
            f"{where} is {text[:20]!r}: give a whole number from 0 to 5; means of several coders are no codes."
        )
    return int(plain)


def _side(cells: dict[str, str], action: str, where: str) -> Side:
    text = cells.get(SIDE_COLUMN.format(action), "")
    try:
        return Side(text)
    except ValueError:
        raise DataError(f"{where}: the side of {action} is {text[:20]!r}: give left, right, top, bottom.") from None
