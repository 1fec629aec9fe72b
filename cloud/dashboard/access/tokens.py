"""ID tokens: read without checking, and made as Google's emulators make them, without a signature.

Who reads one here has it from the sign-in service itself, over TLS; what it is worth is for the database to say. An
unsigned one is worth something only in an embedded database, which takes every token that is well-formed.
"""

import base64
import json
import time

from device.contract.fields import Json

LASTS_S = 3600.0


def unsigned(uid: str, email: str, lasts_s: float = LASTS_S) -> tuple[str, float]:
    """A token of an account, and when it ends, seconds since 1970."""
    now_s = int(time.time())
    ends_s = now_s + lasts_s
    claims = {"sub": uid, "user_id": uid, "email": email, "iat": now_s, "exp": ends_s, "aud": "affectbox"}
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.", ends_s


def claims_of(token: str) -> Json:
    """What a token says; nothing for what is none."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
