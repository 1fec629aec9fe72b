"""The command `affectbox-converter`: models become bundles."""

import argparse
import sys
from pathlib import Path
from typing import Any

from converter.fetch import fetch_all, make_all
from converter.signing import SHIPPED_SIGNATURES, keygen, sign_bundle, sign_third_party
from device.contract.errors import AffectboxError, ConfigError
from device.contract.manifest import bundle_cache


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-converter", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="bring the third-party models (MediaPipe, Apache-2.0) into the cache")
    fetch.add_argument("--cache", type=Path, default=bundle_cache(), help="bundle cache (default: %(default)s)")
    fetch.add_argument("--offline", action="store_true", help="use files already downloaded, ask no network")
    fetch.set_defaults(run=lambda args: fetch_all(args.cache, offline=args.offline))
    _add_keygen(commands)
    _add_sign(commands)
    return parser


def _add_keygen(commands: Any) -> None:
    keygen = commands.add_parser("keygen", help="make a key pair that signs bundles")
    keygen.add_argument("--out", type=Path, required=True, help="private key file; the public one is this + .pub")
    keygen.set_defaults(run=_keygen)


def _add_sign(commands: Any) -> None:
    sign = commands.add_parser("sign", help="sign a bundle")
    sign.add_argument("bundle", type=Path, nargs="?", help="folder NAME-VERSION")
    sign.add_argument("--key", type=Path, required=True, help="private key file")
    sign.add_argument(
        "--third-party",
        action="store_true",
        help="for maintainers: renew the signatures of fetched bundles",
    )
    sign.add_argument("--cache", type=Path, default=bundle_cache(), help="where fetched files are (%(default)s)")
    sign.set_defaults(run=_sign)


def _keygen(args: argparse.Namespace) -> None:
    name = keygen(args.out)
    print(f"Key {name}: {args.out} signs, keep it secret; give {args.out}.pub to the boxes (models.keys).")


def _sign(args: argparse.Namespace) -> None:
    if bool(args.bundle) == args.third_party:
        raise ConfigError("Name the bundle to sign, or --third-party.")
    if args.bundle:
        sign_bundle(args.bundle, args.key)
        print(f"{args.bundle}: signed")
        return
    for path in sign_third_party(
        lambda parent: make_all(args.cache / "downloads", parent), args.key, SHIPPED_SIGNATURES
    ):
        print(f"{path}: written")


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see `device.contract.errors`)."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except AffectboxError as error:
        print(f"affectbox-converter: {error}", file=sys.stderr)
        return error.exit_code
    return 0
