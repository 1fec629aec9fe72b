"""The one place where emotions, action units, blendshapes and gate reasons are spelled.

Action units: Ekman, Friesen & Hager, *Facial Action Coding System*, 2002. Intensities A–E are 1–5, absence is 0.
Emotions: the eight classes of FER+ (Barsoum et al. 2016), and the seven of FER2013 (Goodfellow et al. 2013).
Blendshapes: the 52 outputs of MediaPipe's `face_blendshapes.tflite`, in its order (names of Apple's ARKit).
"""

from dataclasses import dataclass
from enum import Enum

#: FER+ order, which is also the order of the shipped network's first head.
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")

#: FER2013 order (`emotion` column 0–6 of the challenge's CSV file).
FER2013_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


@dataclass(frozen=True)
class ActionUnit:
    """One facial action: `key` is its name in records (no `/`, which database keys forbid)."""

    key: str
    name: str


ACTION_UNITS = tuple(
    ActionUnit(key, name)
    for key, name in (
        ("AU1", "Inner Brow Raiser"),
        ("AU2", "Outer Brow Raiser"),
        ("AU4", "Brow Lowerer"),
        ("AU5", "Upper Lid Raiser"),
        ("AU6", "Cheek Raiser"),
        ("AU7", "Lid Tightener"),
        ("AU9", "Nose Wrinkler"),
        ("AU10", "Upper Lip Raiser"),
        ("AU12", "Lip Corner Puller"),
        ("AU14", "Dimpler"),
        ("AU15", "Lip Corner Depressor"),
        ("AU16", "Lower Lip Depressor"),
        ("AU17", "Chin Raiser"),
        ("AU18", "Lip Pucker"),
        ("AU20", "Lip Stretcher"),
        ("AU22", "Lip Funneler"),
        ("AU23", "Lip Tightener"),
        ("AU24", "Lip Pressor"),
        ("AU25", "Lips Part"),
        ("AU26", "Jaw Drop (with AU27, Mouth Stretch)"),
        ("AU28", "Lip Suck"),
        ("AU43", "Eyes Closed (briefly: AU45, Blink)"),
    )
)
ACTION_UNIT_KEYS = tuple(unit.key for unit in ACTION_UNITS)

BLENDSHAPES = tuple(
    """
    _neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
    cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight
    eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft
    eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft
    mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight
    mouthPucker mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft
    mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft
    noseSneerRight
    """.split()
)


class Reason(str, Enum):
    """Why a frame carries no guess. The value is what stands in the record."""

    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED_AWAY = "turned_away"
    LOW_PRESENCE = "low_presence"
