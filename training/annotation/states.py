"""What an act makes of what is coded so far: arithmetic without a database, the same when it is done again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from training.annotation.acts import (
    ActError,
    Clear,
    Judge,
    OfFrame,
    OfMany,
    Put,
    SetCodable,
    SetHidden,
    SetMark,
    SubmitMany,
    SubmittedError,
)
from training.annotation.coding import ACTIONS, PARTS, Coded, Episode, Mark, Scale

ABSENT = Mark(0)
NOTHING = Coded()


@dataclass(frozen=True)
class Rules:
    """What a project codes: the actions, and how strong a mark can be."""

    actions: tuple[str, ...]
    scale: Scale

    def check_mark(self, action: str, mark: Mark, least: int = 0) -> None:
        """Raises `ActError`: the project does not code the action, or not so."""
        if action not in self.actions:
            raise ActError(f"This project does not code {action[:20]!r}: it codes {', '.join(self.actions)}.")
        if not least <= mark.value <= self.scale.largest:
            raise ActError(f"{action} is marked {mark.value}: give {least} to {self.scale.largest}.")

    def check_episode(self, episode: Episode, count: int) -> None:
        """Raises `ActError`: an unknown action, or frames that are no episode of a sequence of `count` frames."""
        self.check_mark(episode.action, Mark(episode.value, episode.side), least=1)
        last = count - 1 if episode.offset is None else episode.offset
        apex = episode.onset if episode.apex is None else episode.apex
        if not 0 <= episode.onset <= apex <= last < count:
            raise ActError(
                f"An episode of {episode.action} from {episode.onset} by {episode.apex} to {episode.offset} is none "
                f"in {count} frames: its onset comes first, its apex is inside, its offset is last."
            )


def of_frame(act: OfFrame, before: Coded, rules: Rules) -> Coded:
    """The frame after an act. Raises `ActError`."""
    if isinstance(act, Clear):
        return NOTHING
    if isinstance(act, SetMark):
        after = _marked(before, act.action, act.mark, rules)
    elif isinstance(act, SetHidden):
        if act.part not in PARTS:
            raise ActError(f"There is no part {act.part[:20]!r} of the face: give {' or '.join(PARTS)}.")
        after = replace(before, hidden=before.hidden | {act.part} if act.on else before.hidden - {act.part})
    elif isinstance(act, SetCodable):
        after = replace(before, codable=act.on)
    else:
        after = replace(before, submitted=True)
    return _settled(after, rules)


def of_many(act: OfMany, before: Mapping[int, Coded], rules: Rules) -> dict[int, Coded]:
    """Place → the frame after an act upon several; `before` has those of `places_of`. Raises `ActError`."""
    if isinstance(act, Judge):
        return {place: _judged(before[place], act.action, mark, rules) for place, mark in act.marks.items()}
    if isinstance(act, SubmitMany):
        return {place: _submitted(before[place], marks, rules) for place, marks in act.marks.items()}
    for coded in act.frames.values():
        _check(coded, rules)
    return dict(act.frames)


def places_of(act: OfMany) -> Collection[int]:
    """The frames that an act is upon."""
    return act.frames.keys() if isinstance(act, Put) else act.marks.keys()


def require_allowed(before: Coded, after: Coded, place: int, overwrite: bool, taking_over: bool = False) -> None:
    """Raises `SubmittedError`: it would change what was submitted; or, of a file that is taken over, anything."""
    stands = before != NOTHING if taking_over else before.submitted
    if stands and after != before and not overwrite:
        what = "is coded otherwise already" if taking_over else "was submitted"
        raise SubmittedError(f"Frame {place} {what}: say that it is to be overwritten.")


def _marked(before: Coded, action: str, mark: Mark | None, rules: Rules) -> Coded:
    rules.check_mark(action, mark or ABSENT)
    marks = {**before.marks}
    marks.pop(action, None)
    return replace(before, marks=marks if mark is None else marks | {action: mark})


def _judged(before: Coded, action: str, mark: Mark, rules: Rules) -> Coded:
    after = _marked(before, action, mark, rules)
    judged = before.judged | {action}
    done = all(key in judged or ACTIONS[key].part in before.hidden for key in rules.actions)
    return _settled(replace(after, judged=judged, submitted=before.submitted or done), rules)


def _submitted(before: Coded, marks: Mapping[str, Mark], rules: Rules) -> Coded:
    for action, mark in marks.items():
        rules.check_mark(action, mark)
    return _settled(replace(before, marks=dict(marks), submitted=True), rules)


def _check(coded: Coded, rules: Rules) -> None:
    for action, mark in coded.marks.items():
        rules.check_mark(action, mark)
    if unknown := coded.hidden - {*PARTS} | coded.judged - {*rules.actions}:
        raise ActError(f"This project knows no {sorted(unknown)[0][:20]!r}.")


def _settled(coded: Coded, rules: Rules) -> Coded:
    """A submitted frame has a mark for each action, but for those of hidden parts."""
    if not coded.submitted or not coded.codable:
        return coded
    marks = {}
    for action in rules.actions:
        mark = coded.marks.get(action, ABSENT)
        if mark != ABSENT or ACTIONS[action].part not in coded.hidden:
            marks[action] = mark
    return replace(coded, marks=marks)
