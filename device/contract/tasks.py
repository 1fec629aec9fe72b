"""What networks are for. A bundle names any task; those that this version of the box has a use for stand here, each
with the outputs that it must have, so that a converter can say at once what a box would say later.

A new kind of network is a line here, a role in `device.models`, and the stage that reads it.
"""

from dataclasses import dataclass

from device.contract.errors import ModelError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, PARTS, SIDED_KEYS
from device.contract.manifest import Manifest
from device.contract.typed import shown


@dataclass(frozen=True)
class Task:
    """heads: output → its labels, empty where they are the network's own affair; any: one of the outputs is enough;
    files: what the bundle holds beside its network."""

    crop: str
    heads: dict[str, tuple[str, ...]]
    any: bool = False
    files: tuple[str, ...] = ()


#: Of a bundle of landmarks: the canonical face, by which heads are found turned.
CANONICAL_FACE = "canonical_face.json"
FACE_DETECTION, FACE_LANDMARKS, FACE_READING = "face-detection", "face-landmarks", "face-reading"
FACIAL_EXPRESSION, ACTION_UNITS = "facial-expression", "action-units"
DIAGNOSIS_SUPPORT = "diagnosis-support"
ATYPICALITY, TYPICAL_MOVEMENT = "atypicality", "typical-movement"
PERSONAL_MOVEMENT = "personal-movement"
#: Of a bundle for diagnosis support: what is done to features before the network and to probabilities after it.
SUPPORT = "support.json"
#: Of a bundle that reads how a face moves: of what it is read, and what its output means.
MOVEMENT = "movement.json"
#: Of a bundle that watches one person's own movement: whose it is, and what its output means.
PERSONAL = "personal.json"
TASKS = {
    FACE_DETECTION: Task("letterbox", {"boxes": (), "scores": ()}),
    FACE_LANDMARKS: Task("roi", {"landmarks": (), "presence": ()}, files=(CANONICAL_FACE,)),
    FACE_READING: Task(
        "aligned",
        {
            "ferplus": EMOTIONS,
            "units": ACTION_UNIT_KEYS,
            "left": SIDED_KEYS,
            "right": SIDED_KEYS,
            "hidden": PARTS,
        },
    ),
    FACIAL_EXPRESSION: Task("aligned", {"ferplus": EMOTIONS}),
    ACTION_UNITS: Task("aligned", {"presence": (), "intensity": ()}, any=True),
    DIAGNOSIS_SUPPORT: Task("features", {"groups": ()}, files=(SUPPORT,)),
    ATYPICALITY: Task("movement", {"rating": ()}, files=(MOVEMENT,)),
    TYPICAL_MOVEMENT: Task("movement", {"surprise": ()}, files=(MOVEMENT,)),
    PERSONAL_MOVEMENT: Task("aligned", {"embedding": ()}, files=(PERSONAL,)),
}


def misfit(manifest: Manifest) -> str | None:
    """Why the box has no use for a bundle, as half a sentence; None where it has."""
    task = TASKS.get(manifest.task)
    if task is None:
        return f"is for the task {shown(manifest.task)}, and this version of the box knows {', '.join(TASKS)}"
    if manifest.input.crop != task.crop:
        return f"takes the crop '{manifest.input.crop}', and for {manifest.task} the box gives '{task.crop}'"
    have = {output.name: output.labels for output in manifest.outputs}
    missing = [head for head in task.heads if head not in have]
    if len(missing) == len(task.heads) or (missing and not task.any):
        needs = (" or " if task.any else ", ").join(task.heads)
        return f"has the outputs {', '.join(have)}, and for {manifest.task} the box needs {needs}"
    if lacking := [name for name in task.files if name not in manifest.files]:
        return f"holds no {', '.join(lacking)}, which the box needs for {manifest.task}"
    for head, labels in task.heads.items():
        if labels and have[head] != labels:
            return f"has other labels in '{head}' than the box for {manifest.task}"
    return None


def require(manifest: Manifest, task: str) -> None:
    """Raises `ModelError` unless the bundle is one that the box can use for this task."""
    if manifest.task != task:
        raise ModelError(f"Bundle {manifest.id} is for {shown(manifest.task)}, not for '{task}': name another one.")
    if why := misfit(manifest):
        raise ModelError(f"Bundle {manifest.id} {why}: name another one.")
