"""`affectbox forget`: erases a person from this box, and says what that did not reach."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from device.clock import SystemClock
from device.contract.errors import DataError
from device.erasure import Erasure, erase
from device.host.forgetting import forget as forget_at_host
from device.settings import Settings

_OUT_OF_REACH = """\
Out of this box's reach: what the database, other boxes, copies, and files not named with --file hold.
A memory card keeps erased bytes until it uses their place again: destroy it, or encrypt it from the first day.
"""


def forget(person: str, settings: Settings, files: Sequence[Path], out: TextIO) -> None:
    """Erase a person and tell on `out` what was erased and what is left.

    Raises:
        DataError: the pseudonym still stands in a file; and what `erase` raises.
    """
    erasure = erase(person, settings, files)
    consent = forget_at_host(person, settings, SystemClock())
    lines = [*report(person, erasure), f"Consent and last sessions: {'erased' if consent else 'none were kept'}."]
    out.write("\n".join(lines) + f"\n{_OUT_OF_REACH}")
    out.flush()
    if left := [f"{file.naming} lines of {file.path}" for file in erasure.files if file.naming]:
        raise DataError(
            f"The pseudonym still stands in {', '.join(left)}, no whole records of theirs: erase them by hand."
        )


def report(person: str, erasure: Erasure) -> list[str]:
    """What was erased, a line each, then what is left."""
    outbox = erasure.outbox
    lines = [
        f"Face at rest of '{person}': {'erased' if erasure.face else 'none was kept'}.",
        f"Bundles of their own movement, and what sessions came to: {'erased' if erasure.personal else 'none'}.",
        f"Outbox: {outbox.documents} documents erased, which stood for {outbox.records} records and aggregates.",
    ]
    lines += [f"{file.path}: {file.erased} of {file.lines} lines erased." for file in erasure.files]
    if outbox.nobodys:
        lines.append(
            f"Left in the outbox: {outbox.nobodys} records and aggregates of which it is not known whose they are."
        )
    lines += [
        f"Left in {file.path}: {file.nobodys} lines of which it is not known whose they are."
        for file in erasure.files
        if file.nobodys
    ]
    lines += [
        f"Left: {path}, which only a newer Affectbox can read: update, and repeat it." for path in outbox.waiting
    ]
    return lines
