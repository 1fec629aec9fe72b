"""A model bundle: a folder `NAME-VERSION/` with `model.tflite`, `MODEL_CARD.md` and `manifest.json`.

`manifest.json` is written last (and renamed into place), so its presence means that the bundle is whole. Beside it
stands `manifest.sig` when the bundle is signed (`device.contract.signature`). The device opens a bundle fail-closed:
an unknown format or task, a missing file, a wrong hash, a malformed field or no good signature raises `ModelError`
and nothing is inferred.

    {
      "format": 1,
      "name": "fer", "version": "0.1.0", "task": "facial-expression",
      "files": {"model.tflite": SHA-256, "MODEL_CARD.md": SHA-256},
      "input":   {"shape": [1, 48, 48, 1], "dtype": "int8", "scale": 0.0039, "zero_point": -128,
                  "colour": "grey", "range": [0.0, 1.0], "crop": "aligned", "margin": 0.0},
      "outputs": [{"name": "ferplus", "shape": [1, 8], "dtype": "int8", "scale": 0.1, "zero_point": 3,
                   "labels": ["neutral", …], "activation": "softmax", "unit": "probability", "temperature": 0.63}],
      "provenance": {"source": …, "licence": …, "data": …, "command": …},
      "receipt": {…measured figures, or absent for a third party's model…},
      "intended_use": "…", "forbidden_use": "…"
    }

`scale` is 0 for float tensors. A real value is `(q - zero_point) * scale`. `range` is what black and white become.
`activation` is what the device still has to apply: `none`, `sigmoid` or `softmax`; before it, it divides the output by
`temperature` (1 if left out), which was fitted so that probabilities are as often right as they say. `curves` holds
for each label where the intensities 0 to 5 stand on its scale, rising. Outputs stand in the order in which the model
file lists them.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from device.contract.errors import ModelError
from device.contract.signature import SIGNATURE

FORMAT = 1
MANIFEST = "manifest.json"
MODEL = "model.tflite"
CARD = "MODEL_CARD.md"
TASKS = ("face-detection", "face-landmarks", "facial-expression", "action-units", "face-reading")
COLOURS = ("rgb", "grey", "none")
CROPS = ("letterbox", "roi", "aligned", "points")
ACTIVATIONS = ("none", "sigmoid", "softmax")
DTYPES = ("float32", "int8", "int16", "uint8")

#: Called with the bundle's folder, the bytes of `manifest.json` and those of `manifest.sig` (None: there is none);
#: raises `ModelError` when they are not to be trusted.
Authenticate = Callable[[Path, bytes, bytes | None], None]
#: Called with the bytes of `manifest.json`; returns those of `manifest.sig`.
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class InputSpec:
    """What goes into the network; see the module's docstring for each field."""

    shape: tuple[int, ...]
    dtype: str
    colour: str
    crop: str
    scale: float = 0.0
    zero_point: int = 0
    range: tuple[float, float] = (0.0, 1.0)
    margin: float = 0.0


