"""Sentences for whoever runs the watch, who should not read the same one every second."""

from collections.abc import Callable


class Once:
    """Tells a sentence about a matter once, until there is another one or it may be told again."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` takes each."""
        self.always = tell
        self._last: dict[str, str] = {}

    def __call__(self, sentence: str, matter: str = "") -> None:
        """Tell it, unless it was the last about the matter."""
        if sentence != self._last.get(matter):
            self.always(sentence)
        self._last[matter] = sentence

    def again(self) -> None:
        """What was told is over."""
        self._last.clear()
