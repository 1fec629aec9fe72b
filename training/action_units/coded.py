"""Pictures that several coders coded, in the form that `prepare --codes` reads too (`training.data.codes`).

    image,participant,coder,AU1,AU2,…,AU43,up,low,bad
    anna/0001.png,anna,1,0,2,…,0,0,0,0

The numbers are intensities, 0 to 5; empty is not coded. `participant` may be left out: then every picture is of
somebody else. What is learnt is the mean of a picture's coders, but nothing of a part that more than half of them call
hidden, and nothing of a picture that is `bad` to all.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.action_units.data import Values
from training.action_units.recording import Recording, presence_of, require_some
from training.data.codes import IMAGE, CodeTable, Coding, codings_at, read_codes
from training.data.faces import PART_OF


def read_coded(path: Path) -> list[Recording]:
    """The pictures of each participant.

    Raises:
        DataError: an unknown column, a broken row, a value out of range, a missing image, codes of rows of a file.
    """
    table = read_codes(path)
    if table.kind != IMAGE:
        raise DataError(f"{path.name} codes rows of a file: give a table of pictures, 'image,coder,AU1,…'.")
    pictures = table.pictures()
    _require_one_person_each(table, pictures)
    values = _values(table, list(pictures))
    people: dict[str, list[int]] = defaultdict(list)
    for place, coding in enumerate(pictures.values()):
        if not np.isnan(values[place]).all():
            people[_participant(path, coding)].append(place)
    names = list(pictures)
    found = [_recording(path, who, names, np.array(places), values) for who, places in sorted(people.items())]
    return require_some(found, path, "picture that is coded")


def _require_one_person_each(table: CodeTable, pictures: dict[str, Coding]) -> None:
    for coding in table.codings:
        first = pictures[coding.place]
        who, before = coding.texts.get("participant"), first.texts.get("participant")
        if who != before:
            raise DataError(f"{coding.where}: {coding.place} is of '{who}', and of '{before}' in {first.where}.")


def _values(table: CodeTable, names: list[str]) -> Values:
    """Pictures × 22: mean intensities of what is to be seen."""
    places = {name: place for place, name in enumerate(names)}
    codings = codings_at(table.codings, [places[coding.place] for coding in table.codings])
    intensities, hidden = codings.means(len(names))
    intensities[np.nan_to_num(hidden)[:, PART_OF] > 0.5] = np.nan
    return intensities


def _participant(path: Path, coding: Coding) -> str:
    participant = coding.texts.get("participant", coding.place)
    if not participant:
        raise DataError(f"{coding.where}: participant is empty: say who is seen, or leave the column out.")
    if not (path.parent / coding.place).is_file():
        raise DataError(f"{coding.where}: there is no image {path.parent / coding.place}.")
    return participant


def _recording(path: Path, participant: str, names: list[str], places: NDArray[np.int64], values: Values) -> Recording:
    columns = dict(zip(ACTION_UNIT_KEYS, values[places].T, strict=True))
    intensity = {unit: column for unit, column in columns.items() if not np.isnan(column).all()}
    presence = {unit: presence_of(column) for unit, column in intensity.items()}
    pictures = tuple(path.parent / names[place] for place in places)
    return Recording(participant, participant, pictures, places, presence, intensity, continuous=False)
