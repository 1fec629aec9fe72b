"""Where two coders disagree, the most serious first, to be gone through together.

`size` is from 0 to 1: how far two values are apart as a share of the scale (absent against E, or against present, is
1); 1 of whether the frame can be coded at all; ½ of what is hidden, of an onset and of an offset; half a step of the
scale of the side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.annotation.agreement.grid import CODABLE, Together, together
from training.annotation.agreement.onsets import Matched, matched, seconds
from training.annotation.coding import LETTERS, PARTS, Annotations, Coded, Episode, Mark, Scale, Side

Said = Mark | Episode | bool | None


@dataclass(frozen=True)
class Disagreement:
    """One thing that two coders see differently.

    Attributes:
        place: of the frame in its sequence; of episodes, the earlier onset.
        frame: its number.
        action: an action, `codable`, or a part of the face.
        kind: 'codable', 'hidden', 'presence', 'intensity', 'side', 'episode' (only one saw it), 'onset', 'offset'.
        size: see the module.
        first, second: what each said; None: no such episode.
        text: both in words, without their names.
    """

    sequence: str
    place: int
    frame: int
    action: str
    kind: str
    size: float
    first: Said
    second: Said
    text: str


def disagreements(
    first: Sequence[Annotations], second: Sequence[Annotations], window_s: float = 0.5
) -> list[Disagreement]:
    """All of two coders, the largest first, then in the order of sequences and frames. Raises `DataError`."""
    _, shared = together([first, second])
    found = [one for pair in shared for one in (*_of_frames(pair), *_of_episodes(pair, window_s))]
    return sorted(found, key=lambda one: (-one.size, one.sequence, one.place))


def mark_text(mark: Mark, scale: Scale) -> str:
    """A mark as coders write it: `C left`, `present`, `0`."""
    if mark.value == 0:
        return "0" if scale is Scale.INTENSITY else "absent"
    return f"{LETTERS[mark.value - 1] if scale is Scale.INTENSITY else 'present'} {mark.side.value}".strip()


def _of_frames(pair: Together) -> Iterator[Disagreement]:
    first, second = pair.coded
    assert first is not None and second is not None
    for place in sorted(first.frames.keys() & second.frames.keys()):
        frame = int(pair.sequence.frames[place])
        for action, kind, size, a, b, text in _of_frame(first.frames[place], second.frames[place], first.scale):
            yield Disagreement(pair.sequence.name, place, frame, action, kind, size, a, b, text)


def _of_frame(a: Coded, b: Coded, scale: Scale) -> Iterator[tuple[str, str, float, Said, Said, str]]:
    if a.submitted and b.submitted and a.codable != b.codable:
        words = ("codable", "not codable")
        yield CODABLE, CODABLE, 1.0, a.codable, b.codable, _against(*(words if a.codable else words[::-1]))
    elif a.submitted and b.submitted:
        for part in PARTS:
            if (hides := part in a.hidden) != (part in b.hidden):
                words = ("hidden", "not hidden")
                yield part, "hidden", 0.5, hides, not hides, _against(*(words if hides else words[::-1]))
    marks, others = a.final, b.final
    for action in (action for action in marks if action in others):
        mark, other = marks[action], others[action]
        if mark != other and (apart := _apart(mark, other, scale)):
            yield action, *apart, mark, other, _against(mark_text(mark, scale), mark_text(other, scale))


def _apart(mark: Mark, other: Mark, scale: Scale) -> tuple[str, float] | None:
    if mark.value != other.value:
        kind = "intensity" if mark.value and other.value else "presence"
        return kind, abs(mark.value - other.value) / scale.largest
    return ("side", 0.5 / scale.largest) if mark.value and mark.side is not other.side else None


def _of_episodes(pair: Together, window_s: float) -> Iterator[Disagreement]:
    first, second = pair.coded
    assert first is not None and second is not None
    if not (first.episodes and second.episodes):
        return
    for action in dict.fromkeys(one.action for one in (*first.episodes, *second.episodes)):
        mine, others = ([one for one in who.episodes if one.action == action] for who in (first, second))
        found = matched(pair.sequence, mine, others, window_s)
        late = _overlapping(found)
        for a, b in late:
            yield _episode(pair, action, "onset", 0.5, a, b, _lag(pair, a.onset, b.onset, "onset"))
        for a, b in (*found.pairs, *late):
            yield from _of_pair(pair, action, a, b, window_s, first.scale)
        for a in (a for a in found.only_first if not any(a is c for c, _ in late)):
            yield _episode(
                pair, action, "episode", a.value / first.scale.largest, a, None, _against("an episode", "none")
            )
        for b in (b for b in found.only_second if not any(b is d for _, d in late)):
            yield _episode(
                pair, action, "episode", b.value / first.scale.largest, None, b, _against("none", "an episode")
            )


def _of_pair(
    pair: Together, action: str, a: Episode, b: Episode, window_s: float, scale: Scale
) -> Iterator[Disagreement]:
    if a.offset is not None and b.offset is not None:
        ends = [seconds(pair.sequence, one.offset) for one in (a, b) if one.offset is not None]
        if abs(ends[1] - ends[0]) > window_s + 1e-9:
            yield _episode(pair, action, "offset", 0.5, a, b, _lag(pair, a.offset, b.offset, "offset"))
    marks = Mark(a.value, Side(a.side)), Mark(b.value, Side(b.side))
    if apart := _apart(*marks, scale):
        yield _episode(pair, action, *apart, a, b, _against(*(mark_text(mark, scale) for mark in marks)))


def _episode(
    pair: Together, action: str, kind: str, size: float, a: Episode | None, b: Episode | None, text: str
) -> Disagreement:
    place = min(one.onset for one in (a, b) if one is not None)
    return Disagreement(pair.sequence.name, place, int(pair.sequence.frames[place]), action, kind, size, a, b, text)


def _overlapping(found: Matched) -> list[tuple[Episode, Episode]]:
    """Episodes without a partner that overlap one of the other coder's: the same, begun at another time."""
    late: list[tuple[Episode, Episode]] = []
    left = list(found.only_second)
    for a in found.only_first:
        if b := next((b for b in left if _overlap(a, b)), None):
            left.remove(b)
            late.append((a, b))
    return late


def _overlap(a: Episode, b: Episode) -> bool:
    return (b.offset is None or a.onset <= b.offset) and (a.offset is None or b.onset <= a.offset)


def _lag(pair: Together, a: int, b: int, what: str) -> str:
    lag = seconds(pair.sequence, b) - seconds(pair.sequence, a)
    amount = f"{abs(lag):.0f} frames" if pair.sequence.times_s is None else f"{abs(lag):.2f} s"
    first, second = pair.sequence.frames[[a, b]].tolist()
    return f"{what} at frame {first} against frame {second}: {amount} {'later' if lag > 0 else 'earlier'}"


def _against(first: str, second: str) -> str:
    return f"{first} against {second}"
