"""Keys and signatures of bundles: making a key pair, signing a bundle, the shipped signatures of third-party bundles.

A private key signs whatever the boxes will run: keep it off the boxes and out of the repository.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from nacl.signing import SigningKey

from converter.bundle import Sign, write_signature
from device.contract.errors import ConfigError, StorageError
from device.contract.manifest import MANIFEST, open_bundle, read_signature
from device.contract.signature import Signature, key_id, read_key, write_key

#: `NAME-VERSION.sig` of every third-party bundle: its manifest is always the same, so its signature can be shipped.
SHIPPED_SIGNATURES = Path(__file__).parent / "signatures"


def keygen(out: Path) -> str:
    """Make a key pair: `out`, readable by its owner only, and `out` + `.pub`. Returns the key's id.

    Raises:
        StorageError: there is such a file already, or it cannot be written.
    """
    key = SigningKey.generate()
    public = bytes(key.verify_key)
    name = key_id(public)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(write_key(bytes(key), f"affectbox private key {name}: keep it secret"))
        out.with_name(out.name + ".pub").write_text(
            write_key(public, f"affectbox public key {name}"), encoding="utf-8"
        )
    except OSError as error:
        raise StorageError(f"{out} cannot be written ({error.strerror}): name another file with --out.") from error
    return name


def signer(key_file: Path) -> Sign:
    """What makes the content of `manifest.sig` from that of `manifest.json`. Raises `ConfigError`: no private key."""
    try:
        key = SigningKey(read_key(key_file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{key_file} is no private key: make one with `affectbox-converter keygen`.") from error
    name = key_id(bytes(key.verify_key))

    def sign(manifest: bytes) -> bytes:
        return Signature.of(name, key.sign(manifest).signature).encode()

    return sign


def sign_bundle(folder: Path, key_file: Path) -> None:
    """Check that a bundle is whole, and sign it.

    Raises:
        ModelError: the bundle is not whole.
        ConfigError: no private key.
        StorageError: the signature cannot be written.
    """
    sign = signer(key_file)
    open_bundle(folder)
    try:
        write_signature(folder, sign((folder / MANIFEST).read_bytes()))
    except OSError as error:
        raise StorageError(f"{folder} cannot be written ({error.strerror}).") from error


def sign_third_party(make: Callable[[Path], list[Path]], key_file: Path, out: Path) -> list[Path]:
    """Make every third-party bundle anew and keep its signature in `out`; returns the files.

    Args:
        make: makes the bundles in the folder that it is given and returns theirs.
        key_file: the private key.

    Raises:
        FetchError, ConfigError.
    """
    written = []
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for bundle in make(Path(folder)):
            sign_bundle(bundle, key_file)
            path = out / f"{bundle.name}.sig"
            path.write_bytes(read_signature(bundle) or b"")
            written.append(path)
    return written


def shipped_signature(bundle_id: str) -> Sign | None:
    """What gives the third-party bundle `bundle_id` the signature that ships for it; None when none ships."""
    path = SHIPPED_SIGNATURES / f"{bundle_id}.sig"
    return (lambda _: path.read_bytes()) if path.is_file() else None
