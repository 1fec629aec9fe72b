"""What the layouts have in common: what is written, what is found in files, and what a layout cannot hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cloud.erasing.known import note
from device.contract.errors import DataError
from training.annotation.coding import ACTIONS, Annotations, Coded, Mark, Scale, Side
from training.annotation.coding import Sequence as Frames
from training.files import write_whole
from training.videos.study import VIDEO_SUFFIXES


@dataclass(frozen=True)
class Written:
    """Files that were written, none where nothing has a place in their layout; and in sentences what that could not
    hold."""

    files: tuple[Path, ...]
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Annotations that were read, and in sentences what was passed over or put right."""

    annotations: tuple[Annotations, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Into:
    """The project that files are read into.

    Attributes:
        sequences: all of it; a file's rows are found in them.
        coder: whose codes they are, where the layout does not say; empty: the layout has to.
    """

    sequences: tuple[Frames, ...]
    scale: Scale
    actions: tuple[str, ...]
    coder: str = ""

    def named(self, names: Sequence[str], where: str) -> Frames:
        """The sequence that one of these names stands for: its name, its participant, or either without folders and
        suffix. Raises `DataError`, also where it could be several."""
        found: list[Frames] = []
        for keys in (_exact, _loose):
            for name in filter(None, names):
                found = [one for one in self.sequences if name.casefold() in keys(one)]
                if len(found) == 1:
                    return found[0]
                if found:
                    break
        known = ", ".join(one.name for one in found or self.sequences[:5])
        what = "stands for several sequences" if found else "stands for no sequence of the project"
        raise DataError(f"{where}: {next(filter(None, names), '')!r} {what} ({known}): name it after one.")

    def checked(self, action: str, mark: Mark, where: str) -> Mark:
        """The mark, if the project codes it. Raises `DataError`."""
        if action not in self.actions:
            raise DataError(f"{where}: {action} is not coded in this project: make one whose --actions have it.")
        if not 0 <= mark.value <= self.scale.largest:
            raise DataError(
                f"{where}: {action} is {mark.value}, and the project's scale ends at {self.scale.largest}."
            )
        return mark


@dataclass
class Losses:
    """Counts what a layout has no place for, and says it."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, count: int = 1) -> None:
        """`what` is a sentence with `{n}` for how many."""
        if count:
            self.counts[what] = self.counts.get(what, 0) + count

    def sentences(self) -> tuple[str, ...]:
        return tuple(what.format(n=count) for what, count in self.counts.items())


SIDES = tuple(Side)


def submitted(one: Annotations, losses: Losses) -> Iterator[tuple[int, Coded]]:
    """Frames that the coder is done with, in order; drafts are counted as lost."""
    for place, frame in sorted(one.frames.items()):
        if frame.submitted or frame.judged:
            yield place, frame
        else:
            losses.add("Frames that were not submitted are left out ({n}).")


def keep(
    path: Path, content: bytes, coded: Iterable[Annotations], what: str = "codes of faces", again: str = ""
) -> Path:
    """Write a file about the people of these, for its owner alone, whole or not at all; it is noted first, so that it
    is found when one of them is to be erased.

    Args:
        again: the command that makes it anew, where nothing is lost when it is deleted.

    Raises:
        StorageError: it cannot be noted or written.
    """
    note(path, {one.sequence.participant for one in coded}, [], what, again)
    write_whole(path, lambda file: file.write(content))
    return path


def is_video(sequence: Frames) -> bool:
    """Whether a sequence is a video, which other programs play, and no folder of pictures."""
    return sequence.source.suffix.lower() in VIDEO_SUFFIXES


def count_without_video(annotations: Iterable[Annotations], losses: Losses, program: str) -> None:
    """Say of which sequences a program has nothing to play."""
    for one in annotations:
        losses.add(
            f"Sequences of pictures have no video that {program} could play ({{n}}).", not is_video(one.sequence)
        )


def implied(frame: Coded, action: str) -> Mark | None:
    """The mark of an action that nothing is said of: absent in a submitted frame, unless its part is hidden."""
    seen = frame.submitted and frame.codable and ACTIONS[action].part not in frame.hidden
    return Mark(0) if seen else None


def settled(frame: Coded, into: Into) -> Coded:
    """A frame of a file in this project: where it says nothing of an action that the project codes and that could be
    seen, its coder was not done with the frame, but with the actions that it codes."""
    if any(action not in frame.marks and implied(frame, action) for action in into.actions):
        return replace(frame, submitted=False, judged=frozenset(frame.marks))
    return frame


def by_coder(annotations: Sequence[Annotations]) -> dict[str, list[Annotations]]:
    """Coder → their annotations."""
    coders: dict[str, list[Annotations]] = {}
    for one in annotations:
        coders.setdefault(one.coder, []).append(one)
    return coders


def file_name(text: str) -> str:
    """A name that every system takes as a file's: no separators, no reserved characters or names."""
    plain = "".join("-" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in text).strip(". ")
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
    return f"{plain or 'unnamed'}_" if (plain.split(".")[0].casefold() in reserved or not plain) else plain


def stem(name: str) -> str:
    """The last part of a sequence's name without its suffix."""
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0] or name


def _exact(one: Frames) -> set[str]:
    return {name.casefold() for name in (one.name, one.participant) if name}


def _loose(one: Frames) -> set[str]:
    flat = one.name.replace("/", "-")
    last = stem(one.name)
    names = [
        flat,
        flat.rsplit(".", 1)[0],
        one.name.rsplit("/", 1)[-1],
        last,
        *([one.participant, f"{one.participant}-{last}"] * bool(one.participant)),
    ]
    return {name.casefold() for plain in names for name in (plain, file_name(plain))}
