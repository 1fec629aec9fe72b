"""The enrolment file: what the engineer's machine hands to a box, once, so that the box can sign in as itself.

One JSON object:

    {"format": 1, "device": "room-3", "custom_token": "…", "api_key": "…", "database": "https://…", "expires": 1.8e9,
     "page": "scrypt:…"}

`expires` is in seconds since 1970, one hour after it was made, which is how long Firebase takes a custom token; until
then the file is as good as the box itself, so it is readable by its owner only and deleted once it was used.
`database` is where the box should report to. `page` is the hash of the pass-phrase of the box's own page, which was
shown where the file was made and stands nowhere (`device.contract.passphrase`); absent: the box keeps the one it has.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from device.contract.choices import DEVICE_ID
from device.contract.errors import IdentityError
from device.contract.passphrase import is_hash

FORMAT = 1
LIFETIME_S = 3600
#: The claims of a box's account, by which the security rules know it.
ROLE = "box"


@dataclass(frozen=True)
class Enrolment:
    """See the module."""

    device: str
    custom_token: str = field(repr=False)
    api_key: str = field(repr=False)
    database: str
    expires: float
    format: int = FORMAT
    page: str = field(default="", repr=False)

    def encode(self) -> bytes:
        """The content of the file."""
        return json.dumps(asdict(self), indent=2).encode() + b"\n"


def decode(content: bytes) -> Enrolment:
    """Read an enrolment file. Raises `IdentityError`, which repeats nothing of it."""
    try:
        data: Any = json.loads(content)
        enrolment = Enrolment(**data)
    except (ValueError, TypeError, RecursionError):
        raise IdentityError("This is no enrolment file: make one with `affectbox-cloud provision DEVICE`.") from None
    texts = (enrolment.device, enrolment.custom_token, enrolment.api_key, enrolment.database)
    if enrolment.format != FORMAT:
        raise IdentityError(
            "The enrolment file is of another version: update Affectbox on the box and the workstation."
        )
    whole = all(isinstance(text, str) and text and text.isprintable() for text in texts)
    whole = whole and (enrolment.page == "" or is_hash(enrolment.page))
    if not whole or not isinstance(enrolment.expires, (int, float)):
        raise IdentityError("The enrolment file is damaged: make a new one with `affectbox-cloud provision DEVICE`.")
    if not DEVICE_ID.fullmatch(enrolment.device):
        raise IdentityError("The enrolment file names no box: make a new one with `affectbox-cloud provision DEVICE`.")
    return enrolment


def uid(device: str) -> str:
    """The name of a box's account."""
    return f"box-{device}"


def claims(device: str) -> dict[str, str]:
    """The claims of a box's account."""
    return {"role": ROLE, "device": device}