@dataclass(frozen=True)
class OutputSpec:
    """What comes out of the network; see the module's docstring for each field."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0
    labels: tuple[str, ...] = ()
    activation: str = "none"
    unit: str = ""
    temperature: float = 1.0
    curves: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Manifest:
    """The content of `manifest.json`."""

    name: str
    version: str
    task: str
    input: InputSpec
    outputs: tuple[OutputSpec, ...]
    provenance: dict[str, str]
    intended_use: str
    forbidden_use: str
    files: dict[str, str] = field(default_factory=dict)
    receipt: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def id(self) -> str:
        """`NAME-VERSION`, the folder's name and the model's name in records."""
        return f"{self.name}-{self.version}"

    def output(self, name: str) -> tuple[int, OutputSpec]:
        """Position and specification of the output called `name`. Raises `ModelError` if there is none."""
        for position, spec in enumerate(self.outputs):
            if spec.name == name:
                return position, spec
        have = ", ".join(spec.name for spec in self.outputs)
        raise ModelError(f"Bundle {self.id} has no output '{name}' (it has {have}): fetch or build the right bundle.")


@dataclass(frozen=True)
class Bundle:
    """A bundle that has been checked: its manifest and the bytes of every file that the manifest names."""

    folder: Path
    manifest: Manifest
    contents: dict[str, bytes]

    @property
    def model(self) -> bytes:
        """The network, a .tflite flatbuffer."""
        return self.contents[MODEL]


def sha256(data: bytes) -> str:
    """SHA-256 of `data` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest from its JSON text.

    Args:
        text: content of `manifest.json`.
        where: named in errors.

    Raises:
        ModelError: not JSON, another format version, a missing, unknown or malformed field.
    """
    try:
        raw = json.loads(text)
        if raw.get("format") != FORMAT:
            raise ModelError(
                f"{where} has bundle format {raw.get('format')!r}, and this version reads format {FORMAT}: "
                "update Affectbox or fetch the bundle again."
            )
        spec = InputSpec(**_tuples(raw.pop("input")))
        outputs = tuple(OutputSpec(**_tuples(output)) for output in raw.pop("outputs"))
        manifest = Manifest(input=spec, outputs=outputs, **raw)
        _check(manifest)
        if not {MODEL, CARD} <= manifest.files.keys() or any(Path(name).name != name for name in manifest.files):
            raise ModelError(f"{where} names no hash for {MODEL} and {CARD}: fetch or build the bundle again.")
    except ModelError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{where} is no bundle manifest ({error}): fetch or build the bundle again.") from error
    return manifest


def open_bundle(folder: Path, authenticate: Authenticate | None = None) -> Bundle:
    """Open a bundle fail-closed: every file named in the manifest is hashed before anything is used.

    Args:
        folder: the bundle.
        authenticate: looks at the signature before the manifest is even parsed. Only tools that say so themselves
            leave it out; the device never does.

    Raises:
        ModelError: no such bundle, an unknown format, a missing or altered file, a signature not to be trusted.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"No model bundle at {folder}: run `affectbox-converter fetch`.") from error
    if authenticate:
        authenticate(folder, data, read_signature(folder))
    manifest = parse_manifest(text, str(folder / MANIFEST))
    contents = {name: _read_checked(folder / name, digest) for name, digest in manifest.files.items()}
    return Bundle(folder, manifest, contents)


def read_signature(folder: Path) -> bytes | None:
    """Content of the bundle's `manifest.sig`, or None when there is none that can be read."""
    try:
        return (folder / SIGNATURE).read_bytes()
    except OSError:
        return None


def write_bundle(
    parent: Path,
    manifest: Manifest,
    model: bytes,
    card: str,
    extras: dict[str, bytes] | None = None,
    sign: Sign | None = None,
) -> Path:
    """Write a bundle folder under `parent` and return it; `manifest.json` comes last, by rename.

    `extras` are further files by name. `manifest.files` is filled in here. `sign` makes the signature, which is
    written just before the manifest; without it the bundle is unsigned. An existing bundle of the same name is
    replaced file by file; its manifest is removed first, so that a crash in between leaves no bundle rather than a
    mixed one.
    """
    _check(manifest)
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


def write_signature(folder: Path, signature: bytes) -> None:
    """Put `manifest.sig` in place, by rename."""
    _replace(folder / SIGNATURE, signature)


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    _write_synced(partial, data)
    partial.replace(path)


def bundle_cache() -> Path:
    """Where fetched bundles live: `$AFFECTBOX_CACHE`, else systemd's cache directory, else the user's."""
    for variable in ("AFFECTBOX_CACHE", "CACHE_DIRECTORY"):
        if folder := os.environ.get(variable):
            return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "affectbox"


def find_bundle(name: str, folders: list[Path]) -> Path:
    """The folder of bundle `name` (`NAME-VERSION`) in the first of `folders` that has it.

    Raises:
        ModelError: none has it.
    """
    for folder in folders:
        if (folder / name / MANIFEST).is_file():
            return folder / name
    places = " or ".join(str(folder) for folder in folders)
    raise ModelError(f"No model bundle {name} in {places}: run `affectbox-converter fetch`.")


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: _tuple(value) for key, value in raw.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _check(manifest: Manifest) -> None:
    for value, allowed, what in (
        (manifest.task, TASKS, "task"),
        (manifest.input.colour, COLOURS, "colour"),
        (manifest.input.crop, CROPS, "crop"),
        (manifest.input.dtype, DTYPES, "dtype"),
        *((output.activation, ACTIVATIONS, "activation") for output in manifest.outputs),
        *((output.dtype, DTYPES, "dtype") for output in manifest.outputs),
    ):
        if value not in allowed:
            raise ModelError(f"Bundle {manifest.id}: unknown {what} {value!r} (known: {', '.join(allowed)}).")
    for output in manifest.outputs:
        if not 0 < output.temperature < math.inf:
            raise ModelError(f"Bundle {manifest.id}: temperature {output.temperature!r} is not a number above 0.")


def _read_checked(path: Path, digest: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} is missing or unreadable: fetch or build the bundle again.") from error
    if sha256(data) != digest:
        raise ModelError(f"{path} is not what its manifest names (wrong SHA-256): fetch or build the bundle again.")
    return data


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
