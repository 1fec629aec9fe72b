"""Unsigned ID tokens, as Google's emulators make and take them: who asks, and until when. Good here
and nowhere else."""

import base64
import json

from device.contract.enrolment import LIFETIME_S
from device.contract.fields import Json

#: In `Authorization`: above the rules.
OWNER = "Bearer owner"


def unsigned(account: str, now_s: float, claims: Json | None = None, lasts_s: float = LIFETIME_S) -> str:
    """An ID token of an account, with further claims."""
    body = {"user_id": account, "sub": account, "iat": int(now_s), "exp": int(now_s + lasts_s), **(claims or {})}
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(body)}."


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
