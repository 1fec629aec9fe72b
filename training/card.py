"""The model card of the expression network, written from the figures in its manifest and from nothing else."""

from typing import Any

from device.contract.manifest import Manifest

CARD = """\
# {id}: facial expression from a 48 × 48 grey face

**Research use.** {intended_use}

It answers the question "which expression would annotators name for this picture?". Two heads share one trunk:
`ferplus` gives the eight FER+ classes as annotators' votes spread over them, `fer2013` the seven classes of the
FER2013 challenge. Outputs are logits; the device applies softmax.

## How it was made

    {command}

- Seed {seed}, {epochs} epochs; the averaged weights of epoch {best_epoch} were kept because they did best on
  `{validation_split}`.
- Data: {data}. `{validation_split}` chose the epoch, and `PrivateTest` was not used.
- Licence: {licence}.
- Versions: {versions}.
- Quantization: weights, activations, input and outputs in int8, ranges from `Training` images.

## Input and outputs

Input: {input_shape}, int8, scale {input_scale:.8f} (1/255), zero point {input_zero}: pixel minus 128. The crop is
`{crop}`: upright, eyes level, as in FER2013.

| output | classes | scale | zero point |
| --- | --- | --- | --- |
{outputs}

## Measured on `{validation_split}` (validation: not a test set)

{validation_faces} faces. FER+ accuracy is against the most frequent vote; faces for which that is `unknown` or
`no face` are left out. The temperature divides the logits; it was fitted on `{temperature_fitted_on}` too, so the
calibration error after scaling is optimistic. The device does not apply it: without it, `ferplus` gives the spread of
votes, which is less certain than the majority is right.

| | ferplus | fer2013 |
| --- | --- | --- |
{results}

Size {size_kb:.0f} kB, {parameters:,} parameters, {macs_m:.1f} M multiply–accumulates.
Median latency {latency_ms_median} ms on one thread of the training machine ({latency_processor}).
A Raspberry Pi is slower.

### Accuracy per class (int8)

{classes}

## Limits

- The data are small photographs from the web, found with emotion words: mostly posed or staged, mostly Western,
  mostly adult, unevenly spread over skin tones. A lower accuracy for people who are rare in them must be expected and
  has not been measured.
- Labels are annotators' impressions, not feelings. People show little of what they feel, and differ in how.
- The weakest classes are {weakest}: do not read anything into them alone.
- Not validated on children, patients or the elderly; not with facial palsy, tremor, masks, beards or tubes.
- Not validated on a therapy room's light, on profiles, or on compressed video; single frames, no context.
- Not a diagnosis, and not a medical device.

## Forbidden use

{forbidden_use}
"""

_ROWS = {
    "faces": "faces",
    "accuracy_float": "accuracy, float",
    "accuracy": "accuracy, int8",
    "agreement": "same top class, int8 and float",
    "logit_error_mean": "mean error of logits",
    "logit_error_max": "largest error of logits",
    "ece_raw": "calibration error, raw",
    "temperature": "temperature",
    "ece": "calibration error at that temperature",
}


def model_card(manifest: Manifest) -> str:
    """Markdown text of the card."""
    receipt = manifest.receipt
    heads = [receipt[name] for name in ("ferplus", "fer2013")]
    return CARD.format(
        **{**manifest.provenance, **receipt},
        id=manifest.id,
        intended_use=manifest.intended_use,
        forbidden_use=manifest.forbidden_use,
        crop=manifest.input.crop,
        input_shape=" × ".join(map(str, manifest.input.shape)),
        input_scale=manifest.input.scale,
        input_zero=manifest.input.zero_point,
        outputs="\n".join(
            f"| {o.name} | {', '.join(o.labels)} | {o.scale:.6f} | {o.zero_point} |" for o in manifest.outputs
        ),
        results="\n".join(f"| {title} | {heads[0][key]} | {heads[1][key]} |" for key, title in _ROWS.items()),
        classes="\n\n".join(_class_table(name, receipt[name]) for name in ("ferplus", "fer2013")),
        weakest=_weakest(receipt["ferplus"]),
        size_kb=receipt["size_bytes"] / 1000,
        macs_m=receipt["macs"] / 1e6,
    )


def _class_table(name: str, figures: dict[str, Any]) -> str:
    classes = figures["accuracy_per_class"]
    found = ["no faces" if value is None else f"{value:.2f}" for value in classes.values()]
    lines = [
        f"| {name} | " + " | ".join(classes) + " |",
        "| --- |" + " --- |" * len(classes),
        "| accuracy | " + " | ".join(found) + " |",
        "| faces | " + " | ".join(str(figures["faces_per_class"][label]) for label in classes) + " |",
    ]
    return "\n".join(lines)


def _weakest(figures: dict[str, Any]) -> str:
    """The three FER+ classes that are most often missed, with their figures."""
    known = {label: value for label, value in figures["accuracy_per_class"].items() if value is not None}
    worst = sorted(known, key=lambda label: known[label])[:3]
    return ", ".join(f"{label} ({known[label]:.0%} of {figures['faces_per_class'][label]} faces)" for label in worst)
