"""Coders who code what a test says."""

from pathlib import Path

import numpy as np

from training.annotation.coding import Annotations, Coded, Episode, Mark, Scale, Sequence, Side

MARKS = {".": None} | {str(n): n for n in range(6)}


def film(count: int, name: str = "s1/clip.mp4", person: str = "s1", rate: float = 10.0, first: int = 0) -> Sequence:
    """A film of `count` frames."""
    frames = np.arange(first, first + count, dtype=np.int64)
    return Sequence(name, person, frames, np.arange(count) / rate, Path("/study") / name)


def pictures(count: int, name: str = "faces", person: str = "") -> Sequence:
    """Pictures of different people."""
    labels = tuple(f"{name}/{number}.png" for number in range(count))
    return Sequence(name, person, np.arange(count, dtype=np.int64), None, Path("/study"), labels)


def said(coder: str, sequence: Sequence, scale: Scale = Scale.PRESENCE, **values: str) -> Annotations:
    """All frames submitted; of each action a digit a frame, `.` where it was not coded."""
    frames = {
        place: Coded(
            {action: Mark(value) for action, text in values.items() if (value := MARKS[text[place]]) is not None},
            submitted=True,
        )
        for place in range(len(next(iter(values.values()))))
    }
    return Annotations(sequence, coder, scale, tuple(values), frames)


def saw(coder: str, sequence: Sequence, *episodes: Episode, scale: Scale = Scale.PRESENCE) -> Annotations:
    """These episodes, and no frame."""
    actions = tuple(dict.fromkeys(one.action for one in episodes))
    return Annotations(sequence, coder, scale, actions, {}, episodes)


def everything(sequence: Sequence, scale: Scale = Scale.PRESENCE, coder: str = "anna") -> Annotations:
    """One of each thing that can be coded of a frame; of a film also episodes. The sequence has at least 8 frames."""
    top = scale.largest
    actions = ("AU1", "AU12", "AU26", "AU43", "AD19")
    absent = {action: Mark(0) for action in actions}
    upper = {"AU26": Mark(1), "AU12": Mark(0), "AD19": Mark(0)}
    frames = {
        0: Coded(absent, submitted=True),
        1: Coded(absent | {"AU12": Mark(top, Side.LEFT), "AU26": Mark(1, Side.TOP)}, submitted=True),
        2: Coded(absent | {"AD19": Mark(1, Side.RIGHT), "AU26": Mark(1, Side.BOTTOM)}, submitted=True, asked=True),
        3: Coded(upper, hidden=frozenset({"upper"}), submitted=True),
        4: Coded(codable=False, submitted=True),
        6: Coded({"AU12": Mark(top), "AU1": Mark(1)}, judged=frozenset({"AU12"})),
        7: Coded(absent | {"AU43": Mark(top)}, submitted=True),
    }
    episodes = (
        Episode("AU12", 0, 3, apex=2, value=top, side=Side.LEFT),
        Episode("AU12", 1, 2, value=1, side=Side.RIGHT),
        Episode("AU1", 2, 2),
        Episode("AU12", 4, 7, apex=7, side=Side.LEFT),
        Episode("AU26", 6, None),
    )
    return Annotations(sequence, coder, scale, actions, frames, () if sequence.times_s is None else episodes)
