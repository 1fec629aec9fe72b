"""`affectbox-converter verify`: whether a bundle is what was signed, and does here what it did when it was made.

It needs what a box has, and nothing of the workstation.
"""

from collections.abc import Iterator
from pathlib import Path

from converter.reference import REFERENCE, rerun
from device.contract.errors import ModelError
from device.contract.manifest import Bundle, open_bundle
from device.signatures import authenticator, known_keys


def verify(folder: Path, keys: Path | None, *, allow_unsigned: bool) -> Iterator[str]:
    """Check files, signature and reference outputs, line by line.

    Args:
        folder: the bundle.
        keys: folder of further public keys.
        allow_unsigned: as in the box's configuration.

    Raises:
        ModelError: altered, unsigned, signed by an unknown key, or without a reference that can be read.
        ParityError: this machine computes something else than the converting one.
    """
    bundle = open_bundle(folder, authenticator(known_keys(keys), allow_unsigned=allow_unsigned))
    yield f"Files        {len(bundle.contents)}, all with the right SHA-256"
    yield f"Signature    {signature(folder, keys)}"
    yield f"Reference    {_reference(bundle)}"
    yield f"{bundle.manifest.id}: passed"


def signature(folder: Path, keys: Path | None) -> str:
    """One phrase on the bundle's signature."""
    try:
        open_bundle(folder, authenticator(known_keys(keys)))
    except ModelError as error:
        return str(error)
    return "good, by a known key"


def _reference(bundle: Bundle) -> str:
    if REFERENCE not in bundle.contents:
        return "none in this bundle, so nothing was run again"
    return rerun(bundle)
