"""Everything that was coded, in two tables for statistics: `frames.csv` and `episodes.csv`. Nothing is left out.

    sequence,participant,coder,scale,frame,picture,time_s,submitted,codable,hidden,asked,AU1,…,AU12_side,…
    sequence,participant,coder,scale,action,onset,apex,offset,onset_s,apex_s,offset_s,value,side

Values are numbers: presence 0 or 1, intensity 0 to 5 (A to E are 1 to 5). An action that is empty was not coded.
`submitted` is 1, 0 for a draft, or the actions that the coder is done with, parted by spaces. Onset, apex and offset
are numbers of frames; an empty offset is of an episode that was not ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from device.contract.errors import DataError
from training.annotation.coding import PARTS, Annotations, Coded, Episode, Mark, Side
from training.annotation.coding import Sequence as Frames
from training.annotation.files.exchange import Found, Into, Written, keep, settled
from training.data.codes import SIDE_COLUMN
from training.tables import read_table, table_bytes, unfloated, whole

FRAMES, EPISODES = "frames.csv", "episodes.csv"
_SHARED = ("sequence", "participant", "coder", "scale")
_FRAME = (*_SHARED, "frame", "picture", "time_s", "submitted", "codable", "hidden", "asked")
_EPISODE = (*_SHARED, "action", "onset", "apex", "offset", "onset_s", "apex_s", "offset_s", "value", "side")
_WHAT = "the folder that was exported with --layout csv"


def write(annotations: Sequence[Annotations], out: Path) -> Written:
    """Both tables, in `out`. Raises `StorageError`."""
    actions = tuple(dict.fromkeys(action for one in annotations for action in one.actions))
    sides = tuple(map(SIDE_COLUMN.format, actions))
    frames = (row for one in annotations for row in _frames(one, actions))
    episodes = (row for one in annotations for row in _episodes(one))
    return Written(
        (
            keep(out / FRAMES, table_bytes((*_FRAME, *actions, *sides), frames), annotations),
            keep(out / EPISODES, table_bytes(_EPISODE, episodes), annotations),
        )
    )


def read(path: Path, into: Into) -> Found:
    """Both tables of a folder, or one of them.

    Raises:
        DataError: not these tables, another scale, a sequence, frame or action that the project lacks, a broken row.
    """
    reading = _Reading(into)
    files = [path / name for name in (FRAMES, EPISODES) if (path / name).is_file()] if path.is_dir() else [path]
    for file in files:
        table = read_table(file, _WHAT)
        required = _EPISODE if "onset" in table.header else _FRAME
        if missing := [name for name in required if name not in table.header]:
            raise DataError(f"{file.name} has no column {missing[0]}: give {_WHAT}.")
        for row, cells in table.dicts():
            (reading.episode if required is _EPISODE else reading.frame)(cells, table.where(row))
    if not files:
        raise DataError(f"{path} holds neither {FRAMES} nor {EPISODES}: give {_WHAT}.")
    return Found(tuple(reading.all()))


def _start(one: Annotations) -> tuple[str, ...]:
    return one.sequence.name, one.sequence.participant, one.coder, one.scale.value


def _frames(one: Annotations, actions: Iterable[str]) -> Iterator[list[object]]:
    times, labels = one.sequence.times_s, one.sequence.labels
    for place, frame in sorted(one.frames.items()):
        marks = [frame.marks.get(action) for action in actions]
        yield [
            *_start(one),
            int(one.sequence.frames[place]),
            labels[place] if labels else "",
            "" if times is None else f"{times[place]:.4f}",
            1 if frame.submitted else " ".join(sorted(frame.judged)) or 0,
            int(frame.codable),
            " ".join(sorted(frame.hidden)),
            int(frame.asked),
            *("" if mark is None else mark.value for mark in marks),
            *("" if mark is None else mark.side.value for mark in marks),
        ]


def _episodes(one: Annotations) -> Iterator[list[object]]:
    times = one.sequence.times_s
    for episode in one.episodes:
        places = (episode.onset, episode.apex, episode.offset)
        yield [
            *_start(one),
            episode.action,
            *("" if place is None else int(one.sequence.frames[place]) for place in places),
            *("" if place is None or times is None else f"{times[place]:.4f}" for place in places),
            episode.value,
            episode.side.value,
        ]


class _Reading:
    """Annotations as they grow, row by row."""

    def __init__(self, into: Into) -> None:
        self._into = into
        self._sequences = {one.name: one for one in into.sequences}
        self._frames: dict[tuple[str, str], dict[int, Coded]] = {}
        self._episodes: dict[tuple[str, str], list[Episode]] = {}
        self._marks: dict[tuple[str, str, str], Mark] = {}

    def frame(self, cells: dict[str, str], where: str) -> None:
        sequence, coder = self._of(cells, where)
        place = _place(sequence, cells["frame"], f"{where}: frame")
        frames = self._frames.setdefault((coder, sequence.name), {})
        if place in frames:
            raise DataError(f"{where}: {coder} codes frame {cells['frame']} of {sequence.name} twice: remove one row.")
        marks = {
            action: self._mark(action, cells[action], cells.get(SIDE_COLUMN.format(action), ""), where)
            for action in self._into.actions
            if cells.get(action)
        }
        done = unfloated(cells["submitted"])
        hidden = cells["hidden"].split()
        if unknown := [part for part in hidden if part not in PARTS]:
            raise DataError(f"{where}: hidden is {unknown[0]!r}: give upper, lower or both.")
        judged = frozenset() if done in ("", "0", "1") else frozenset(done.split())
        if unknown := sorted(judged - set(self._into.actions)):
            raise DataError(
                f"{where}: submitted is {unknown[0][:20]!r}: give 1, 0, or actions that this project codes."
            )
        codable, asked = (_flag(cells[name], f"{where}: {name}") for name in ("codable", "asked"))
        frames[place] = settled(Coded(marks, frozenset(hidden), codable, done == "1", asked, judged), self._into)

    def _mark(self, action: str, text: str, side: str, where: str) -> Mark:
        """The same few marks stand in millions of cells."""
        if (known := self._marks.get((action, text, side))) is None:
            mark = Mark(whole(text, f"{where}: {action}"), _side(side, where))
            known = self._marks[action, text, side] = self._into.checked(action, mark, where)
        return known

    def episode(self, cells: dict[str, str], where: str) -> None:
        sequence, coder = self._of(cells, where)
        onset = _place(sequence, cells["onset"], f"{where}: onset")
        apex, offset = (
            _place(sequence, cells[name], f"{where}: {name}") if cells[name] else None for name in ("apex", "offset")
        )
        mark = Mark(whole(cells["value"], f"{where}: value"), _side(cells["side"], where))
        self._into.checked(cells["action"], mark, where)
        if not mark.value:
            raise DataError(f"{where}: an episode of {cells['action']} is 0: remove it, or say how strong it is.")
        if not onset <= (onset if apex is None else apex) <= (sequence.frames.size if offset is None else offset):
            raise DataError(f"{where}: its onset, apex and offset are not in the order of time.")
        self._episodes.setdefault((coder, sequence.name), []).append(
            Episode(cells["action"], onset, offset, apex, mark.value, mark.side)
        )

    def all(self) -> Iterator[Annotations]:
        for coder, name in dict.fromkeys([*self._frames, *self._episodes]):
            episodes = tuple(sorted(self._episodes.get((coder, name), ()), key=lambda one: one.onset))
            frames = dict(sorted(self._frames.get((coder, name), {}).items()))
            yield Annotations(self._sequences[name], coder, self._into.scale, self._into.actions, frames, episodes)

    def _of(self, cells: dict[str, str], where: str) -> tuple[Frames, str]:
        if cells["scale"] != self._into.scale.value:
            raise DataError(
                f"{where}: it codes {cells['scale'] or 'nothing'}, and the project {self._into.scale.value}."
            )
        sequence = self._sequences.get(cells["sequence"]) or self._into.named([cells["sequence"]], where)
        if not (coder := self._into.coder or cells["coder"]):
            raise DataError(f"{where}: it does not say who coded: give --coder.")
        return sequence, coder


def _place(sequence: Frames, text: str, where: str) -> int:
    number = whole(text, where)
    place = int(np.searchsorted(sequence.frames, number))
    if place == len(sequence.frames) or sequence.frames[place] != number:
        raise DataError(f"{where}: frame {number} is not in {sequence.name}.")
    return place


def _side(text: str, where: str) -> Side:
    if text not in [side.value for side in Side]:
        raise DataError(f"{where}: the side is {text[:20]!r}: give left, right, top, bottom or nothing.")
    return Side(text)


def _flag(text: str, where: str) -> bool:
    if (plain := unfloated(text)) not in ("0", "1"):
        raise DataError(f"{where} is {text[:20]!r}: give 0 or 1.")
    return plain == "1"
