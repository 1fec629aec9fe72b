"""Writing a bundle, so that a crash leaves none rather than half of one; what a bundle is, see
`device.contract.manifest`."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from device.bundle_folders import bundle_cache
from device.contract.errors import StorageError
from device.contract.manifest import CARD, MANIFEST, MODEL, Manifest, check_manifest, sha256
from device.contract.signature import SIGNATURE

#: Called with the bytes of `manifest.json`; returns those of `manifest.sig`.
Sign = Callable[[bytes], bytes]


def write_bundle(
    parent: Path,
    manifest: Manifest,
    model: bytes,
    card: str,
    extras: dict[str, bytes] | None = None,
    sign: Sign | None = None,
    *,
    replace: bool = False,
) -> Path:
    """Write a bundle folder under `parent` and return it; `manifest.json` comes last, by rename.

    `extras` are further files by name. `manifest.files` is filled in here. `sign` makes the signature, which is
    written just before the manifest; without it the bundle is unsigned. With `replace`, a bundle of the same name is
    replaced file by file; its manifest is removed first, so that a crash in between leaves no bundle rather than a
    mixed one.

    Raises:
        ModelError: a manifest that no box would open.
        StorageError: there is such a bundle, and `replace` is not set.
        OSError: it cannot be written.
    """
    check_manifest(manifest)
    require_new(parent, manifest.id, replace=replace)
    folder = parent / manifest.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / SIGNATURE).unlink(missing_ok=True)
    contents = {MODEL: model, CARD: card.encode()} | (extras or {})
    for name, data in contents.items():
        _write_synced(folder / name, data)
    content = asdict(manifest) | {"files": {name: sha256(data) for name, data in contents.items()}}
    data = (json.dumps(content, indent=2) + "\n").encode()
    if sign:
        write_signature(folder, sign(data))
    _replace(folder / MANIFEST, data)
    return folder


def require_new(parent: Path, bundle_id: str, *, replace: bool) -> None:
    """Raises `StorageError` if there is such a bundle and it is not to be replaced: a version means one network."""
    if not replace and (parent / bundle_id / MANIFEST).exists():
        raise StorageError(f"{parent / bundle_id} is there already: give a new version, or --replace.")


def made(folder: Path, *, signed: bool) -> str:
    """What a command says that made a bundle: what remains to be done before a box runs it."""
    trust = "signed" if signed else "unsigned, so a box refuses it until it is signed (`affectbox-converter sign`)"
    return (
        f"{folder}: written, {trust}.\nA box finds it where models.folders names {folder.parent}, or copied into its "
        f"cache ({bundle_cache()}), and runs it where a key of [models] names {folder.name}."
    )


def write_signature(folder: Path, signature: bytes) -> None:
    """Put `manifest.sig` in place, by rename."""
    _replace(folder / SIGNATURE, signature)


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    _write_synced(partial, data)
    partial.replace(path)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
