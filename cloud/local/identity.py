"""Signing in of boxes on a local database: the two requests of Firebase Authentication that a box makes, under their
paths in Google's Auth emulator, so that `FIREBASE_AUTH_EMULATOR_HOST` brings a box here.

    POST /identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken   an enrolment's token, for a refresh token
    POST /securetoken.googleapis.com/v1/token                                a refresh token, for an hour's ID token

ID tokens are unsigned, as an emulator's are: whoever reaches the database can make one. So this keeps boxes apart that
do as they are told, and is no protection against whoever does not; listen on the loopback address.
"""

import json
import time
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.local.accounts import BoxAccounts, NoTokenError
from cloud.local.tokens import unsigned
from device.contract.enrolment import LIFETIME_S, claims, uid
from device.contract.errors import StorageError
from device.contract.fields import Json

SIGN_IN = "/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
REFRESH = "/securetoken.googleapis.com/v1/token"
_MOST_BYTES = 65_536


class WithIdentity:
    """An application, with the sign-in of boxes beside it."""

    def __init__(self, app: ASGIApp, accounts: BoxAccounts) -> None:
        self._app, self._accounts = app, accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] not in (SIGN_IN, REFRESH):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self._answer(request) if request.method == "POST" else _refusal("METHOD_NOT_ALLOWED", 405)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            body = await _body(request)
            give = self._enrolled if request.scope["path"] == SIGN_IN else self._refreshed
            return JSONResponse(await run_in_threadpool(give, body))
        except NoTokenError as error:
            return _refusal(str(error))
        except (ValueError, TypeError, KeyError, RecursionError):
            return _refusal("INVALID_REQUEST")
        except StorageError:
            return _refusal("INTERNAL_ERROR", 503)

    def _enrolled(self, body: bytes) -> Json:
        device, refresh = self._accounts.enrol(str(json.loads(body)["token"]))
        return {"idToken": id_token(device), "refreshToken": refresh, "expiresIn": str(LIFETIME_S)}

    def _refreshed(self, body: bytes) -> Json:
        (refresh,) = parse_qs(body.decode())["refresh_token"]
        device = self._accounts.box_of(refresh)
        given = {"id_token": id_token(device), "refresh_token": refresh, "expires_in": str(LIFETIME_S)}
        return given | {"token_type": "Bearer", "user_id": uid(device)}


def id_token(device: str) -> str:
    """An ID token of a box."""
    return unsigned(uid(device), time.time(), claims(device))


async def _body(request: Request) -> bytes:
    found = b""
    async for chunk in request.stream():
        found += chunk
        if len(found) > _MOST_BYTES:
            raise ValueError
    return found


def _refusal(word: str, status: int = 400) -> Response:
    return JSONResponse({"error": {"code": status, "message": word}}, status)
