"""The model card of the synthetic action-unit estimator, written from the figures in its manifest and nothing else."""

from collections.abc import Sequence
from typing import Any

from device.contract.labels import ACTION_UNITS
from device.contract.manifest import Manifest

CARD = """\
# {id}: action units from landmarks and blendshapes

**Research use.** {intended_use}

It gives {units} action units of the Facial Action Coding System an intensity from 0 to 5 (A–E are 1–5; present from 1
on), for both sides together and, beyond what symmetric faces show, for the person's left and right. It takes the
features of `device/stages/features.py` and, if known, those of the same person at rest. The expression network takes
no part in it.

## How it was made

    {command}

Three sources, each minus the person's own neutral face, or minus the mean neutral face of many people:

- a ridge regression of action units on {measures} measures of regions, learnt from {faces} synthetic faces (USC
  ICT-FaceKit, {identities} identities), to which the deviations of real neutral faces are added, so that what differs
  between people and by mistakes of the landmarks counts for little;
- rules by hand on the same measures;
- MediaPipe's blendshapes.

They are added after standardization, each weighted by d′ = √2 Φ⁻¹(AUC) of its evidence, a study of posed, frontal,
48 × 48 grey faces with FACS labels (327 sequences of 118 people, each with a neutral face). Intensity 1 is where 3 %
of calm faces come, or of clearly happy or surprised ones that usually do without the action unit; 5 is where fully
activated synthetic faces come, or the strongest of real ones. With a neutral face, the person's own spread at rest is
taken for {within_person:.0%} of that between people: an assumption.

- Seed {seed}. Calibrated on {calibration_split} faces: {calibration_faces}.
- Data: {data}.
- Licence: {licence}.
- Versions: {versions}.
- Revision: {revision}.

## Evidence for the weights

Areas under the ROC curve in that study, per source, before they were combined. The settings of the study were chosen
after its scores were seen, so they are optimistic. In parentheses: no figure of the study but a guess, or 0.5 for a
source that is left out, as the ridge of 5 (0.93 and 0.94), which reads raised lids off brows and jaw. The rules of 4
and 6 and the blendshapes of 4, 6, 9, 10 and 16 were changed since, by their behaviour on emotion labels, and 6 and 16
also so that blinks and an open jaw count less in the sample clip; their other figures here are still those of the
study. The study's ridge was its own, fitted without deviations of real faces. Neither our ridge nor the combination
has been measured on FACS labels by us: the tiers follow from the sources.

| | tier | blendshapes | minus neutral | ridge | minus neutral | rules minus neutral |
| --- | --- | --- | --- | --- | --- | --- |
{evidence}

## Measured on synthetic people it has not seen

{held_out_faces} faces of {held_out_identities} other identities; geometry only, for the blendshapes of a synthetic
face are unknown. AUC: weight above .3 against none. r: correlation of intensity and weight; r side: of left minus
right.

| | faces | AUC | r | r side | with neutral: AUC | r | r side |
| --- | --- | --- | --- | --- | --- | --- | --- |
{synthetic}

## Measured on real faces

On {real_split}, which did not calibrate ({real_faces}). Without a neutral face of the person,
{false_positives_mean:.1%} of calm faces reach intensity 1, in the mean over action units; {worst}. Some of these faces
do show the action unit, such as parted lips.

A plausibility check, **not a validation**: areas under the ROC curve of faces with an emotion label against neutral
ones, for action units that the emotion usually has. Emotion labels are no FACS codes; many sad or angry faces show
none of these. No pair of faces of one person was to be had: the second figure uses the mode for known neutral faces
with the mean neutral face. The strength of the regression, the share of deviations and some formulae were chosen by
such comparisons, in which faces of {real_split} took part: the figures are optimistic. Where one is near or below .5
(AU15, AU17, AU23, AU24 and AU1 in sad or angry faces), this check supports nothing.

| emotion | action units: without / with |
| --- | --- |
{plausibility}

## Not measured

- FACS labels, by us; intensities against a coder's; left and right on real faces.
- Spontaneous expressions, speech, profiles, occlusion (hands, masks, glasses), palsy, tremor, children, old age, a
  therapy room's light.
- Groups of people: the synthetic identities and the real faces are mostly adult and unevenly spread over origins.

## Limits

- Posed and frontal is what the evidence is about. Beyond some 20 degrees of turn, expect errors, first in the sides.
- Among faces of the same emotion no method in the study told action units apart better than .77.
- AU26 includes AU27, AU43 includes the blink (AU45). AU23 and AU24 are alike to it, and so are AU14 and a mild AU12.
- Without a neutral face, a person's features pass for expression: low brows for AU4, narrow eyes for AU7.

## Forbidden use

{forbidden_use}
"""


def model_card(manifest: Manifest) -> str:
    """Markdown text of the card."""
    receipt = manifest.receipt
    synthetic, real = receipt["synthetic"], receipt["real"]
    return CARD.format(
        **manifest.provenance,
        id=manifest.id,
        intended_use=manifest.intended_use,
        forbidden_use=manifest.forbidden_use,
        units=len(ACTION_UNITS),
        measures=receipt["measures"],
        seed=receipt["seed"],
        within_person=receipt["calibration"]["within_person"],
        calibration_split=receipt["calibration"]["split"],
        calibration_faces=_counts(receipt["calibration"]["faces"]),
        faces=synthetic["faces"],
        identities=synthetic["identities"],
        held_out_faces=synthetic["held_out_faces"],
        held_out_identities=synthetic["held_out_identities"],
        evidence=_rows(
            receipt["evidence"], lambda key, aucs: [_TIERS[key], *_marked(aucs, receipt["guessed"].get(key, ()))]
        ),
        synthetic=_rows(synthetic["action_units"], lambda _, entry: [entry.get(column) for column in _COLUMNS]),
        real_split=real["split"],
        real_faces=_counts(real["faces"]),
        false_positives_mean=real["false_positives_mean"],
        worst=_worst(real["false_positives"]),
        plausibility="\n".join(f"| {emotion} | {_pairs(units)} |" for emotion, units in real["plausibility"].items()),
    )


_TIERS = {unit.key: unit.tier.value for unit in ACTION_UNITS}
_COLUMNS = ("faces", "auc_raw", "r_raw", "r_side_raw", "auc_sub", "r_sub", "r_side_sub")


def _rows(table: dict[str, Any], cells: Any) -> str:
    lines = [[key, *cells(key, entry)] for key, entry in table.items()]
    return "\n".join("| " + " | ".join("" if cell is None else str(cell) for cell in line) + " |" for line in lines)


def _marked(aucs: Sequence[float], guessed: Sequence[int]) -> list[str]:
    return [f"({auc})" if number in guessed else str(auc) for number, auc in enumerate(aucs)]


def _counts(faces: dict[str, int]) -> str:
    return ", ".join(f"{count} {emotion}" for emotion, count in faces.items())


def _pairs(units: dict[str, dict[str, float]]) -> str:
    return ", ".join(f"{key} {figures['raw']} / {figures['sub']}" for key, figures in units.items())


def _worst(rates: dict[str, float]) -> str:
    """The three action units with the most false positives."""
    most = sorted(rates, key=lambda key: -rates[key])[:3]
    return "the most are " + ", ".join(f"{key} ({rates[key]:.0%})" for key in most)
