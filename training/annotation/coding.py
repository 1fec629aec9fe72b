"""What coders code: the actions of the face, how strong, on which side, at which frames.

Sources: Ekman, Friesen & Hager, *Facial Action Coding System*, 2002, for actions, intensities A–E, sides and what
cannot be seen; the sides top and bottom and the list of descriptors as in the annotation tool of Ji et al. 2025
(*Hugging Rain Man*).
"""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from device.contract.labels import ACTION_UNITS, LOWER, UPPER
from device.contract.mistakes import nearest

LETTERS = "ABCDE"  # intensities 1–5


class Scale(str, Enum):
    """What is coded of an action: whether it is there (0, 1), or how strong it is (0, A–E = 0–5)."""

    PRESENCE = "presence"
    INTENSITY = "intensity"

    @property
    def largest(self) -> int:
        """The largest value of a mark."""
        return 1 if self is Scale.PRESENCE else len(LETTERS)


class Side(str, Enum):
    """Where an action is seen; left and right are the person's own."""

    BOTH = ""
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True)
class Action:
    """An action unit or descriptor: `key` as files name it, its FACS name, and the part of the face that it needs."""

    key: str
    name: str
    part: str


#: What FACS and the published tool code beside the contract's units.
_FURTHER = (
    Action("AD19", "Tongue Show", LOWER),
    Action("AD32", "Bite", LOWER),
    Action("AU8", "Lips Toward Each Other", LOWER),
    Action("AU13", "Sharp Lip Puller", LOWER),
    Action("AU21", "Neck Tightener", LOWER),
    Action("AD29", "Jaw Thrust", LOWER),
    Action("AD30", "Jaw Sideways", LOWER),
    Action("AU31", "Jaw Clencher", LOWER),
    Action("AD33", "Blow", LOWER),
    Action("AD34", "Puff", LOWER),
    Action("AD35", "Cheek Suck", LOWER),
    Action("AD36", "Tongue Bulge", LOWER),
    Action("AD37", "Lip Wipe", LOWER),
)
#: Every action that can be coded, by its key. AU26 is AU26 and AU27 together, which the published tool calls AU2X; a
#: list of presence takes AU43 for eyes that are closed (43E).
ACTIONS = {
    action.key: action for action in (*(Action(unit.key, unit.name, unit.part) for unit in ACTION_UNITS), *_FURTHER)
}
PARTS = (UPPER, LOWER)

#: As others name them: published tables, and those who code what is one action here as two.
SPELLINGS = {"AU2X": "AU26", "AU27": "AU26", "AU26/27": "AU26", "AU43E": "AU43"}

#: What can be named instead of keys. `22` and `17` are those of the published tables (Ji et al. 2025), `15` the latter
#: without AU16 and AU26, `12` those that BP4D codes (Zhang et al. 2014), `5` those of which it codes intensities
#: (Valstar et al. 2015); `units` are the contract's.
LISTS = {
    "22": tuple(
        "AU1 AU2 AU4 AU6 AU7 AU9 AU10 AU12 AU14 AU15 AU16 AU17 AU18 AD19 AU20 AU23 AU24 AU25 AU26 AU28 AD32 "
        "AU43".split()
    ),
    "17": tuple("AU1 AU2 AU4 AU6 AU7 AU9 AU10 AU12 AU14 AU15 AU16 AU17 AU20 AU23 AU24 AU25 AU26".split()),
    "15": tuple("AU1 AU2 AU4 AU6 AU7 AU9 AU10 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25".split()),
    "12": tuple("AU1 AU2 AU4 AU6 AU7 AU10 AU12 AU14 AU15 AU17 AU23 AU24".split()),
    "5": tuple("AU6 AU10 AU12 AU14 AU17".split()),
    "units": tuple(unit.key for unit in ACTION_UNITS),
    "all": tuple(ACTIONS),
}
#: The coder under whose name coders settle together what they disagree on.
AGREED = "agreed"


def action_of(text: str) -> str | None:
    """The action that a name stands for, whatever its case: `au12`, `AU2X`, `AU43E`, `AU19`; None for none."""
    key = text.strip().upper()
    key = SPELLINGS.get(key, key)
    other = {"AU": "AD", "AD": "AU"}.get(key[:2], key[:2]) + key[2:]
    return next((name for name in (key, other) if name in ACTIONS), None)


