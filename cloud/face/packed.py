"""A track as JSON that a browser plays: bytes by the column, each the difference to the row before, deflated, base64.

At most ten rows a second, and fewer where that would be more than `MOST` bytes. Intensities are told to .05, the turn
of the head to 1°, moments to a millisecond. Nobody is named in it: no pseudonym, no box.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.episodes import Episode
from cloud.analysis.unseen import HIDDEN
from cloud.face.track import EYES, LEADING, Track
from cloud.reading.timeline import GAP_S
from cloud.reports.summary import WITHHELD, name_of
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EXPRESSIONS, PARTS

VERSION = 1
#: Bytes that it may have.
MOST = 1_000_000
RATES = (10.0, 7.5, 5.0, 2.5)
#: Rows of the diagram, and episodes of one action unit that can be jumped to.
MOST_UNITS, MOST_EPISODES = 6, 300
_UNKNOWN = 255
_STEP, _TURN_STEP = 0.05, 1.0
_TURNED_MOST = 127
_SHUT = "AU43"
_SHOWS = 1.0  # FACS A
_AXES = ("yaw", "pitch", "roll")
Bytes = NDArray[np.uint8]


def to_json(track: Track, episodes: Iterable[Episode] = (), zone: tuple[float, str] = (0.0, "UTC")) -> str:
    """The track.

    Args:
        episodes: of the analysis of the same table, to jump to.
        zone: by how many seconds the clock that is to be shown is ahead of UTC, and what it is called.
    """
    episodes = [*episodes]
    for rate in RATES:
        told = json.dumps(_document(track, episodes, zone, rate), ensure_ascii=False, separators=(",", ":"))
        if len(told.encode()) <= MOST:
            break
    return told


def _document(track: Track, episodes: Sequence[Episode], zone: tuple[float, str], rate: float) -> Json:
    rows = _thinned(track, rate)
    columns = [*_columns(track, rows)]
    data = b"".join([_times(track, rows), *(_delta(values) for _, _, _, values in columns)])
    session = track.session
    return {
        "v": VERSION,
        "rows": len(rows),
        "lasted": round(track.lasted_s, 3),
        "stands": round(max(GAP_S, float((track.ends - track.times).max()) if len(track) else 0.0), 3),
        "columns": [[name, low, step] for name, low, step, _ in columns],
        "data": base64.b64encode(zlib.compress(data)).decode(),
        "words": [*track.words],
        "hidden": [HIDDEN[part] for part in PARTS],
        "leading": [*LEADING],
        "units": [[one.key, name_of(one.key), one.tier.value, one.sided] for one in ACTION_UNITS],
        "rowsShown": _shown(track),
        "episodes": _episodes(episodes),
        "mostEpisodes": MOST_EPISODES,
        "phases": [[one.name, round(one.begin_s, 3), round(one.end_s, 3)] for one in session.phases],
        "stimuli": [[one.name, round(one.at_s, 3)] for one in session.stimuli],
        "marks": [[one.name, round(one.at_s, 3)] for one in session.marks],
        "wall": _wall(track),
        "zone": [*zone],
    }


def _thinned(track: Track, rate: float) -> NDArray[np.intp]:
    """The first row of each stretch of 1 / rate seconds."""
    if not len(track):
        return np.zeros(0, np.intp)
    stretch = np.floor(track.times * rate + 1e-6)
    return np.flatnonzero(np.append(True, np.diff(stretch) > 0))


def _times(track: Track, rows: NDArray[np.intp]) -> bytes:
    """(n,) uint32, milliseconds since the row before."""
    at = np.round(track.times[rows] * 1000).astype(np.int64)
    return np.diff(at, prepend=0).astype("<u4").tobytes()


def _columns(track: Track, rows: NDArray[np.intp]) -> Iterator[tuple[str, float, float, Bytes]]:
    """Name, lowest value, step and (n,) bytes of each column; `_UNKNOWN` where nothing is known."""
    yield "why", 0, 1, track.why[rows].astype(np.uint8)
    yield "hidden", 0, 1, track.hidden[rows].astype(np.uint8)
    yield "leading", 0, 1, np.where(track.leading[rows] < 0, _UNKNOWN, track.leading[rows]).astype(np.uint8)
    for axis, values in zip(_AXES, track.pose.T, strict=True):
        yield axis, -_TURNED_MOST, _TURN_STEP, _scaled(values[rows], -_TURNED_MOST, _TURN_STEP)
    for code in (code for code in EYES if code in track.weights):
        yield code, 0, _STEP / 5, _scaled(track.weights[code][rows], 0, _STEP / 5)
    for key, values in track.units.items():
        whole = _scaled(values[rows], 0, _STEP)
        yield key, 0, _STEP, whole
        for name in (f"{key}_L", f"{key}_R"):
            if name in track.weights:
                side = _scaled(track.weights[name][rows] * 5, 0, _STEP)
                if (side != whole).any():
                    yield name, 0, _STEP, side


def _scaled(values: NDArray[np.floating], low: float, step: float) -> Bytes:
    numbers = np.clip(np.round((values - low) / step), 0, _UNKNOWN - 1)
    return np.where(np.isnan(numbers), _UNKNOWN, numbers).astype(np.uint8)


def _delta(values: Bytes) -> bytes:
    return np.diff(values, prepend=np.zeros(1, np.uint8)).tobytes()


def _shown(track: Track) -> list[str]:
    """The action units that the diagram has rows for: those that showed for longest."""
    lasting = track.ends - track.times
    with np.errstate(invalid="ignore"):
        showed = {key: float(lasting[values >= _SHOWS].sum()) for key, values in track.units.items() if key != _SHUT}
    longest = sorted(showed, key=lambda key: -showed[key])[:MOST_UNITS]
    return [key for key in track.units if key in longest and (showed[key] > 0 or not any(showed.values()))]


def _episodes(episodes: Iterable[Episode]) -> list[list[object]]:
    """[name, onset, apex, offset, greatest value] of each, by name and time; blinks are no episodes."""
    found: dict[tuple[str, str], list[Episode]] = {}
    for one in episodes:
        if one.kind in ("aus", "expressions") and one.key not in (*WITHHELD, _SHUT):
            found.setdefault((one.kind, one.key), []).append(one)
    order = {key: at for at, key in enumerate((*ACTION_UNIT_KEYS, *EXPRESSIONS))}
    told: list[list[object]] = []
    for (_, key), group in sorted(found.items(), key=lambda item: order[item[0][1]]):
        strongest = sorted(group, key=lambda one: -one.apex)[:MOST_EPISODES]
        for one in sorted(strongest, key=lambda one: one.onset_s):
            moments = (round(at, 2) for at in (one.onset_s, one.apex_s, one.offset_s))
            told.append([name_of(key), *moments, round(one.apex, 2)])
    return told


def _wall(track: Track) -> list[list[float]]:
    """[seconds of the session, seconds since 1970] of a few rows, between which clocks went evenly."""
    known = np.flatnonzero(~np.isnan(track.wall))
    if not len(known):
        return []
    ahead = track.wall[known] - track.times[known]
    jumps = known[np.flatnonzero(np.abs(np.diff(ahead)) > 0.5) + 1]
    rows = [known[0], *jumps.tolist()]
    return [[round(float(track.times[row]), 3), round(float(track.wall[row]), 3)] for row in rows]
