"""Writes BORIS's projects and tables of events."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from training.annotation.coding import ACTIONS, LETTERS, Annotations, Episode, Scale, Side
from training.annotation.files import spans
from training.annotation.files.boris import (
    CODER,
    FORMAT,
    NO_SUBJECT,
    PROJECT,
    SCALE,
    SEQUENCE,
    START,
    STATE,
    STOP,
    TABLE,
)
from training.annotation.files.exchange import SIDES, Losses, Written, count_without_video, keep
from training.tables import table_bytes

_PLAYERS = tuple(str(number) for number in range(1, 9))
_HEADER = (
    "Observation id",
    "Observation date",
    "Description",
    "Observation duration",
    "Observation type",
    "Source",
    "Time offset (s)",
    "Media duration (s)",
    "FPS",
    SEQUENCE,
    CODER,
    SCALE,
    "Subject",
    "Behavior",
    "Behavioral category",
    "Modifier #1",
    "Modifier #2",
    "Behavior type",
    "Time",
    "Media file name",
    "Image index",
    "Image file path",
    "Comment",
)


@dataclass(frozen=True)
class _Event:
    time_s: float
    kind: str
    action: str
    modifiers: str
    comment: str
    frame: int


def write(annotations: Sequence[Annotations], out: Path) -> Written:
    """`codes.boris` and `events.csv` in `out`.

    Raises:
        DataError: pictures that do not follow each other.
        StorageError: it cannot be written.
    """
    losses = Losses()
    count_without_video(annotations, losses, "BORIS")
    observations = [(one, _events(one, losses)) for one in annotations]
    if not any(events for _, events in observations):
        return Written((), losses.sentences())
    date = datetime.now().isoformat(timespec="seconds")
    project = _project(observations, date)
    content = json.dumps(project, ensure_ascii=False, indent=1).encode()
    rows = (row for one, events in observations for row in _rows(one, events, date))
    files = ((PROJECT, content), (TABLE, table_bytes(_HEADER, rows)))
    return Written(tuple(keep(out / name, content, annotations) for name, content in files), losses.sentences())


def _events(one: Annotations, losses: Losses) -> list[_Event]:
    losses.add("Frames that were coded one by one are left out ({n}): BORIS has events only.", len(one.frames))
    bounds = spans.edges(one.sequence, "BORIS")
    until: dict[tuple[str, str], int | None] = {}
    events = []
    for episode in sorted(one.episodes, key=lambda each: each.onset):
        key = episode.action, _modifiers(episode, one.scale)
        last = until.get(key, -1)
        if last is None or last >= episode.onset:
            losses.add(
                "Episodes are left out that overlap one of the same action, intensity and side ({n}): BORIS would end "
                "one with the other."
            )
            continue
        until[key] = episode.offset
        apex = "" if episode.apex is None else f"apex {one.sequence.frames[episode.apex]}"
        events.append(_Event(float(bounds[episode.onset]), START, *key, apex, episode.onset))
        if episode.offset is not None:
            events.append(_Event(float(bounds[episode.offset + 1]), STOP, *key, "", episode.offset + 1))
    return sorted(events, key=lambda event: (event.time_s, event.kind == START))  # one ends before the next begins


def _modifiers(episode: Episode, scale: Scale) -> str:
    side = episode.side.value or "None"
    return f"{LETTERS[episode.value - 1]}|{side}" if scale is Scale.INTENSITY else side


def _project(observations: Sequence[tuple[Annotations, list[_Event]]], date: str) -> dict[str, Any]:
    coded = [one for one, _ in observations]
    actions = [key for key in ACTIONS if any(key in one.actions for one in coded)]
    people = sorted({one.sequence.participant for one in coded} - {""})
    scale = coded[0].scale if coded else Scale.PRESENCE
    return {
        "time_format": "hh:mm:ss",
        "project_date": date,
        "project_name": "Affectbox",
        "project_description": "",
        "project_format_version": FORMAT,
        "subjects_conf": {str(n): {"key": "", "name": name, "description": ""} for n, name in enumerate(people)},
        "behaviors_conf": {str(n): _behaviour(key, scale) for n, key in enumerate(actions)},
        "observations": {_identity(one): _observation(one, events, date) for one, events in observations},
        "behavioral_categories": [],
        "behavioral_categories_config": {},
        "independent_variables": {str(n): _variable(name) for n, name in enumerate((SEQUENCE, CODER, SCALE))},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def _behaviour(key: str, scale: Scale) -> dict[str, Any]:
    sets = [("intensity", list(LETTERS))] if scale is Scale.INTENSITY else []
    sets.append(("side", [side.value for side in SIDES if side is not Side.BOTH]))
    return {
        "type": STATE,
        "key": "",
        "code": key,
        "description": ACTIONS[key].name,
        "color": "",
        "category": "",
        "modifiers": {
            str(n): {"name": name, "description": "", "type": 0, "ask at stop": False, "values": values}
            for n, (name, values) in enumerate(sets)
        },
        "excluded": "",
        "coding map": "",
    }


def _variable(name: str) -> dict[str, str]:
    return {"label": name, "description": "", "type": "text", "default value": "", "possible values": ""}


def _identity(one: Annotations) -> str:
    return f"{one.sequence.name} ({one.coder})"


def _variables(one: Annotations) -> dict[str, str]:
    return {SEQUENCE: one.sequence.name, CODER: one.coder, SCALE: one.scale.value}


def _observation(one: Annotations, events: list[_Event], date: str) -> dict[str, Any]:
    media = str(one.sequence.source.absolute())
    length, rate = _length(one)
    return {
        "file": {player: [media] if player == "1" else [] for player in _PLAYERS},
        "type": "MEDIA",
        "date": date,
        "description": "",
        "time offset": 0.0,
        "events": [
            [
                round(event.time_s, 3),
                one.sequence.participant,
                event.action,
                event.modifiers,
                event.comment,
                event.frame,
            ]
            for event in events
        ],
        "observation time interval": [0, 0],
        "independent_variables": _variables(one),
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {media: length},
            "fps": {media: rate},
            "hasVideo": {media: True},
            "hasAudio": {media: False},
            "offset": {"1": 0.0},
        },
    }


def _length(one: Annotations) -> tuple[float, float]:
    """Seconds of the film, and its frames a second in the mean."""
    bounds = spans.edges(one.sequence, "BORIS")
    length = float(bounds[-1] - bounds[0])
    return round(length, 3), round(len(one.sequence.frames) / length, 3)


def _rows(one: Annotations, events: list[_Event], date: str) -> Iterator[list[object]]:
    media = str(one.sequence.source.absolute())
    length, rate = _length(one)
    for event in events:
        modifiers = [*event.modifiers.split("|"), ""][:2]
        yield [
            *(
                _identity(one),
                date.replace("T", " "),
                "",
                length,
                "Media file(s)",
                f"player #1:{media}",
                0.0,
                length,
                rate,
            ),
            *_variables(one).values(),
            *(one.sequence.participant or NO_SUBJECT, event.action, "", *modifiers, event.kind),
            *(f"{event.time_s:.3f}", media, event.frame, "NA", event.comment),
        ]
