"""What the page asks for: the project, its sequences, codes of frames, pictures, words of the codebook."""

import re
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from training.annotation.acts import Place
from training.annotation.page import keymap
from training.annotation.page.answers import asked, desk_of, posted
from training.annotation.page.desk import Desk, actions, shown
from training.annotation.page.keymap import KeyMap

_NUMBER = re.compile(r"[0-9]{1,9}")
_MOST_PLACES = 500
_MOST_PIXELS = 4096
_NEUTRAL_PIXELS = 800
#: How far a frame is, as the page's `runs.js` counts.
_UNTOUCHED, _TOUCHED, _SUBMITTED = 0, 1, 2


class Keys(Struct, frozen=True):
    """The keys of a coder, and the level that an action's key codes."""

    keymap: KeyMap
    level: int


class Position(Struct, frozen=True):
    """Where the coder is."""

    sequence: int
    place: Place


def _project(request: Request) -> dict[str, Any]:
    desk = desk_of(request)
    project = desk.project
    undo, redo = project.undoable(desk.coder)
    return {
        "name": project.folder.resolve().name,
        "id": desk.identity,
        "coder": desk.coder,
        "scale": project.scale.value,
        "largest": project.scale.largest,
        "level": desk.level,
        "actions": actions(project),
        "sequences": len(desk.names),
        "resume": _resume(desk),
        "keymap": keymap.as_data(desk.keymap()),
        "delivered": keymap.as_data(keymap.delivered(project.actions)),
        "undo": undo,
        "redo": redo,
        "review": desk.review,
    }


def _resume(desk: Desk) -> dict[str, Any]:
    position = desk.project.position(desk.coder)
    if position is None or position[0] not in desk.names:
        return {"sequence": 0, "place": None}
    return {"sequence": desk.names.index(position[0]), "place": position[1]}


def _progress(request: Request) -> dict[str, Any]:
    desk = desk_of(request)
    done = desk.project.progress(desk.coder)
    rows = []
    for number, entry in enumerate(desk.project.entries()):
        one = done.get(entry.name)
        rows.append(
            {
                "number": number,
                "title": desk.titles[number],
                "participant": entry.participant,
                "length": entry.count,
                "submitted": one.submitted if one else 0,
                "judged": dict(one.judged) if one else {},
                "episodes": one.episodes if one else 0,
            }
        )
    return {"sequences": rows}


def _sequence(request: Request) -> dict[str, Any]:
    desk, number = desk_of(request), int(request.path_params["number"])
    sequence = desk.sequence(number)
    name = sequence.name
    standing = desk.project.standing(desk.coder, name)
    order = desk.project.order(name)
    chosen = desk.project.neutral_place(desk.coder, name)
    entry = desk.project.entries()[number]
    return {
        "number": number,
        "name": name,
        "title": desk.titles[number],
        "participant": sequence.participant,
        "length": len(order),
        "ordered": entry.ordered,
        "first": _first(sequence.frames) if entry.ordered else None,
        "times_s": None if sequence.times_s is None else np.round(sequence.times_s, 4).tolist(),
        "order": None if np.array_equal(order, np.arange(len(order))) else order.tolist(),
        "status": _runs(_statuses(standing, len(order))[order]),
        "episodes": msgspec.to_builtins(desk.project.episodes(desk.coder, name)),
        "neutral": chosen is not None or bool(entry.neutral),
        "neutral_is": "" if chosen is None else _named(desk, *chosen),
    }


def _first(frames: NDArray[np.int64]) -> int | None:
    """The number of the first frame, where all others count on from it."""
    return int(frames[0]) if len(frames) and int(frames[-1] - frames[0]) == len(frames) - 1 else None


def _named(desk: Desk, name: str, place: int) -> str:
    """A frame in words."""
    return desk.project.title(name, place) or f"frame {desk.project.sequence(name).frames[place]}"


def _statuses(standing: dict[int, bool], count: int) -> NDArray[np.int8]:
    """(count,) how far the frame at each place is."""
    statuses = np.full(count, _UNTOUCHED, np.int8)
    for place, is_submitted in standing.items():
        statuses[place] = _SUBMITTED if is_submitted else _TOUCHED
    return statuses


def _runs(statuses: NDArray[np.int8]) -> list[tuple[int, int]]:
    """[(status, how many)] one after the other."""
    begins = np.concatenate(([0], np.flatnonzero(np.diff(statuses)) + 1))
    many = np.diff(np.append(begins, len(statuses)))
    return list(zip(statuses[begins].tolist(), many.tolist(), strict=True))


def _frames(request: Request) -> dict[int, Any]:
    """Place → { coded, label, frame } of `?places=1,2,…`."""
    desk = desk_of(request)
    sequence = desk.sequence(int(request.path_params["number"]))
    wanted = [int(text) for text in request.query_params.get("places", "").split(",") if _NUMBER.fullmatch(text)]
    places = [place for place in wanted[:_MOST_PLACES] if place < len(sequence.frames)]
    return {
        place: {
            "coded": shown(desk.project.frame(desk.coder, sequence.name, place)),
            "label": desk.project.title(sequence.name, place),
            "frame": int(sequence.frames[place]),
        }
        for place in places
    }


def _picture(request: Request) -> Response:
    desk, number = desk_of(request), int(request.path_params["number"])
    longest = _side(request)
    return _image(desk.project.picture(desk.name(number), int(request.path_params["place"]), longest))


def _neutral(request: Request) -> Response:
    desk, number = desk_of(request), int(request.path_params["number"])
    found = desk.project.neutral(desk.coder, desk.name(number), _NEUTRAL_PIXELS)
    return Response(status_code=404) if found is None else _image(found)


def _face(request: Request) -> dict[str, Any]:
    """{ box }: where the face is. That is all that the page gets to know of the network here."""
    desk, number = desk_of(request), int(request.path_params["number"])
    return {"box": desk.face(desk.name(number), int(request.path_params["place"]))}


def _side(request: Request) -> int | None:
    """`?side=N`: for small pictures."""
    text = request.query_params.get("side", "")
    return min(int(text), _MOST_PIXELS) if _NUMBER.fullmatch(text) and int(text) else None


def _image(picture: Any) -> Response:
    return Response(picture.content, media_type=picture.media_type)


def _keys(request: Request) -> dict[str, Any]:
    return keymap.as_data(desk_of(request).keymap())


def _set_keys(request: Request, keys: Keys) -> dict[str, Any]:
    desk = desk_of(request)
    desk.set_keymap(keys.keymap, keys.level)
    return keymap.as_data(desk.keymap())


def _set_position(request: Request, at: Position) -> dict[str, Any]:
    desk = desk_of(request)
    desk.project.set_position(desk.coder, desk.name(at.sequence), at.place)
    return {}


def _codebook(request: Request) -> dict[str, Any]:
    return {key: msgspec.to_builtins(entry) for key, entry in desk_of(request).codebook.items()}


ROUTES = (
    Route("/api/project", asked(_project)),
    Route("/api/progress", asked(_progress)),
    Route("/api/sequences/{number:int}", asked(_sequence)),
    Route("/api/sequences/{number:int}/frames", asked(_frames)),
    Route("/pictures/{number:int}/{place:int}", asked(_picture)),
    Route("/neutral/{number:int}", asked(_neutral)),
    Route("/api/face/{number:int}/{place:int}", asked(_face)),
    Route("/api/codebook", asked(_codebook)),
    Route("/api/keys", asked(_keys), methods=["GET"]),
    Route("/api/keys", posted(Keys, _set_keys), methods=["PUT"]),
    Route("/api/position", posted(Position, _set_position), methods=["POST"]),
)
