"""The one place where emotions, action units, expressions and gate reasons are spelled.

Action units: Ekman, Friesen & Hager, *Facial Action Coding System*, 2002. Intensities A–E are 1–5, absence is 0.
Emotions: the eight classes of FER+ (Barsoum et al. 2016), and the seven of FER2013 (Goodfellow et al. 2013).
"""

from dataclasses import dataclass
from enum import Enum

#: FER+ order, which is also the order of the shipped network's first head.
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")

#: FER2013 order (`emotion` column 0–6 of the challenge's CSV file).
FER2013_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


class Tier(str, Enum):
    """How far an estimate can be relied on; it follows from evidence and is shown wherever the estimate is."""

    REPORTED = "reported"
    LOW_CONFIDENCE = "low-confidence"
    EXPERIMENTAL = "experimental"


@dataclass(frozen=True)
class ActionUnit:
    """One facial action: `key` is its name in records (no `/`, which database keys forbid); `seen` what one sees when
    it acts, in words of every day, and nothing of what somebody may feel; `tier` that of the shipped estimator (its
    model card has the evidence); `part` is the part of the face in which it is seen, and which must not be hidden;
    `sided` says whether left and right are told apart."""

    key: str
    name: str
    seen: str
    tier: Tier
    part: str
    sided: bool = False


#: Parts of the face that something may hide, by themselves.
UPPER, LOWER = PARTS = "upper", "lower"

_R, _L, _E = Tier.REPORTED, Tier.LOW_CONFIDENCE, Tier.EXPERIMENTAL
ACTION_UNITS = (
    ActionUnit("AU1", "Inner Brow Raiser", "inner brows raised", _R, UPPER, sided=True),
    ActionUnit("AU2", "Outer Brow Raiser", "outer brows raised", _R, UPPER, sided=True),
    ActionUnit("AU4", "Brow Lowerer", "brows drawn down", _R, UPPER, sided=True),
    ActionUnit("AU5", "Upper Lid Raiser", "upper lids raised", _R, UPPER, sided=True),
    ActionUnit("AU6", "Cheek Raiser", "cheeks raised", _R, UPPER, sided=True),
    ActionUnit("AU7", "Lid Tightener", "lids tightened", _L, UPPER, sided=True),
    ActionUnit("AU9", "Nose Wrinkler", "nose wrinkled", _R, UPPER, sided=True),
    ActionUnit("AU10", "Upper Lip Raiser", "upper lip raised", _E, LOWER, sided=True),
    ActionUnit("AU12", "Lip Corner Puller", "lip corners pulled up", _R, LOWER, sided=True),
    ActionUnit("AU14", "Dimpler", "lip corners drawn in", _L, LOWER, sided=True),
    ActionUnit("AU15", "Lip Corner Depressor", "lip corners drawn down", _L, LOWER, sided=True),
    ActionUnit("AU16", "Lower Lip Depressor", "lower lip drawn down", _L, LOWER),
    ActionUnit("AU17", "Chin Raiser", "chin raised", _L, LOWER),
    ActionUnit("AU18", "Lip Pucker", "lips puckered", _E, LOWER),
    ActionUnit("AU20", "Lip Stretcher", "lips stretched sideways", _R, LOWER, sided=True),
    ActionUnit("AU22", "Lip Funneler", "lips funnelled", _E, LOWER),
    ActionUnit("AU23", "Lip Tightener", "lips tightened", _E, LOWER),
    ActionUnit("AU24", "Lip Pressor", "lips pressed together", _L, LOWER),
    ActionUnit("AU25", "Lips Part", "lips parted", _R, LOWER),
    ActionUnit("AU26", "Jaw Drop (with AU27, Mouth Stretch)", "jaw dropped", _R, LOWER),
    ActionUnit("AU28", "Lip Suck", "lips sucked in", _E, LOWER),
    ActionUnit("AU43", "Eyes Closed (briefly: AU45, Blink)", "eyes closed", _L, UPPER, sided=True),
)
#: Unit → what one sees when it acts.
SEEN = {unit.key: unit.seen for unit in ACTION_UNITS}
ACTION_UNIT_KEYS = tuple(unit.key for unit in ACTION_UNITS)

SIDED_KEYS = tuple(unit.key for unit in ACTION_UNITS if unit.sided)

#: Action descriptors that data sets annotate beside them; networks may learn them, records do not hold them.
ACTION_DESCRIPTORS = {"AD19": "Tongue Show", "AD32": "Bite"}

#: FACS codes of where head and eyes are turned; left and right are the person's own. AD63 and AD64 stand in records of
#: older boxes.
CODES = {
    "AD51": "head turned left",
    "AD52": "head turned right",
    "AD53": "head up",
    "AD54": "head down",
    "AD55": "head tilted left",
    "AD56": "head tilted right",
    "AD57": "head forward",
    "AD58": "head back",
    "AD61": "eyes turned left",
    "AD62": "eyes turned right",
    "AD63": "eyes up",
    "AD64": "eyes down",
}

#: Fine-grained expressions: seven basic, twelve compound (Du, Tao & Martinez 2014), thirteen more, and a face at
#: peace.
EXPRESSIONS = tuple(
    """
    happy sad fearful angry surprised disgusted contemptuous
    happily_surprised happily_disgusted sadly_fearful sadly_angry sadly_surprised sadly_disgusted
    fearfully_angry fearfully_surprised fearfully_disgusted angrily_surprised angrily_disgusted disgustedly_surprised
    enthusiastic humorous interested affirmative belligerent domineering defensive threatened whining awed hateful
    painful crying
    peaceful
    """.split()
)


#: Records further apart than this, seconds, have a gap between them, in which nothing is known.
GAP_S = 0.5

#: The longest step between frames, seconds, over which blinks can be told; see `device/stages/eyes.py`.
BLINK_STEP_S = 0.15


class Slower(str, Enum):
    """Why fewer frames a second are processed than the box aims at. The value is what stands in the record."""

    HEAT = "heat"  # the processor is hot
    THROTTLED = "throttled"  # the machine limits the processor: under-voltage, or too hot
    BUDGET = "budget"  # a frame costs more of the processor than the budget has


class Reason(str, Enum):
    """Why a frame carries no guess. The value is what stands in the record."""

    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED_AWAY = "turned_away"
    CUT_OFF = "cut_off"
    LOW_PRESENCE = "low_presence"
    HIDDEN = "hidden"
