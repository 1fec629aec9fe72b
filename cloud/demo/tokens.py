"""Unsigned tokens, as the emulators take them: who asks, for an hour. Good for local databases only."""

import base64
import json

from device.contract.enrolment import LIFETIME_S, claims, uid
from device.contract.fields import Json

OWNER = "Bearer owner"


def token(account: str, now_s: float, more: Json | None = None, lasts_s: float = LIFETIME_S) -> str:
    """An ID token of an account, with claims."""
    body = {"user_id": account, "sub": account, "iat": int(now_s), "exp": int(now_s + lasts_s), **(more or {})}
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(body)}."


def box_token(device: str, now_s: float, lasts_s: float = 30 * 86_400) -> str:
    """That of a simulated box, which does not ask for new ones."""
    return token(uid(device), now_s, claims(device), lasts_s)


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
