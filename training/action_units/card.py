"""The model card of a network of action units, written from the figures in its manifest and from nothing else."""

from typing import Any

from device.contract.manifest import Manifest
from device.stages.appearance import PRESENCE
from training.action_units.evaluate import TITLES
from training.action_units.recording import LABELS

CARD = """\
# {id}: action units from a {side} × {side} grey face

{intended_use}

It answers the question "which action units would a FACS coder see in this picture, and how strong?" for {units}.

## How it was made

    {command}

- Seed {seed}, {epochs} epochs; the averaged weights of the last one were kept.
- Data: {data}. Fold {fold} of {folds} was held out: its participants chose nothing.
- Licence: {licence}.
- Versions: {versions}.
- Revision: {revision}.
- Quantization: weights, activations, input and outputs in int8, ranges from training images.

## Input and outputs

Input: {input_shape}, {dtype}, scale {scale:.8f}, zero point {zero}. The crop is `{crop}`: upright, eyes level.

| output | action units | activation | unit | scale | zero point |
| --- | --- | --- | --- | --- | --- |
{outputs}

## Measured in int8 on {held_out_faces} faces of {held_out_participants} participants who were held out

Present is what the network gives a probability of {threshold} or more. Present action units count more than absent
ones in training, so that these are scores, and not probabilities that are as often right as they say.

{tables}

Float and int8: {difference}.

Size {size_kb:.0f} kB, {parameters:,} parameters, {macs_m:.1f} M multiply–accumulates. Median latency
{latency_ms_median} ms on one thread of the training machine ({latency_processor}). A Raspberry Pi is slower.

## Limits

- {limit}
- Single frames, without the person's neutral face and without context.
- Measured on people of the same data set only: other people, ages, cameras, light and tasks have not been measured.
- A coder's judgement is the yardstick. It says what a face does, not what a person feels.
- Not a diagnosis, and not a medical device.

## Forbidden use

{forbidden_use}
"""


def model_card(manifest: Manifest) -> str:
    """Markdown text of the card."""
    receipt, spec = manifest.receipt, manifest.input
    given = {label for output in manifest.outputs for label in output.labels}
    return CARD.format(
        **{**receipt, **manifest.provenance, "command": manifest.provenance["command"].replace(" && ", "\n    ")},
        id=manifest.id,
        intended_use=manifest.intended_use,
        forbidden_use=manifest.forbidden_use,
        side=spec.shape[1],
        units=", ".join(label for label in LABELS if label in given),
        folds=receipt["recipe"]["folds"],
        input_shape=" × ".join(map(str, spec.shape)),
        dtype=spec.dtype,
        scale=spec.scale,
        zero=spec.zero_point,
        crop=spec.crop,
        outputs="\n".join(
            f"| {o.name} | {', '.join(o.labels)} | {o.activation} | {o.unit} | {o.scale:.6f} | {o.zero_point} |"
            for o in manifest.outputs
        ),
        tables="\n\n".join(_table(head, rows, receipt) for head, rows in receipt["action_units"].items() if rows),
        difference=_difference(receipt),
        limit=_limit(receipt["not_measured"]),
        size_kb=receipt["size_bytes"] / 1000,
        macs_m=receipt["macs"] / 1e6,
    )


def _table(head: str, rows: dict[str, dict[str, Any]], receipt: dict[str, Any]) -> str:
    columns = list(next(iter(rows.values())))
    lines = [f"| {head} | " + " | ".join(TITLES[name] for name in columns) + " |", "| --- |" + " --- |" * len(columns)]
    means = {"mean": receipt["means"].get(head, {}), "mean, float": receipt["means_float"].get(head, {})}
    for label, scores in (rows | means).items():
        cells = ["-" if scores.get(name) is None else str(scores[name]) for name in columns]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _difference(receipt: dict[str, Any]) -> str:
    parts = [
        f"largest difference of {key.split('_')[0]} {receipt[key]}" for key in receipt if key.endswith("_error_max")
    ]
    if f"{PRESENCE}_agreement" in receipt:
        parts.append(f"the same answer about presence in {receipt[f'{PRESENCE}_agreement']:.1%}")
    return ", ".join(parts)


def _limit(unknown: list[str]) -> str:
    if not unknown:
        return "Every action unit that it gives was coded for some of those held out."
    return f"Nobody held out was coded for {', '.join(unknown)}: nothing is known of how good it is at these."
