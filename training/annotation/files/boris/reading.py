"""Reads BORIS's projects and tables of events, our own and those that coders made or changed in BORIS."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.contract.errors import DataError
from training.annotation.coding import LETTERS, Annotations, Episode, Mark, Scale, Side, action_of
from training.annotation.files import spans
from training.annotation.files.boris import CODER, PROJECT, SCALE, SEQUENCE, START, STATE, STOP
from training.annotation.files.exchange import SIDES, Found, Into
from training.tables import read_table

_WHAT = "a project of BORIS (.boris), or its events exported as .csv or .tsv"
_NEEDED = ("Observation id", "Behavior", "Behavior type", "Time")
_APEX = re.compile(r"apex (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Event:
    time_s: float
    behaviour: str
    modifiers: tuple[str, ...]
    comment: str
    where: str


@dataclass(frozen=True)
class _Observation:
    """One observation; `names` are what may name its film, the surest first."""

    name: str
    variables: dict[str, str]
    names: list[str]
    events: list[_Event]


def read(path: Path, into: Into) -> Found:
    """A project (in a folder: `codes.boris`), or a table of events.

    Raises:
        DataError: not BORIS's, a film or action that the project lacks, a time beyond the film, a shifted film.
    """
    file = path / PROJECT if path.is_dir() else path
    notes: list[str] = []
    observations = _of_table(file, notes) if file.suffix.lower() in (".csv", ".tsv") else _of_project(file, notes)
    found = [_annotations(one, file.name, into, notes) for one in observations if one.events]
    if twice := next((b for n, b in enumerate(found) if _key(b) in map(_key, found[:n])), None):
        raise DataError(f"{file.name}: two observations are of {twice.sequence.name} by {twice.coder}: remove one.")
    return Found(tuple(found), tuple(notes))


def _key(one: Annotations) -> tuple[str, str]:
    return one.coder, one.sequence.name


def _of_project(file: Path, notes: list[str]) -> list[_Observation]:
    try:
        project = json.loads(file.read_text(encoding="utf-8"))
        states = {each["code"] for each in project["behaviors_conf"].values() if each["type"].startswith(STATE)}
        return [_observed(name, one, states, file.name, notes) for name, one in project["observations"].items()]
    except OSError as error:
        raise DataError(f"Cannot read {file} ({error.strerror or error}): give {_WHAT}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"Cannot read {file} ({type(error).__name__}: {error}): give {_WHAT}.") from error


def _observed(name: str, one: dict[str, Any], states: set[str], file: str, notes: list[str]) -> _Observation:
    if offset := float(one.get("time offset", 0)):
        raise DataError(f"{file}, {name}: its film was shifted by {offset:g} s: set the time offset to 0 in BORIS.")
    events = []
    for number, event in enumerate(one["events"], 1):
        where = f"{file}, {name}, event {number}"
        if str(event[2]) in states:
            modifiers = tuple(str(event[3]).split("|"))
            events.append(_Event(float(event[0]), str(event[2]), modifiers, str(event[4]), where))
        else:
            notes.append(f"{where}: {event[2]} is passed over: it is no state event.")
    variables = {str(key): str(value) for key, value in (one.get("independent_variables") or {}).items()}
    media = [_last(str(path)) for path in (one.get("file") or {"1": []}).get("1", [])]
    return _Observation(name, variables, [variables.get(SEQUENCE, ""), name, *media], events)


def _of_table(file: Path, notes: list[str]) -> list[_Observation]:
    table = read_table(file, _WHAT)
    if missing := [column for column in _NEEDED if column not in table.header]:
        raise DataError(f"{file.name} has no column '{missing[0]}': give {_WHAT} ('Export events', tabular).")
    found: dict[str, _Observation] = {}
    for row, cells in table.dicts():
        where = table.where(row)
        name = cells["Observation id"]
        if cells.get("Time offset (s)", "") not in ("", "0", "0.0", "NA"):
            raise DataError(f"{where}: the film was shifted by {cells['Time offset (s)']} s: set that to 0 in BORIS.")
        media = [_last(cells.get(column, "")) for column in ("Media file name", "Source")]
        one = found.setdefault(name, _Observation(name, cells, [cells.get(SEQUENCE, ""), name, *media], []))
        if cells["Behavior type"] not in (START, STOP):
            notes.append(f"{where}: {cells['Behavior']} is passed over: it is no state event.")
            continue
        modifiers = tuple(cells[column] for column in table.header if column.startswith("Modifier"))
        try:
            time_s = float(cells["Time"].replace(",", "."))
        except ValueError:
            raise DataError(f"{where}: the time is {cells['Time'][:20]!r}: export it in seconds.") from None
        one.events.append(_Event(time_s, cells["Behavior"], modifiers, cells.get("Comment", ""), where))
    return list(found.values())


def _annotations(one: _Observation, file: str, into: Into, notes: list[str]) -> Annotations:
    sequence = into.named(one.names, f"{file}, {one.name}")
    if (scale := one.variables.get(SCALE) or into.scale.value) != into.scale.value:
        raise DataError(f"{file} codes {scale}, and the project {into.scale.value}: import it into another one.")
    coder = into.coder or one.variables.get(CODER, "")
    if not coder:
        raise DataError(f"{file}, {one.name}: it does not say who coded: give --coder.")
    bounds = spans.edges(sequence, "BORIS")
    episodes = []
    for start, end in _pairs(one.events, notes):
        action = action_of(start.behaviour)
        assert action is not None
        mark = into.checked(action, _mark(start, into.scale, notes), start.where)
        for event in filter(None, (start, end)):
            if not spans.is_within(bounds, event.time_s):
                raise DataError(
                    f"{event.where}: {event.time_s:.3f} s is not in the film, which ends at {bounds[-1]:.3f} s."
                )
        onset, offset = spans.places(bounds, start.time_s, (end or start).time_s)
        apex = _apex(start, onset, offset if end else None, sequence.frames.tolist(), notes)
        episodes.append(Episode(action, onset, offset if end else None, apex, mark.value, mark.side))
    return Annotations(
        sequence, coder, into.scale, into.actions, {}, tuple(sorted(episodes, key=lambda each: each.onset))
    )


def _pairs(events: list[_Event], notes: list[str]) -> Iterator[tuple[_Event, _Event | None]]:
    """START and STOP of each: as BORIS, events of one behaviour and its modifiers are both by turns."""
    begun: dict[tuple[str, tuple[str, ...]], _Event] = {}
    unknown: dict[str, int] = {}
    for event in sorted(events, key=lambda each: each.time_s):
        if action_of(event.behaviour) is None:
            unknown[event.behaviour] = unknown.get(event.behaviour, 0) + 1
        elif start := begun.pop((event.behaviour, event.modifiers), None):
            yield start, event
        else:
            begun[event.behaviour, event.modifiers] = event
    for start in begun.values():
        yield start, None
    notes += [f"The behaviour {name!r} is passed over ({n} events): it is no action." for name, n in unknown.items()]


def _mark(event: _Event, scale: Scale, notes: list[str]) -> Mark:
    value, side = 1, Side.BOTH
    sides = {one.value: one for one in SIDES if one.value}
    given = [text.strip() for text in event.modifiers if text.strip() not in ("", "None", "NA")]
    for text in given:
        if text.lower() in sides:
            side = sides[text.lower()]
        elif text.upper() in tuple(LETTERS) and scale is Scale.INTENSITY:
            value = LETTERS.index(text.upper()) + 1
        else:
            notes.append(
                f"{event.where}: the modifier {text!r} is passed over: it is no intensity of this project, no side."
            )
    if scale is Scale.INTENSITY and not any(text.upper() in tuple(LETTERS) for text in given):
        raise DataError(f"{event.where}: {event.behaviour} has no intensity: give it a modifier A to E in BORIS.")
    return Mark(value, side)


def _apex(event: _Event, onset: int, offset: int | None, frames: list[int], notes: list[str]) -> int | None:
    match = _APEX.fullmatch(event.comment.strip())
    if match is None:
        if event.comment.strip() not in ("", "NA"):
            notes.append(f"{event.where}: the comment {event.comment[:40]!r} is not kept.")
        return None
    inside = frames[onset : None if offset is None else offset + 1]
    if int(match[1]) not in inside:
        raise DataError(f"{event.where}: the apex, frame {match[1]}, is not between its onset and offset.")
    return onset + inside.index(int(match[1]))


def _last(path: str) -> str:
    """The name of a file, whatever the system that wrote its path."""
    return re.split(r"[/\\]", path)[-1]
