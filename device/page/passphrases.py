"""Where the box keeps the hash of the pass-phrase of its page: a private file beside its identity.

systemd's credential `affectbox-page`, else `page.hash` in the state folder; where `identity.file` is set, beside that.
"""

import os
from pathlib import Path

from device.contract import passphrase
from device.contract.errors import IdentityError
from device.delivery.identity import CREDENTIAL as IDENTITY
from device.settings import IdentitySettings
from device.state import state_folder, write_private

CREDENTIAL = "affectbox-page"
#: The state folder of an installed box's services, for who is none of them.
SERVICE = Path("/var/lib/affectbox")
_FILE = "page.hash"
_MOST_BYTES = 1024


def passphrase_file(settings: IdentitySettings) -> Path:
    """The file; it need not be there."""
    if settings.file:
        identity = Path(settings.file)
        return identity.with_name(CREDENTIAL if identity.name == IDENTITY else _FILE)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / CREDENTIAL).exists():
        return Path(credentials) / CREDENTIAL
    if not os.environ.get("STATE_DIRECTORY") and SERVICE.is_dir():
        return SERVICE / _FILE
    return state_folder() / _FILE


def kept_hash(settings: IdentitySettings) -> str:
    """What is kept; "" if nothing is, or nothing that is a hash."""
    try:
        with passphrase_file(settings).open("rb") as file:
            text = file.read(_MOST_BYTES).decode(errors="replace").strip()
    except OSError:
        return ""
    return text if passphrase.is_hash(text) else ""


def keep_hash(hashed: str, settings: IdentitySettings) -> Path:
    """Keep the hash of another pass-phrase; where. Raises `IdentityError`: it cannot be written."""
    path = passphrase_file(settings)
    try:
        write_private(path, hashed.encode() + b"\n")
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.chown(path, folder.st_uid, folder.st_gid)
    except OSError as error:
        raise IdentityError(f"{path} cannot be written ({error.strerror}): do it with sudo.") from None
    return path
