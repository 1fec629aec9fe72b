"""A row of `affectbox au`: what its file holds of one picture or frame, and the sentence for a person."""

import math

from device.commands.vote import Vote
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, SIDED_KEYS, Tier
from device.observation import Observation
from device.stages.geometry import Box
from device.stages.landmarks import Face, five
from device.summary import words

#: The key points in InsightFace's order; right and left are the person's own.
FIVE = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
COLUMNS = (
    *("file", "frame", "time", "face", "measured", "faces", "track", "left", "top", "right", "bottom"),
    *ACTION_UNIT_KEYS,
    *(f"{key}_{side}" for key in SIDED_KEYS for side in ("left", "right")),
    *("hidden", "emotion", *(f"emotion_{name}" for name in EMOTIONS), "expression", "disagree", "pain", "neutral"),
    *("yaw", "pitch", "roll", "presence", "width", "sharpness", "brightness", "doubts"),
    *(f"{name}_{axis}" for name in FIVE for axis in "xy"),
    *("vote", *(f"vote_{name}" for name in EMOTIONS), "agreeing", "opinions", "disagreement"),
)
#: Where a bundle watches the person's own movement.
OWN = ("own_distance", "own_movement")
PRESENT = 1.0
_MARKS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: "~", Tier.EXPERIMENTAL: "?"}
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}

Row = dict[str, object]


def row_of(observation: Observation, file: str = "", vote: Vote | None = None) -> Row:
    """The row of what was seen in a picture, or in a frame of `file`."""
    frame, pose, quality, track = observation.frame, observation.pose, observation.quality, observation.track
    row: Row = {"file": file or frame.name, "frame": frame.index, "faces": observation.faces}
    row |= {"face": int(track is not None), "measured": int(len(observation.emotions) > 0)}
    row["doubts"] = " ".join(reason.value for reason in observation.reasons)
    if frame.media_s is not None:
        row |= {"time": f"{frame.media_s:.3f}", "track": track.number if track else ""}
    if track is not None:
        row |= _place(track.face.box) | _points(track.face)
    if pose is not None and quality is not None:
        row |= {name: f"{value:.1f}" for name, value in vars(pose).items()}
        measures = {"presence": quality.presence, "sharpness": quality.sharpness, "brightness": quality.brightness}
        row |= {name: f"{value:.3f}" for name, value in measures.items()} | {"width": f"{quality.width_px:.1f}"}
    if vote is not None:
        row |= _voted(vote)
    return row | _read(observation) if row["measured"] else row


def own_row(observation: Observation) -> Row:
    """What a bundle of this very person says of it: `OWN`."""
    said = observation.personal
    return {} if said is None else dict(zip(OWN, (f"{said.distance:.3f}", said.movement or ""), strict=True))


def _place(box: Box) -> Row:
    return {"left": round(box.x), "top": round(box.y), "right": round(box.x + box.w), "bottom": round(box.y + box.h)}


def _points(face: Face) -> Row:
    pairs = zip(FIVE, five(face.points).tolist(), strict=True)
    return {f"{name}_{axis}": f"{at:.1f}" for name, place in pairs for axis, at in zip("xy", place, strict=True)}


def _voted(vote: Vote) -> Row:
    shares = zip(EMOTIONS, vote.mean.tolist(), strict=True)
    row: Row = {f"vote_{name}": f"{share:.3f}" for name, share in shares}
    return row | {
        "vote": vote.leading,
        "agreeing": vote.agreeing,
        "opinions": len(vote.opinions),
        "disagreement": f"{vote.disagreement:.3f}",
    }


def _read(observation: Observation) -> Row:
    """What was read of a face."""
    actions, emotions = observation.actions, observation.emotions
    row: Row = {key: f"{value:.3f}" for key, value in actions.known().items()}
    for side, values in (("left", actions.left), ("right", actions.right)):
        pairs = zip(SIDED_KEYS, values.tolist(), strict=True)
        row |= {f"{key}_{side}": f"{value:.3f}" for key, value in pairs if not math.isnan(value)}
    row["hidden"] = " ".join(observation.hidden)
    row["emotion"] = EMOTIONS[int(emotions.argmax())]
    row |= {f"emotion_{name}": f"{share:.3f}" for name, share in zip(EMOTIONS, emotions.tolist(), strict=True)}
    row["expression"] = next(iter(observation.expressions), "")
    row["disagree"] = int(observation.disagree)
    row["neutral"] = observation.neutral
    if observation.pain is not None:
        row["pain"] = f"{observation.pain:.2f}"
    return row


def doubts_of(observation: Observation) -> str:
    """Why a picture is not trusted, in words."""
    return ", ".join(words(reason.value) for reason in observation.reasons)


def sentence(row: Row) -> str:
    """One line for a person: what is present, the strongest first."""
    where = f"{row['file']}" + (f"  {row['time']} s" if "time" in row else "")
    several = int(str(row["faces"])) > 1
    which = f"  one of {row['faces']} faces, at {row['left']}, {row['top']}" if several and row["face"] else ""
    doubts = ", ".join(map(words, str(row["doubts"]).split()))
    if not row["measured"]:
        seen = f"  {row['faces']} faces" if several and not row["face"] else which
        return f"{where}  not measured: {doubts}{seen}"
    found = sorted(((float(str(row[key])), key) for key in ACTION_UNIT_KEYS if key in row), reverse=True)
    present = [f"{key}{_MARKS[_TIERS[key]]} {value:.1f}" for value, key in found if value >= PRESENT]
    said = f"{row['emotion']}, but {row['expression']} by its units" if row["disagree"] else f"{row['emotion']}"
    nothing = f"nothing above {PRESENT:.0f}" if found else "nothing measured"
    hidden = f"  hidden: {row['hidden']}" if row["hidden"] else ""
    return f"{where}  {said}  {'  '.join(present) or nothing}{hidden}{which}{f'  ({doubts})' if doubts else ''}"
