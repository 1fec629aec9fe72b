"""Names of groups and labels, as people write them and as records have them: `Major Depression` is
`major-depression`."""

import re

from device.contract.support import GROUP


def named(text: str) -> str:
    """The name as records would have it; it may still be none (`is_name`)."""
    return re.sub(r"[\s_]+", "-", text.strip().casefold())


def is_name(text: str) -> bool:
    """Whether a group or label can be called so."""
    return bool(re.fullmatch(GROUP, text))
