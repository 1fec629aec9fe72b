"""How well it was measured, and how: what a reader needs to know before relying on a number."""

from collections.abc import Iterator

import numpy as np

from cloud.analysis.plain import clock, percent
from cloud.analysis.unseen import HIDDEN
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import about
from cloud.reports.page import SURELY, Part, Section
from cloud.reports.slower import slower
from device.contract.labels import Tier

_QUALITY = (
    ("quality.width", "Width of the face", "{:.0f} pixels"),
    ("quality.sharpness", "Sharpness", "{:.2f} (variance of the Laplacian over variance)"),
    ("quality.brightness", "Brightness", "{:.2f} of 1"),
    ("quality.presence", "Surely a face", "{:.3f} of 1"),
)
_METHODS = (
    (
        "Expressions",
        "A network trained on FER2013 pictures with FER+ labels estimates which of eight expressions annotators would "
        "name. It counts where it gives one at least 0.5.",
    ),
    (
        "Facial actions",
        "A second head of the network estimates 22 FACS action units on the scale 0 to 5 (A to E are 1 to 5). It was "
        "taught by codes that a vision-language model gave, not by certified coders.",
    ),
    (
        "Finer expressions, pain",
        "Computed from the facial actions by templates: they are no evidence beside them, and each has the tier of "
        "the weakest action unit that it rests on.",
    ),
    (
        "Face at rest",
        "Where the person's face at rest was calibrated, it is taken away first. Without it, brows that are low by "
        "nature look lowered.",
    ),
    (
        "Shares",
        "Are of the whole session, what was not measured included, unless something else is said.",
    ),
)
_TIERS = {
    Tier.REPORTED: "agreed with annotators in the tests of this version; still wrong in single moments.",
    Tier.LOW_CONFIDENCE: "agreed with annotators only in part: a hint to look at, not a finding.",
    Tier.EXPERIMENTAL: "hardly tested, or hardly agreed: do not rely on it.",
}
_LIMITS = (
    "It does not see feelings: it estimates what annotators would call a picture. People show little of what they "
    "feel, and differ in how. It was not validated on children, on patients, in profile, with masks, palsy or tremor, "
    "or in the light of a therapy room. Contempt is hardly ever named, and disgust and fear are wrong half the time. "
    "Speech parts the lips and drops the jaw as some expressions do. It recognises nobody: who takes the person's "
    "seat and is of similar size is taken for them. It is for research, is no medical device, and diagnoses nothing."
)


def section(table: Table, analysis: Analysis) -> Section:
    """How well it was measured."""
    return Section("Quality", [Part(list=[*_facts(table, analysis)])], css="together")


def methods() -> Section:
    """Methods and limits."""
    tiers = [(SURELY[tier].capitalize(), f"{words[:1].upper()}{words[1:]}") for tier, words in _TIERS.items()]
    parts = [Part("How surely", list=tiers), Part("How it is measured", list=_METHODS), Part("Limits", text=_LIMITS)]
    return Section("Methods and limits", parts)


def _facts(table: Table, analysis: Analysis) -> Iterator[tuple[str, str]]:
    steps = np.diff(table.time)
    if len(steps):
        frames = f"{len(table):,}".replace(",", "\N{NO-BREAK SPACE}")
        yield "Frames", f"{frames} looked at, {1 / max(float(np.median(steps)), 1e-3):.1f} a second in the median"
    spent = analysis.session
    yield "Measured", f"{clock(spent.measured_s, False)} of {clock(spent.lasted_s, False)}"
    for path, name, form in _QUALITY:
        known = table.values(path)[table.measured]
        known = known[~np.isnan(known)]
        if len(known):
            low, middle, high = np.percentile(known, (5, 50, 95))
            unit = form.format(middle)
            digits = form[form.index("{:") + 2 : form.index("}")]
            yield name, f"{unit}; {low:{digits}} to {high:{digits}} for nine tenths of the time"
    for part, seconds in spent.hidden_s.items():
        if seconds:
            yield HIDDEN[part].capitalize(), f"{clock(seconds, False)} ({percent(seconds / spent.lasted_s)})"
    if spent.disagree_s:
        share = percent(spent.disagree_s / spent.lasted_s)
        yield "Readings disagree", f"{share}: the two readings of the face contradict each other; neither counts there"
    yield "Face at rest", _rest(table)
    yield from _of_session(table)


def _of_session(table: Table) -> Iterator[tuple[str, str]]:
    session = table.sessions[0]
    for sentence in slower(table):
        yield "Slower", sentence.removeprefix("Slower").strip()
    if session.missing:
        every = session.rows + session.missing
        yield "Missing", f"{session.missing} of {every} records never came, or were thinned out"
    for line in about.told(session):
        name, text = line[:12].strip(), line[12:].strip()
        if name in ("Consent", "Ended", "Goes on from"):
            yield name, f"{text[:1].upper()}{text[1:]}"
    models = sorted({str(name) for path in ("models.emotions", "models.aus") for name in {*table.texts(path)} if name})
    if models:
        yield "Networks", ", ".join(models)
    for sentence in table.faults.sentences():
        yield "Passed over", sentence


def _rest(table: Table) -> str:
    origins = {str(one).partition(":")[0] for one in {*table.texts("neutral")} if one}
    if "calibrated" in origins:
        return "Calibrated, and taken away from what was measured"
    if origins - {"none"}:
        return "Learnt during the session"
    return "Not known: intensities include how the face is by nature"
