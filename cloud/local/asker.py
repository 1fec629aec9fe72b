"""Who sends a request, and for how long: tokens, read as Google's emulators read them.

Expiry counts, the signature is not checked, and `Authorization: Bearer owner` is above the rules, unless it asks by
`auth_variable_override=JSON` to be treated as somebody.
"""

import base64
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from cloud.local.tokens import OWNER
from cloud.local.tree import Node, RequestError

Auth = dict[str, Any] | None

_OVERRIDE = "auth_variable_override"


def _always(root: Node) -> None:
    pass


def _no() -> bool:
    return False


@dataclass(frozen=True)
class Permit:
    """A reader's leave to go on listening: until a time, seconds since 1970, and as long as `check`, which is given
    the namespace's tree, raises no `RequestError`. `itself`: whether what stands where they listen has part in
    that."""

    until_s: float = math.inf
    check: Callable[[Node], None] = _always
    itself: Callable[[], bool] = _no


FREELY = Permit()


def is_owner(request: Request) -> bool:
    """Whether the request is above the rules: the owner's, who does not ask to be treated as somebody else."""
    return request.headers.get("authorization") == OWNER and _OVERRIDE not in request.query_params


def authenticate(request: Request) -> Auth:
    """The `auth` of the rules: None, `uid` and the claims of the ID token in `?auth=`, or what the owner asks for.

    Raises:
        RequestError: the token or the override cannot be read, or the token has expired.
    """
    if request.headers.get("authorization") == OWNER:
        return _override(request.query_params.get(_OVERRIDE, "null"))
    token = request.query_params.get("auth")
    if not token:
        return None
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        uid, expires_s = str(claims.get("user_id") or claims["sub"]), float(claims["exp"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise RequestError("Could not parse auth token.", 401) from None
    if not time.time() < expires_s < math.inf:
        raise RequestError("Auth token is expired", 401)
    return {"uid": uid, "provider": "custom", "token": claims}


def ends_s(request: Request) -> float:
    """When the token of a request ends, seconds since 1970; infinity without one. Raises as `authenticate`."""
    auth = None if request.headers.get("authorization") == OWNER else authenticate(request)
    return float(auth["token"]["exp"]) if auth else math.inf


def _override(text: str) -> Auth:
    try:
        auth = json.loads(text)
    except ValueError:
        auth = text
    except RecursionError:
        auth = []
    if auth is not None and not isinstance(auth, dict):
        raise RequestError(f"{_OVERRIDE} must be a JSON object or null")
    return auth
