"""What the page does: acts of the coder, in the order in which they were made, and who sits there."""

from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.routing import Route

from device.contract.errors import ModelError, RuntimeMissingError
from training.annotation.acts import Act, ActError, Ask, Place, Redo, SubmittedError, Undo, decode
from training.annotation.coding import Coded, Episode
from training.annotation.page.answers import desk_of, posted
from training.annotation.page.desk import Desk, shown
from training.annotation.project import Outcome


class Numbered(Struct, frozen=True):
    """An act with its number at the window where it was made."""

    number: Annotated[int, Meta(ge=1, le=2**53)]
    act: msgspec.Raw


class Acts(Struct, frozen=True):
    """Acts of one window, `client`, in their order; the window that sends them sits on `seat`."""

    client: str
    seat: str
    acts: list[Numbered]


class Seat(Struct, frozen=True):
    """The window that has the coder's place, or wants it."""

    seat: str
    take_over: bool = False


class Asked(Struct, frozen=True):
    """A frame of which the coder wants to know what the network thinks."""

    sequence: int
    place: Place
    seat: str


def _act(request: Request, sent: Acts) -> dict[str, Any]:
    """Do them one after the other. What does not fit is told and passed over; anything else stops there, and the page
    sends all again."""
    desk, changes, refused, went = desk_of(request), _Changes(), [], None
    for one in sent.acts:
        try:
            act = decode(bytes(one.act))
            outcome = desk.project.apply(desk.coder, sent.seat, act, (sent.client, one.number))
        except (ActError, SubmittedError) as error:
            refused.append({"number": one.number, "error": str(error)})
            _again(desk, bytes(one.act), changes)
            continue
        changes.add(outcome)
        if isinstance(act, Undo | Redo):
            went = _went(desk, act, outcome)
    undo, redo = desk.project.undoable(desk.coder)
    return {"changed": changes.listed(), "refused": refused, "undo": undo, "redo": redo, "went": went}


class _Changes:
    """What acts changed, by sequence: the newest state of each frame and episode."""

    def __init__(self) -> None:
        self._coded: dict[str, dict[int, Coded]] = {}
        self._episodes: dict[str, dict[str, Episode | None]] = {}

    def add(self, outcome: Outcome) -> None:
        self.add_frames(outcome.sequence, dict(outcome.coded))
        self._episodes.setdefault(outcome.sequence, {}).update(outcome.episodes)

    def add_frames(self, name: str, coded: dict[int, Coded]) -> None:
        self._coded.setdefault(name, {}).update(coded)

    def listed(self) -> list[dict[str, Any]]:
        return [
            {
                "sequence": name,
                "coded": {place: shown(one) for place, one in coded.items()},
                "episodes": msgspec.to_builtins(self._episodes.get(name, {})),
            }
            for name, coded in self._coded.items()
        ]


def _again(desk: Desk, content: bytes, changes: _Changes) -> None:
    """What stands at the frame of an act that was refused, so that the page shows no other."""
    try:
        act = decode(content)
        name, place = getattr(act, "sequence", ""), getattr(act, "place", None)
        if place is not None:
            changes.add_frames(name, {place: desk.project.frame(desk.coder, name, place)})
    except ActError:
        return


def _went(desk: Desk, act: Act, outcome: Outcome) -> dict[str, Any] | None:
    """Where to look after something was taken back or done again."""
    if outcome.sequence not in desk.names:
        return None
    onsets = [episode.onset for episode in outcome.episodes.values() if episode]
    place = min((*outcome.places, *onsets), default=None)
    what = "undone" if isinstance(act, Undo) else "done again"
    return {"sequence": desk.names.index(outcome.sequence), "place": place, "what": what}


def _enter(request: Request, seat: Seat) -> dict[str, Any]:
    desk = desk_of(request)
    return {"coder": desk.project.enter(desk.coder, seat.seat, take_over=seat.take_over)}


def _alive(request: Request, seat: Seat) -> dict[str, Any]:
    desk = desk_of(request)
    desk.project.alive(desk.coder, seat.seat)
    return {}


def _leave(request: Request, seat: Seat) -> dict[str, Any]:
    desk = desk_of(request)
    desk.project.leave(desk.coder, seat.seat)
    return {}


def _opinion(request: Request, asked: Asked) -> dict[str, Any]:
    """That it was asked is on the disk before the network says anything."""
    desk = desk_of(request)
    name = desk.name(asked.sequence)
    changes = _Changes()
    changes.add(desk.project.apply(desk.coder, asked.seat, Ask(name, asked.place), (f"ask-{uuid4().hex}", 1)))
    undo, redo = desk.project.undoable(desk.coder)
    answer = {"changed": changes.listed(), "undo": undo, "redo": redo}
    try:
        values = desk.opinion(name, asked.place)
    except (ModelError, RuntimeMissingError) as error:
        return {"values": {}, "sentence": str(error), "answer": answer}
    sentence = "It finds no face in this picture." if values is None else ""
    kept = {key: round(value, 2) for key, value in (values or {}).items() if key in desk.project.actions}
    return {"values": kept, "sentence": sentence, "answer": answer}


ROUTES = (
    Route("/api/acts", posted(Acts, _act), methods=["POST"]),
    Route("/api/enter", posted(Seat, _enter), methods=["POST"]),
    Route("/api/alive", posted(Seat, _alive), methods=["POST"]),
    Route("/api/leave", posted(Seat, _leave), methods=["POST"]),
    Route("/api/opinion", posted(Asked, _opinion), methods=["POST"]),
)
