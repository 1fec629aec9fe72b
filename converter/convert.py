"""`affectbox-converter convert`: a source becomes a bundle, if it stays near enough to the source.

    source ─► schemes ─► .tflite ─► described ─► measured against the source ─► gate ─► bundle, manifest last

Nothing is written before the gate is passed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from converter.bundle import Sign, require_new, write_bundle
from converter.card import model_card
from converter.describe import by_output, describe
from converter.layers import worst_layers
from converter.parity import enforce, receipt
from converter.recipe import SCHEMES, Recipe
from converter.reference import REFERENCE, ROWS, make_reference
from converter.rows import Floats, Rows, calibration_rows, evaluation_rows
from converter.source import Source
from device.contract.errors import ConversionError, DataError, ModelError, StorageError
from device.contract.manifest import Manifest
from device.contract.tasks import misfit

_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "ai-edge-quantizer", "ai-edge-litert")


@dataclass(frozen=True)
class Converted:
    """One scheme of the source, measured."""

    manifest: Manifest
    model: bytes


class Conversion:
    """A source, its recipe, the rows that it is measured on and its own answers to them."""

    def __init__(self, source: Source, recipe: Recipe) -> None:
        """Read the rows and let the source answer them. Raises `DataError`, `ConfigError`."""
        self.recipe = recipe
        self._source = source
        self._rows: Rows = evaluation_rows(recipe, source.shape)
        self._exact: dict[str, Floats] = by_output(recipe, source.predict(self._rows.x))

    @property
    def rows(self) -> Floats:
        """Rows that it is measured on."""
        return self._rows.x

    def to(self, scheme: str) -> Converted:
        """Convert to `scheme` and measure. Raises `ConversionError`, `DataError`, `ConfigError`, `ModelError`."""
        calibration = calibration_rows(self.recipe, scheme, self._source.shape)
        model = self._source.to_tflite(scheme, calibration)
        manifest = describe(self.recipe, model, self._provenance())
        figures = {"scheme": scheme, **receipt(manifest, model, self._exact, self._rows)}
        if calibration is not None:
            figures["calibration_rows"] = len(calibration)
        return Converted(replace(manifest, receipt=figures), model)

    def float_model(self) -> bytes:
        """The source in float32. Raises `ConversionError`."""
        return self._source.to_tflite("float32", None)

    def _provenance(self) -> dict[str, str]:
        versions = ", ".join(f"{package} {found}" for package in _PACKAGES if (found := _version(package)))
        return {"converted_from": self._source.kind, "converted_with": versions}


def convert(
    source: Source,
    recipe: Recipe,
    out: Path,
    *,
    every: bool = False,
    layers: bool = False,
    sign: Sign | None = None,
    replaced: bool = False,
    say: Callable[[str], None] = print,
) -> Path:
    """Make the recipe's bundle under `out`; returns its folder.

    Args:
        source: what is converted.
        recipe: its `scheme` is what becomes the bundle.
        out: parent of the bundle's folder.
        every: measure every scheme and say the table.
        layers: say the tensors that lost most, and keep them in the receipt.
        sign: makes the signature; without it the bundle is unsigned.
        replaced: write over a bundle of the same name and version.
        say: hears of every line.

    Raises:
        ConversionError, DataError, ConfigError, ModelError: as sources, rows and recipes do.
        ParityError: further from the source than the recipe's limits.
        StorageError: the bundle cannot be written, or is there already.
    """
    require_new(out, f"{recipe.name}-{recipe.version}", replace=replaced)
    conversion = Conversion(source, recipe)
    if every:
        say(_HEADER)
        for scheme in SCHEMES:
            say(_attempt(conversion, scheme))
    chosen = conversion.to(recipe.scheme)
    if not every:
        say(_HEADER)
        say(_line(chosen.manifest.receipt))
    if layers:
        chosen = _with_layers(conversion, chosen, say)
    enforce(chosen.manifest.receipt, recipe.limits, recipe.scheme)
    if why := misfit(chosen.manifest):
        say(f"Note: the network {why}; the box has no use for it as it is.")
    return _written(chosen, conversion.rows, out, sign)


def _written(chosen: Converted, rows: Floats, out: Path, sign: Sign | None) -> Path:
    reference = make_reference(chosen.manifest, chosen.model, rows)
    card = model_card(chosen.manifest)
    try:
        return write_bundle(out, chosen.manifest, chosen.model, card, {REFERENCE: reference}, sign, replace=True)
    except OSError as error:
        raise StorageError(
            f"{out} cannot be written ({error.strerror}): free the disk or name another --out."
        ) from error


def _attempt(conversion: Conversion, scheme: str) -> str:
    try:
        return _line(conversion.to(scheme).manifest.receipt)
    except (ConversionError, DataError, ModelError) as error:
        return f"{scheme:<8} {error}"


def _with_layers(conversion: Conversion, chosen: Converted, say: Callable[[str], None]) -> Converted:
    worst = worst_layers(conversion.float_model(), chosen.model, chosen.manifest.input, conversion.rows[:ROWS])
    say("Tensors that lost most (error over size, root mean square):")
    for layer in worst:
        say(f"  {layer.error:7.4f}  {layer.name}")
    kept = {layer.name: round(layer.error, 5) for layer in worst}
    return replace(chosen, manifest=replace(chosen.manifest, receipt=chosen.manifest.receipt | {"layers": kept}))


_HEADER = f"{'scheme':<8} {'kB':>8} {'ms':>8} {'worst error':>12} {'mean error':>11} {'agreement':>9}  accuracy"


def _line(figures: dict[str, Any]) -> str:
    outputs = figures["outputs"]
    agreement = min((o["agreement"] for o in outputs.values() if "agreement" in o), default=None)
    accuracy = [
        f"{n} {o['accuracy']:.4f} (source {o['accuracy_float']:.4f})" for n, o in outputs.items() if "accuracy" in o
    ]
    return (
        f"{figures['scheme']:<8} {figures['size_bytes'] / 1000:>8.1f} {figures['latency_ms_median']:>8.3f} "
        f"{max(o['error_max'] for o in outputs.values()):>12.4g} "
        f"{max(o['error_mean'] for o in outputs.values()):>11.4g} "
        f"{'–' if agreement is None else f'{agreement:.4f}':>9}  {', '.join(accuracy) or '–'}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
