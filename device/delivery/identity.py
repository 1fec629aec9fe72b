"""Who the box is: the identity file, which holds its refresh token, and what is made of it.

The file is in the state folder with mode 0600, or is handed over by systemd as the credential `affectbox-identity`
(then it is not writable, and need not be). Nothing else that could sign in is kept: the custom token of the enrolment
is used up, ID tokens live in memory only.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from device.clock import Clock
from device.contract.address import DatabaseUrl
from device.contract.choices import DEVICE_ID
from device.contract.errors import IdentityError, SinkError
from device.delivery.signin import SignIn
from device.delivery.tokens import RefreshedTokens, RefreshSettings, TokenSource
from device.settings import IdentitySettings
from device.state import state_folder, write_private

CREDENTIAL = "affectbox-identity"


def identity_file(settings: IdentitySettings) -> Path:
    """The identity file: `file`, else systemd's credential, else in the state folder."""
    if settings.file:
        return Path(settings.file)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / CREDENTIAL).exists():
        return Path(credentials) / CREDENTIAL
    return state_folder() / "identity.json"


@dataclass(frozen=True)
class Identity:
    """What the identity file holds."""

    device: str
    database: str
    api_key: str = field(repr=False)
    refresh_token: str = field(repr=False)


def save(identity: Identity, path: Path) -> None:
    """Write the file, readable by its owner only; whole or not at all. Raises `IdentityError`."""
    try:
        write_private(path, json.dumps(asdict(identity)).encode())
    except OSError as error:
        raise IdentityError(f"{path} cannot be written ({error.strerror}): set identity.file elsewhere.") from None


def load(path: Path) -> Identity | None:
    """The identity in a file, None where there is no file.

    Raises:
        IdentityError: it cannot be read, is damaged, or others may read it too.
    """
    if path.exists() and not path.is_file():  # reading a pipe would wait for ever
        raise IdentityError(f"{path} is no file: set identity.file to the one that enrolling wrote.")
    try:
        content = path.read_bytes()
        shared = path.stat().st_mode & 0o077
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IdentityError(
            f"{path} cannot be read ({error.strerror}): run as the user who enrolled the box."
        ) from None
    if shared and not is_credential(path):
        raise IdentityError(f"Others can read {path}: revoke this box, run `chmod 600 {path}`, and enrol it again.")
    try:
        data: dict[str, Any] = json.loads(content)
        identity = Identity(**data)
        whole = all(isinstance(value, str) and value for value in data.values()) and DEVICE_ID.fullmatch(
            identity.device
        )
    except (ValueError, TypeError, RecursionError):
        whole = None
    if not whole:
        raise IdentityError(f"{path} is damaged: enrol this box again.")
    return identity


def open_tokens(settings: IdentitySettings, device: str, timeout_s: float, clock: Clock) -> TokenSource | None:
    """Where the box's tokens come from, None if it is not enrolled.

    Raises:
        IdentityError: see `load`; or it is enrolled under another id than `device`, which its records bear.
    """
    path = identity_file(settings)
    identity = load(path)
    if identity is None:
        return None
    if identity.device != device:
        raise IdentityError(f"This box is enrolled as '{identity.device}' and records as '{device}': set device.id.")

    def keep(refresh_token: str) -> None:
        if os.access(path, os.W_OK):  # a credential of systemd's is not ours to change
            save(Identity(identity.device, identity.database, identity.api_key, refresh_token), path)

    refresh = SignIn(identity.api_key, timeout_s).with_refresh_token
    when = RefreshSettings(refresh_before_s=settings.refresh_before_s)
    return RefreshedTokens(refresh, identity.refresh_token, keep, when, clock)


def refuse_plain(url: DatabaseUrl, signs_in: bool, allowed: bool) -> None:
    """To another machine goes a token over TLS or not at all, and a record likewise unless that is `allowed`.

    Raises:
        SinkError: another machine without TLS.
    """
    if url.is_private:
        return
    if signs_in:
        raise SinkError(f"This box signs in, and http://{url.host} would show its token to the network: use https.")
    if not allowed:
        raise SinkError(
            f"http://{url.host} would show the records to the network: use https, or set upload.allow_plain = true "
            "where the network is yours alone."
        )


def is_credential(path: Path) -> bool:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(credentials) and path.parent == Path(str(credentials))
