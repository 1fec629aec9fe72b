"""How far long work is: a bar on a terminal, elsewhere a word each minute, and how long it takes in words."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

ItemT = TypeVar("ItemT")


def bar(items: Iterable[ItemT] | None, what: str, total: int, unit: str = "it", done: int = 0) -> "tqdm[ItemT]":
    """A bar on standard error, of `items` or of what `update` is told, which is gone when all is done."""
    seen = sys.stderr.isatty()
    return tqdm(
        items,
        what,
        total,
        initial=done,
        unit=unit,
        leave=False,
        mininterval=0.1 if seen else 60,
        delay=0 if seen else 60,
    )


def in_words(seconds: float) -> str:
    """A duration, roughly."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