def parse_actions(text: str) -> tuple[str, ...]:
    """The actions of a name of `LISTS`, or of keys parted by commas, in the order of `ACTIONS`.

    Raises:
        ConfigError: none at all, an unknown one, or one that is there twice.
    """
    keys = [key.strip().upper() for key in text.split(",")]
    if len(keys) == 1 and keys[0].lower() in LISTS:
        keys = [*LISTS[keys[0].lower()]]
    found = [action_of(key) for key in keys]
    for key, action in zip(keys, found, strict=True):
        if action is None:
            hint = (
                f"perhaps you meant {near}" if (near := nearest(key, ACTIONS)) else f"known are {', '.join(ACTIONS)}"
            )
            raise ConfigError(f"There is no action {key[:20]!r}: give one of {', '.join(LISTS)}, or keys; {hint}.")
        if found.count(action) > 1:
            raise ConfigError(f"The action {action} is there twice: name it once.")
    return tuple(key for key in ACTIONS if key in found)


@dataclass(frozen=True)
class Mark:
    """One action at one frame: `value` 0 to the scale's largest, and where it is seen."""

    value: int
    side: Side = Side.BOTH


@dataclass(frozen=True)
class Coded:
    """One frame as one coder coded it.

    Attributes:
        marks: action → mark. An action that a submitted frame lacks was not coded: its part was hidden.
        hidden: parts of the face, of `PARTS`, that something hides, so that their actions cannot be judged.
        codable: whether there is one human face that can be judged at all.
        submitted: whether the coder is done with the frame; before that an action without a mark means nothing.
        asked: whether the coder saw, before, what the face network thinks.
        judged: actions that the coder is done with though not with the frame, as on a sheet of one action.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    codable: bool = True
    submitted: bool = False
    asked: bool = False
    judged: frozenset[str] = frozenset()

    @property
    def final(self) -> dict[str, Mark]:
        """Marks of actions that the coder is done with; of a frame that cannot be judged there are none."""
        if not self.codable:
            return {}
        return {key: mark for key, mark in self.marks.items() if self.submitted or key in self.judged}


@dataclass(frozen=True)
class Episode:
    """An action from its onset to its offset, frames of the sequence, both included. None: not coded."""

    action: str
    onset: int
    offset: int | None
    apex: int | None = None
    value: int = 1
    side: Side = Side.BOTH


@dataclass(frozen=True, eq=False)
class Sequence:
    """Frames of one participant in the order of time, or pictures that do not belong together.

    Attributes:
        name: unique in its project: the path below the source's folder, with `/`.
        participant: who is seen; empty: every picture is of somebody else.
        frames: (N,) int64, the numbers by which files name the frames, ascending.
        times_s: (N,) seconds of each frame from the first one; None where the pictures do not follow each other.
        labels: what names each frame in files of pictures (path below the source's folder); empty of videos.
        source: the file or folder that it comes from.
    """

    name: str
    participant: str
    frames: NDArray[np.int64]
    times_s: NDArray[np.float64] | None
    source: Path
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Annotations:
    """All that one coder coded of one sequence.

    Attributes:
        coder: a name or number, unique in the project.
        actions: keys of what was to be coded, in the project's order.
        frames: place in the sequence (from 0) → how it was coded; others were not.
        episodes: in the order of onsets; their frames are places in the sequence, too.
    """

    sequence: Sequence
    coder: str
    scale: Scale
    actions: tuple[str, ...]
    frames: dict[int, Coded]
    episodes: tuple[Episode, ...] = ()

    @property
    def closed(self) -> list[tuple[Episode, slice]]:
        """The episodes whose offset is coded, each with its places."""
        return [(one, slice(one.onset, one.offset + 1)) for one in self.episodes if one.offset is not None]

    @property
    def watched(self) -> slice:
        """The places in which what is no episode is absent: from the first onset to the last offset of any action.
        Beyond these nobody knows whether the coder looked."""
        spans = [places for _, places in self.closed]
        return slice(min((span.start for span in spans), default=0), max((span.stop for span in spans), default=0))
