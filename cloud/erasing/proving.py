"""Everything is searched anew, and what was searched and found is said."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cloud.erasing import files as written
from cloud.erasing import removal, telling
from cloud.erasing.folder import files, occurrences
from cloud.erasing.naming import Naming
from cloud.erasing.proof import search
from cloud.erasing.removal import Found
from cloud.erasing.telling import Progress, Say, counted, row
from cloud.erasing.where import Where
from device.contract.errors import CheckFailedError


def prove(
    place: Where,
    whom: str,
    passes: Sequence[Found],
    waiting: Sequence[str],
    done: Sequence[written.Of],
    say: Say,
) -> None:
    """Search everything anew, and say so. Raises `CheckFailedError`: something is still there."""
    sessions, progress = removal.sessions(passes), Progress()
    naming = Naming(whom, {one.session for one in sessions})
    results = [search(shard, whom, sessions, waiting, progress) for shard in place.shards]
    progress.done()
    counts = Counter[Path]()
    if place.local and not waiting:
        place.local.compact()
        counts += occurrences(place.local.path, naming)
        count = counted(len(files(place.local.path)), "file")
        say(row("Proof", f"every byte of {count} in {place.local.path} was read"))
    counts += written.named(whom, naming)
    for line in (*telling.searched(results), *telling.mentioned(counts)):
        say(line)
    by_hand = any(one.fate is written.Fate.HAND for one in done)
    if any(one.found for one in results) or counts or by_hand:
        raise CheckFailedError(
            "They are still named where the lines above say: in files for your hand, by somebody's own words, or by "
            "what arrived meanwhile. Run it again; what stays then, change by hand."
        )
    if waiting:
        say("Run it again when those boxes were there: then the last notes of it go, too.")
    else:
        say("They are erased. Backups, and files that were copied or sent elsewhere, are yours to erase.")
