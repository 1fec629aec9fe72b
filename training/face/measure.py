"""How good a face network is: on faces and codes that it has not seen, as the model card and `evaluate` tell it.

Every figure of units is at the intensities that the box would record: present is 1 and more. `twice` are faces of
`PublicTest` that two coders coded, where they agree; `fold` are the coded training faces whose codes were kept apart,
by which intensities were calibrated, so that F1 there is at a threshold chosen on them; `ceiling` is one coder against
the other, and `certified` the coders against certified FACS codes of posed faces (`CERTIFIED`).
"""

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, PARTS, SIDED_KEYS, Tier
from device.stages.reader import SIDED
from training.action_units.scores import area, icc31
from training.data.faces import Codings, Faces
from training.face.calibrate import to_intensities
from training.face.data import Said
from training.face.ordinal import Floats
from training.face.scores import CORE, FURTHER, f1_at

#: What 216 posed faces with certified FACS codes, hidden among the others, say of the coders: unit → (AUC, F1) of
#: their codes, presence from 1. Few show AU10 (8) and AU18 (4). Units that are left out were not certified.
CERTIFIED = {
    "AU1": (0.99, 0.94),
    "AU2": (0.97, 0.87),
    "AU4": (0.93, 0.87),
    "AU5": (0.92, 0.88),
    "AU6": (0.84, 0.73),
    "AU7": (0.82, 0.67),
    "AU9": (0.98, 0.89),
    "AU10": (0.81, 0.17),
    "AU12": (0.94, 0.91),
    "AU14": (0.84, 0.67),
    "AU15": (0.96, 0.44),
    "AU17": (0.90, 0.82),
    "AU18": (0.86, 0.40),
    "AU20": (0.96, 0.67),
    "AU23": (0.63, 0.35),
    "AU24": (0.84, 0.53),
    "AU25": (0.99, 0.92),
    "AU26": (0.98, 0.84),
}
#: A unit is `reported` from these (AUC, F1) of the network on faces coded twice and of its coders on certified codes;
#: `low-confidence` from the second ones; else `experimental`. What was not certified is at most `low-confidence`.
REPORTED, LOW_CONFIDENCE = ((0.95, 0.75), (0.84, 0.67)), ((0.88, 0.5), (0.80, 0.4))
#: Fewer present faces than this are no evidence.
LEAST_PRESENT = 10

Figures = dict[str, float | int | None]
Table = dict[str, Figures]


def units_table(intensities: Floats, faces: Faces) -> Table:
    """Unit → figures on faces that two or more coded: faces, present, AUC and F1 where coders agree; ICC(3,1) and mean
    absolute error against the mean of the coders; and the ceiling."""
    agreed, coded = faces.codings.agreed(len(faces)), faces.codings.means(len(faces))[0]
    twice = faces.codings.coders(len(faces)) >= 2
    ceiling = between_coders(faces.codings)
    table: Table = {}
    for at, unit in enumerate(ACTION_UNIT_KEYS):
        known, both = ~np.isnan(agreed[:, at]), twice[:, at]
        values, present = intensities[known, at].astype(np.float64), agreed[known, at] == 1
        pairs = np.stack([intensities[both, at], coded[both, at]], axis=1).astype(np.float64)
        table[unit] = _rounded(
            {
                "faces": len(values),
                "present": int(present.sum()),
                "auc": area(values, present),
                "f1": f1_at(values, present, 1.0) if present.any() else None,
                "icc": icc31(pairs),
                "mae": float(np.abs(pairs[:, 0] - pairs[:, 1]).mean()) if len(pairs) else None,
                "ceiling_f1": ceiling[unit],
            }
        )
    return table


def twice_table(scales: Floats, curves: Floats, faces: Faces) -> Table:
    """`units_table` of the coded ones among N faces, from places on the scales (N × 22) by their curves."""
    coded = np.unique(faces.codings.face)
    return units_table(to_intensities(scales, curves)[coded], faces.at(coded))


