"""The model card of the face network, written from the figures in its manifest and from nothing else."""

from pathlib import Path
from typing import Any

from device.contract.labels import ACTION_UNITS, PARTS
from device.contract.manifest import Manifest
from training.expressions.card import markdown_table, weakest
from training.face.measure import CERTIFIED
from training.face.scores import CORE, FURTHER

CARD = """\
# {id}: expressions, action units and what is hidden, from a 48 × 48 grey face

**Research use.** {intended_use}

It answers three questions about a picture, in one run: which expression would annotators name (`ferplus`, eight
classes; `fer2013`, seven); which action units would coders see, and how strong (`units`, `left`, `right`: the
person's sides); and does something hide the upper or the lower face (`hidden`). Action units of a hidden part are not
to be used.

## How it was made

    {command}

- Seed {seed}, {epochs} epochs in the last training; the averaged weights after the last one were kept. It began with
  the weights of {start}.{teachers}
- Data: {data}. {near_training} training faces that are near copies of a face of `PublicTest` were left out
  (the expression network that everything began with had seen copies of {near_validation} faces of `PublicTest`: see
  below). In all {equal} pictures of the data are equal to another, {near} are near copies (correlation of 24 × 24
  means above .93).
- The codes of one fold of {folds} were kept apart: they calibrated intensities and thresholds, and measured. Recipes
  were compared on `PublicTest`; `PrivateTest` was not used.
- Licence: {licence}.
- Versions: {versions}.
- Revision: {revision}.
- Quantization: weights, activations, input and outputs in int8, ranges from `Training` images.

**The coders are runs of a vision-language model with a codebook, not certified FACS coders.** Against certified codes
of 216 posed faces hidden among the others they reach a mean F1 of {certified:.2f}; they call faint traces present
that certified coders leave out, above all AU10, AU15 and AU20; of AU23 they know little. Their biases are in this
network.

## Input and outputs

Input: {input_shape}, int8, scale {input_scale:.8f} ({input_white:g}/255), zero point {input_zero}: pixel minus 128.
The crop is `{crop}`: upright, eyes level, as in FER2013. Units' outputs are scales of their own; `curves` in the
manifest says where the intensities 0 to 5 stand on each: 1 where presence is told best, 2 to 5 as often as coders
gave them.

## Expressions, on `{validation_split}` (validation: not a test set)

{validation_faces} faces. FER+ accuracy is against the class that has more than half of the votes, as in Barsoum et al.
2016. Temperatures were fitted on these faces too, so the calibration error after scaling is optimistic.

{expressions}

{classes}

## Action units

Means of AUC and F1 over 12 core units ({core}) and 8 further ones ({further}); present is an intensity of 1 or more,
as on the box.

{unit_means}

Each unit on {twice_faces} faces of `PublicTest` that two coders coded blind; AUC and F1 where they agree, ICC and mean
absolute error against the mean of both. *Ceiling* is the F1 of one coder against the other on all of them, so also
where they disagree: a network that is judged only where they agree may exceed it. *Certified* is the F1 of the coders
against certified codes. The tier follows from AUC, F1 and the last by a fixed rule.

{units}

Sides, on the same faces joined at the middle with another's half (constructed faces): AUC of which side shows a unit.

{sides}

## What is hidden

On {hidden_faces} coded faces that were kept apart (thresholds were chosen on them):

{hidden}

## Size

{size_kb:.0f} kB, {parameters:,} parameters, {macs_m:.1f} M multiply–accumulates. Median latency {latency_ms_median}
ms on one thread of the training machine ({latency_processor}). A Raspberry Pi is slower.

## Limits

- The data are small photographs from the web, found with emotion words: mostly posed or staged, mostly Western,
  mostly adult, unevenly spread over skin tones. A lower accuracy for people who are rare in them must be expected and
  has not been measured.
- Labels are annotators' impressions, not feelings. People show little of what they feel, and differ in how.
- The weakest expressions are {weakest}: do not read anything into them alone.
- Experimental units ({experimental}) are shown for research only.
- Not validated on children, patients or the elderly; not with facial palsy, tremor, masks or tubes.
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
    "ece_raw": "calibration error, before scaling",
    "temperature": "temperature",
    "ece": "calibration error, after scaling: on the device",
}
_MEANS = {
    "twice_means": "coded twice, coders agreeing, int8",
    "twice_means_float": "the same, float",
    "twice_means_box": "the same in the box's own crop, int8",
    "fold_means": "one coder, faces kept apart (F1 at thresholds chosen on them)",
}


def model_card(manifest: Manifest) -> str:
    """Markdown text of the card."""
    receipt, spec, recipe = manifest.receipt, manifest.input, manifest.receipt["recipe"]
    units, heads = receipt["units"], [str(head) for head in ("ferplus", "fer2013") if head in receipt]
    tiers = units["tiers"]
    copies = receipt["copies"]
    own: dict[str, Any] = {
        "command": manifest.provenance["command"].replace(" && ", "\n    "),
        "id": manifest.id,
        "intended_use": manifest.intended_use,
        "forbidden_use": manifest.forbidden_use,
        "start": " and then ".join(f"`{Path(name).name}`" for name in recipe["start"]) or "none",
        "teachers": _teachers(recipe["teacher"]),
        "near_training": copies["training_near_validation"],
        "near_validation": copies["validation_near_training"],
        "equal": copies["equal"],
        "near": copies["near"],
        "folds": recipe["units"]["folds"],
        "certified": sum(f1 for _, f1 in CERTIFIED.values()) / len(CERTIFIED),
        "input_shape": " × ".join(map(str, spec.shape)),
        "input_scale": spec.scale,
        "input_white": spec.range[1],
        "input_zero": spec.zero_point,
        "crop": spec.crop,
        "expressions": _expressions(receipt, heads),
        "classes": "\n\n".join(_classes(head, receipt[head]) for head in heads),
        "core": ", ".join(CORE),
        "further": ", ".join(FURTHER),
        "unit_means": _unit_means(units),
        "twice_faces": max(row["faces"] for row in units["twice"].values()),
        "units": _units(units["twice"], tiers),
        "sides": _table(
            "unit", ["faces", "AUC"], {unit: list(row.values()) for unit, row in receipt["sides"].items()}
        ),
        "hidden_faces": max(row["faces"] for row in receipt["hidden"].values()),
        "hidden": _table(
            "", ["hidden", "AUC", "F1"], {p: [receipt["hidden"][p][k] for k in ("hidden", "auc", "f1")] for p in PARTS}
        ),
        "size_kb": receipt["size_bytes"] / 1000,
        "macs_m": receipt["macs"] / 1e6,
        "weakest": weakest(receipt[heads[0]]),
        "experimental": ", ".join(unit.key for unit in ACTION_UNITS if tiers[unit.key] == "experimental"),
    }
    return CARD.format(**{**receipt, **manifest.provenance, **own})


def _teachers(teacher: dict[str, Any]) -> str:
    bundles, runs = (", ".join(f"`{Path(name).name}`" for name in teacher[key]) for key in ("bundles", "runs"))
    told = [f"expressions by {bundles}"] * bool(bundles) + [f"the rest by the runs {runs}"] * bool(runs)
    return (
        f"\n- Taught {' and '.join(told)}, each over four views of a face (share {teacher['share']})." if told else ""
    )


def _expressions(receipt: dict[str, Any], heads: list[str]) -> str:
    rows = {title: [receipt[head][key] for head in heads] for key, title in _ROWS.items()}
    without, box = receipt["without_copies"], receipt["box"]
    rows[f"accuracy, int8, the {without['faces']} without a near copy in `Training`"] = [
        without[head] for head in heads
    ]
    rows["accuracy, int8, in the box's own crop"] = [box[head] for head in heads]
    return _table("", heads, rows)


def _classes(head: str, figures: dict[str, Any]) -> str:
    classes = figures["accuracy_per_class"]
    found = ["no faces" if value is None else f"{value:.2f}" for value in classes.values()]
    faces = [figures["faces_per_class"][label] for label in classes]
    return _table(head, list(classes), {"accuracy": found, "faces": faces})


def _unit_means(units: dict[str, Any]) -> str:
    names = ("core_auc", "core_f1", "further_auc", "further_f1")
    titles = ["core AUC", "core F1", "further AUC", "further F1"]
    return _table("", titles, {title: [units[key][name] for name in names] for key, title in _MEANS.items()})


def _units(table: dict[str, dict[str, Any]], tiers: dict[str, str]) -> str:
    titles = ["present", "AUC", "F1", "ICC", "error", "ceiling", "certified", "tier"]
    rows = {}
    for unit, row in table.items():
        cells = [row[name] for name in ("present", "auc", "f1", "icc", "mae", "ceiling_f1")]
        rows[unit] = [*cells, CERTIFIED[unit][1] if unit in CERTIFIED else None, tiers[unit]]
    return _table("unit", titles, rows)


def _table(corner: str, columns: list[str], rows: dict[str, list[Any]]) -> str:
    """A table in which what is not known is a dash."""
    return markdown_table(corner, columns, {t: ["-" if cell is None else cell for cell in r] for t, r in rows.items()})
