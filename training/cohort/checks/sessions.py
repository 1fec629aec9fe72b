"""Recordings: of nobody, missing, revoked, without phases, by other networks, at other rates."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from device.contract.features import SESSION
from device.contract.finding import Finding, Level
from training.cohort.checks.apart import farthest, linked, people, sessions, some
from training.cohort.features import Chosen
from training.cohort.people import Participant
from training.cohort.study import Stimulus
from training.cohort.table import OFF_BOX, FeatureTable
from training.cohort.taken import Taken

#: Records a second below which features are not to be had (`device/features/series.py`).
_SLOW_HZ = 4.5
_FASTER = 1.1
_ROUNDING_S = 1.0


def check_sessions(everybody: Sequence[Participant], chosen: Chosen, stimuli: Sequence[Stimulus]) -> Iterator[Finding]:
    """What is wrong with the recordings of these people."""
    without = [person.pseudonym for person in everybody if not chosen.by_person[person.pseudonym]]
    if without:
        text = f"{people(len(without))} without any recording: {some(without)}."
        yield Finding(Level.WARNING, "recordings", text)
    yield from left_out(chosen)
    yield from _consent(chosen.sessions)
    yield from _simulated(chosen.sessions)
    yield from _networks(everybody, chosen)
    yield from check_stimuli(stimuli, chosen)
    if chosen.sessions:
        frames = sum(int(one.frames[0]) for one in chosen.sessions)
        recorded = len(everybody) - len(without)
        text = f"{sessions(len(chosen.sessions))} of {people(recorded)}, {frames} records."
        yield Finding(Level.OK, "recordings", text)


def left_out(chosen: Chosen) -> Iterator[Finding]:
    """Sessions that do not count, or are several of one person, or whose person only the name of their file tells."""
    for several, why in (
        (chosen.revoked, "whose consent was withdrawn"),
        (chosen.empty, "without a record"),
        (chosen.nobodys, "of people who are not in participants.csv"),
    ):
        if several:
            named = some(f"{one.source} ({one.patient or 'nobody named'})" for one in several)
            text = f"{sessions(len(several))} {why}, which do not count: {named}."
            yield Finding(Level.WARNING, "recordings", text)
    if chosen.twice:
        text = f"{sessions(len(chosen.twice))} in several files, of which the longest counts: {some(chosen.twice)}."
        yield Finding(Level.WARNING, "recordings", text)
    if often := [pseudonym for pseudonym, held in chosen.by_person.items() if len(held) > 1]:
        text = (
            f"{people(len(often))} with several sessions ({some(often)}), whose features are their means. A box "
            "judges one session: sets that were learnt from means hold the right group less often there than they "
            "promise. For diagnosis support make the features with --first."
        )
        yield Finding(Level.WARNING, "recordings", text)
    by_name = [one.source for one in chosen.sessions if not one.patient or one.patient == "unnamed"]
    if by_name:
        text = (
            f"{sessions(len(by_name))} that name nobody, taken for whom their file is called after: {some(by_name)}."
        )
        yield Finding(Level.WARNING, "recordings", text)


def _consent(counted: Sequence[Taken]) -> Iterator[Finding]:
    without = [one for one in counted if "diagnosis" not in one.covers]
    if without:
        text = f"{sessions(len(without))} with no consent on the box that names diagnosis support"
        text += f" ({some(one.source for one in without)}): that people agreed to this study has to stand elsewhere."
        yield Finding(Level.WARNING, "consent", text)


def _simulated(counted: Sequence[Taken]) -> Iterator[Finding]:
    simulated = sum(one.is_simulated for one in counted)
    if 0 < simulated < len(counted):
        text = f"{simulated} of {sessions(len(counted))} are simulated and the others are not: keep them apart."
        yield Finding(Level.FAIL, "recordings", text)
    elif simulated:
        text = "All recordings are simulated: no figure that is made of them says anything of people."
        yield Finding(Level.WARNING, "recordings", text)


def _networks(everybody: Sequence[Participant], chosen: Chosen) -> Iterator[Finding]:
    """How the recordings were made, and whether that goes with the group."""
    recorded = [person for person in everybody if chosen.by_person[person.pseudonym]]
    groups = [person.group for person in recorded]

    def of(told: Callable[[Taken], str]) -> list[str]:
        return [_usual([told(one) for one in chosen.by_person[person.pseudonym]]) for person in recorded]

    networks = of(lambda one: " and ".join(one.models))
    if len(set(networks)) > 1:
        link = linked(groups, networks)
        level, more = Level.WARNING, ""
        if link.is_whole:
            level, more = Level.FAIL, ", each group by another: what differs may be the networks'"
        elif link.is_close:
            more = f", and these go with the groups (Cramér's V {link.v:.2f})"
        text = f"The recordings were made by {len(set(networks))} networks{more}: {some(sorted(set(networks)))}."
        yield Finding(level, "networks", text)
    boxes = of(lambda one: one.device)
    if len(set(boxes)) > 1 and linked(groups, boxes).is_whole:
        text = "Each group was recorded by boxes of its own: whatever differs may be the boxes' and their rooms'."
        yield Finding(Level.WARNING, "boxes", text)
    if (link := linked(groups, of(lambda one: "yes" if one.rested > 0.5 else "no"))).is_close:
        text = "Whether a person's face at rest was taken away goes with the group"
        yield Finding(Level.WARNING, "networks", f"{text} (Cramér's V {link.v:.2f}): calibrate all, or nobody.")
    rates = np.array([np.mean([one.rate for one in chosen.by_person[person.pseudonym]]) for person in recorded])
    apart = farthest(groups, rates)
    if apart and apart.is_far and apart.means[1] > _FASTER * apart.means[0]:
        low, high = apart.means
        text = f"{apart.high} was recorded faster than {apart.low} ({high:.1f} and {low:.1f} records a second)."
        yield Finding(Level.WARNING, "rate", text)
    if slow := [person.pseudonym for person, rate in zip(recorded, rates, strict=True) if rate < _SLOW_HZ]:
        text = f"{people(len(slow))} with fewer than 5 records a second, too few for some features: {some(slow)}."
        yield Finding(Level.WARNING, "rate", text)


def _usual(names: Sequence[str]) -> str:
    return Counter(names).most_common(1)[0][0]


def check_stimuli(stimuli: Sequence[Stimulus], chosen: Chosen) -> Iterator[Finding]:
    """Rows of `stimuli.csv` that are of no recording, or after its end."""
    by_name: dict[str, Taken] = {}
    for one in chosen.sessions:
        names = (one.source, one.source.rpartition(".")[0], one.visit, one.visit.rpartition("~")[2])
        by_name |= dict.fromkeys(names, one)
    if lost := sorted({one.recording for one in stimuli if one.recording not in by_name}):
        text = f"stimuli.csv names {some(lost)}, of which there is no recording that counts."
        yield Finding(Level.WARNING, "stimuli", text)
    late = sorted(
        {
            f"{one.recording} ({one.label})"
            for one in stimuli
            if one.recording in by_name and one.to_s > by_name[one.recording].lasted_s + _ROUNDING_S
        }
    )
    if late:
        yield Finding(Level.WARNING, "stimuli", f"stimuli.csv names times after the recording's end: {some(late)}.")


def check_phases(
    everybody: Sequence[Participant], chosen: Chosen, phases: Sequence[str], others: dict[str, int]
) -> Iterator[Finding]:
    """What is wrong with the phases that are compared; `others`: how many people held each of the others."""
    recorded = [person for person in everybody if chosen.by_person[person.pseudonym]]
    if tuple(phases) == (SESSION,):
        text = "No phase is marked in most recordings: whole sessions are compared, whatever was done in them."
        yield Finding(Level.WARNING, "phases", text)
    elif bare := [one.source for one in chosen.sessions if len(one.parts) == 1]:
        text = f"{sessions(len(bare))} without phases, which hold none of what is compared: {some(bare)}."
        yield Finding(Level.WARNING, "phases", text)
    for name, count in others.items():
        text = f"{name} was held with {count} of {people(len(recorded))} only, so it is not compared."
        yield Finding(Level.WARNING, "phases", text)
    for phase in phases:
        yield from _missing(recorded, chosen, phase)


def check_off_box(table: FeatureTable) -> Iterator[Finding]:
    """Phases that a box would not know."""
    if table.off_box:
        text = f"{', '.join(table.off_box)}: in stimuli.csv alone. {OFF_BOX}"
        yield Finding(Level.WARNING, "phases", text)


def _missing(recorded: Sequence[Participant], chosen: Chosen, phase: str) -> Iterator[Finding]:
    held = [any(phase in one.parts for one in chosen.by_person[person.pseudonym]) for person in recorded]
    missing = [person.pseudonym for person, is_held in zip(recorded, held, strict=True) if not is_held]
    if missing:
        link = linked([person.group for person in recorded], ["yes" if one else "no" for one in held])
        more = f", and that goes with the group (Cramér's V {link.v:.2f})" if link.is_close else ""
        text = f"{phase} was not held with {people(len(missing))}{more}: {some(missing)}."
        yield Finding(Level.WARNING, "phases", text)
