"""A model bundle: a folder `NAME-VERSION/` with `model.tflite`, `MODEL_CARD.md` and `manifest.json`.

`manifest.json` is written last (`converter.bundle`), so its presence means that the bundle is whole. Beside it stands
`manifest.sig` when the bundle is signed (`device.contract.signature`). The device opens a bundle fail-closed: an
unknown format, a missing file, a wrong hash, a malformed field or no good signature raises `ModelError` and nothing is
inferred. A task is any name; what the box makes of it stands in `device.contract.tasks`.

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
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.contract.errors import ModelError
from device.contract.signature import SIGNATURE
from device.contract.typed import shown, typed

FORMAT = 1
MANIFEST = "manifest.json"
MODEL = "model.tflite"
CARD = "MODEL_CARD.md"
COLOURS = ("rgb", "grey", "none")
CROPS = ("letterbox", "roi", "aligned", "points", "features", "movement")
ACTIVATIONS = ("none", "sigmoid", "softmax")
DTYPES = ("float32", "int8", "int16", "uint8")
#: No `manifest.json` is longer, and no `manifest.sig`: they are read before anybody is trusted.
LONGEST_BYTES = 1_000_000
LARGEST_FILE_BYTES = 1_000_000_000
#: What a bundle, its version, its files and its outputs may be called, and a task.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
TASK = re.compile(r"[a-z][a-z0-9-]{0,49}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST_SIZE = 1_000_000

#: Called with the bundle's folder, the bytes of `manifest.json` and those of `manifest.sig` (None: there is none);
#: raises `ModelError` when they are not to be trusted.
Authenticate = Callable[[Path, bytes, bytes | None], None]


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
        if isinstance(raw, dict) and raw.get("format") != FORMAT:
            raise ModelError(
                f"{where} has bundle format {shown(raw.get('format'))}, and this version reads format {FORMAT}: "
                "update Affectbox or fetch the bundle again."
            )
        manifest: Manifest = typed(Manifest, raw)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise ModelError(f"{where} is no bundle manifest ({why}): fetch or build the bundle again.") from error
    check_manifest(manifest)
    if not {MODEL, CARD} <= manifest.files.keys():
        raise ModelError(f"{where} names no hash for {MODEL} and {CARD}: fetch or build the bundle again.")
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
    data = _read(folder / MANIFEST, LONGEST_BYTES)
    if data is None:
        raise ModelError(f"There is no model bundle at {folder}: give a folder NAME-VERSION that holds a {MANIFEST}.")
    if len(data) > LONGEST_BYTES:
        raise ModelError(f"{folder / MANIFEST} is longer than any manifest: fetch or build the bundle again.")
    if authenticate:
        authenticate(folder, data, read_signature(folder))
    manifest = parse_manifest(data.decode("utf-8", "replace"), str(folder / MANIFEST))
    contents = {name: _read_checked(folder / name, digest) for name, digest in manifest.files.items()}
    return Bundle(folder, manifest, contents)


def read_signature(folder: Path) -> bytes | None:
    """Content of the bundle's `manifest.sig`, or None when there is none that can be read."""
    return _read(folder / SIGNATURE, LONGEST_BYTES)


def check_manifest(manifest: Manifest) -> None:
    """Raises `ModelError` where a value is none that its field may have."""
    for what, value, good in _checks(manifest):
        if not good:
            raise ModelError(f"Bundle {shown(manifest.id)}: {what} is {shown(value)}: fetch or build it again.")


def _checks(manifest: Manifest) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "name", manifest.name, _is(NAME, manifest.name)
    yield "version", manifest.version, _is(NAME, manifest.version)
    yield "task", manifest.task, _is(TASK, manifest.task)
    for name, digest in manifest.files.items():
        yield "a file's name", name, _is(NAME, name) and name not in (MANIFEST, SIGNATURE)
        yield f"the SHA-256 of {name}", digest, _is(_SHA256, digest)
    spec = manifest.input
    yield from _tensor_checks("input", spec)
    yield "colour", spec.colour, spec.colour in COLOURS
    yield "crop", spec.crop, spec.crop in CROPS
    yield "range", spec.range, spec.range[0] < spec.range[1]
    yield "margin", spec.margin, spec.margin >= 0
    names = [output.name for output in manifest.outputs]
    yield "the outputs", names, 0 < len(names) == len(set(names))
    for output in manifest.outputs:
        yield "an output's name", output.name, _is(NAME, output.name)
        yield from _tensor_checks(output.name, output)
        yield f"activation of {output.name}", output.activation, output.activation in ACTIVATIONS
        yield f"temperature of {output.name}", output.temperature, output.temperature > 0


def _tensor_checks(name: str, spec: InputSpec | OutputSpec) -> Iterator[tuple[str, Any, bool]]:
    yield f"dtype of {name}", spec.dtype, spec.dtype in DTYPES
    yield f"shape of {name}", spec.shape, all(0 < size <= _LARGEST_SIZE for size in spec.shape)
    yield f"scale of {name}", spec.scale, spec.scale >= 0


def _is(form: re.Pattern[str], value: str) -> bool:
    return form.fullmatch(value) is not None


def _read(path: Path, most: int) -> bytes | None:
    """The bytes of a file, no more than one beyond `most`; None when it cannot be read or is no file."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        return None


def _read_checked(path: Path, digest: str) -> bytes:
    data = _read(path, LARGEST_FILE_BYTES)
    if data is None:
        raise ModelError(f"{path} is missing or unreadable: fetch or build the bundle again.")
    if sha256(data) != digest:
        raise ModelError(f"{path} is not what its manifest names (wrong SHA-256): fetch or build the bundle again.")
    return data
