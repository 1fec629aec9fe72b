"""Which part of a session is shown: all of it, from here to there, or one episode with what is around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.analysis.episodes import Episode
from cloud.analysis.plain import clock
from device.contract.errors import ConfigError

#: What is shown before and after an episode, seconds.
MARGIN_S = 2.0
_TIME = re.compile(r"(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d+)?)|(\d+(?:\.\d+)?)", re.ASCII)
_EPISODE = re.compile(r"([A-Za-z_]+\d*)(?::(\d+))?", re.ASCII)
_TOLD = 6


@dataclass(frozen=True)
class Part:
    """From when to when, seconds since the session began, and what it is, in words; '' for the whole."""

    begin_s: float
    end_s: float
    what: str = ""


def seconds_of(text: str) -> float:
    """`12:30`, `1:02:03.5` or `90`, in seconds. Raises `ConfigError`."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"'{text}' is no moment of a session: write minutes and seconds, such as 12:30.")
    hours, minutes, seconds, alone = found.groups()
    return float(alone) if alone else int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def part_of(
    lasted_s: float, episodes: Sequence[Episode], begin: str | None, end: str | None, episode: str | None
) -> Part:
    """What is asked for.

    Args:
        lasted_s: of the session.
        episodes: of the session.
        begin, end: moments; None for the session's own.
        episode: `AU12` for its strongest, `AU12:3` for its third.

    Raises:
        ConfigError: there is no such part.
    """
    if episode:
        if begin or end:
            raise ConfigError("An episode has its own beginning and end: give --episode, or --from and --to.")
        return _around(_episode(episodes, episode), lasted_s)
    first, last = seconds_of(begin) if begin else 0.0, seconds_of(end) if end else lasted_s
    if first >= lasted_s:
        raise ConfigError(f"The session lasts {clock(lasted_s, tenths=False)}: let --from be before that.")
    if last <= first:
        raise ConfigError(f"Nothing is between --from {begin or '0:00'} and --to {end}: let --to come after --from.")
    what = f"{clock(first, tenths=False)}–{clock(min(last, lasted_s), tenths=False)}" if begin or end else ""
    return Part(first, min(last, lasted_s), what)


def _episode(episodes: Sequence[Episode], asked: str) -> tuple[Episode, str]:
    """The episode, and its name."""
    found = _EPISODE.fullmatch(asked.strip())
    if not found:
        raise ConfigError(f"'{asked}' names no episode: write AU12 for its strongest, or AU12:3 for its third.")
    key, number = found.group(1), found.group(2)
    of_key = [one for one in episodes if one.key.lower() == key.lower()]
    if not of_key:
        known = ", ".join(dict.fromkeys(one.key for one in episodes)) or "none at all"
        raise ConfigError(f"There is no episode of {key} in this session; there are of: {known}.")
    if number is None:
        strongest = max(of_key, key=lambda one: one.apex)
        return strongest, f"{strongest.key}, the strongest of {len(of_key)}"
    if not 1 <= int(number) <= len(of_key):
        when = ", ".join(clock(one.onset_s, tenths=False) for one in of_key[:_TOLD])
        more = " …" if len(of_key) > _TOLD else ""
        raise ConfigError(f"Of {of_key[0].key} there are {len(of_key)}, at {when}{more}: none has number {number}.")
    return of_key[int(number) - 1], f"{of_key[0].key}, {number} of {len(of_key)}"


def _around(found: tuple[Episode, str], lasted_s: float) -> Part:
    episode, what = found
    return Part(max(episode.onset_s - MARGIN_S, 0.0), min(episode.offset_s + MARGIN_S, lasted_s), f"episode of {what}")
