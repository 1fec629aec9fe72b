"""Gathering what features are made of, record by record, while a session runs. No file, no thread, no clock."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from device.contract.features import SESSION
from device.contract.fields import Json
from device.contract.session import Event
from device.features.parts import parts_of
from device.features.series import MOST_S, PATHS, SOURCES, Series, condensed, step_of

_BLOCK = 256  # records that wait before they are condensed
_PARTS = tuple(path.split(".") for path in PATHS)
_GROUPS = {group: tuple(name for of, name in _PARTS if of == group) for group in dict.fromkeys(of for of, _ in _PARTS)}
_PARTING = (Event.PHASE, Event.STIMULUS, Event.MARK, Event.ENDED)
_MODELS = tuple(path.partition(".")[2] for path in SOURCES)
_ABSENT = {group: [math.nan] * len(names) for group, names in _GROUPS.items()}


class Gatherer:
    """Of one session: gathers records, and cuts them by the phases that were held.

    50 minutes take 3 MB, however many frames a second; what comes after `MOST_S` is left out.
    """

    def __init__(self) -> None:
        self._blocks: list[Series] = []
        self._rows: list[list[float]] = []
        self._told = 0
        self._origin_s = math.nan
        self._latest_s = -math.inf
        self._events: list[tuple[str, str, float]] = []
        self._models: Json = {}
        self._sources: set[str] = set()
        self._mono, self._own = array("d"), array("d")  # of a video's records, whose time is not the clock's

    def add(self, record: Json) -> None:
        """Gather a valid record, the newest one so far."""
        mono_s = record["time"]["mono"]
        own_s = record["frame"].get("media", mono_s)
        if math.isnan(self._origin_s):
            self._origin_s = own_s
        time_s = own_s - self._origin_s
        if not self._latest_s < time_s <= MOST_S:
            return
        self._latest_s = time_s
        if own_s != mono_s:
            self._mono.append(mono_s)
            self._own.append(time_s)
        if (models := record.get("models", self._models)) != self._models:
            self._models = models
            self._sources.update(models[name] for name in _MODELS if name in models)
        row = [time_s, record["status"] == "measured"]
        for group, names in _GROUPS.items():
            held = record.get(group)
            row += _ABSENT[group] if held is None else [held.get(name, math.nan) for name in names]
        self._rows.append(row)
        if len(self._rows) >= _BLOCK:
            self._condense()

    def tell(self, event: Json) -> None:
        """Gather an event of the session; where its parts begin and end is what matters."""
        if event["event"] in _PARTING:
            self._events.append((event["event"], event.get("name", ""), event["time"]["mono"]))

    def series(self) -> Series:
        """The whole session so far."""
        joined = Series.joined([*self._blocks, self._waiting(len(self._rows))])
        return replace(joined, sources=frozenset(self._sources))

    def parts(self) -> dict[str, Series]:
        """The whole session so far, as `SESSION`, and each part of it by its name; see `device.features.parts`."""
        whole = self.series()
        stimuli, marks = ([*self._moments(kind)] for kind in (Event.STIMULUS, Event.MARK))
        parts = parts_of(self._phases(), stimuli, marks, self._latest_s)
        return {name: whole.during(spans) for name, spans in parts.items()} | {SESSION: whole}

    def _phases(self) -> Iterator[tuple[str, float, float]]:
        """Each phase, from where it begins to where the next one does, or the session's end."""
        turns = [*self._moments(Event.PHASE, Event.ENDED), ("", math.inf)]
        for (name, begin_s), (_, end_s) in pairwise(turns):
            if name:
                yield name, begin_s, end_s

    def _moments(self, *kinds: Event) -> Iterator[tuple[str, float]]:
        """Name and time of the events of some kinds."""
        return ((name, self._time_of(mono_s)) for kind, name, mono_s in self._events if kind in kinds)

    def _time_of(self, mono_s: float) -> float:
        """Monotonic time as seconds since the session's first record."""
        if len(self._mono):
            return float(np.interp(mono_s, self._mono, self._own))
        return mono_s - self._origin_s

    def _condense(self) -> None:
        """Keep of the waiting records only the last step's, which may not be whole, and the one before it."""
        steps = step_of(np.array([row[0] for row in self._rows]))
        cut = int(np.searchsorted(steps, steps[-1]))
        if cut > self._told:
            self._blocks.append(self._waiting(cut))
            self._rows, self._told = self._rows[cut - 1 :], 1

    def _waiting(self, count: int) -> Series:
        """The first of the waiting records as a series."""
        rows = np.array(self._rows[:count]).reshape(-1, len(PATHS) + 2)
        return condensed(rows[:, 0], rows[:, 1] == 1, rows[:, 2:].astype(np.float32), self._told)
