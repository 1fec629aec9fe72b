"""What is asked of `affectbox au`: what its options mean together, and whether that can be done."""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from device.camera.pictures import is_folder, pictures_in, read_image
from device.camera.video import VIDEO_SUFFIXES
from device.commands.au_given import Given, free_names, given_as
from device.commands.drawing import Drawing
from device.commands.points import Landmarks, open_pictures
from device.contract.errors import ConfigError, SourceError
from device.film import SUFFIX
from device.state import same_file


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        csv: the table, `-` for standard output; None: it is printed in words.
        page: the HTML page; None for none.
        thumbnails: whether it shows small pictures of the faces.
        neutral: picture of the same person with a relaxed face.
        gate: whether what the box in a session would not trust is left out.
        landmarks: which are written too; None for none.
        annotated: of a video a film, of pictures one or a folder with landmarks, to be made; None for none.
        voters: further bundles that vote on the expression.
        bundle: what watches the person's own movement; None: see `opened_own`.
    """

    csv: Path | None = None
    page: Path | None = None
    thumbnails: bool = False
    neutral: Path | None = None
    gate: bool = True
    landmarks: Landmarks | None = None
    annotated: Path | None = None
    voters: tuple[str, ...] = ()
    bundle: Path | None = None


def given_of(args: argparse.Namespace) -> Given:
    """What is read. Raises `SourceError`: words that mean nothing, or a folder that holds nothing."""
    if args.paths:
        return given_as(args.paths)
    if args.folder:
        return Given(tuple(pictures_in(args.folder)), (), args.folder.resolve().name)
    if args.video:
        return Given((), (args.video,), args.video.stem, several=False)
    return Given((args.image,), (), args.image.stem, several=False)


def asked_of(args: argparse.Namespace, given: Given) -> Asked:
    """What is made of it: of words alone a table and a page. Raises `ConfigError`: options that do not go together."""
    csv, page = args.csv, args.page
    if args.paths and not (csv or page or args.annotate):
        csv, page = free_names(Path(), given.name, (".csv", ".html"))
    landmarks = Landmarks(args.landmarks, args.numbered) if args.landmarks else None
    if args.numbered and not (landmarks and args.annotate and not given.videos):
        raise ConfigError(
            "--numbered is of pictures with --landmarks and --annotate: give them too, or leave it away."
        )
    if landmarks and not (csv or args.annotate):
        raise ConfigError("--landmarks says which landmarks: give --csv for numbers, or --annotate for a picture.")
    if args.thumbnails and not page:
        raise ConfigError("--thumbnails are of the page: give --page too, or leave it away.")
    if args.annotate and not landmarks and not given.videos:
        raise ConfigError(
            "--annotate draws landmarks on pictures: say which with --landmarks 68 or 478; everything that the box "
            "sees in pictures is drawn by `affectbox replay --overlay`."
        )
    gate, voters = not args.ungated, tuple(args.vote)
    return Asked(csv, page, args.thumbnails, args.neutral, gate, landmarks, args.annotate, voters, args.bundle)


def checked(given: Given, asked: Asked) -> Drawing | None:
    """Before networks are loaded: that what is read can be, and that nothing of it is written over. Returns where
    landmarks are drawn on pictures, if they are."""
    neutral = [asked.neutral] if asked.neutral else []
    read = [*given.paths, *neutral]
    _require_other(asked.csv, read, "--csv")
    _require_other(asked.page, [*read, *([asked.csv] if asked.csv else [])], "--page")
    if given.videos and asked.annotated:
        if len(given.paths) > 1:
            raise ConfigError("--annotate makes one film of one video: give one, and nothing else.")
        _require_film(asked.annotated, [*read, *([asked.csv] if asked.csv else [])])
    for path in (*neutral, *(() if given.several else given.pictures)):
        _require_picture(path)
    if given.videos or not (asked.annotated and asked.landmarks):
        return None
    return open_pictures(asked.annotated, list(given.pictures), asked.neutral, asked.landmarks.drawn)


def _require_film(out: Path, others: Iterable[Path]) -> None:
    """That a film can have this name, and is none of the other files. Raises `ConfigError`."""
    if out.suffix.lower() != SUFFIX:
        raise ConfigError(f"{out} cannot be drawn: films are .mp4, so give --annotate {out.stem}.mp4.")
    if other := next((path for path in others if path != Path("-") and same_file(out, path)), None):
        raise ConfigError(f"{other} is read or written too: give --annotate another file.")


def _require_picture(path: Path) -> None:
    """That it can be read."""
    if is_folder(path):
        raise SourceError(f"{path} is a folder: give it with --folder.")
    try:
        read_image(path)
    except SourceError as error:
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            raise SourceError(f"{path} is a video: give it with --video.") from error
        raise


def _require_other(out: Path | None, paths: Iterable[Path], option: str) -> None:
    """That what is written is none of what is read. Raises `ConfigError`."""
    if out is not None and any(same_file(out, path) for path in paths):
        raise ConfigError(f"{out} is read or written too, and would be written over: give {option} another file.")
