"""The layout of the published annotation tool: a csv of each participant, a row a frame.

    frame,AU1,AU2,…,AU2X,…,AD37,AU0,ASD
    12,0,1,…,0,…,0,0,1

0 is absent, 1 present, 2 present on the left side, 3 right, 4 top, 5 bottom; AU2X is AU26 and 27; AU0 is 1 where
nothing is active; ASD is the group, which coders do not know: it is empty unless a table of participants is given.
What was not coded is empty. A present action is one of any intensity, from A on.

Source: Ji et al. 2025, *Hugging Rain Man*, and the files of its tool (github.com/Jonas-DL/Hugging-Rain-Man). That tool
fails on sides of AU19 and AU26, adds late frames at the end, and keeps `S1-backup.csv` beside `S1.csv`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from device.contract.errors import DataError
from training.annotation.coding import Annotations, Coded, Mark, Scale
from training.annotation.coding import Sequence as Frames
from training.annotation.files.exchange import (
    SIDES,
    Found,
    Into,
    Losses,
    Written,
    by_coder,
    file_name,
    keep,
    stem,
    submitted,
)
from training.annotation.files.published_table import (
    ACTION_OF,
    BACKUP,
    FRAME,
    GROUP,
    HEADER,
    NOTHING,
    WHAT,
    columns,
    marks,
)
from training.tables import Table, read_table, table_bytes, unfloated, whole


def write(annotations: Sequence[Annotations], out: Path, groups: Mapping[str, str] | None = None) -> Written:
    """A csv of each sequence, named after the participant (and the sequence, where a participant has several), in a
    folder of each coder where there are several.

    Args:
        groups: participant → 1 (autism) or 0, for the last column.

    Raises:
        StorageError: `out` cannot be written.
    """
    losses, files = Losses(), []
    people = {one.sequence.participant for one in annotations}
    losses.add(
        "Participants whom the table of groups lacks have an empty ASD ({n}).",
        0 if groups is None else len(people - groups.keys()),
    )
    coders = by_coder(annotations)
    for coder, mine in coders.items():
        folder = out / file_name(coder) if len(coders) > 1 else out
        for one, name in zip(mine, _names([one.sequence for one in mine]), strict=True):
            rows = list(_rows(one, (groups or {}).get(one.sequence.participant, ""), losses))
            if rows:
                files.append(keep(folder / f"{name}.csv", table_bytes(HEADER, rows), [one]))
    return Written(tuple(files), losses.sentences())


def read(path: Path, into: Into) -> Found:
    """A table, or all of a folder but the tool's backups.

    Raises:
        DataError: not this layout, an unknown code or frame, two rows that code one frame differently.
    """
    tables = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    notes = [f"{one.name} is a backup of the tool: it is passed over." for one in tables if one.stem.endswith(BACKUP)]
    tables = [one for one in tables if not one.stem.endswith(BACKUP)] if path.is_dir() else tables
    if not tables:
        raise DataError(f"{path} holds no csv file: give {WHAT}, or a folder of them.")
    found = [one for table in tables if (one := _read(read_table(table, WHAT), into, notes)).frames]
    twice = next((one for n, one in enumerate(found) if one.sequence in [b.sequence for b in found[:n]]), None)
    if twice is not None:
        raise DataError(f"Two tables in {path} are of {twice.sequence.name}: import one of them at a time.")
    return Found(tuple(found), tuple(notes))


def _names(sequences: Sequence[Frames]) -> list[str]:
    people = [one.participant for one in sequences]
    names = []
    for one in sequences:
        whose = one.participant or one.name.replace("/", "-")
        names.append(
            file_name(
                whose if people.count(one.participant) == 1 or not one.participant else f"{whose}-{stem(one.name)}"
            )
        )
    twice = {name for name in names if names.count(name) > 1}
    return [file_name(one.name) if name in twice else name for one, name in zip(sequences, names, strict=True)]


def _rows(one: Annotations, group: str, losses: Losses) -> Iterator[list[object]]:
    losses.add(
        "Episodes are left out ({n}): this layout has frames only; elan, boris and csv have episodes.",
        len(one.episodes),
    )
    for place, frame in submitted(one, losses):
        if not frame.codable:
            losses.add("Frames that are not codable are left out ({n}): this layout has no place for them.")
            continue
        losses.add(
            "What was hidden is written as not coded ({n} frames): this layout does not say why.", bool(frame.hidden)
        )
        losses.add(
            "That the coder had asked for the network's opinion is not written ({n} frames).", bool(frame.asked)
        )
        yield [int(one.sequence.frames[place]), *_cells(one, frame, losses), group]


def _cells(one: Annotations, frame: Coded, losses: Losses) -> Iterator[object]:
    final = frame.final
    for action in ACTION_OF.values():
        mark = final.get(action)
        losses.add("Intensities are written as present ({n}): this layout has presence only.", _is_graded(one, mark))
        yield "" if mark is None else 0 if mark.value == 0 else 1 + SIDES.index(mark.side)
    active = any(mark.value for mark in final.values())
    whole_face = all(action in final for action in one.actions)
    yield 0 if active else 1 if whole_face else ""


def _is_graded(one: Annotations, mark: Mark | None) -> bool:
    return one.scale is Scale.INTENSITY and mark is not None and mark.value > 0


def _read(table: Table, into: Into, notes: list[str]) -> Annotations:
    if into.scale is not Scale.PRESENCE:
        raise DataError(f"{table.name} holds presence, and the project codes intensity: make a project of presence.")
    found = _columns(table, into, notes)
    sequence = into.named([table.path.stem], table.name)
    places = {frame: place for place, frame in enumerate(sequence.frames.tolist())}
    frames: dict[int, Coded] = {}
    rows: dict[int, int] = {}
    for row, cells in table.rows:
        where = table.where(row)
        number = whole(cells[found[FRAME]], f"{where}: frame")
        if number not in places:
            raise DataError(
                f"{where}: frame {number} is not in {sequence.name} (frames {sequence.frames[0]} to "
                f"{sequence.frames[-1]}): give the table that belongs to it."
            )
        coded = _coded(cells, found, into, where)
        if not coded.marks:
            notes.append(f"{where}: it codes nothing, and is passed over.")
            continue
        if (before := frames.get(places[number])) not in (None, coded):
            raise DataError(
                f"{where}: frame {number} was coded differently in row {rows[number]}: remove one of them."
            )
        if before is not None:
            notes.append(f"{where}: frame {number} is there twice, coded alike: it is read once.")
        frames[places[number]], rows[number] = coded, row
        notes += _contradiction(cells, found, coded, where)
    if not frames:
        notes.append(f"{table.name} codes no frame.")
    if list(rows) != sorted(rows):
        notes.append(f"{table.name}: its rows are not in the order of frames; they are put in order.")
    return Annotations(sequence, into.coder, into.scale, into.actions, dict(sorted(frames.items())))


def _columns(table: Table, into: Into, notes: list[str]) -> dict[str, int]:
    """Those of actions that the project codes. Raises `DataError`: the table codes others."""
    found = columns(table, notes)
    for name, action in ACTION_OF.items():
        if name in found and action not in into.actions:
            if any(unfloated(cells[found[name]]) not in ("", "0") for _, cells in table.rows):
                raise DataError(
                    f"{table.name}: it codes {name}, and this project does not: make one whose --actions have it."
                )
            del found[name]
    if GROUP in found and any(cells[found[GROUP]] for _, cells in table.rows):
        notes.append(f"{table.name}: the column ASD is not read: coders do not know the group.")
    return found


def _coded(cells: Sequence[str], found: Mapping[str, int], into: Into, where: str) -> Coded:
    there = marks(cells, found, where)
    ordered = {action: there[action] for action in into.actions if action in there}
    if len(ordered) == len(into.actions):
        return Coded(ordered, submitted=True)
    return Coded(ordered, judged=frozenset(ordered))


def _contradiction(cells: Sequence[str], found: Mapping[str, int], coded: Coded, where: str) -> Iterator[str]:
    text = unfloated(cells[found[NOTHING]]) if NOTHING in found else ""
    active = [action for action, mark in coded.marks.items() if mark.value]
    if text not in ("", "0") and active:
        yield f"{where}: AU0 says that nothing is active, and {', '.join(active)} is: the actions are taken."
