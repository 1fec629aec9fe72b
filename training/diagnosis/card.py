"""The model card of a bundle for diagnosis support."""

from device.contract.evidence import Evidence
from device.contract.manifest import Manifest
from device.contract.movement_evidence import MovementEvidence
from training.diagnosis.run import LEAST, FeatureRun
from training.diagnosis.tables import text

INTENDED = (
    "Research only: which of a study's groups the measurements of one session do not rule out, shown to clinicians of "
    "a person who agreed to it, with the evidence and beside their own examination."
)
FORBIDDEN = (
    "No diagnosis, and no part of one; no triage, no choice or change of treatment, no fitness, custody, insurance or "
    "employment; no screening of people who did not ask for it; no use on people unlike those of the evidence, on "
    "children, or without a consent that names it; not shown in the room, not per frame, not as a trend."
)
_CARD = """\
# {id}: diagnosis support
{warnings}
{intended}

It says once, of a session or of a phase, which groups the measurements do not rule out: a *conformal set*. Only a set
of exactly one group is an answer, and often there is none. It rules out, it does not confirm: that a group is left
over does not say that the person is of it, for the person may be of none of them.

## Forbidden use

{forbidden}

## Whose evidence

{population}. {people}. Phases: {phases}.

Probabilities are as if the groups were equally frequent, which they are not where it is used.

## Figures

Everything here is of people from whom nothing was learnt: in nested folds of participants, never of frames.

```
{figures}
```

## When it abstains

- A phase was not held, or shorter than {seconds:g} s, or measured for less than {coverage:.0%} of it: {least:.0%} of
  what was usual among the people of the evidence.
- Fewer than {measured:.0%} of the {columns} features could be measured.
- The features are further from those of the evidence than anybody's in it (mean square of the standardized features
  above {limit:.3g}).
- The set holds several groups, or none.

## The network

{how} Group probabilities are softmax(logits / {temperature:.3f}). A group is in the set where
1 − its probability is at most: {quantiles}.

A weight says what the network uses, not what differs or why: of features that go together, one may have it all.

| feature | {groups} |
| --- |{rule}
{weights}

{rest}

## How it was made

    {command}

- Data: {data}. Licence: {licence}.
- Versions: {versions}.
- In {scheme} the network differs by at most {error:.2g} in a probability from the one that was fitted, and gives
  {same:.1%} of the people the same set.

## Limits

- A difference between groups in a study need not be a difference of the illness: medication, fatigue, the room, the
  interviewer and who agreed to take part differ too. The confounds above are those that were written down.
- People of groups that were not in the study are put into one of these, or into none; it cannot say 'something else'.
- Features come from networks that were not validated on patients; what they cannot do stands in docs/measuring.md.
- Intervals are over the people who took part. Another clinic, camera or light may do worse: evaluate again there.
- Not a medical device.
"""


def card(manifest: Manifest, run: FeatureRun) -> str:
    """Markdown text of the card; `manifest` has its receipt."""
    evidence, support, receipt = Evidence.from_receipt(manifest.receipt, manifest.id), run.support, manifest.receipt
    model = run.model
    return _CARD.format(
        id=manifest.id,
        warnings=warnings(evidence),
        intended=manifest.intended_use,
        forbidden=manifest.forbidden_use,
        population=evidence.population.rstrip("."),
        people=_people(evidence),
        phases=", ".join(evidence.phases),
        figures=text(run.evaluation),
        seconds=support.least_seconds,
        coverage=support.least_coverage,
        least=LEAST,
        measured=support.least_measured,
        columns=len(support.columns),
        limit=support.outside,
        how=f"Logistic regression with an elastic net (λ = {model.strength:g}), groups weighing the same.",
        temperature=model.temperature,
        quantiles=", ".join(f"{name} {value:.3f}" for name, value in model.quantiles.items()),
        groups=" | ".join(model.groups),
        rule=" --- |" * len(model.groups),
        weights=_weights(run),
        rest=_rest(run),
        command=manifest.provenance["command"].replace(" && ", "\n    "),
        data=manifest.provenance["data"],
        licence=manifest.provenance["licence"],
        versions=manifest.provenance["versions"],
        scheme=receipt["scheme"],
        error=receipt["probability_error_max"],
        same=receipt["same_set"],
    )


def warnings(evidence: Evidence | MovementEvidence) -> str:
    """What a card says before everything else."""
    lines = []
    if evidence.simulated:
        lines.append("**Simulated people.** It tries the method, and says nothing of anybody.")
    if not evidence.supported:
        lines.append("**NOT SUPPORTED BY ITS EVIDENCE.** It was exported all the same. Against it stands:")
        lines += [f"- {reason}" for reason in evidence.unsupported]
    return "".join(f"\n{line}\n" for line in lines)


def _people(evidence: Evidence) -> str:
    groups = ", ".join(f"{count} {name}" for name, count in evidence.groups.items())
    age = f", {evidence.age.low:.0f} to {evidence.age.high:.0f} years old" if evidence.age else ""
    sites = "one site" if evidence.sites == 1 else f"{evidence.sites} sites"
    return f"{evidence.n} people ({groups}) from {sites}{age}"


def _weights(run: FeatureRun) -> str:
    """The features with weight, the heaviest first; a table row each."""
    weights = run.model.weights
    order = sorted(range(len(weights)), key=lambda row: -float(abs(weights[row]).max()))
    return "\n".join(
        f"| {run.model.columns[row]} | {' | '.join(f'{value:+.3f}' for value in weights[row])} |"
        for row in order
        if abs(weights[row]).max() > 0
    )


def _rest(run: FeatureRun) -> str:
    idle = sum(not abs(row).max() for row in run.model.weights)
    return f"{idle} further features are read, and have no weight." if idle else "No further features are read."
