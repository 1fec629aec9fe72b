"""The detached signature of a bundle: `manifest.sig`, beside `manifest.json`.

    {"key": first 16 hexadecimal digits of the SHA-256 of the public key, "signature": base64 of 64 bytes}

It is an Ed25519 signature over the exact bytes of `manifest.json`, which name the SHA-256 of every other file. The
arithmetic is not here, because it needs a library: see `device.signatures`.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Self

from device.contract.errors import ModelError

SIGNATURE = "manifest.sig"
PUBLIC_KEY_BYTES = 32
#: No `manifest.sig` is longer; it is read before anybody is trusted.
_LONGEST_BYTES = 4096


@dataclass(frozen=True)
class Signature:
    """Whose signature it is (`key`, see `key_id`), and its 64 bytes in base64."""

    key: str
    signature: str

    @classmethod
    def of(cls, key: str, raw: bytes) -> Self:
        """The signature `raw`, made with the key whose id is `key`."""
        return cls(key, base64.b64encode(raw).decode())

    @property
    def raw(self) -> bytes:
        """The signature's bytes. Raises `ValueError` when it is not base64."""
        return base64.b64decode(self.signature, validate=True)

    def encode(self) -> bytes:
        """Content of `manifest.sig`."""
        return (json.dumps(asdict(self)) + "\n").encode()


def parse_signature(data: bytes, where: str) -> Signature:
    """Read the content of `manifest.sig`. Raises `ModelError`, naming `where`."""
    try:
        if len(data) > _LONGEST_BYTES:
            raise ValueError
        signature = Signature(**json.loads(data))
        if not isinstance(signature.key, str) or len(signature.raw) != 64:
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{where} is no signature: sign or fetch the bundle again.") from error
    return signature


def key_id(public: bytes) -> str:
    """Name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def read_key(text: str) -> bytes:
    """The 32 bytes of a key file: one line of base64, after any lines that begin with '#'. Raises `ValueError`."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        [line] = lines
        key = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"{len(key)} bytes")
    return key


def write_key(key: bytes, comment: str) -> str:
    """Content of a key file."""
    return f"# {comment}\n{base64.b64encode(key).decode()}\n"