def between_coders(codings: Codings) -> dict[str, float | None]:
    """Unit → F1 of one coder's presence against the other's, over faces of which two coded the unit."""
    good = ~codings.bad
    by_face: dict[int, list[Floats]] = {}
    for face, row in zip(codings.face[good].tolist(), codings.units[good], strict=True):
        by_face.setdefault(face, []).append(row)
    pairs = np.array([rows[:2] for rows in by_face.values() if len(rows) >= 2]).reshape(-1, 2, len(ACTION_UNIT_KEYS))
    known = ~np.isnan(pairs).any(1)
    first, second = (pairs[:, 0] >= 1) & known, (pairs[:, 1] >= 1) & known
    total = first.sum(0) + second.sum(0)
    both = 2 * (first & second).sum(0)
    return {unit: float(both[at] / total[at]) if total[at] else None for at, unit in enumerate(ACTION_UNIT_KEYS)}


def fold_table(intensities: Floats, coded: Floats) -> Table:
    """Unit → faces, present, AUC and F1 on faces whose codes the network has not seen, N × 22 each."""
    table: Table = {}
    for at, unit in enumerate(ACTION_UNIT_KEYS):
        known = ~np.isnan(coded[:, at])
        values, present = intensities[known, at].astype(np.float64), coded[known, at] >= 1
        figures = {"auc": area(values, present), "f1": f1_at(values, present, 1.0) if present.any() else None}
        table[unit] = _rounded({"faces": len(values), "present": int(present.sum()), **figures})
    return table


def hidden_table(probabilities: Floats, codings: Floats) -> Table:
    """Part → faces, hidden ones, AUC and F1 at one half; N × 2 each."""
    table: Table = {}
    for at, part in enumerate(PARTS):
        known = ~np.isnan(codings[:, at])
        values, hidden = probabilities[known, at].astype(np.float64), codings[known, at] > 0.5
        figures = {"auc": area(values, hidden), "f1": f1_at(values, hidden, 0.5) if hidden.any() else None}
        table[part] = _rounded({"faces": len(values), "hidden": int(hidden.sum()), **figures})
    return table


def sides_table(faces: Faces, said: Said, order: NDArray[np.int64]) -> Table:
    """Unit → AUC of which side shows it, on faces of which one half is another person's.

    Args:
        faces: coded; said: `left` and `right` intensities of the joined faces; order: face i has the left half of face
            order[i].
    """
    coded = faces.codings.means(len(faces))[0][:, SIDED]
    table: Table = {}
    for at, unit in enumerate(SIDED_KEYS):
        right, left = coded[:, at] >= 1, coded[order, at] >= 1
        differ = (left != right) & ~np.isnan(coded[:, at]) & ~np.isnan(coded[order, at])
        towards = (said["left"] - said["right"])[differ, at].astype(np.float64)
        table[unit] = _rounded({"faces": int(differ.sum()), "auc": area(towards, left[differ])})
    return table


def means_of(table: Table) -> Figures:
    """Means of AUC and F1 over the core and the further units, of those that occur."""
    found: Figures = {}
    for name, units in (("core", CORE), ("further", FURTHER)):
        for figure in ("auc", "f1"):
            values = [value for unit in units if (value := table[unit][figure]) is not None]
            found[f"{name}_{figure}"] = round(float(np.mean(values)), 4) if values else None
    return found


def tiers(table: Table) -> dict[str, Tier]:
    """Unit → how far it can be relied on, by the rule at `REPORTED`."""
    return {unit.key: _tier(unit.key, table[unit.key]) for unit in ACTION_UNITS}


def _tier(unit: str, row: Figures) -> Tier:
    mine, theirs = (row["auc"], row["f1"]), CERTIFIED.get(unit)
    if None in mine or (row["present"] or 0) < LEAST_PRESENT:
        return Tier.EXPERIMENTAL
    for tier, (network, coders) in ((Tier.REPORTED, REPORTED), (Tier.LOW_CONFIDENCE, LOW_CONFIDENCE)):
        certified = theirs is not None and theirs[0] >= coders[0] and theirs[1] >= coders[1]
        unknown = theirs is None and tier is Tier.LOW_CONFIDENCE
        if mine[0] >= network[0] and mine[1] >= network[1] and (certified or unknown):  # type: ignore[operator]
            return tier
    return Tier.EXPERIMENTAL


def _rounded(row: Figures) -> Figures:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
