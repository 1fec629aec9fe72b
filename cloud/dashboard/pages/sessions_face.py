"""The session on the digital face: its place on the session's page, the track, and what plays it.

The player follows the chart below it, and the chart the player (`assets/session-face.js`). Script and face are the
same for everybody, loaded on this page alone, and kept by browsers until they change; the track is read as the page
is, and kept by nobody.
"""

import asyncio
import gzip
from functools import lru_cache
from hashlib import sha256
from typing import Any

from dash import html
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cloud.analysis.whole import analyse
from cloud.dashboard.pages.patients_parts import Work
from cloud.dashboard.person import CLINICIAN, current_visit
from cloud.dashboard.records import changes, times
from cloud.dashboard.records.reading import Held
from cloud.face.embed import FACE, VIEWER
from cloud.face.packed import to_json
from cloud.face.track import track
from cloud.reading.columns import MINUTES, RECORDS
from cloud.reading.table import Table
from device.contract.errors import AffectboxError, DataError, IdentityError
from device.contract.session import Why

_FILES = {"viewer.js": (VIEWER, "text/javascript"), "face.glb": (FACE, "model/gltf-binary")}
_KEPT = "private, max-age=31536000, immutable"
_HINT = (
    "A standard face that is nobody's, moved by what was measured; where nothing was it fades, and says why. Point at "
    "the chart to look at a moment, click to go there."
)


def replay(held: Held) -> list[Any]:
    """The player's place on the page, and what stands there until it plays."""
    if held.table.form is MINUTES:
        return []
    places: dict[str, Any] = {"data-track": f"/sessions/{held.listed.device}/{held.listed.session}/track.json"}
    places |= {f"data-{name.partition('.')[0]}": f"/assets/face/{name}?v={_version(name)}" for name in _FILES}
    waiting = html.P("The face comes…", className="waiting")
    return [
        html.P(_HINT, className="hint"),
        html.Div(waiting, id="session-face", className="session-face", **places),
    ]


def routes(work: Work) -> tuple[Route, ...]:
    """The track of a session, for whoever may see its page; script and face, for everybody who is signed in."""

    async def told(request: Request) -> Response:
        device, session = request.path_params["device"], request.path_params["session"]
        try:
            return Response(await _track(work, f"{device}~{session}"), media_type="application/json")
        except IdentityError as error:
            return JSONResponse({"error": str(error)}, 403)
        except AffectboxError as error:
            return JSONResponse({"error": str(error)}, 404)

    return (
        Route("/sessions/{device}/{session}/track.json", told, methods=["GET"]),
        Route("/assets/face/{name}", _served, methods=["GET"]),
    )


async def _track(work: Work, place: str) -> str:
    visit = current_visit()
    if visit.person.role != CLINICIAN:
        raise IdentityError("Sessions are for clinicians.")
    device, session, patient = await work.reading.whom(visit, place)
    await changes.look(work.means.base, visit, "session", patient, of=f"{device}~{session}")
    listed = await work.reading.listed(visit, device, session, patient)
    if listed.why == Why.REVOKED:
        raise DataError("The consent to this session was withdrawn: nothing of it is shown.")
    held = await work.reading.session(visit, listed)
    if not len(held.table):
        raise DataError("Nothing of this session is in the database.")
    return await asyncio.to_thread(_told, held.table)


def _told(table: Table) -> str:
    episodes = analyse(table).episodes if table.form is RECORDS else []
    known = table.wall[table.wall == table.wall]
    at = times.local(float(known[0])) if len(known) else None
    ahead = at.utcoffset() if at else None
    zone = (ahead.total_seconds(), at.tzname() or "") if at and ahead is not None else (0.0, "UTC")
    return to_json(track(table), episodes, zone)


async def _served(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        return Response("There is no such file.", 404, media_type="text/plain")
    packed = await asyncio.to_thread(_packed, name)
    headers = {"Cache-Control": _KEPT, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(packed, headers=headers, media_type=_FILES[name][1])


@lru_cache
def _packed(name: str) -> bytes:
    return gzip.compress(_FILES[name][0].read_bytes(), 9, mtime=0)


@lru_cache
def _version(name: str) -> str:
    return sha256(_FILES[name][0].read_bytes()).hexdigest()[:16]
