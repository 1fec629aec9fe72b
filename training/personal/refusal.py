"""When no bundle of a person is made: what of the evidence does not carry one, in sentences.

The limits are guesses to start from, and stand here for a statistician to change them in one place.
"""

from collections.abc import Iterator

from training.diagnosis.tables import shown
from training.personal.evaluation import Measured, PersonFound
from training.personal.usual import OnHeldOut

#: Seconds of the face that are learnt from, and that are held out; recordings of different days.
LEAST_LEARNT_S, LEAST_HELD_OUT_S, FEWEST_RECORDINGS = 180.0, 60.0, 2
#: The mean distance of what was held out, where 1 is usual, its upper end.
FARTHEST = 1.5
#: Area under the ROC curve of linear probes, the mean over action units, its lower end; .5 is chance.
LEAST_AREA = 0.55


def reasons(found: PersonFound, arm: Measured, box: OnHeldOut, planned: int) -> tuple[str, ...]:
    """Why no bundle of this approach is to be made, whose recipe has `planned` epochs; empty: the evidence carries
    one."""
    return tuple(_reasons(found, arm, box, planned))


def _reasons(found: PersonFound, arm: Measured, box: OnHeldOut, planned: int) -> Iterator[str]:
    if arm.epochs < planned:
        yield f"Its training was stopped after {arm.epochs} of {planned} epochs: go on with --resume."
    if found.recordings < FEWEST_RECORDINGS:
        yield "It was learnt from one recording, so nobody knows what another day changes."
    if found.learnt_s < LEAST_LEARNT_S:
        yield f"It was learnt from {found.learnt_s:.0f} s of the face, less than {LEAST_LEARNT_S:.0f} s."
    if found.held_out_s < LEAST_HELD_OUT_S:
        yield f"It was measured on {found.held_out_s:.0f} s that were held out, less than {LEAST_HELD_OUT_S:.0f} s."
    if not box.distance.high <= FARTHEST:
        yield (
            f"What was held out looks unusual: its mean distance is {shown(box.distance)}, where 1 is usual, and the "
            f"upper end must be {FARTHEST:g} at most."
        )
    if not arm.auc.low >= LEAST_AREA:
        yield (
            f"The embedding holds too little of the action units: the mean area under the ROC curve is "
            f"{shown(arm.auc)}, and its lower end must be {LEAST_AREA:g} at least."
        )
