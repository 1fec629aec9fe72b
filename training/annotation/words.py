"""What an act was, in a few words, as undo and redo name it."""

from training.annotation.acts import (
    Act,
    Ask,
    Clear,
    Judge,
    Put,
    PutEpisode,
    RemoveEpisode,
    SetCodable,
    SetHidden,
    SetMark,
    SetNeutral,
    Submit,
    SubmitMany,
    Undo,
)
from training.annotation.coding import LETTERS, Mark, Scale


def words(act: Act, scale: Scale) -> str:  # noqa: PLR0911  # one line for each act
    """Such as `AU12 C left`."""
    if isinstance(act, SetMark):
        return f"{act.action} {_mark(act.mark, scale)}"
    if isinstance(act, SetHidden):
        return f"{act.part} part {'hidden' if act.on else 'seen'}"
    if isinstance(act, SetCodable):
        return "codable" if act.on else "not codable"
    if isinstance(act, Clear):
        return "cleared"
    if isinstance(act, Submit):
        return "submitted"
    if isinstance(act, Judge):
        return f"sheet of {act.action}, {len(act.marks)} pictures"
    if isinstance(act, SubmitMany):
        return f"sheet of {len(act.marks)} pictures"
    if isinstance(act, Put):
        return f"file taken over, {len(act.frames)} frames, {len(act.episodes)} episodes"
    if isinstance(act, PutEpisode):
        return f"episode of {act.episode.action}"
    if isinstance(act, RemoveEpisode):
        return "episode removed"
    if isinstance(act, SetNeutral):
        return "no natural frame" if act.place is None else "natural frame"
    if isinstance(act, Ask):
        return "the network asked"
    return "undone" if isinstance(act, Undo) else "done again"


def _mark(mark: Mark | None, scale: Scale) -> str:
    if mark is None:
        return "unmarked"
    if not mark.value:
        return "absent"
    level = "present" if scale is Scale.PRESENCE else LETTERS[mark.value - 1]
    return f"{level} {mark.side.value}".rstrip()
