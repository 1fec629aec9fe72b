"""Pseudonyms: what a patient is called in configuration, files and the database. Never a name, never an address.

A box cannot know who 'meadow-7' is, and nobody who reads its records should. What people type instead by mistake, a
name, an e-mail address or a telephone number, is refused here. A pattern cannot tell every name from every word, so a
pseudonym has to hold a digit: names of people do not, and those who choose `p-0042` or `meadow-7` have thought of it.
"""

import re

from device.contract.errors import ConfigError

#: Where a session says whom it watched: `patients/DEVICE/SESSION` is a pseudonym.
ROOT = "patients"
PSEUDONYM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_PHONE_DIGITS = 6  # the shortest subscriber numbers; a date of birth has six or eight
_DIGITS = re.compile(r"\d+")
_SEPARATORS = re.compile(r"[\s().+/-]")
_EXAMPLE = "such as 'p-0042', and keep who that is on paper"


def check_pseudonym(text: str) -> str:
    """The text itself, if it can be a pseudonym.

    Raises:
        ConfigError: it looks like a name, an e-mail address, a telephone number or a date of birth, or is no key of
            1 to 40 lower-case letters, digits and hyphens. The text is not repeated, for it may be a name.
    """
    if wrong := _wrong(text):
        raise ConfigError(f"The patient's pseudonym {wrong}: give one that says nothing of the person, {_EXAMPLE}.")
    return text


def is_pseudonym(text: str) -> bool:
    """Whether it can be one."""
    return not _wrong(text)


def key(device: str, session: str) -> str:
    """The place of the pseudonym in the database: `patients/DEVICE/SESSION`."""
    return f"{ROOT}/{device}/{session}"


def _wrong(text: str) -> str:
    if "@" in text:
        return "looks like an e-mail address"
    if max((len(run) for run in _DIGITS.findall(_SEPARATORS.sub("", text))), default=0) >= _PHONE_DIGITS:
        return "looks like a telephone number or a date of birth"
    if not any(c.isdigit() for c in text):
        return "looks like a name, for it holds no digit"
    if text != text.lower() or " " in text:
        return "looks like a name, for it holds capitals or spaces"
    if not PSEUDONYM.fullmatch(text):
        return "is not 1 to 40 lower-case letters, digits and hyphens"
    return ""
