"""`affectbox-training face`: the digital face baked from ICT-FaceKit."""

import argparse
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError, StorageError
from training.face import landmarks_command
from training.face.fit import command as fit

_DESCRIPTION = """\
Bakes the digital face on which sessions are shown: ICT-FaceKit's generic head, which is nobody's, with a target for
each action unit and side, as binary glTF. The same model gives the same file. See docs/digital-face.md.
"""
_ASSET = {
    "generator": "affectbox-training face",
    "copyright": "Copyright (c) 2020 USC Institute for Creative Technologies (ICT-FaceKit), MIT License",
}


def add_parser(commands: Any) -> None:
    """Register `face`."""
    parser = commands.add_parser("face", help="make the digital face from ICT-FaceKit", description=_DESCRIPTION)
    parser.add_argument("--ict", type=Path, metavar="PATH", help="FaceXModel of ICT-FaceKit, or .tar.xz")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the .glb to write")
    parser.set_defaults(run=_bake)
    actions = parser.add_subparsers(metavar="ACTION", required=False)
    fit.add_parser(actions)
    landmarks_command.add_parser(actions)


def _bake(arguments: argparse.Namespace) -> int:
    if not (arguments.ict and arguments.out):
        raise ConfigError("Give ICT-FaceKit with --ict, and the file to write with --out.")
    if not arguments.out.parent.is_dir():
        raise StorageError(f"{arguments.out.parent} is not a folder: make it, or write elsewhere with --out.")
    from training.face.bake.glb import encoded  # noqa: PLC0415
    from training.face.bake.head import bake  # noqa: PLC0415
    from training.face.heads import load_heads  # noqa: PLC0415

    say = partial(print, flush=True)
    say(f"Reading {arguments.ict}.")
    content = encoded(bake(load_heads(arguments.ict), say), _ASSET)
    part = arguments.out.with_name(arguments.out.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(arguments.out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"{arguments.out} cannot be written ({error.strerror}): check path and space.") from error
    print(f"Wrote {arguments.out}: {len(content) / 1e6:.2f} MB, sha256 {sha256(content).hexdigest()}.")
    return 0
