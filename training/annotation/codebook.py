"""Our codebook: what is seen of each action, in words of our own, and what it is taken for."""

import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct, convert

_FILE = Path(__file__).with_name("codebook.toml")


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """Words on one action: what is seen when it acts, and what is taken for it or hides it."""

    seen: str
    confused: str


@cache
def read_codebook() -> dict[str, Entry]:
    """Action → words, of all of `coding.ACTIONS`."""
    return convert(tomllib.loads(_FILE.read_text("utf-8")), dict[str, Entry])
