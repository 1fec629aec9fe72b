"""Which passwords are taken: long ones that are not among the first that somebody would try.

At least 12 characters of any kind, no rule of composition, no expiry. Refused are what repeats itself or runs along
the alphabet or the keyboard, words that passwords are made of with digits after them, and what holds the e-mail's own
name or this program's.

Source: NIST SP 800-63B, section 5.1.1.2 (memorized secret verifiers).
"""

import re
import unicodedata

from cloud.dashboard.access.identities import WeakPasswordError

SHORTEST, LONGEST = 12, 256
_RUNS = (
    *(
        "abcdefghijklmnopqrstuvwxyz" * 2,
        "01234567890123456789",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
    ),
    *("azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0"),
)
#: What common passwords are made of, once digits and signs are taken away from them.
_WORDS = frozenset(
    "password passwort motdepasse contrasena parola wachtwoord senha haslo heslo passphrase passcode letmein welcome "
    "willkommen bienvenue iloveyou ichliebedich teamo sunshine princess football baseball basketball superman batman "
    "dragon monkey master shadow michael jordan charlie trustno starwars pokemon computer internet samsung whatever "
    "freedom liverpool chelsea arsenal bayern barcelona hello hallo bonjour summer sommer winter spring autumn herbst "
    "admin administrator root user guest test demo default changeme changeit secret geheim hospital clinic klinik "
    "praxis therapy therapist therapeut patient doctor doktor nurse affectbox dashboard qwerty qwertz azerty".split()
)
_OURS = ("affectbox",)


def check_password(new: str, email: str) -> None:
    """Raises `WeakPasswordError`."""
    plain = normal(new)
    if len(plain) < SHORTEST:
        raise WeakPasswordError(
            f"A password has {SHORTEST} characters at least: four words in a row are easy to keep."
        )
    if len(plain) > LONGEST:
        raise WeakPasswordError(f"A password has at most {LONGEST} characters.")
    low = plain.casefold()
    name = email.casefold().partition("@")[0]
    if any(len(part) >= 4 and part in low for part in (name, *re.split(r"[._+-]", name), *_OURS)):
        raise WeakPasswordError("That password holds your e-mail's name or this program's: take another.")
    if _is_common(low):
        raise WeakPasswordError("That is among the first passwords that somebody would try: take another.")


def normal(password: str) -> str:
    """One spelling of what can be typed in several ways (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(low: str) -> bool:
    letters = re.sub(r"[\W\d_]", "", low)
    words = re.sub(r"[\W\d_]+", " ", low).split()
    runs = (*_RUNS, *(run[::-1] for run in _RUNS))
    return (
        len(set(low)) < 5
        or any(low == (low[:length] * len(low))[: len(low)] for length in range(1, len(low) // 2 + 1))
        or any(low in run or (len(letters) > 3 and len(low) - len(letters) >= 0 and letters in run) for run in runs)
        or letters in _WORDS
        or (len(words) == 1 and words[0] in _WORDS)
    )
