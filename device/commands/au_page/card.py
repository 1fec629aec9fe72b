"""One picture, or one moment of a video: where the face is, the vote on its expression, and its action units."""

import math

from device.commands.au_page.figure import figure
from device.commands.au_page.marks import (
    HIGHEST,
    UNITS,
    bar,
    counted,
    emotion_rows,
    intensity,
    row,
    table,
    text,
    unit_name,
)
from device.commands.marking import PRESENT
from device.commands.vote import Vote
from device.contract.labels import EMOTIONS, LOWER, SIDED_KEYS, UPPER, ActionUnit
from device.observation import Observation
from device.stages.pose import Pose
from device.summary import words

#: From this difference on it is said that a unit is stronger on one side.
_ONE_SIDED = 1.0
_CALLED = {UPPER: "upper face", LOWER: "lower face"}


def card(observation: Observation, vote: Vote | None, title: str, thumbnail: bool, level: int = 2) -> str:
    """An article.

    Args:
        observation: what was seen.
        vote: on the expression, where the face was measured.
        title: its heading, of this `level`.
        thumbnail: whether a small picture of the face is in it.
    """
    shown = f'<div class="where">{figure(observation, thumbnail)}{_facts(observation)}</div>'
    body = _measured(observation, vote) if vote is not None else _refused(observation)
    return (
        f'<article class="card"><h{level}>{text(title)}</h{level}>{_doubts(observation, vote)}{shown}{body}</article>'
    )


def said(vote: Vote) -> str:
    """The vote in a sentence."""
    agreeing, count = vote.agreeing, len(vote.opinions)
    return f"{vote.leading}, {float(vote.mean.max()):.0%}; {agreeing} of {counted(count, 'opinion')} name it"


def _doubts(observation: Observation, vote: Vote | None) -> str:
    """What a reader has to know before the numbers."""
    told = []
    if vote is not None and observation.reasons:
        told.append(f"Read although the box would not trust it: {_reasons(observation)}.")
    if observation.hidden:
        hidden = " and ".join(_CALLED[part] for part in observation.hidden)
        told.append(f"Something hides the {hidden}: its units were not measured.")
    if observation.faces > 1:
        told.append(f"One of {observation.faces} faces in the picture: the one in the box.")
    if observation.disagree:
        told.append(
            f"Its action units look {words(next(iter(observation.expressions), ''))}, the network says otherwise."
        )
    if vote is not None and not vote.unanimous:
        told.append("Opinions on the expression differ.")
    return f'<p class="doubts">{text(" ".join(told))}</p>' if told else ""


def _refused(observation: Observation) -> str:
    return f'<p class="refused"><strong>Not measured</strong>: {text(_reasons(observation))}.</p>'


def _reasons(observation: Observation) -> str:
    return ", ".join(words(reason.value) for reason in observation.reasons)


def _measured(observation: Observation, vote: Vote) -> str:
    parts = [table(_CALLED[part], _units(observation, part)) for part in (UPPER, LOWER)]
    return f'{_voted(vote)}<div class="units">{"".join(parts)}</div>'


def _voted(vote: Vote) -> str:
    rows = emotion_rows(vote.mean.tolist(), vote.shares.tolist())
    told = [
        f"<li>{text(name)}{'' if at < vote.networks else ', no vote'}: {_named(shares)}</li>"
        for at, (name, shares) in enumerate(zip(vote.opinions, vote.shares.tolist(), strict=True))
    ]
    apart = f"Disagreement {vote.disagreement:.2f} of 1"
    return f'<div class="vote">{table("expression, by vote", rows)}<p>{apart}</p><ul>{"".join(told)}</ul></div>'


def _named(shares: list[float]) -> str:
    largest = max(shares)
    return f"{EMOTIONS[shares.index(largest)]} {largest:.0%}"


def _units(observation: Observation, part: str) -> list[str]:
    return [_unit(unit, observation) for unit in UNITS.values() if unit.part == part]


def _unit(unit: ActionUnit, observation: Observation) -> str:
    value = observation.actions.of(unit.key)
    if math.isnan(value):
        return row("unknown", unit_name(unit), "", "–")
    kind = "present" if value >= PRESENT else ""
    return row(kind, unit_name(unit) + _sides(unit, observation), bar(value / HIGHEST), intensity(value))


def _sides(unit: ActionUnit, observation: Observation) -> str:
    """That a unit is stronger on one side of the person."""
    if not unit.sided:
        return ""
    at = SIDED_KEYS.index(unit.key)
    left, right = float(observation.actions.left[at]), float(observation.actions.right[at])
    if not abs(left - right) >= _ONE_SIDED or max(left, right) < PRESENT:
        return ""
    return f" <small>{'left' if left > right else 'right'} side stronger ({left:.1f} left, {right:.1f} right)</small>"


def _facts(observation: Observation) -> str:
    """Pose, box, how sharp and how large."""
    rows = []
    if observation.pose is not None:
        rows.append(("Head", _turned(observation.pose)))
    if observation.track is not None:
        box = observation.track.face.box
        rows.append(("Box", f"{box.w:.0f} × {box.h:.0f} pixels, from {box.x:.0f}, {box.y:.0f}"))
    rows.append(("Faces", str(observation.faces)))
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text(value)}</dd>' for name, value in rows)}</dl>"


def _turned(pose: Pose) -> str:
    side = "its right" if pose.yaw >= 0 else "its left"
    height = "up" if pose.pitch >= 0 else "down"
    return f"{abs(pose.yaw):.0f}° to {side}, {abs(pose.pitch):.0f}° {height}, tilted {abs(pose.roll):.0f}°"
