"""The model card of a bundle that watches one person's own movement. It names nobody."""

from device.contract.evidence import Interval
from device.contract.manifest import Manifest
from device.contract.personal_evidence import PersonalEvidence
from device.contract.personal_file import PersonalFile
from training.diagnosis.tables import shown
from training.personal.usual import OnHeldOut

INTENDED = (
    "Research only: how far the facial movement of one person, who agreed to it, is from their own usual one, and "
    "which of their own movements is near, shown to clinicians who know that person, with the evidence."
)
FORBIDDEN = (
    "Nobody but the person of whom it was learnt: it says nothing of anybody else, and no box opens it for them. No "
    "diagnosis, and no part of one; no statement that somebody is well or ill, better or worse; no goal of a therapy; "
    "no use without a consent that names it; not shown in the room or while a session runs."
)
_CARD = """\
# {id}: one person's own movement
{warnings}
{intended}

It says of a frame how far the face is from what is usual of this person: 1 is as far as usual, in the mean over the
time that was learnt from. Where one of their known movements is near, it says which: a movement is a cluster of what
their face did, found without any label, and is told by the action units that go with it. Far is not ill, and not bad:
a new light, glasses, a beard or a cold are far too.

## Forbidden use

{forbidden}

## Of whom

{whom}: {recordings}, {seconds:.0f} s of the face.
{faces} faces were learnt from and {held_out} held out, in whole stretches of time that no learnt face is next to.
It is bound to their pseudonym, and is erased with them.{others}

## Figures

All of them of what was held out, but for the one that says learnt, with 95 % intervals over stretches of time. There
are few such stretches, so intervals are rather too narrow than too wide, and hold for these days alone.

| figure | |
|---|---|
{figures}

## Movements

{movements}

## When it says nothing

- The crop is darker than {dark:.0%} or brighter than {bright:.0%} of white: it learnt from no such light.
- The person is another one, or their consent does not cover it.

## How it was made

    {command}

- Data: {data}. Licence: {licence}.
- Versions: {versions}.
- Network: {parameters} parameters, {macs} multiply-accumulates. In int8 it differs by {median:.2g} in the median and
  {largest:.2g} at most from the one that learnt, where values go from -1 to 1.

## Limits

- It knows the recordings that it was learnt from: one room, one camera, these days. Others are farther by themselves.
- {turns}
- Units of movements were read by the box's face network, which was not validated on patients; see docs/measuring.md.
- Not a medical device.
"""
_TURNS = (
    "What goes with turns of the head and with light, as far as they were seen, was taken out of it by least\n"
    "  squares; a head that is turned farther may still be far."
)
_NO_TURNS = (
    "How the head was turned was not known when it was made, so a turned head is far: make the faces anew with\n"
    "  `affectbox-training faces`, which keeps it, and export again."
)
_FIGURES = {
    "distance": "mean distance; 1 is usual",
    "near": "share of the time in which a known movement is near",
    "same": "adjusted Rand index of the nearest movement and the cluster",
    "stability": "adjusted Rand index of the clusters with those of other draws of time (learnt)",
    "f1": "F1 of linear probes of action units, the mean over units",
    "auc": "area under the ROC curve of these probes",
}


def card(manifest: Manifest, evidence: PersonalEvidence, file: PersonalFile, box: OnHeldOut) -> str:
    """Markdown text of the card; `manifest` has its receipt."""
    told, receipt = manifest.provenance, manifest.receipt
    dark, bright = file.light
    return _CARD.format(
        id=manifest.id,
        warnings=_warnings(evidence),
        intended=manifest.intended_use,
        forbidden=manifest.forbidden_use,
        whom="Somebody who never was, but was simulated" if evidence.simulated else "One person",
        recordings=f"{evidence.recordings} recording{'s' * (evidence.recordings != 1)}",
        seconds=evidence.seconds,
        faces=evidence.faces,
        held_out=evidence.held_out,
        others=_others(receipt["began_with"]),
        figures="\n".join(_row(name, evidence.figures.get(name)) for name in _FIGURES),
        movements=_movements(file, box),
        turns=_TURNS if receipt["turns"] else _NO_TURNS,
        dark=dark,
        bright=bright,
        command=told["command"].replace(" && ", "\n    "),
        data=told["data"],
        licence=told["licence"],
        versions=told["versions"],
        parameters=receipt["parameters"],
        macs=receipt["macs"],
        median=receipt["error_median"],
        largest=receipt["error_max"],
    )


def _warnings(evidence: PersonalEvidence) -> str:
    lines = ["**Simulated: nobody was measured.**"] if evidence.simulated else []
    if evidence.unsupported:
        lines += ["**Not supported by its evidence:**", "", *(f"- {reason}" for reason in evidence.unsupported)]
    return "".join(f"\n{line}" for line in [*lines, *[""] * bool(lines)])


def _others(number: int) -> str:
    if not number:
        return ""
    people = "1 other person" if number == 1 else f"{number} other people"
    return f"\nIts training began with one of {people}, whose faces are in it, too: it is erased with any of them."


def _row(name: str, figure: Interval | None) -> str:
    return f"| {_FIGURES[name]} | {shown(figure) if figure else 'not known'} |"


def _movements(file: PersonalFile, box: OnHeldOut) -> str:
    lines = [
        f"{number}. {_units(one.units)}: {one.share:.1%} of the time that was learnt from"
        for number, one in enumerate(file.movements, start=1)
    ]
    if not lines:
        lines = ["None was found that lasts: it tells the distance alone."]
    if box.dissolved:
        more = "1 more was" if box.dissolved == 1 else f"{box.dissolved} more were"
        lines += ["", f"{more} not found again in other draws of time, and left out."]
    return "\n".join(lines)


def _units(units: dict[str, float]) -> str:
    return ", ".join(f"{unit} +{value:.1f}" for unit, value in units.items()) or "no unit that could be read"
