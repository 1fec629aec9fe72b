"""The model card of a converted network, written from its manifest and from nothing else."""

from typing import Any

from device.contract.manifest import Manifest

CARD = """\
# {id}

{intended_use}

**Not for:** {forbidden_use}

## Where it comes from

{provenance}

## Input and outputs

Input: {shape}, {dtype}, {colour}, crop `{crop}`, values {low:g} to {high:g}.

| output | shape | labels | activation | unit |
| --- | --- | --- | --- | --- |
{outputs}

## Parity: {scheme} against the source

On {rows} rows of {measured_on}; errors are in each output's unit, after the activation.

| | {names} |
| --- | {rule} |
{figures}

Size {size_kb:.1f} kB; median {latency_ms_median} ms a run on one thread of the converting machine
({latency_processor}).
"""

_FIGURES = {
    "accuracy_float": "accuracy, source",
    "accuracy": "accuracy, converted",
    "agreement": "same choice",
    "error_mean": "mean error",
    "error_max": "worst error",
    "cosine": "cosine",
}


def model_card(manifest: Manifest) -> str:
    """The card of a manifest whose receipt is filled in."""
    receipt = manifest.receipt
    figures = receipt["outputs"]
    rows = [
        f"| {title} | " + " | ".join(_text(figures[name].get(key)) for name in figures) + " |"
        for key, title in _FIGURES.items()
        if any(key in one for one in figures.values())
    ]
    labels = next(
        (f"\n### Accuracy per class, {n}\n\n{_per_class(f)}\n" for n, f in figures.items() if _classes(f)), ""
    )
    return (
        CARD.format(
            id=manifest.id,
            intended_use=manifest.intended_use,
            forbidden_use=manifest.forbidden_use,
            provenance="\n".join(f"- {key}: {value}" for key, value in manifest.provenance.items()),
            shape=" × ".join(map(str, manifest.input.shape)),
            dtype=manifest.input.dtype,
            colour=manifest.input.colour,
            crop=manifest.input.crop,
            low=manifest.input.range[0],
            high=manifest.input.range[1],
            outputs="\n".join(
                f"| {o.name} | {' × '.join(map(str, o.shape))} | {', '.join(o.labels)} | {o.activation} | {o.unit} |"
                for o in manifest.outputs
            ),
            names=" | ".join(figures),
            rule=" | ".join("---" for _ in figures),
            figures="\n".join(rows),
            size_kb=receipt["size_bytes"] / 1000,
            **{
                key: receipt[key]
                for key in ("scheme", "rows", "measured_on", "latency_ms_median", "latency_processor")
            },
        )
        + labels
    )


def _classes(figures: dict[str, Any]) -> bool:
    return "accuracy_per_class" in figures


def _per_class(figures: dict[str, Any]) -> str:
    return "\n".join(
        f"- {label}: {_text(value)} ({figures['rows_per_class'][label]} rows)"
        for label, value in figures["accuracy_per_class"].items()
    )


def _text(value: Any) -> str:
    return "–" if value is None else str(value)
