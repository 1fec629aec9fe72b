"""`affectbox-training face fit`: a head from a picture or a video of a person who agreed to it."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError, StorageError

_DESCRIPTION = """\
Fits a head to a picture, or to frames of a video, of one person: identity and expression of ICT-FaceKit, pose and
light (rough.obj), with --detail also wrinkles and folds from shading (detailed.obj), the numbers (codes.json) and a
picture that shows how well they fit (comparison.png). It is a likeness of a person: it is made only where --consented
says that the person agreed to it, only their owner can read its files, and nothing of it leaves this machine. Sessions
are never shown on it. See docs/models.md.
"""
_CONSENT = (
    "A head that is fitted to a picture is a likeness of that person: say with --consented that they agreed to it, or "
    "that the picture is free for this use."
)
_FRAMES = 30


def add_parser(actions: Any) -> None:
    """Register `face fit`."""
    parser = actions.add_parser(
        "fit", help="fit a head to a picture or video of a person who agreed to it", description=_DESCRIPTION
    )
    parser.add_argument("source", type=Path, metavar="PICTURE_OR_VIDEO", help="of one person, from ahead")
    parser.add_argument(
        "--ict", type=Path, required=True, metavar="PATH", help="FaceXModel of ICT-FaceKit, or .tar.xz"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to write what is fitted")
    parser.add_argument("--consented", action="store_true", help="the person agreed to it")
    parser.add_argument("--detail", action="store_true", help="also wrinkles and folds, from the shading of a picture")
    parser.add_argument(
        "--frames", type=int, default=_FRAMES, metavar="N", help="frames of a video at most (default: %(default)s)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if not arguments.consented:
        raise ConfigError(_CONSENT)
    from training.face.fit.sources import is_still, shots  # noqa: PLC0415

    if arguments.detail and not is_still(arguments.source):
        raise ConfigError("--detail is for pictures: frames of a video are too coarse for wrinkles. Leave it away.")
    if arguments.frames < 1:
        raise ConfigError("--frames is 1 or more.")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise ConfigError(f"{arguments.out} is no folder: name one with --out.")
    found = shots(arguments.source, arguments.frames, _progress)
    _progress("reading the face model, which takes a while")
    from training.face.fit.kit import kit_of  # noqa: PLC0415
    from training.face.fit.result import described, made  # noqa: PLC0415
    from training.face.heads import load_heads  # noqa: PLC0415

    kit = kit_of(load_heads(arguments.ict, identities=True))
    _progress("fitting")
    result = made(kit, found, arguments.detail)
    _write(arguments.out, result.files)
    print(described(result, len(found)))
    print(
        f"Wrote {', '.join(sorted(result.files))} into {arguments.out}. They are a likeness of a person: keep them on "
        "this machine, and delete them when they are no longer needed."
    )
    return 0


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """All of the files, for their owner's eyes; none where there is no room for all."""
    parts: dict[Path, Path] = {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in files.items():
            part = parts[folder / name] = folder / f"{name}.part"
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        for part in parts.values():
            with suppress(OSError):
                part.unlink()
        raise StorageError(f"{folder} cannot be written ({error.strerror}): check path and space.") from error


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{what:60}", end="", file=sys.stderr, flush=True)
