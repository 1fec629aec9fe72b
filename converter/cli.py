"""The command `affectbox-converter`: models become bundles."""

import argparse
import sys
from pathlib import Path

from converter.fetch import fetch_all
from device.contract.errors import AffectboxError
from device.contract.manifest import bundle_cache


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-converter", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="bring the third-party models (MediaPipe, Apache-2.0) into the cache")
    fetch.add_argument("--cache", type=Path, default=bundle_cache(), help="bundle cache (default: %(default)s)")
    fetch.add_argument("--offline", action="store_true", help="use files already downloaded, ask no network")
    fetch.set_defaults(run=lambda args: fetch_all(args.cache, offline=args.offline))
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see `device.contract.errors`)."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except AffectboxError as error:
        print(f"affectbox-converter: {error}", file=sys.stderr)
        return error.exit_code
    return 0
