"""`affectbox personal watch`: how far a person's movement in a video is from their own usual, frame by frame and in
all, as a session of theirs would say it. Nothing is kept, and nothing compared with earlier sessions.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from device.commands.display import Ticker
from device.commands.personal.opening import opened_own
from device.commands.watch import Watch
from device.contract.fields import Json, encode
from device.contract.personal_evidence import PersonalEvidence
from device.personal.figures import bundle as told_of
from device.personal.figures import figures
from device.personal.gathered import LEAST_S, Gathered
from device.recorder import to_json
from device.settings import Settings
from device.stages.personal import PersonalReader

#: Of a record, what a line repeats.
_KEPT = ("frame", "reasons", "hidden", "personal")


def watch(video: str, bundle: Path | None, settings: Settings, out: TextIO, said: TextIO) -> None:
    """Print a line of JSON for each frame on `out`, one of all of them, and that in a sentence on `said`.

    Args:
        bundle: its folder; None: the newest that the box keeps of the person whom the settings name.

    Raises:
        ConfigError, ModelError, StorageError, RuntimeMissingError: as `opened_own`.
        SourceError: the video cannot be read.
    """
    with opened_own(settings, bundle, required=True) as own:
        assert own is not None
        gathered = Gathered(len(own.file.movements))
        with Watch(video, settings, own=own) as seen:
            ticker = Ticker(seen.count, sys.stderr, "watched")
            for observation in seen:
                record = to_json(observation, {})
                gathered.add(record)
                out.write(encode({name: record[name] for name in _KEPT if name in record}).decode() + "\n")
                ticker.tick()
            ticker.end()
        told = told_of(own) | {"seconds": round(gathered.seconds, 1)} | figures(gathered.means(), [], own.file)
    out.write(encode({"session": told}).decode() + "\n")
    said.write(_sentence(told, own) + "\n")


def _sentence(told: Json, own: PersonalReader) -> str:
    return " ".join([*_doubts(own.evidence), _figures(told, own)])


def _doubts(evidence: PersonalEvidence) -> Iterator[str]:
    """What is against believing it."""
    if not evidence.supported:
        yield f"NOT SUPPORTED BY ITS EVIDENCE: {' '.join(evidence.unsupported)} All the same:"
    if evidence.simulated:
        yield "THE BUNDLE LEARNT A SIMULATED PERSON, and says nothing of anybody."


def _figures(told: Json, own: PersonalReader) -> str:
    seconds = f"{told['seconds']:.0f} s"
    if "mean" not in told:
        had = f"{told['seconds']:.1f} s"  # 79.9 s are not yet 80
        return f"Too little was measured to say anything of it: {had}, and needed are {LEAST_S:.0f} s."
    usual = f"{told['mean']:.2f} times as far as usual ({told['low']:.2f} to {told['high']:.2f})"
    return (
        f"In the mean {usual}, in {seconds} that were measured; one of the {len(own.file.movements)} known movements "
        f"was near {told['near']:.0%} of that time. It is this person against themselves, and no diagnosis."
    )
