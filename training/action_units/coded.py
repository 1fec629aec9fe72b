"""Pictures that several coders coded, in the form that `prepare --codes` reads too (`training.data.codes`).

    image,participant,coder,AU1,AU2,…,AU43,up,low,bad        pictures below the table's folder
    anna/0001.png,anna,1,0,2,…,0,0,0,0
    row,usage,coder,AU1,AU2,…,AU43,up,low,bad                rows of a FER2013 file, whose pictures are cropped already

The numbers are intensities, 0 to 5; empty is not coded. `participant` may be left out: then every picture is of
somebody else, but for near copies. What is learnt is the mean of a picture's coders, but nothing of a part that more
than half of them call hidden, and nothing of a picture that is `bad` to all.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.action_units.data import Values
from training.action_units.recording import Columns, Recording, parts, presence_of, require_some
from training.data.codes import ROW, CodeTable, Coding, codings_at, read_codes, with_codes
from training.data.faces import PART_OF, Codings
from training.data.fer2013 import read_fer2013


def read_coded(path: Path, rows_of: Path | None = None) -> list[Recording]:
    """The pictures of each participant. `rows_of` is the FER2013 file of which the table codes rows.

    Raises:
        DataError: an unknown column, a broken row, a value out of range, a missing image, codes of rows of no file or
            another one.
    """
    table = read_codes(path)
    if table.kind == ROW:
        return [_of_rows(path, rows_of)]
    pictures = table.pictures()
    _require_one_person_each(table, pictures)
    values = _values(table, list(pictures))
    people: dict[str, list[int]] = defaultdict(list)
    for place, coding in enumerate(pictures.values()):
        if not np.isnan(values[place]).all():
            people[_participant(path, coding)].append(place)
    pieces = [(who, part) for who, places in sorted(people.items()) for part in parts(who, places)]
    found = [_recording(path, who, list(pictures), np.array(part), values) for who, part in pieces]
    return require_some(found, path, "picture that is coded")


def _of_rows(path: Path, rows_of: Path | None) -> Recording:
    if rows_of is None:
        raise DataError(
            f"{path.name} codes rows of a file: give that with --rows-of, or a table of pictures, 'image,coder,AU1,…'."
        )
    faces = with_codes(read_fer2013(rows_of), path)
    values = _seen(faces.codings, len(faces))
    places = np.flatnonzero(~np.isnan(values).all(axis=1))
    if not len(places):
        raise DataError(f"{path} holds no row that is coded: every one is bad, hidden or empty.")
    columns = _columns(values[places])
    return Recording("", path.stem, (), faces.rows[places], *columns, continuous=False, crops=faces.images[places])


def _require_one_person_each(table: CodeTable, pictures: dict[str, Coding]) -> None:
    for coding in table.codings:
        first = pictures[coding.place]
        who, before = coding.texts.get("participant"), first.texts.get("participant")
        if who != before:
            raise DataError(f"{coding.where}: {coding.place} is of '{who}', and of '{before}' in {first.where}.")


def _values(table: CodeTable, names: list[str]) -> Values:
    """Pictures × 22: mean intensities of what is to be seen."""
    places = {name: place for place, name in enumerate(names)}
    return _seen(codings_at(table.codings, [places[coding.place] for coding in table.codings]), len(names))


def _seen(codings: Codings, pictures: int) -> Values:
    intensities, hidden = codings.means(pictures)
    intensities[np.nan_to_num(hidden)[:, PART_OF] > 0.5] = np.nan
    return intensities


def _participant(path: Path, coding: Coding) -> str:
    participant = coding.texts.get("participant")
    if participant == "":
        raise DataError(f"{coding.where}: participant is empty: say who is seen, or leave the column out.")
    if not (path.parent / coding.place).is_file():
        raise DataError(f"{coding.where}: there is no image {path.parent / coding.place}.")
    return participant or ""


def _recording(path: Path, participant: str, names: list[str], places: NDArray[np.int64], values: Values) -> Recording:
    pictures = tuple(path.parent / names[place] for place in places)
    name = participant or f"{path.stem} from {names[places[0]]}"
    return Recording(participant, name, pictures, places, *_columns(values[places]), continuous=False)


def _columns(values: Values) -> tuple[Columns, Columns]:
    """Presence and intensity of the units that are coded in any of these pictures."""
    columns = zip(ACTION_UNIT_KEYS, values.T, strict=True)
    intensity = {unit: column for unit, column in columns if not np.isnan(column).all()}
    return {unit: presence_of(column) for unit, column in intensity.items()}, intensity
