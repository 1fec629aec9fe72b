"""What the commands that erase say."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from cloud.erasing import files
from cloud.erasing.boxes import Waiting
from cloud.erasing.proof import Searched
from cloud.erasing.removal import Found
from device.contract.address import printable

_MOST = 20
_EVERY_S = 0.2
_LINES_EVERY_S = 10.0


Say = Callable[[str], None]


def saying(whom: str, hidden: bool) -> Say:
    """How lines are said; `hidden`: without the pseudonym, where they go to a journal that outlives the person."""
    return lambda line: print(line.replace(whom, "(the person)") if hidden else line)


class Progress:
    """One line that changes, on a terminal; elsewhere a line every ten seconds."""

    def __init__(self, to: TextIO | None = None) -> None:
        self._to = to or sys.stderr
        self._is_terminal = self._to.isatty()
        self._next_s = time.monotonic() + (0 if self._is_terminal else _LINES_EVERY_S)

    def __call__(self, text: str) -> None:
        if (now_s := time.monotonic()) >= self._next_s:
            self._next_s = now_s + (_EVERY_S if self._is_terminal else _LINES_EVERY_S)
            self._to.write(f"\r\x1b[K{printable(text)}" if self._is_terminal else f"{printable(text)}\n")
            self._to.flush()

    def done(self) -> None:
        """Take the line away."""
        if self._is_terminal:
            self._to.write("\r\x1b[K")
            self._to.flush()


def row(label: str, text: str) -> str:
    """A line of the answer."""
    return f"{label:13}{printable(text)}"


def counted(count: int, one: str, many: str = "") -> str:
    """Such as `1 session`, `1,200 sessions`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def held(found: Found) -> Iterator[str]:
    """What is held of a person, by database, file and box."""
    boxes = Counter(one.device for one in found.whose.sessions)
    on = ", ".join(f"{device} ({count:,})" for device, count in sorted(boxes.items()))
    yield row("Sessions", f"{counted(sum(boxes.values()), 'session')}{f', on {on}' if on else ''}")
    for one in found.places:
        for what, paths in one.paths.items():
            yield row("Held in", f"{one.shard.name:15} {what:38}{len(paths):>9,}")
    if found.whose.contested:
        yield row(
            "Not theirs",
            f"{counted(len(found.whose.contested), 'visit')} of theirs is of a session that a box noted as somebody "
            "else's: the visit goes, the session stays",
        )
    for file in found.files:
        yield row("File", of_file(file, file.fate.planned))


def of_file(one: files.Of, fate: str = "") -> str:
    """A file, what became of it, or is going to (`fate`), and why."""
    return f"{one.file.path} ({one.file.what}): {fate or one.fate.value}{f', {one.why}' if one.why else ''}"


def asked(found: Found, more: Iterable[str]) -> Iterator[str]:
    """Which boxes will be asked."""
    standing = {one.device for one in found.waiting}
    if devices := sorted({*found.whose.devices, *more} - standing):
        yield row("Boxes", f"will be asked to erase what they hold: {', '.join(devices)}")


def waits(waiting: Sequence[Waiting]) -> Iterator[str]:
    """Which boxes have not done it yet."""
    for one in waiting:
        heard = f"last heard {_when(one.seen_ms)}" if one.seen_ms else "never heard"
        left = f"; it says: {one.left}" if one.left else ""
        yield row("Waiting for", f"{one.device}, asked {_when(one.asked_ms)}, {heard}{left}")


def searched(found: Iterable[Searched]) -> Iterator[str]:
    """What was searched in databases, and found."""
    for one in found:
        what = f"{counted(one.names, 'name')} and {counted(one.documents, 'document')} searched in {one.shard}"
        yield row("Proof", f"{what}: {_found(one.found)}")


def mentioned(counts: Mapping[Path, int]) -> Iterator[str]:
    """Files in whose bytes they are still named."""
    for path, count in counts.items():
        yield row("Proof", f"{path}: {counted(count, 'mention')} found")


def _found(paths: Sequence[str]) -> str:
    if not paths:
        return "nothing found"
    more = f", and {len(paths) - _MOST:,} more" if len(paths) > _MOST else ""
    return f"still named at {', '.join(paths[:_MOST])}{more}"


def _when(at_ms: int | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at_ms / 1000)) if at_ms else "at a time unknown"
