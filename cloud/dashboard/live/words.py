"""What codes are called on the live page, in plain words, for somebody who sits in a room with a patient."""

from device.contract.choices import HINTS
from device.contract.labels import ACTION_UNITS, EMOTIONS, LOWER, UPPER, Reason, Slower, Tier

#: Why a picture was not measured.
REASONS: dict[str, str] = {
    Reason.NO_FACE.value: "nobody there",
    Reason.TOO_SMALL.value: "too far away",
    Reason.BLURRED.value: "blurred",
    Reason.TOO_DARK.value: "too dark",
    Reason.TOO_BRIGHT.value: "too bright",
    Reason.TURNED_AWAY.value: "turned away",
    Reason.CUT_OFF.value: "face cut off",
    Reason.LOW_PRESENCE.value: "face unclear",
    Reason.HIDDEN.value: "face hidden",
}
#: Which one is said where there are several: what has to be mended first.
FIRST = tuple(
    "no_face too_dark too_bright cut_off too_small turned_away hidden blurred low_presence".split(),
)
#: A part of the face that something hides.
PARTS = {UPPER: "eyes hidden", LOWER: "mouth hidden", "both": "eyes and mouth hidden"}
#: What would help. Left and right are the person's own.
TO_DO: dict[str, str] = {
    "no_face": "Nobody is in view",
    "light_from_behind": "Close the curtain behind them",
    "more_light": "More light on the face",
    "less_light": "Less light on the face",
    "outside": "Back to the seat",
    "come_closer": "Come closer",
    "go_back": "Go back a little",
    "move_left": "Move to their left",
    "move_right": "Move to their right",
    "move_up": "Camera lower, or sit up",
    "move_down": "Camera higher, or sit lower",
    "turn_to_camera": "Turn to the camera",
    "lamp_left": "Turn the lamp to their left",
    "lamp_right": "Turn the lamp to their right",
    "focus": "Clean the lens, or hold still",
    "others": "Somebody else is in view",
}
#: How far an estimate can be relied on.
TIERS = {
    Tier.REPORTED.value: ("tested", "agrees with codes of pictures that it never saw; never tried on patients"),
    Tier.LOW_CONFIDENCE.value: ("low confidence", "agrees with such codes in part"),
    Tier.EXPERIMENTAL.value: ("experimental", "not shown to agree with such codes"),
}
SLOWER = {
    Slower.HEAT.value: "its processor is hot",
    Slower.THROTTLED.value: "its power supply or heat slows the processor",
    Slower.BUDGET.value: "a picture costs more of the processor than it may take",
}
#: Those that the page draws unless somebody chose others.
USUAL_UNITS = ("AU1", "AU4", "AU6", "AU12", "AU15", "AU25")
NOT_AT_REST = "No face at rest: brows that are low by nature look lowered"


def facts() -> dict[str, object]:
    """What the page's script has to know of the contract."""
    return {
        "emotions": EMOTIONS,
        "units": [
            {"key": unit.key, "name": unit.name, "tier": unit.tier.value, "part": unit.part} for unit in ACTION_UNITS
        ],
        "usual": USUAL_UNITS,
        "tiers": TIERS,
        "reasons": REASONS,
        "parts": PARTS,
        "hints": {code: TO_DO[code] for code in HINTS},
    }


def first_reason(reasons: list[str]) -> str:
    """The reason that is said of several."""
    return min(reasons, key=lambda reason: FIRST.index(reason) if reason in FIRST else len(FIRST))
