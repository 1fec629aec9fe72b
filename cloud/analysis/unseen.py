"""Why something was not seen, in the words that everybody reads: dashboard, replay, video."""

from device.contract.labels import LOWER, UPPER, Reason

#: Why a face was not measured; '' for time without any data.
UNSEEN = {
    Reason.NO_FACE.value: "nobody in view",
    Reason.TOO_SMALL.value: "too far away",
    Reason.BLURRED.value: "blurred",
    Reason.TOO_DARK.value: "too dark",
    Reason.TOO_BRIGHT.value: "too bright",
    Reason.TURNED_AWAY.value: "turned away",
    Reason.CUT_OFF.value: "cut off by the edge of the picture",
    Reason.LOW_PRESENCE.value: "not surely a face",
    Reason.HIDDEN.value: "face hidden",
    "": "no data came",
}
#: What hides a part of the face.
HIDDEN = {LOWER: "mouth hidden", UPPER: "brows or eyes hidden"}
#: Of a session whose consent leaves out action units, and of rows that have none for another reason.
NOT_AGREED, NO_UNITS = "action units: not agreed to", "action units: not measured"
