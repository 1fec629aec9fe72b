"""`affectbox enrol`: an enrolment file becomes this box's identity, once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.clock import Clock
from device.contract.enrolment import AUDIENCE, LIFETIME_S, Enrolment, claims, decode, uid
from device.contract.errors import IdentityError
from device.delivery.identity import Identity, identity_file, save
from device.delivery.signin import SignIn, SignInError
from device.settings import IdentitySettings

_MAX_BYTES = 65_536


@dataclass(frozen=True)
class RootKey:
    """What must be said beside a service account's key, which an enrolment file says itself."""

    device: str
    api_key: str | None
    database: str | None


def enrol(file: Path, settings: IdentitySettings, timeout_s: float, clock: Clock, root: RootKey) -> Identity:
    """Sign in with the file's custom token, keep the refresh token, delete the file.

    The file is deleted once the identity is safe on disk; whatever fails before leaves it, to be tried again. A
    service account's key takes its place only when the settings say so; it is not kept, and not deleted either.

    Raises:
        IdentityError: no enrolment file, expired, refused, no network; the identity cannot be written.
    """
    content = _read(file)
    key = _service_account(content)
    enrolment = decode(content) if key is None else _as_root(file, key, settings, clock, root)
    if clock.trusted() and clock.wall() >= enrolment.expires:
        raise IdentityError(
            f"The enrolment of '{enrolment.device}' has expired: make a new one with "
            f"`affectbox-cloud provision {enrolment.device}`."
        )
    try:
        tokens = SignIn(enrolment.api_key, timeout_s).with_custom_token(enrolment.custom_token)
    except SignInError as error:
        raise IdentityError(f"'{enrolment.device}' cannot be enrolled: {error}.") from None
    identity = Identity(enrolment.device, enrolment.database, enrolment.api_key, tokens.refresh_token)
    save(identity, identity_file(settings))
    if key is None:
        _delete(file)
    return identity


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_BYTES)
    except OSError as error:
        raise IdentityError(f"{file} cannot be read ({error.strerror}): check the path.") from None


def _delete(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        raise IdentityError(f"The box is enrolled, but delete {file} yourself ({error.strerror}).") from None


def _service_account(content: bytes) -> dict[str, Any] | None:
    """The key, if the content is a service account's."""
    try:
        data = json.loads(content)
    except ValueError:
        return None
    return data if isinstance(data, dict) and data.get("type") == "service_account" else None


def _as_root(file: Path, key: dict[str, Any], settings: IdentitySettings, clock: Clock, root: RootKey) -> Enrolment:
    """The enrolment that the key's holder may make out for any box. Needs google-auth, which boxes do not have."""
    if not settings.i_understand_this_is_root:
        raise IdentityError(
            f"{file} is a service account's key, which is root on the whole database: take it off this box and enrol "
            "with `affectbox-cloud provision`, or set identity.i_understand_this_is_root."
        )
    if not root.api_key or not root.database:
        raise IdentityError("A service account's key says neither --api-key nor --database: give both.")
    try:
        from google.auth import crypt, jwt  # noqa: PLC0415  # only here, and only on boxes that were given root
    except ImportError:
        raise IdentityError("Signing with a service account's key needs google-auth: install that too.") from None
    now_s = int(clock.wall())
    try:
        signer, issuer = crypt.RSASigner.from_service_account_info(key), key["client_email"]
    except (ValueError, KeyError) as error:
        raise IdentityError(f"{file} is damaged: get the service account's key anew.") from error
    payload = {"iss": issuer, "sub": issuer, "aud": AUDIENCE, "iat": now_s, "exp": now_s + LIFETIME_S}
    payload |= {"uid": uid(root.device), "claims": claims(root.device)}
    token = jwt.encode(signer, payload).decode()
    return Enrolment(root.device, token, root.api_key, root.database, now_s + LIFETIME_S)
