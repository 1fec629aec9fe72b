"""Names of what staff write once: `k`, thirteen digits of milliseconds since 1970, `-`, six random letters and digits.

They sort by time. Who writes makes the name, by the database's clock as far as they know it; what counts as the time
of the entry is its field `at`, which the database itself fills in.
"""

import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime

from device.contract.errors import ConfigError, DataError
from device.contract.patient import check_pseudonym

_DRAWN = "abcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM = 6
PATTERN = "k[0-9]{13}-[a-z0-9]{6}"
#: A session as `visits/PATIENT` names it: DEVICE~SESSION.
VISIT = "[a-z0-9][a-z0-9-]{0,39}~[A-Za-z0-9-]{1,40}"
#: A day as text, YYYY-MM-DD.
DAY = "[12][0-9]{3}-[01][0-9]-[0-3][0-9]"
MONTH = "20[0-9]{2}-[01][0-9]"
#: A pseudonym that a computer drew: ten letters and digits, 51 bits, so that nobody guesses one that is somebody's.
DRAWN = "x-[a-z0-9]{10}"
#: The account of a person of the staff.
UID = "[A-Za-z0-9_-]{1,128}"


def new_key(now_ms: int) -> str:
    """A name that nobody has yet; `now_ms` in milliseconds since 1970."""
    return f"k{min(max(now_ms, 0), 10**13 - 1):013d}-{_random(_RANDOM)}"


def time_ms(key: str) -> int:
    """When a name was made, milliseconds since 1970. Raises `DataError`: it is none."""
    if not re.fullmatch(PATTERN, key):
        raise DataError("The name of an entry is 'k', 13 digits, '-' and 6 letters or digits.")
    return int(key[1:14])


def month(now_ms: int) -> str:
    """The month of a time in milliseconds since 1970, YYYY-MM, in Greenwich."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m")


def draw_pseudonym() -> str:
    """A pseudonym that nobody has: `x-` and ten random letters and digits, drawn anew where a box would refuse it, as
    without a digit, or with so many in a row that they look like a telephone number."""
    while True:
        with suppress(ConfigError):
            return check_pseudonym(f"x-{_random(10)}")


def _random(length: int) -> str:
    return "".join(secrets.choice(_DRAWN) for _ in range(length))
