"""Words of every day: for what moves in a face, as it is seen and nothing of what somebody may feel; for why something
was not seen; and for numbers and times."""

from device.contract.labels import CODES, EMOTIONS

_UNITS = {
    "AU1": "inner brows raised",
    "AU2": "outer brows raised",
    "AU4": "brows drawn down",
    "AU5": "upper lids raised",
    "AU6": "cheeks raised",
    "AU7": "lids tightened",
    "AU9": "nose wrinkled",
    "AU10": "upper lip raised",
    "AU12": "lip corners pulled up",
    "AU14": "lip corners drawn in",
    "AU15": "lip corners drawn down",
    "AU16": "lower lip drawn down",
    "AU17": "chin raised",
    "AU18": "lips puckered",
    "AU20": "lips stretched sideways",
    "AU22": "lips funnelled",
    "AU23": "lips tightened",
    "AU24": "lips pressed together",
    "AU25": "lips parted",
    "AU26": "jaw dropped",
    "AU28": "lips sucked in",
    "AU43": "eyes closed",
}


def plain(key: str) -> str:
    """`lip corners pulled up` of AU12, `head turned left` of AD51, `the reading 'sadness'` of an emotion, `'sadly
    angry'` of an expression."""
    if key in EMOTIONS:
        return f"the reading '{key}'"
    return _UNITS.get(key) or CODES.get(key) or f"'{key.replace('_', ' ')}'"


def called(key: str) -> str:
    """`Lip corners pulled up (AU12)`; others as `plain`, with a capital."""
    words = plain(key)
    return f"{words[:1].upper()}{words[1:]}{f' ({key})' if key in _UNITS else ''}"


def percent(share: float) -> str:
    """`41 %`; `<1 %` where it would round to nothing."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def clock(seconds: float, tenths: bool = True) -> str:
    """Minutes and seconds: `0:02.3`."""
    whole = round(seconds * 10) if tenths else round(seconds) * 10
    return f"{whole // 600}:{whole % 600 / 10:0{4 if tenths else 2}.{int(tenths)}f}"
