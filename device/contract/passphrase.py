"""The pass-phrase of a box's own page: twelve characters in three groups, such as `k7mq-x2vd-9hta`, and its hash.

It is made where the box is provisioned and shown once; the enrolment file and the box hold the hash alone. 31
characters, none of them alike, drawn twelve times: 59 bits. The hash is scrypt (RFC 7914) of 16 MB, with a salt:
`scrypt:14:8:1:SALT:HASH`, both in hexadecimal digits. Capitals, hyphens and spaces make no difference.
"""

import hashlib
import hmac
import re
import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 3, 4
_LOG_N, _R, _P, _BYTES = 14, 8, 1, 32
_HASH = re.compile(rf"scrypt:{_LOG_N}:{_R}:{_P}:([0-9a-f]{{32}}):([0-9a-f]{{{2 * _BYTES}}})")
_LONGEST = 64  # of what people type


def make() -> str:
    """A new pass-phrase."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hashed(phrase: str) -> str:
    """What is kept of a pass-phrase."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{_LOG_N}:{_R}:{_P}:{salt.hex()}:{_scrypt(phrase, salt).hex()}"


def is_hash(text: object) -> bool:
    """Whether this can be what `hashed` gives."""
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def matches(phrase: str, kept: str) -> bool:
    """Whether a pass-phrase is the one whose hash was kept; takes some 50 ms, on purpose."""
    found = _HASH.fullmatch(kept)
    if found is None or len(phrase) > _LONGEST:
        return False
    return hmac.compare_digest(_scrypt(phrase, bytes.fromhex(found[1])), bytes.fromhex(found[2]))


def _scrypt(phrase: str, salt: bytes) -> bytes:
    plain = "".join(c for c in phrase.lower() if c.isalnum()).encode(errors="replace")
    return hashlib.scrypt(plain, salt=salt, n=1 << _LOG_N, r=_R, p=_P, dklen=_BYTES)
