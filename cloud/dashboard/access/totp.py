"""Codes of an authenticator app: six digits, new every 30 seconds.

Source: RFC 6238 (TOTP, SHA-1, 30 s), RFC 4226 (HOTP, dynamic truncation).
"""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_S = 30
_DIGITS = 6
_ISSUER = "Affectbox"


def new_secret() -> str:
    """160 random bits, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """The code of a step, which is time / 30 s."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def matching_step(secret: str, typed: str, now_s: float, after: int) -> int | None:
    """The step whose code was typed, of now or one before or after it, but later than `after`: none is good twice."""
    plain = "".join(character for character in typed if not character.isspace())
    now = int(now_s // STEP_S)
    good = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(code(secret, step).encode(), plain.encode(errors="replace"))
    ]
    return next((step for step in good if step > after), None)


def address(secret: str, email: str) -> str:
    """What an app takes in one piece."""
    return f"otpauth://totp/{quote(f'{_ISSUER}:{email}')}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"
