"""Words of every day: for what moves in a face, as it is seen and nothing of what somebody may feel; for why something
was not seen; and for numbers and times."""

from device.contract.labels import CODES, EMOTIONS, SEEN


def plain(key: str) -> str:
    """`lip corners pulled up` of AU12, `head turned left` of AD51, `the reading 'sadness'` of an emotion, `'sadly
    angry'` of an expression."""
    if key in EMOTIONS:
        return f"the reading '{key}'"
    return SEEN.get(key) or CODES.get(key) or f"'{key.replace('_', ' ')}'"


def called(key: str) -> str:
    """`Lip corners pulled up (AU12)`; others as `plain`, with a capital."""
    words = plain(key)
    return f"{words[:1].upper()}{words[1:]}{f' ({key})' if key in SEEN else ''}"


def percent(share: float) -> str:
    """`41 %`; `<1 %` where it would round to nothing."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def clock(seconds: float, tenths: bool = True) -> str:
    """Minutes and seconds: `0:02.3`."""
    whole = round(seconds * 10) if tenths else round(seconds) * 10
    return f"{whole // 600}:{whole % 600 / 10:0{4 if tenths else 2}.{int(tenths)}f}"
