"""What names a person in bytes: the pseudonym, or the id of one of their sessions, as whole words."""

import mmap
import os
import re
from collections.abc import Iterable, Iterator

#: The ids that boxes make (`device/contract/session.py`).
_USUAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{10}")
_IN_BYTES = re.compile(rb"(?<![A-Za-z0-9-])[0-9a-f]{8}-[0-9a-f]{10}(?![A-Za-z0-9-])")


class Naming:
    """Searches bytes for a person; as quick for thousands of sessions as for one, if boxes made their ids."""

    def __init__(self, whom: str, sessions: Iterable[str]) -> None:
        """`whom`: the pseudonym; `sessions`: ids, without the box."""
        ids = {*sessions}
        odd = sorted({whom, *(one for one in ids if not _USUAL.fullmatch(one))})
        words = b"|".join(re.escape(os.fsencode(one)) for one in odd)
        self._odd = re.compile(rb"(?<![A-Za-z0-9-])(?:%s)(?![A-Za-z0-9-])" % words)
        self._usual = {one.encode() for one in ids if _USUAL.fullmatch(one)}

    def within(self, content: "bytes | mmap.mmap") -> bool:
        """Whether the person is named there."""
        return next(self._found(content), None) is not None

    def count(self, content: "bytes | mmap.mmap") -> int:
        """How often."""
        return sum(1 for _ in self._found(content))

    def _found(self, content: "bytes | mmap.mmap") -> Iterator[bytes]:
        yield from (one[0] for one in self._odd.finditer(content))
        if self._usual:
            yield from (one[0] for one in _IN_BYTES.finditer(content) if one[0] in self._usual)
