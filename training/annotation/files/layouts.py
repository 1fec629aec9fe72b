"""The layouts by name: what each holds, how it is written, how it is read."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PUBLISHED, CODES, CSV, ELAN, BORIS = LAYOUTS = ("published", "codes", "csv", "elan", "boris")


@dataclass(frozen=True)
class Layout:
    """A layout: in words, and the modules with its `write` and `read`."""

    words: str
    writing: str
    reading: str

    @property
    def write(self) -> Callable[..., Any]:
        """`(annotations, out) -> Written`; the module is loaded now."""
        return self._of(self.writing).write  # type: ignore[no-any-return]

    @property
    def read(self) -> Callable[..., Any]:
        """`(path, into) -> Found`."""
        return self._of(self.reading).read  # type: ignore[no-any-return]

    def _of(self, module: str) -> Any:
        return importlib.import_module(f"training.annotation.files.{module}")


BY_NAME = {
    PUBLISHED: Layout(
        "presence in frames, as the published tool writes it, a csv a participant", "published", "published"
    ),
    CODES: Layout("intensities of pictures, which `affectbox-training prepare --codes` reads", "coded", "coded"),
    CSV: Layout("everything, in tables for statistics", "plain", "plain"),
    ELAN: Layout("everything of films, for ELAN", "elan.writing", "elan.reading"),
    BORIS: Layout("episodes of films, for BORIS", "boris.writing", "boris.reading"),
}

_BY_SUFFIX = {".eaf": ELAN, ".boris": BORIS}
#: The columns that a table of each layout has; the first that fits is it.
_BY_COLUMNS = (
    ({"Observation id", "Behavior"}, BORIS),
    ({"sequence", "coder", "scale"}, CSV),
    ({"image", "coder"}, CODES),
    ({"row", "coder"}, CODES),
    ({"frame", "AU0"}, PUBLISHED),
)


def layout_of(path: Path) -> str | None:
    """The layout of a file by its suffix or first line, of a folder by its files; None: they do not say one."""
    if path.is_dir():
        found = {layout for file in path.iterdir() if file.is_file() and (layout := layout_of(file))}
        return found.pop() if len(found) == 1 else None
    if (layout := _BY_SUFFIX.get(path.suffix.lower())) is not None:
        return layout
    columns = set(re.split(r"[,;\t]", _first_line(path)))
    return next((layout for needed, layout in _BY_COLUMNS if needed <= columns), None)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.readline().strip()
    except (OSError, UnicodeError):
        return ""
