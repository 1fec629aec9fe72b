"""The model card of the expression network, written from the figures in its manifest and from nothing else."""

from pathlib import Path
from typing import Any

from device.contract.manifest import Manifest

CARD = """\
# {id}: facial expression from a 48 × 48 grey face

**Research use.** {intended_use}

It answers the question "which expression would annotators name for this picture?". {heads} Outputs are logits; the
device divides them by the temperature below and applies softmax.

## How it was made

    {command}

- Seed {seed}, {epochs} epochs; the averaged weights after the last one were kept.{teachers}
- Data: {data}. Recipes were chosen by
  `{validation_split}`, and `PrivateTest` was not used.
- Licence: {licence}.
- Versions: {versions}.
- Revision: {revision}.
- Quantization: weights, activations, input and outputs in int8, ranges from `Training` images.

## Input and outputs

Input: {input_shape}, int8, scale {input_scale:.8f} ({input_white:g}/255), zero point {input_zero}: pixel minus 128.
The crop is `{crop}`: upright, eyes level, as in FER2013.

| output | classes | scale | zero point | temperature |
| --- | --- | --- | --- | --- |
{outputs}

## Measured on `{validation_split}` (validation: not a test set)

{validation_faces} faces. FER+ accuracy, where there is such a head, is against the class that has more than half
of the votes, as in Barsoum et al. 2016; faces without one, and those where it is `unknown` or `no face`, are left
out. The temperature divides the logits; it was fitted on `{temperature_fitted_on}` too, so the calibration error after
scaling is optimistic.

{results}
{box_table}
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

_MEANING = {
    "ferplus": "gives the eight FER+ classes, learnt from how annotators' votes spread over them.",
    "fer2013": "gives the seven classes of the FER2013 challenge.",
}
_ROWS = {
    "faces": "faces",
    "accuracy_float": "accuracy, float",
    "accuracy": "accuracy, int8",
    "agreement": "same top class, int8 and float",
    "logit_error_mean": "mean error of logits",
    "logit_error_max": "largest error of logits",
    "ece_raw": "calibration error, before scaling",
    "temperature": "temperature",
    "ece": "calibration error, after scaling: on the device",
}


def model_card(manifest: Manifest) -> str:
    """Markdown text of the card."""
    receipt, heads = manifest.receipt, [output.name for output in manifest.outputs]
    heads.sort(key=lambda head: (head != "ferplus", head))
    return CARD.format(
        **{**receipt, **manifest.provenance, "command": manifest.provenance["command"].replace(" && ", "\n    ")},
        id=manifest.id,
        teachers=_teachers(receipt["recipe"]["teacher"]),
        intended_use=manifest.intended_use,
        forbidden_use=manifest.forbidden_use,
        crop=manifest.input.crop,
        input_shape=" × ".join(map(str, manifest.input.shape)),
        input_scale=manifest.input.scale,
        input_white=manifest.input.range[1],
        input_zero=manifest.input.zero_point,
        heads=" ".join(f"`{head}` {_MEANING.get(head, 'gives the classes of its data.')}" for head in heads),
        outputs="\n".join(
            f"| {o.name} | {', '.join(o.labels)} | {o.scale:.6f} | {o.zero_point} | {o.temperature} |"
            for o in manifest.outputs
        ),
        results=markdown_table("", heads, {title: [receipt[h][key] for h in heads] for key, title in _ROWS.items()}),
        box_table=_box_table(receipt.get("box"), heads),
        classes="\n\n".join(_class_table(head, receipt[head]) for head in heads),
        weakest=weakest(receipt[heads[0]]),
        size_kb=receipt["size_bytes"] / 1000,
        macs_m=receipt["macs"] / 1e6,
    )


def _teachers(recipe: dict[str, Any]) -> str:
    """A line on who taught the network; nothing if nobody did."""
    runs = ", ".join(f"`{Path(run).name}`" for run in recipe["runs"])
    return (
        f"\n- Taught by the runs {runs}, made by the recipes of these names (share {recipe['share']})." if runs else ""
    )


def markdown_table(corner: str, columns: list[str], rows: dict[str, list[Any]]) -> str:
    """Rows of cells by their titles, under the names of the columns."""
    lines = [f"| {corner} | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
    return "\n".join(lines + [f"| {title} | {' | '.join(map(str, cells))} |" for title, cells in rows.items()])


def _box_table(figures: dict[str, Any] | None, heads: list[str]) -> str:
    """Accuracy on the box's crops beside that on the data set's; nothing if it was not measured."""
    if figures is None:
        return ""
    rows = {f"accuracy, {way} crop": [figures[f"{head}_{way}"] for head in heads] for way in ("dataset", "box")}
    table = markdown_table("int8", heads, rows)
    return f"\nThe box's own detector and aligner find {figures['faces']} of these faces. On them:\n\n{table}\n"


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


def weakest(figures: dict[str, Any]) -> str:
    """The three classes of a head that are most often missed, with their figures."""
    known = {label: value for label, value in figures["accuracy_per_class"].items() if value is not None}
    worst = sorted(known, key=lambda label: known[label])[:3]
    return ", ".join(f"{label} ({known[label]:.0%} of {figures['faces_per_class'][label]} faces)" for label in worst)
