"""Whether a session would measure the face before the camera, and what to do if not: for `affectbox doctor`."""

from msgspec.structs import replace

from device.commands.watch import Watch
from device.contract.labels import Reason
from device.observation import Observation
from device.settings import Settings
from device.summary import words

_LOOKS = 50  # two seconds of a camera, which sets its exposure first
_WIDE_PX = 48.0  # what the network reads
_REMEDIES = {
    Reason.NO_FACE: "sit before the camera",
    Reason.TOO_SMALL: "move the camera nearer",
    Reason.BLURRED: "focus the camera, or more light",
    Reason.TOO_DARK: "more light on the face",
    Reason.TOO_BRIGHT: "less light on the face",
    Reason.TURNED_AWAY: "look at the camera",
    Reason.CUT_OFF: "move the whole face into the picture",
    Reason.LOW_PRESENCE: "show the whole face, nearer or in better light",
    Reason.HIDDEN: "uncover the face",
}


def look(settings: Settings) -> tuple[str, bool]:
    """Look at the first pictures of the source, until one is good: what is seen of a face, and whether all is well.

    Raises:
        SourceError, ModelError, RuntimeMissingError, StorageError: as when running.
    """
    few = replace(settings.run, max_frames=_LOOKS)
    best: Observation | None = None
    with Watch(settings.run.source, replace(settings, run=few)) as pictures:
        for seen in pictures:
            best = seen if best is None or _doubts_of(seen) < _doubts_of(best) else best
            if not best.reasons and best.track is not None:
                break
    if best is None:
        return "no picture came", False
    doubts = [f"{words(reason.value)}: {_REMEDIES[reason]}" for reason in best.reasons]
    if best.quality is not None and not doubts and best.quality.width_px < _WIDE_PX:
        doubts = [f"small: better {_WIDE_PX:.0f} pixels or more, so move the camera nearer"]
    return ", ".join([_described(best), *doubts]), not doubts


def _doubts_of(seen: Observation) -> int:
    return len(seen.reasons) + 10 * (seen.track is None)


def _described(seen: Observation) -> str:
    if seen.quality is None:
        return f"{seen.faces} in view, none can be made out" if seen.faces else "nobody in view"
    quality, others = seen.quality, seen.faces - 1
    beside = f", {others} more in view" if others else ""
    sharp = f"sharpness {quality.sharpness:.2f}"
    return f"{quality.width_px:.0f} pixels wide, brightness {quality.brightness:.0%}, {sharp}{beside}"
