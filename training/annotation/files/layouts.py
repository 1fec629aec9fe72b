"""The layouts by name: what each holds, how it is written, how it is read."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
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
