"""What `affectbox au` is given: pictures and videos, by options or as words; and where its results go by themselves.

Words are taken as people write them on every system: a folder's pictures and videos, a pattern (`*.jpg`) that the
shell of Windows leaves as it is, a path that ends in a quotation mark because its last backslash took that along.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

from device.camera.pictures import IMAGE_SUFFIXES, is_folder, is_picture, require_file
from device.camera.video import VIDEO_SUFFIXES
from device.contract.command import warn
from device.contract.errors import SourceError

#: Pictures that people have, and that cannot be read.
_FOREIGN = frozenset({".avif", ".dng", ".gif", ".heic", ".heif", ".psd", ".svg", ".3gp"})
_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Given:
    """Pictures and videos in the order in which they are read; `name` is what they are called together, `several`
    that one which cannot be read stops no other."""

    pictures: tuple[Path, ...]
    videos: tuple[Path, ...]
    name: str
    several: bool = True

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.pictures, *self.videos)

    @cached_property
    def names(self) -> dict[Path, str]:
        """What each is called in tables: its name, or its path where two have the same."""
        often = Counter(path.name for path in self.paths)
        return {path: path.name if often[path.name] == 1 else str(path) for path in self.paths}


def given_as(words: Sequence[str], windows: bool = os.name == "nt") -> Given:
    """What the words of a command line mean.

    Args:
        words: pictures, videos, folders of them, patterns.
        windows: whether the shell leaves patterns and quotation marks to us.

    Raises:
        SourceError: one of them does not exist, is neither, or all of them together hold nothing to read.
    """
    paths = [path for word in words for path in _meant(unquoted(word) if windows else word)]
    found = [file for path in paths for file in (_held(path) if is_folder(path) else [_file(path)])]
    files = list({os.path.normcase(file.absolute()): file for file in found}.values())
    videos = tuple(file for file in files if _is_video(file))
    pictures = tuple(file for file in files if not _is_video(file))
    several = len(files) > 1 or any(map(is_folder, paths))
    return Given(pictures, videos, called(paths), several)


def unquoted(word: str) -> str:
    """A path without the quotation mark that the shell of Windows leaves of `"C:\\My Pictures\\"`."""
    return word.rstrip('"')


def called(paths: Sequence[PurePath]) -> str:
    """What results are named after: the one file or folder, else `pictures`."""
    if len(paths) != 1:
        return "pictures"
    path = paths[0]
    if isinstance(path, Path):
        path = path.resolve()
        return (path.name if path.is_dir() else path.stem) or "pictures"
    return path.stem or "pictures"


def free_names(folder: Path, name: str, suffixes: Sequence[str]) -> list[Path]:
    """`NAME-au.csv` and the like in a folder, or `NAME-au-2.csv`, … where one is there: nothing is written over."""
    number = 1
    while True:
        stem = f"{name}-au" if number == 1 else f"{name}-au-{number}"
        paths = [folder / f"{stem}{suffix}" for suffix in suffixes]
        if not any(path.exists() for path in paths):
            return paths
        number += 1


def _meant(word: str) -> Iterator[Path]:
    """The paths that a word stands for. Raises `SourceError`: a pattern that nothing fits."""
    path = Path(word).expanduser()
    if not _PATTERN & set(path.name) or path.exists():
        yield path
        return
    found = sorted(path.parent.glob(path.name)) if is_folder(path.parent) else []
    if not found:
        raise SourceError(f"Nothing is called {path}: check the folder and the pattern.")
    yield from (file for file in found if is_picture(file) or _is_video(file) or is_folder(file))


def _file(path: Path) -> Path:
    require_file(path)
    if path.suffix.lower() in _FOREIGN:
        raise SourceError(f"{path} cannot be read ({path.suffix} files never can): convert it to JPEG.")
    return path


def _held(folder: Path) -> list[Path]:
    """The pictures and videos of a folder by their names; what looks like one and cannot be read is told."""
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(f"{folder} cannot be read as a folder ({error.strerror}): check its path.") from error
    held = [file for file in files if is_picture(file) or _is_video(file)]
    foreign = [file for file in files if file.suffix.lower() in _FOREIGN]
    if not held and (below := [file.parent for file in folder.glob("*/*") if is_picture(file) or _is_video(file)]):
        raise SourceError(
            f"{folder} itself holds no picture and no video, but its folders do: give those, such as {min(below)}, "
            f"or all of them with {folder / '*'}."
        )
    if not held:
        known = ", ".join(sorted(IMAGE_SUFFIXES | VIDEO_SUFFIXES))
        raise SourceError(f"{folder} holds no picture and no video ({known}): give another folder.")
    if foreign:
        warn(f"Passed over in {folder}: {len(foreign)} ({_kinds(foreign)}); to have them read, convert them to JPEG.")
    return held


def _kinds(files: Iterable[Path]) -> str:
    return ", ".join(sorted({file.suffix.lower() for file in files}))


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith("._")
