"""What coders coded with `affectbox-training annotate`, read from the project itself.

- An action counts as coded once a coder is done with it (`Coded.final`); several coders make a mean, and where they
  agreed in the review, that counts alone. Coders of presence of whom as many say the one as the other make it unknown.
- An episode says that its action is there from onset to offset, and elsewhere not, from the first onset to the last
  offset of any of the coder's episodes in the sequence: beyond these nobody knows whether the coder looked.
- A picture that a coder judged after having seen what the face network thinks is passed over, of that coder: a network
  measured by it would be compared with a network.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.action_units.data import Values
from training.action_units.recording import Columns, Recording, parts, presence_of, require_some
from training.annotation.coding import ACTIONS, AGREED, Annotations, Scale
from training.annotation.project import Entry, Kind, Project, is_project, open_project

_CROPPED = (Kind.ROWS, Kind.FACES)


def read_project(folder: Path, coders: tuple[str, ...] = ()) -> list[Recording]:
    """The coded pictures of each sequence.

    Args:
        coders: whose codes are taken; everybody's where none are named.

    Raises:
        ConfigError: there is no such coder.
        DataError: no project, or one that is damaged, or nothing that is coded in it.
        ActError, SourceError: a sequence or picture is not there any more.
    """
    if not is_project(folder):
        raise DataError(f"{folder} is no project: give the folder that `affectbox-training annotate` made.")
    with open_project(folder) as project:
        coded: dict[str, list[Annotations]] = defaultdict(list)
        for coder in project.chosen(coders):
            for one in project.annotations(coder):
                coded[one.sequence.name].append(one)
        entries = [entry for entry in project.entries() if entry.name in coded]
        found = [recording for entry in entries for recording in _recordings(project, entry, coded[entry.name])]
    return require_some(found, folder, "picture that a coder is done with")


def _recordings(project: Project, entry: Entry, coded: list[Annotations]) -> list[Recording]:
    values = _joined(coded)
    places = np.flatnonzero(~np.isnan(values).all(axis=1))
    who = entry.participant or (entry.name if entry.ordered else "")
    found = [_recording(project, entry, who, np.array(part), values[part]) for part in parts(who, places.tolist())]
    asked = {place for one in coded for place, frame in one.frames.items() if frame.asked}
    passed = len(asked - set(places.tolist()))
    return [replace(found[0], passed_over=passed), *found[1:]] if found else []


def _joined(coded: list[Annotations]) -> Values:
    """(frames, actions) what the coders say together, NaN where nobody knows."""
    tables = {one.coder: _values(one) for one in coded}
    agreed = tables.pop(AGREED, None)
    known = np.array(list(tables.values())) if tables else np.full((1, *agreed.shape), np.nan)  # type: ignore[union-attr]
    counts = (~np.isnan(known)).sum(axis=0)
    means = np.divide(np.nansum(known, axis=0), counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    return np.asarray(means if agreed is None else np.where(np.isnan(agreed), means, agreed), np.float32)


def _values(one: Annotations) -> Values:
    """(frames, actions) what one coder says."""
    values = np.full((len(one.sequence.frames), len(one.actions)), np.nan, np.float32)
    columns = {action: column for column, action in enumerate(one.actions)}
    whole = [(episode, places) for episode, places in one.closed if episode.action in columns]
    for column in {columns[episode.action] for episode, _ in whole}:
        values[one.watched, column] = 0
    for episode, places in whole:
        during = values[places, columns[episode.action]]
        np.maximum(during, episode.value, out=during)
    for place, frame in one.frames.items():
        unseen = [columns[key] for key in columns if not frame.codable or ACTIONS[key].part in frame.hidden]
        values[place, unseen] = np.nan
        for key, mark in frame.final.items():
            values[place, columns[key]] = mark.value
        if frame.asked:
            values[place] = np.nan
    return values


def _recording(project: Project, entry: Entry, who: str, places: NDArray[np.int64], values: Values) -> Recording:
    sequence = project.sequence(entry.name)
    columns = {key: values[:, n] for n, key in enumerate(project.actions) if not np.isnan(values[:, n]).all()}
    presence, intensity = _heads(project.scale, columns)
    name = f"{entry.name} from {sequence.frames[places[0]]}"
    if entry.kind is Kind.VIDEOS:
        return Recording(who, name, (entry.path,), places + 1, presence, intensity)
    frames = sequence.frames[places]
    if entry.kind in _CROPPED:
        crops = np.stack([project.pixels(entry.name, place)[..., 0] for place in places.tolist()])
        return Recording(who, name, (), frames, presence, intensity, entry.ordered, crops)
    pictures = tuple(entry.path / sequence.labels[place] for place in places.tolist())
    return Recording(who, name, pictures, frames, presence, intensity, entry.ordered)


def _heads(scale: Scale, columns: Columns) -> tuple[Columns, Columns]:
    """Presence, and intensity where it was coded."""
    if scale is Scale.INTENSITY:
        return {key: presence_of(column) for key, column in columns.items()}, columns
    halves = {key: np.where(column == 0.5, np.nan, column > 0.5) for key, column in columns.items()}
    return {key: np.where(np.isnan(columns[key]), np.nan, half).astype(np.float32) for key, half in halves.items()}, {}
