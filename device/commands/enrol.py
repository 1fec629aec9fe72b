"""`affectbox enrol`: an enrolment file becomes this box's identity, once."""

from pathlib import Path

from device.clock import Clock
from device.contract import passphrase
from device.contract.enrolment import decode
from device.contract.errors import IdentityError
from device.delivery.identity import Identity, identity_file, save
from device.delivery.signin import SignIn, SignInError
from device.page.passphrases import keep_hash
from device.settings import IdentitySettings

_MAX_BYTES = 65_536


def enrol(file: Path, settings: IdentitySettings, timeout_s: float, clock: Clock) -> Identity:
    """Sign in with the file's custom token, keep the refresh token and the page's pass-phrase, delete the file.

    The file is deleted once the identity is safe on disk; whatever fails before leaves it, to be tried again.

    Raises:
        IdentityError: no enrolment file, expired, refused, no network; the identity cannot be written.
    """
    enrolment = decode(_read(file))
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
    if enrolment.page:
        keep_hash(enrolment.page, settings)
    _delete(file)
    return identity


def new_passphrase(settings: IdentitySettings) -> str:
    """Another pass-phrase for the box's page, of which the box keeps a hash. Raises `IdentityError`."""
    phrase = passphrase.make()
    keep_hash(passphrase.hashed(phrase), settings)
    return phrase


def _read(file: Path) -> bytes:
    if file.exists() and not file.is_file():  # reading a pipe would wait for ever
        raise IdentityError(f"{file} is no file: check the path.")
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
