"""The review in the page: what two coders disagree on, and how far they agree; only where it was asked for."""

import math
from collections.abc import Sequence as Many
from dataclasses import asdict, is_dataclass
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from device.contract.errors import ConfigError
from training.annotation.agreement.compare import WINDOW_S, compare
from training.annotation.agreement.disagreements import Disagreement, disagreements
from training.annotation.agreement.grid import CODABLE
from training.annotation.coding import PARTS, Annotations, Coded, Episode
from training.annotation.page.answers import asked, desk_of, posted
from training.annotation.page.desk import Desk, shown
from training.annotation.page.views import View
from training.annotation.review import Disputed, alike, alike_episodes, disputed

_LONGEST_WINDOW_S = 60.0
_NOTED = "review-settled"


class Settled(Struct, frozen=True):
    """A frame of a sequence of which the episodes are settled."""

    sequence: int
    place: int


def overview(request: Request) -> dict[str, Any]:
    """The frames that the coders disagree on, the largest disagreement first, and those that they coded alike."""
    desk = desk_of(request)
    first, second = _coded(desk)
    found = disagreements(first, second)
    settled = {name: desk.project.coded(desk.coder, name) for name in {one.sequence.name for one in (*first, *second)}}
    noted = _noted(desk)
    numbers = {name: number for number, name in enumerate(desk.names)}
    frames = [
        {
            "sequence": numbers[one.sequence],
            "place": one.place,
            "frame": one.frame,
            "label": desk.project.title(one.sequence, one.place),
            "size": round(one.size, 3),
            "actions": list(dict.fromkeys(each.action for each in one.found)),
            "words": "; ".join(map(_words, one.found)),
            "settled": settled[one.sequence].get(one.place, Coded()).submitted or _key(one) in noted,
        }
        for one in disputed(found)
    ]
    return {"coders": _coders(desk), "frames": frames, "alike": _alike(desk, first, second, found, settled)}


def frame(request: Request) -> dict[str, Any]:
    """How both coders and the review coded one frame, and the episodes that they see differently there."""
    desk, place = desk_of(request), request.path_params["place"]
    name = desk.name(request.path_params["number"])
    states = [desk.project.frame(coder, name, place) for coder in (*_coders(desk), desk.coder)]
    coded = dict(zip(("first", "second", "agreed"), map(shown, states), strict=True))
    length = len(desk.project.sequence(name).frames)
    more = {"episodes": _episodes(desk, name, place), "neutral": _has_neutral(desk, name), "length": length}
    return {"sequence": name, **coded, **more}


def note(request: Request, one: Settled) -> dict[str, Any]:
    """Keep that the episodes that begin at a frame are settled: that there is none leaves nothing else behind."""
    desk = desk_of(request)
    _coders(desk)
    key = f"{desk.name(one.sequence)}@{one.place}"
    noted = list(dict.fromkeys([*_noted(desk), key]))
    desk.project.remember(desk.coder, _NOTED, msgspec.json.encode(noted).decode())
    return {}


def agreement(request: Request) -> dict[str, Any]:
    """Figures of agreement; NaN, which JSON has not, is null: not known."""
    desk = desk_of(request)
    window_s = _window(request.query_params.get("window", str(WINDOW_S)))
    found: dict[str, Any] = _plain(compare(_coded(desk), window_s))
    return found


def _noted(desk: Desk) -> list[str]:
    return msgspec.json.decode(desk.project.recall(desk.coder, _NOTED) or "[]", type=list[str])


def _key(one: Disputed) -> str:
    return f"{one.sequence}@{one.place}"


def _coders(desk: Desk) -> tuple[str, str]:
    if desk.review is None:
        raise ConfigError("A coder is blind to others: start the page with --review and two coders to compare them.")
    return desk.review


def _coded(desk: Desk) -> tuple[list[Annotations], list[Annotations]]:
    first, second = _coders(desk)
    return desk.project.annotations(first), desk.project.annotations(second)


def _words(one: Disagreement) -> str:
    if one.action == CODABLE:
        return one.text
    return f"{one.action} face {one.text}" if one.action in PARTS else f"{one.action} {one.text}"


def _has_neutral(desk: Desk, name: str) -> bool:
    given = {entry.name: bool(entry.neutral) for entry in desk.project.entries()}
    return given[name] or desk.project.neutral_place(desk.coder, name) is not None


def _alike(
    desk: Desk,
    first: Many[Annotations],
    second: Many[Annotations],
    found: Many[Disagreement],
    settled: dict[str, dict[int, Coded]],
) -> list[dict[str, Any]]:
    """Of each sequence the frames and episodes coded alike that the review has not yet."""
    others = {one.sequence.name: one for one in second}
    pairs = [(one, others[one.sequence.name]) for one in first if one.sequence.name in others]
    return [
        {
            "sequence": one.sequence.name,
            "frames": _open(alike(one, other, found), settled[one.sequence.name]),
            "episodes": _new(desk, one, alike_episodes(one, other, found)),
        }
        for one, other in pairs
    ]


def _open(frames: dict[int, Coded], settled: dict[int, Coded]) -> dict[int, Any]:
    """Place → frame as the page knows it, of those that the review has not yet."""
    nothing = Coded()
    return {place: shown(coded) for place, coded in frames.items() if not settled.get(place, nothing).submitted}


def _new(desk: Desk, one: Annotations, episodes: Many[Episode]) -> dict[str, Any]:
    """Identity → episode, of those that the review has not yet."""
    kept = desk.project.episodes(desk.coder, one.sequence.name).values()
    return {
        f"alike-{number}": msgspec.to_builtins(episode)
        for number, episode in enumerate(episodes)
        if episode not in kept
    }


def _episodes(desk: Desk, name: str, place: int) -> list[dict[str, Any]]:
    """Questions of episodes that begin at a place; their identity is the same each time."""
    first, second = (desk.project.annotations(coder, [name]) for coder in _coders(desk))
    if not (first and second):
        return []
    kept = desk.project.episodes(desk.coder, name)
    found = {
        f"review-{one.action}-{place}": one
        for one in disagreements(first, second)
        if one.place == place and (isinstance(one.first, Episode) or isinstance(one.second, Episode))
    }
    return [
        {
            "identity": identity,
            "action": one.action,
            "first": msgspec.to_builtins(one.first),
            "second": msgspec.to_builtins(one.second),
            "agreed": msgspec.to_builtins(kept.get(identity)),
        }
        for identity, one in found.items()
    ]


def _window(text: str) -> float:
    try:
        window_s = float(text)
    except ValueError:
        window_s = math.nan
    if not 0 < window_s <= _LONGEST_WINDOW_S:
        raise ConfigError(f"A window of {text[:20]!r} s is none: give more than 0 and at most {_LONGEST_WINDOW_S:g}.")
    return window_s


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


_ROUTES = (
    Route("/api/review", asked(overview)),
    Route("/api/review/{number:int}/{place:int}", asked(frame)),
    Route("/api/review/settled", posted(Settled, note), methods=["POST"]),
    Route("/api/agreement", asked(agreement)),
)
REVIEW = View("review", "Review", "/review", _ROUTES, shown=lambda desk: desk.review is not None)
AGREEMENT = View("agreement", "Agreement", "/agreement", (), shown=lambda desk: desk.review is not None)
