"""Whose bundles this box accepts: Ed25519 signatures (PyNaCl) over a bundle's manifest.

Known are the public keys that ship in `device/keys/` and those in the folder that `models.keys` names. The form of
the signature is in `device.contract.signature`.
"""

from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from device.contract.errors import ModelError
from device.contract.manifest import Authenticate
from device.contract.signature import key_id, parse_signature, read_key

SHIPPED_KEYS = Path(__file__).parent / "keys"
Keys = dict[str, bytes]


def known_keys(folder: Path | None = None) -> Keys:
    """Key id → public key, from the shipped `*.pub` files and those in `folder`.

    Raises:
        ModelError: `folder` is missing, or a file is no public key.
    """
    if folder and not folder.is_dir():
        raise ModelError(f"There is no folder {folder} of public keys: check models.keys.")
    files = [path for place in (SHIPPED_KEYS, folder) if place for path in sorted(place.glob("*.pub"))]
    keys = [_public(path) for path in files]
    return {key_id(key): key for key in keys}


def authenticator(keys: Keys, *, allow_unsigned: bool = False) -> Authenticate:
    """What `open_bundle` calls to judge a signature.

    Args:
        keys: those that are trusted.
        allow_unsigned: accept what is unsigned or signed by a key not in `keys`. A signature by a known key must be
            good all the same.
    """

    def authenticate(folder: Path, manifest: bytes, signature: bytes | None) -> None:
        if signature is None:
            if not allow_unsigned:
                raise ModelError(
                    f"Bundle {folder.name} is unsigned: fetch it again, sign it, or set models.allow_unsigned = true."
                )
            return
        parsed = parse_signature(signature, f"The signature of bundle {folder.name}")
        if parsed.key in keys:
            _verify(keys[parsed.key], manifest, parsed.raw, folder)
        elif not allow_unsigned:
            raise ModelError(
                f"Bundle {folder.name} is signed by the unknown key {parsed.key}: put its .pub file into the folder "
                "that models.keys names, if you trust it."
            )

    return authenticate


def _verify(public: bytes, manifest: bytes, signature: bytes, folder: Path) -> None:
    try:
        VerifyKey(public).verify(manifest, signature)
    except BadSignatureError as error:
        raise ModelError(
            f"The manifest of bundle {folder.name} is not what was signed: fetch or build the bundle again."
        ) from error


def _public(path: Path) -> bytes:
    try:
        return read_key(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is no public key: make one with `affectbox-converter keygen`.") from error
