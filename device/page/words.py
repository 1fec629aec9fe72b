"""What the page says, a file for each language: strings/LANGUAGE.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("strings")
LANGUAGES = ("en", "es", "zh")


@cache
def words(language: str) -> Mapping[str, str]:
    """The strings of a language by their dotted names."""
    tables = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    found = {"name": str(tables.pop("name"))}
    for section, table in tables.items():
        found |= {f"{section}.{key}": text for key, text in table.items()}
    return found


def language_of(chosen: str | None, accepted: str) -> str:
    """The language to speak: the one that was chosen, else the first of the browser's (`Accept-Language`) that there
    is."""
    wanted = [chosen or "", *(part.partition(";")[0].strip() for part in accepted[:200].split(","))]
    short = (name.lower().partition("-")[0] for name in wanted)
    return next((name for name in short if name in LANGUAGES), LANGUAGES[0])
