"""The model card of a bundle that reads how a face moves."""

from device.contract.manifest import Manifest
from device.contract.movement import MovementFile
from device.contract.movement_evidence import MovementEvidence
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from training.atypicality.run import MovementRun
from training.atypicality.tables import text
from training.diagnosis.card import warnings

INTENDED = {
    ATYPICALITY: (
        "Research only: how unusual the movement of a face looks in a short window, as the raters of the evidence "
        "would say, shown to clinicians of a person who agreed to be compared with other people, with the evidence."
    ),
    TYPICAL_MOVEMENT: (
        "Research only: how unlikely the movement of a face in a short window is among the typical people of the "
        "evidence, shown to clinicians of a person who agreed to be compared with other people, with the evidence."
    ),
}
FORBIDDEN = (
    "No diagnosis, and no part of one; no screening, no triage, no goal of a therapy: that somebody moves otherwise "
    "is nothing to be trained away. No use on people of another age than those of the evidence or unlike them, or "
    "without a consent that names it; not shown in the room or while a session runs, not as a trend."
)
_SAYS = {
    ATYPICALITY: (
        "It says of a window of {seconds:g} s what {raters} raters would have said in the mean, from 1 (as most "
        "people) to 5 (as unusual as can be), with an interval of ± {half_width}. It learnt from raters: what they "
        "took for unusual, whatever the reason, it does too."
    ),
    TYPICAL_MOVEMENT: (
        "It says of a window of {seconds:g} s how unlikely the movement is under a Gaussian of each step's units and "
        "sides, given the steps before and the emotions, as it was learnt from typical people; a box tells the share "
        "of their windows that were less unlikely. Unlikely is not ill, and not bad."
    ),
}
_CARD = """\
# {id}: {task}
{warnings}
{intended}

{says}

## Forbidden use

{forbidden}

## Whose evidence

{population}. {n} people, {windows} windows; ages: {ages}. Nobody of another age is read.

## Figures

Everything here is of people from whom nothing was learnt: in folds of people, never of windows.

```
{figures}
```

## When it says nothing

- Less than {coverage:.0%} of a window's values could be measured.
- The person's consent does not cover comparison with other people, or tells no age, or another one.
- The person was measured with other networks than the people of the evidence ({sources}).

## How it was made

    {command}

- Data: {data}. Licence: {licence}.
- Versions: {versions}.
- In {scheme} the network differs by {median:.2g} in the median and {largest:.2g} at most from the one that learnt.

## Limits

- Ratings are opinions of people who looked at a face; of another culture, age or illness they would be others.
- Units come from networks that were not validated on children or patients; what they cannot do stands in
  docs/measuring.md. A palsy, a tic, a tremor, glasses or bad light move units too.
- Intervals are over the people who took part. Another clinic, camera or light may do worse: evaluate again there.
- Not a medical device.
"""


def card(manifest: Manifest, run: MovementRun, evidence: MovementEvidence, file: MovementFile) -> str:
    """Markdown text of the card; `manifest` has its receipt."""
    told, receipt = manifest.provenance, manifest.receipt
    half_width = "an unknown width" if file.half_width is None else f"{file.half_width:.2f} points"
    return _CARD.format(
        id=manifest.id,
        task=manifest.task.replace("-", " "),
        warnings=warnings(evidence),
        intended=manifest.intended_use,
        says=_SAYS[manifest.task].format(seconds=file.seconds, raters=evidence.raters, half_width=half_width),
        forbidden=manifest.forbidden_use,
        population=evidence.population.rstrip("."),
        n=evidence.n,
        windows=evidence.windows,
        ages=", ".join(evidence.ages),
        figures=text(run.evaluation),
        coverage=file.least_coverage,
        sources=", ".join(file.sources) or "not told, so not checked",
        command=told["command"].replace(" && ", "\n    "),
        data=told["data"],
        licence=told["licence"],
        versions=told["versions"],
        scheme=receipt["scheme"],
        median=receipt["error_median"],
        largest=receipt["error_max"],
    )
