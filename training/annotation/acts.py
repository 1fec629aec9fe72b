"""What a coder does: one act for each keystroke that changes something, as the page sends it and the journal keeps it.

As JSON an act is an object whose `type` is the name of its class in lower case:

    {"type": "setmark", "sequence": "p-01/a.mp4", "place": 12, "action": "AU12", "mark": {"value": 1, "side": ""}}

Acts upon a frame that was submitted are refused unless `overwrite` is true.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from device.contract.errors import DataError
from training.annotation.coding import Annotations, Coded, Episode, Mark

Place = Annotated[int, Meta(ge=0, le=2**31)]
Identity = Annotated[str, Meta(min_length=1, max_length=64)]


class ActError(DataError):
    """An act that the project does not know, or that does not fit it; nothing was changed."""


class SubmittedError(DataError):
    """An act upon a frame that was submitted, without `overwrite`; nothing was changed."""


class _Act(Struct, frozen=True, forbid_unknown_fields=True, tag=str.lower):
    """Base of all acts."""


class SetMark(_Act, frozen=True):
    """Mark an action. None takes its mark away; of a submitted frame the action is absent then."""

    sequence: str
    place: Place
    action: str
    mark: Mark | None
    overwrite: bool = False


class SetHidden(_Act, frozen=True):
    """Say whether something hides a part of the face, of `coding.PARTS`. Marks of its actions stay."""

    sequence: str
    place: Place
    part: str
    on: bool
    overwrite: bool = False


class SetCodable(_Act, frozen=True):
    """Say whether there is one human face that can be judged."""

    sequence: str
    place: Place
    on: bool
    overwrite: bool = False


class Clear(_Act, frozen=True):
    """Make a frame as if nobody had coded it."""

    sequence: str
    place: Place
    overwrite: bool = False


class Submit(_Act, frozen=True):
    """Be done with a frame: actions without a mark are absent, but for those of hidden parts."""

    sequence: str
    place: Place
    overwrite: bool = False


class Judge(_Act, frozen=True):
    """A sheet of one action: each place with its mark. Frames whose actions are all judged then are submitted."""

    sequence: str
    action: str
    marks: dict[int, Mark]
    overwrite: bool = False


class SubmitMany(_Act, frozen=True):
    """A sheet of pictures: each place with its marks; other actions are absent there, and the frames submitted."""

    sequence: str
    marks: dict[int, dict[str, Mark]]
    overwrite: bool = False


class PutEpisode(_Act, frozen=True):
    """Make the episode of this identity, which the page chooses, or replace it."""

    sequence: str
    identity: Identity
    episode: Episode


class RemoveEpisode(_Act, frozen=True):
    """Take an episode away."""

    sequence: str
    identity: Identity


class SetNeutral(_Act, frozen=True):
    """Take a frame as the natural one of the sequence's participant, for this coder; None: none any more."""

    sequence: str
    place: Place | None


class Ask(_Act, frozen=True):
    """See what the face network thinks of a frame. It cannot be undone."""

    sequence: str
    place: Place


class Put(_Act, frozen=True):
    """Take over what a file says: frames and episodes of a sequence. Made by `Project.put`, never sent by a page."""

    sequence: str
    frames: dict[int, Coded]
    episodes: tuple[Episode, ...] = ()
    overwrite: bool = False

    @classmethod
    def of(cls, annotations: Annotations, overwrite: bool) -> "Put":
        """The act that takes these over."""
        return cls(annotations.sequence.name, annotations.frames, annotations.episodes, overwrite)


class Undo(_Act, frozen=True):
    """Take back this coder's newest act that was not taken back."""


class Redo(_Act, frozen=True):
    """Do again what was taken back last."""


OfFrame: TypeAlias = SetMark | SetHidden | SetCodable | Clear | Submit
OfMany: TypeAlias = Judge | SubmitMany | Put
OfEpisode: TypeAlias = PutEpisode | RemoveEpisode
Act: TypeAlias = OfFrame | OfMany | OfEpisode | SetNeutral | Ask | Undo | Redo
_SENT = msgspec.json.Decoder(
    SetMark | SetHidden | SetCodable | Clear | Submit | Judge | SubmitMany | OfEpisode | SetNeutral | Ask | Undo | Redo
)


def decode(content: bytes) -> Act:
    """An act from JSON, as a page sends it. Raises `ActError`."""
    try:
        act: Act = _SENT.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ActError(f"This is no act of a coder: {error}.") from None
    return act
